//! People and their sessions.

use gk_shared::model::{AppId, Email, SessionId, UserId, Username};
use gk_shared::time::Timestamp;
use serde::Serialize;

use super::{Details, Language};

/// Where an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Pending,
    Approved,
    Rejected,
}

impl Status {
    pub const ALL: [Self; 3] = [Self::Pending, Self::Approved, Self::Rejected];

    /// The stored and shown word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }
}

/// An account.
#[expect(clippy::struct_excessive_bools, reason = "each is a column of its own, and any of them goes with any other")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub username: Username,
    pub email: Email,
    /// At most 200 characters; empty when not known.
    pub fullname: String,
    pub status: Status,
    pub enabled: bool,
    /// Cannot be deleted but by the command line with --force.
    pub seeded: bool,
    /// Whether this administrator gets a mail when somebody waits.
    pub notify: bool,
    /// Whether a sign-in from a browser that is new to the account is told by mail.
    pub new_device_mail: bool,
    /// The language of their mails, if they chose one.
    pub language: Option<Language>,
    /// Whether the account is in the built-in group `admin`.
    pub admin: bool,
    /// The directory that keeps the account; empty for none.
    pub directory: String,
    pub details: Details,
    /// Counts the changes of the account, so that two who change it at once are told apart.
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl User {
    /// Approved and enabled: only then does anything open.
    pub fn is_usable(&self) -> bool {
        self.status == Status::Approved && self.enabled
    }

    /// How the person is greeted.
    pub fn display_name(&self) -> &str {
        if self.fullname.is_empty() { self.email.as_str() } else { &self.fullname }
    }
}

/// A change of address that waits for the new one to confirm it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailChange {
    pub user: UserId,
    /// The new address.
    pub email: Email,
    pub expires_at: Timestamp,
}

/// A signed-in browser, app or program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub row: i64,
    pub id: SessionId,
    pub user: UserId,
    pub app: Option<AppId>,
    /// How it began: by link, code, host-link or command.
    pub method: String,
    /// Where it began; empty for a command.
    pub ip: String,
    pub user_agent: String,
    pub created_at: Timestamp,
    /// The last request with it, give or take half a minute.
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}
