//! Directories: where they are, what they are asked, and what they say of people.

mod dn;
mod found;
mod label;
mod run;
mod uri;

pub use dn::Dn;
pub use found::{Account, DirectoryPerson, Found, FoundGroup};
pub use label::{BadLabel, DirectoryLabel};
pub use run::{DirectoryRun, RunOutcome, RunPerson, RunState};
pub use uri::{BadUri, DirectoryUri};

/// A directory as it is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    pub id: i64,
    pub label: DirectoryLabel,
    pub enabled: bool,
    /// Tried in this order.
    pub uris: Vec<DirectoryUri>,
    pub security: Security,
    /// Certificates of the authority it is trusted by, as PEM; empty: whom the system trusts.
    pub ca: String,
    /// Empty: anonymous.
    pub bind_dn: String,
    /// Whether a password is kept; it is shown to nobody.
    pub has_password: bool,
    pub base_dns: Vec<String>,
    /// With `{username}` in it.
    pub user_filter: String,
    /// With `{email}` in it; empty: made of the attribute.
    pub email_filter: String,
    pub username_attribute: String,
    pub email_attribute: String,
    pub fullname_attribute: String,
    pub group_mode: GroupMode,
    /// How long each step may take.
    pub timeout_seconds: i64,
    /// So many entries are asked for at a time.
    pub page_size: i64,
    /// Grows with each change.
    pub version: i64,
}

/// How the connection is kept from being read and changed on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    Ldaps,
    StartTls,
    /// Not at all.
    Plain,
}

impl Security {
    pub const ALL: [Self; 3] = [Self::Ldaps, Self::StartTls, Self::Plain];

    /// The stored and shown word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ldaps => "ldaps",
            Self::StartTls => "starttls",
            Self::Plain => "plain",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|security| security.word() == word)
    }
}

/// Which groups of a directory somebody is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupMode {
    /// Those their own entry names (`memberOf`).
    MemberOf,
    /// Those and the groups these are in, as Active Directory works it out.
    InChain,
    /// The same, looked for step by step: for other directories.
    Transitive,
    /// None is looked at.
    None,
}

impl GroupMode {
    pub const ALL: [Self; 4] = [Self::MemberOf, Self::InChain, Self::Transitive, Self::None];

    /// The stored and shown word.
    pub fn word(self) -> &'static str {
        match self {
            Self::MemberOf => "member-of",
            Self::InChain => "in-chain",
            Self::Transitive => "transitive",
            Self::None => "none",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }
}
