//! What is asked: who comes, and to which app.

use crate::model::{Slug, UserId, is_slug};
use crate::policy::{App, Snapshot};
use crate::time::Timestamp;
use crate::token::{BadToken, Claims};

/// One request for entry.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    pub credential: Credential<'q>,
    pub app: AskedApp<'q>,
}

/// What the caller showed.
#[derive(Clone, Copy, Debug)]
pub enum Credential<'q> {
    /// No session cookie and no API key.
    Absent,
    /// Two session cookies that differ: somebody planted one of them.
    TwoCookies,
    /// A session cookie that is no token of ours.
    Bad(BadToken),
    /// A token whose signature holds. Whether it still counts is decided from the snapshot.
    Session {
        claims: &'q Claims,
        /// When whoever asks last saw the session itself. What is published of that is in the snapshot.
        seen: Option<Timestamp>,
    },
    /// Two API keys: whoever sends them does not know which one counts.
    TwoKeys,
    /// Something shown as an API key that has not the form of one.
    BadKey,
    /// An API key, by the SHA-256 of all of it. Whether there is such a key is decided from the snapshot.
    Key([u8; 32]),
    /// Somebody taken as signed in: for explaining and for lists, never for a request.
    Person(UserId),
}

/// What stood in X-GK-App.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedApp<'q> {
    Absent,
    /// Upper case, empty, too long, or more than one.
    Malformed,
    /// A slug, registered or not.
    Named(&'q str),
}

impl<'q> AskedApp<'q> {
    /// With one more value of X-GK-App; `None` for one that is not ASCII.
    #[must_use]
    pub fn and(self, value: Option<&'q str>) -> Self {
        match (self, value) {
            (Self::Absent, Some(slug)) if is_slug(slug.as_bytes()) => Self::Named(slug),
            (Self::Absent | Self::Malformed | Self::Named(_), _) => Self::Malformed,
        }
    }

    /// The app it names, if there is one.
    pub fn registered_in(self, snapshot: &Snapshot) -> Option<&App> {
        match self {
            Self::Named(slug) => snapshot.app(slug),
            Self::Absent | Self::Malformed => None,
        }
    }
}

impl<'q> From<Option<&'q Slug>> for AskedApp<'q> {
    fn from(slug: Option<&'q Slug>) -> Self {
        slug.map_or(Self::Absent, |slug| Self::Named(slug.as_str()))
    }
}
