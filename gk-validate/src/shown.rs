//! What a request shows of who asks, once its signature or form is checked.

use gk_shared::access::Credential;
use gk_shared::model::UserId;
use gk_shared::policy::Snapshot;
use gk_shared::time::Timestamp;
use gk_shared::token::{BadToken, PublicKeys, api_key_hash};

use crate::api_key::ShownKey;
use crate::cookie::SessionCookie;
use crate::question::Asked;
use crate::tokens::{Tokens, Verified};

/// A session's token, a person's key, or neither.
pub(crate) enum Shown<'t> {
    Nothing,
    TwoCookies,
    Bad(BadToken),
    Token(&'t Verified),
    TwoKeys,
    BadKey,
    /// By its hash.
    Key([u8; 32]),
}

impl<'t> Shown<'t> {
    /// Checks what a request shows. A key counts before a cookie.
    pub(crate) fn by(asked: &Asked<'_>, tokens: &'t mut Tokens, keys: &PublicKeys) -> Self {
        match asked.key {
            ShownKey::Absent => Self::by_session(asked.session, tokens, keys),
            ShownKey::One(text) => api_key_hash(text).map_or(Self::BadKey, Self::Key),
            ShownKey::Several => Self::TwoKeys,
        }
    }

    fn by_session(session: SessionCookie<'_>, tokens: &'t mut Tokens, keys: &PublicKeys) -> Self {
        match session {
            SessionCookie::Absent => Self::Nothing,
            SessionCookie::TwoThatDiffer => Self::TwoCookies,
            SessionCookie::TooLong => Self::Bad(BadToken::Malformed),
            SessionCookie::One(text) => tokens.verify(text, keys).map_or_else(Self::Bad, Self::Token),
        }
    }

    /// As a decision takes it. `seen` is when the session was last used.
    pub(crate) fn credential(&self, seen: Option<Timestamp>) -> Credential<'_> {
        match self {
            Self::Nothing => Credential::Absent,
            Self::TwoCookies => Credential::TwoCookies,
            Self::Bad(bad) => Credential::Bad(*bad),
            Self::Token(token) => Credential::Session { claims: &token.claims, seen },
            Self::TwoKeys => Credential::TwoKeys,
            Self::BadKey => Credential::BadKey,
            Self::Key(hash) => Credential::Key(*hash),
        }
    }

    /// Whose it is.
    pub(crate) fn user(&self, snapshot: &Snapshot) -> Option<UserId> {
        match self {
            Self::Token(token) => Some(token.claims.user),
            Self::Key(hash) => snapshot.key(hash).map(|key| key.owner),
            Self::Nothing | Self::TwoCookies | Self::Bad(_) | Self::TwoKeys | Self::BadKey => None,
        }
    }

    /// The token, if it is one.
    pub(crate) fn token(&self) -> Option<&Verified> {
        match self {
            Self::Token(token) => Some(token),
            Self::Nothing | Self::TwoCookies | Self::Bad(_) | Self::TwoKeys | Self::BadKey | Self::Key(_) => None,
        }
    }
}
