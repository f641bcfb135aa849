//! Which people a list is of, in which order, and a part of it.

use gk_shared::model::GroupName;

use super::Status;

/// Which people to list: all of these together. `None` leaves a question open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// A part of user name, e-mail or display name, or of the name of a group other than `standard`.
    pub text: Option<String>,
    pub status: Option<Status>,
    pub enabled: Option<bool>,
    /// Whether they are in the group `admin`.
    pub admin: Option<bool>,
    /// Whether their e-mail's domain is accepted.
    pub internal: Option<bool>,
    /// Whether a directory keeps the account.
    pub directory: Option<bool>,
    /// Members of this built-in or local group.
    pub group: Option<GroupName>,
}

/// What a list of people is sorted by; equals by their number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserSort {
    #[default]
    Username,
    Email,
    Fullname,
    Created,
    Updated,
}

impl UserSort {
    pub const ALL: [Self; 5] = [Self::Username, Self::Email, Self::Fullname, Self::Created, Self::Updated];

    /// The word of addresses and requests.
    pub fn word(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Email => "email",
            Self::Fullname => "fullname",
            Self::Created => "created_at",
            Self::Updated => "updated_at",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.word() == word)
    }
}

/// Which end of a list comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    #[default]
    Ascending,
    Descending,
}

impl Direction {
    /// The word of addresses and requests.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Ascending, Self::Descending].into_iter().find(|direction| direction.word() == word)
    }

    /// The other way round.
    #[must_use]
    pub fn turned(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

/// A part of a list of people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserOrder {
    pub sort: UserSort,
    pub direction: Direction,
    pub skip: i64,
    /// At most so many.
    pub most: i64,
}

/// A part of a list, and how long all of it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<T> {
    pub rows: Vec<T>,
    pub total: i64,
}
