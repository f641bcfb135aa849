//! Requests for access to an app.

use gk_shared::model::{AppId, Email, Role, Slug, UserId, is_invisible, is_plain_line};
use gk_shared::time::Timestamp;
use thiserror::Error;

/// Somebody asks to be let into an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRequest {
    pub id: i64,
    pub app: AppId,
    pub slug: Slug,
    pub app_name: String,
    pub user: UserId,
    pub email: Email,
    /// Empty when not known.
    pub fullname: String,
    pub message: Remark,
    pub state: RequestState,
    /// Of whoever decided.
    pub reason: Remark,
    /// Who decided, as they were called then; empty while it waits.
    pub decided_by: String,
    pub decided_at: Option<Timestamp>,
    pub created_at: Timestamp,
    /// What the person's own grant says now, if this was approved and the grant is still there.
    pub held: Option<Held>,
}

/// As what, and until when, somebody may enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub role: Option<Role>,
    pub expires_at: Option<Timestamp>,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    Pending,
    Approved,
    Rejected,
    /// By the person who asked.
    Withdrawn,
}

impl RequestState {
    pub const ALL: [Self; 4] = [Self::Pending, Self::Approved, Self::Rejected, Self::Withdrawn];

    /// The stored and shown word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// What people write to each other: the message of a request, the reason of a decision. Lines of at most 500
/// characters in all; may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remark(String);

/// Longer than that, or with control or invisible characters in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "a message or reason is at most {} characters, with line breaks but no other control or invisible characters",
    Remark::MOST
)]
pub struct BadRemark;

impl Remark {
    /// Most characters.
    pub const MOST: usize = 500;

    /// Trims, and writes line breaks in one way: forms send them in another.
    pub fn parse(text: &str) -> Result<Self, BadRemark> {
        let text = text.replace("\r\n", "\n");
        let text = text.trim();
        let sound = text.split('\n').all(is_plain_line);
        if sound && text.chars().count() <= Self::MOST { Ok(Self(text.to_owned())) } else { Err(BadRemark) }
    }

    /// What was stored, without the invisible characters that were once let through.
    pub(crate) fn stored(text: &str) -> Result<Self, BadRemark> {
        Self::parse(&text.replace(is_invisible, ""))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_lines_of_at_most_500_characters() {
        let parse = |text: &str| Remark::parse(text).map(|remark| remark.0);
        assert_eq!(parse("  one\r\ntwo \n"), Ok("one\ntwo".into()));
        assert_eq!(parse(&"ü".repeat(500)), Ok("ü".repeat(500)));
        assert_eq!(parse(&"a".repeat(501)), Err(BadRemark));
        for bad in
            ["a\0b", "a\tb", "a\rb", "a\u{1b}[2Jb", "a\u{7f}b", "a\u{85}b", "a\u{202e}b", "a\u{200b}b", "a\u{2028}b"]
        {
            assert_eq!(parse(bad), Err(BadRemark), "{bad:?}");
        }
        assert_eq!(Remark::stored("a\u{202e}b\nc").map(|remark| remark.0), Ok("ab\nc".into()));
    }
}
