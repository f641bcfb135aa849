//! What the policy file is made of, and the words its change table uses.

/// The statements that make an empty policy file.
pub const SCHEMA: &str = include_str!("schema.sql");

/// The layout this build reads and writes. A reader that finds another keeps its last snapshot.
pub const FORMAT: i64 = 4;

/// How many change rows a policy file keeps. A reader further behind loads the whole file.
pub const CHANGES_KEPT: i64 = 100_000;

/// Which history a policy file belongs to. Revisions of different identities are not comparable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Drawn by `gk init-db`.
    pub database: [u8; 16],
    /// Drawn anew whenever a policy file is found to be of another history.
    pub restore: [u8; 16],
}

/// What a change row names. Each is re-read whole: a user with grants, a group with its grants, a
/// session with whether it was ended and when it was last seen, a person's key with its apps. Sessions and keys go by
/// their row id in the main file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    // In the order they are re-read in: what a user is rests on groups.
    Group,
    User,
    App,
    Session,
    Key,
    /// Settings, verify keys and accepted domains; the id is 0.
    Settings,
}

impl ChangeKind {
    /// The word stored in the change table.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::App => "app",
            Self::Session => "session",
            Self::Key => "key",
            Self::Settings => "settings",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::User, Self::Group, Self::App, Self::Session, Self::Key, Self::Settings];
        all.into_iter().find(|kind| kind.word() == word)
    }
}
