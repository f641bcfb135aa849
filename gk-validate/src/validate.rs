//! The product: verify, decide, answer. Everything else in this program serves these lines.

use std::cell::RefCell;
use std::rc::Rc;

use gk_shared::access::{Credential, Decision, GroupsHeader, Pass, Question, decide};
use gk_shared::policy::{RoleIndex, Snapshot};
use gk_shared::time::Timestamp;
use gk_shared::token::{BadToken, PublicKeys};
use hyper::header::HeaderValue;

use crate::answer::{Answer, Headers};
use crate::cookie::SessionCookie;
use crate::identity::{Groups, Identity, encoded, value};
use crate::question::Asked;
use crate::tokens::{Tokens, Verified};

/// May this request pass, as of `now`?
pub(crate) fn validate(memory: &mut Memory, snapshot: &Snapshot, asked: &Asked<'_>, now: Timestamp) -> Answer {
    let shown = memory.verify(asked.session, &snapshot.settings.keys);
    let question = Question { credential: shown.credential(), app: asked.app };
    match decide(snapshot, &question, now) {
        Decision::Allow(pass) => Answer::Allow(pass.reason, memory.headers(snapshot, &pass, shown.token())),
        Decision::SignIn(reason) => Answer::SignIn(reason),
        Decision::Forbid(reason) => Answer::Forbid(reason),
    }
}

/// What one worker keeps between requests: signatures it has checked and header values it has built. Never a
/// decision.
#[derive(Default)]
pub(crate) struct Memory {
    tokens: Tokens,
    /// By place in the snapshot's table of role names.
    roles: Vec<Option<HeaderValue>>,
    built_from: BuiltFrom,
}

/// Which snapshot, and which reading of its keys, a memory belongs to.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct BuiltFrom {
    /// Counts whole loads.
    pub(crate) load: u32,
    /// The snapshot's `settings.generation`.
    pub(crate) settings: u32,
}

/// What the request showed, once checked.
enum Shown {
    Nothing,
    TwoCookies,
    Bad(BadToken),
    Token(Rc<Verified>),
}

impl Shown {
    fn credential(&self) -> Credential<'_> {
        match self {
            Self::Nothing => Credential::Absent,
            Self::TwoCookies => Credential::TwoCookies,
            Self::Bad(bad) => Credential::Bad(*bad),
            Self::Token(token) => Credential::Session(&token.claims),
        }
    }

    fn token(&self) -> Option<&Verified> {
        match self {
            Self::Token(token) => Some(token),
            Self::Nothing | Self::TwoCookies | Self::Bad(_) => None,
        }
    }
}

impl Memory {
    /// Forgets everything if it was built from another snapshot or with other keys.
    pub(crate) fn belong_to(&mut self, built_from: BuiltFrom) {
        if self.built_from != built_from {
            self.tokens.clear();
            self.roles.clear();
            self.built_from = built_from;
        }
    }

    fn verify(&mut self, session: SessionCookie<'_>, keys: &PublicKeys) -> Shown {
        match session {
            SessionCookie::Absent => Shown::Nothing,
            SessionCookie::TwoThatDiffer => Shown::TwoCookies,
            SessionCookie::TooLong => Shown::Bad(BadToken::Malformed),
            SessionCookie::One(text) => self.tokens.verify(text, keys).map_or_else(Shown::Bad, Shown::Token),
        }
    }

    fn headers(&mut self, snapshot: &Snapshot, pass: &Pass<'_>, token: Option<&Verified>) -> Headers {
        let fresh = RefCell::default();
        let mut kept = token.map_or(&fresh, |token| &token.identity).borrow_mut();
        let identity = match &mut *kept {
            Some(identity) if identity.is_of(pass.user) => identity,
            stale => stale.insert(Identity::of(pass.user)),
        };
        Headers {
            user: identity.user.clone(),
            name: identity.name.clone(),
            role: pass.role.map(|role| self.role(snapshot, role)),
            groups: match pass.groups {
                GroupsHeader::Wanted => identity.groups(snapshot, pass.user),
                GroupsHeader::Unwanted => Groups::None,
            },
        }
    }

    fn role(&mut self, snapshot: &Snapshot, role: RoleIndex) -> HeaderValue {
        let build = || value(&encoded(snapshot.role(role), usize::MAX));
        if self.roles.len() <= role.position() {
            self.roles.resize(role.position() + 1, None);
        }
        self.roles.get_mut(role.position()).map_or_else(build, |kept| kept.get_or_insert_with(build).clone())
    }
}
