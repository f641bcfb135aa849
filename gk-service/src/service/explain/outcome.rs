//! What a decision comes to, apart from the snapshot it was made of.

use gk_shared::access::{AllowReason, AskedApp, Credential, Decision, ForbidReason, Question, SignInReason, decide};
use gk_shared::model::{GrantId, UserId};
use gk_shared::policy::Snapshot;
use gk_shared::time::Timestamp;

/// A verdict with its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Allow(AllowReason),
    SignIn(SignInReason),
    Forbid(ForbidReason),
}

impl Reason {
    /// The label, as in metrics and X-GK-Reason.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow(reason) => reason.word(),
            Self::SignIn(reason) => reason.word(),
            Self::Forbid(reason) => reason.word(),
        }
    }

    /// The grant it rests on, if it rests on one.
    pub fn grant(self) -> Option<GrantId> {
        match self {
            Self::Allow(AllowReason::OwnGrant(id) | AllowReason::GroupGrant(id)) => Some(id),
            Self::Allow(AllowReason::SuperAdmin | AllowReason::Internal | AllowReason::DefaultAllow)
            | Self::SignIn(_)
            | Self::Forbid(_) => None,
        }
    }
}

/// What would be answered to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub status: u16,
    /// `allow`, `sign-in` or `forbid`.
    pub verdict: &'static str,
    pub reason: Reason,
    /// The role the app is told.
    pub role: Option<String>,
}

impl Outcome {
    /// Whether the person is let in.
    pub fn enters(&self) -> bool {
        matches!(self.reason, Reason::Allow(_))
    }

    /// The decision about this person, taken as signed in.
    pub(in crate::service) fn of(snapshot: &Snapshot, user: UserId, app: AskedApp<'_>, at: Timestamp) -> Self {
        let decision = ask(snapshot, user, app, at);
        let (reason, role) = match decision {
            Decision::Allow(pass) => (Reason::Allow(pass.reason), pass.role),
            Decision::SignIn(reason) => (Reason::SignIn(reason), None),
            Decision::Forbid(reason) => (Reason::Forbid(reason), None),
        };
        let role = role.map(|role| snapshot.role(role).to_owned());
        Self { status: decision.status(), verdict: decision.verdict(), reason, role }
    }
}

/// The decision itself.
pub(in crate::service) fn ask<'s>(
    snapshot: &'s Snapshot,
    user: UserId,
    app: AskedApp<'_>,
    at: Timestamp,
) -> Decision<'s> {
    decide(snapshot, &Question { credential: Credential::Person(user), app }, at)
}
