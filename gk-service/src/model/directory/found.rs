//! What a directory says of somebody.

use gk_shared::model::{Email, Username};

use super::{DirectoryLabel, Dn};
use crate::model::Details;

/// Somebody as a directory has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub directory: DirectoryLabel,
    /// What stays when they are renamed or moved.
    pub unique_id: String,
    /// As the directory writes it.
    pub dn: String,
    pub username: Username,
    /// In the directory's order; may be empty.
    pub emails: Vec<Email>,
    pub fullname: String,
    pub details: Details,
    pub office: String,
    pub photo: Option<Vec<u8>>,
    pub account: Account,
    pub groups: Vec<FoundGroup>,
}

/// A group somebody is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundGroup {
    pub dn: Dn,
    /// As the directory writes it.
    pub written: String,
}

/// Whether an account works, as the directory has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    Enabled,
    Disabled,
    /// The directory has nobody of this kind any more.
    Gone,
}

impl Account {
    pub const ALL: [Self; 3] = [Self::Enabled, Self::Disabled, Self::Gone];

    /// The stored and shown word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Gone => "gone",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|account| account.word() == word)
    }
}

/// What a directory said last of an account that it keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryPerson {
    pub directory: DirectoryLabel,
    pub unique_id: String,
    pub dn: String,
    pub office: String,
    pub photo: Option<Vec<u8>>,
    pub account: Account,
    /// Whether it was a refresh that disabled the account here.
    pub disabled_here: bool,
    pub refreshed_at: gk_shared::time::Timestamp,
}
