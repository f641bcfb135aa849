//! What directories say to a question about one person, each for itself and all together.

use gk_service::model::Found;
use gk_service::service::Refusal;

use super::trouble::Trouble;

/// What directories say to a question about one person.
#[derive(Clone, Debug)]
pub(crate) enum Sought {
    Found(Box<Found>),
    Nobody,
    /// More than one person goes by it, here or in two directories.
    Ambiguous,
    /// One of them could not be asked, so who is meant is not known.
    Unavailable(Trouble),
}

impl Sought {
    const WORDS: [&'static str; 4] = ["found", "nobody", "ambiguous", "unavailable"];

    /// Why nobody was found, for whoever may look into directories.
    pub(crate) fn refusal(self, typed: &str) -> Refusal {
        let searched = if typed.contains('\\') {
            r"domain\username"
        } else if typed.contains('@') {
            "email"
        } else {
            "username"
        };
        match self {
            Self::Nobody => Refusal::Conflict(format!("No user found in LDAP for '{typed}' (searched by {searched})")),
            Self::Ambiguous => Refusal::Conflict(format!("more than one person goes by '{typed}': name the directory")),
            Self::Unavailable(trouble) => Refusal::Conflict(format!("LDAP error for '{typed}': {trouble}")),
            Self::Found(found) => Refusal::Conflict(format!("{} was found", found.username)),
        }
    }

    /// The label of metrics.
    pub(super) fn word(&self) -> &'static str {
        let [found, nobody, ambiguous, unavailable] = Self::WORDS;
        match self {
            Self::Found(_) => found,
            Self::Nobody => nobody,
            Self::Ambiguous => ambiguous,
            Self::Unavailable(_) => unavailable,
        }
    }

    /// What one directory says.
    pub(super) fn one(people: Result<Vec<Found>, Trouble>) -> Self {
        match people.map(<[Found; 1]>::try_from) {
            Ok(Ok([found])) => Self::Found(Box::new(found)),
            Ok(Err(none)) if none.is_empty() => Self::Nobody,
            Ok(Err(_)) => Self::Ambiguous,
            Err(trouble) => Self::Unavailable(trouble),
        }
    }

    /// What two directories say together.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unavailable(trouble), _) | (_, Self::Unavailable(trouble)) => Self::Unavailable(trouble),
            (Self::Ambiguous, _) | (_, Self::Ambiguous) | (Self::Found(_), Self::Found(_)) => Self::Ambiguous,
            (Self::Nobody, other) => other,
            (found, Self::Nobody) => found,
        }
    }
}
