//! What would change a decision. Each is something that somebody can do, or a time to wait for.

use std::collections::BTreeSet;

use gk_shared::access::{AllowReason, AskedApp, ForbidReason};
use gk_shared::model::{GrantId, Slug};
use gk_shared::policy::Snapshot;
use gk_shared::time::Timestamp;

use super::{Explanation, Fact, GrantFact, Held, Outcome, Reason};
use crate::model::Status;

/// Something that would change what is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Bring into force what is saved.
    Publish,
    Approve,
    Enable,
    /// Either alone would not do.
    ApproveAndEnable,
    Disable,
    /// Have the request name an app.
    NameApp,
    Register(Slug),
    AllowDefault,
    DenyDefault,
    GiveGrant(Slug),
    TakeGrant(GrantId, Held),
    AcceptDomain(String),
    DropDomain(String),
    LeaveAdmin,
    /// It comes by itself, when a grant starts; then this is answered.
    Starts {
        at: Timestamp,
        grant: GrantId,
        then: Outcome,
    },
    /// It comes by itself, when a grant ends; then this is answered.
    Ends {
        at: Timestamp,
        grant: GrantId,
        then: Outcome,
    },
}

impl Change {
    /// The label.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Approve => "approve",
            Self::Enable => "enable",
            Self::ApproveAndEnable => "approve-and-enable",
            Self::Disable => "disable",
            Self::NameApp => "name-app",
            Self::Register(_) => "register",
            Self::AllowDefault => "allow-default",
            Self::DenyDefault => "deny-default",
            Self::GiveGrant(_) => "give-grant",
            Self::TakeGrant(..) => "take-grant",
            Self::AcceptDomain(_) => "accept-domain",
            Self::DropDomain(_) => "drop-domain",
            Self::LeaveAdmin => "leave-admin",
            Self::Starts { .. } => "starts",
            Self::Ends { .. } => "ends",
        }
    }
}

/// What would change the explained decision: what can be done first, then what comes by itself, in the order in which it
/// comes.
pub(super) fn possible(explained: &Explanation, snapshot: &Snapshot) -> Vec<Change> {
    let mut changes = Vec::new();
    if explained.facts.contains(&Fact::NotYetInForce) {
        changes.push(Change::Publish);
    }
    changes.extend(deeds(explained));
    changes.extend(times(explained, snapshot));
    changes
}

fn deeds(explained: &Explanation) -> Vec<Change> {
    let (domain, app) = (|| explained.user.email.domain().to_owned(), explained.app.clone());
    let register = app.clone().map_or(Change::NameApp, Change::Register);
    match explained.outcome.reason {
        // Explaining is about people, and somebody unknown was added a moment ago.
        Reason::SignIn(_) => Vec::new(),
        Reason::Forbid(reason) => match reason {
            ForbidReason::NotApproved => vec![account(explained)],
            ForbidReason::NoApp | ForbidReason::Unregistered => vec![register, Change::AllowDefault],
            ForbidReason::NoGrant => {
                app.map(Change::GiveGrant).into_iter().chain([Change::AcceptDomain(domain())]).collect()
            }
            // Of keys and of malformed names, which nobody explains here.
            ForbidReason::WrongApp | ForbidReason::BadApp => Vec::new(),
        },
        Reason::Allow(reason) => {
            let own = match reason {
                AllowReason::OwnGrant(id) | AllowReason::GroupGrant(id) => grants(explained)
                    .find(|grant| grant.id == id)
                    .map(|grant| Change::TakeGrant(id, grant.held.clone())),
                AllowReason::SuperAdmin => Some(Change::LeaveAdmin),
                AllowReason::Internal => Some(Change::DropDomain(domain())),
                AllowReason::DefaultAllow => Some(Change::DenyDefault),
            };
            own.into_iter().chain([Change::Disable]).collect()
        }
    }
}

/// What makes the account usable.
fn account(explained: &Explanation) -> Change {
    match (explained.user.status, explained.user.enabled) {
        (Status::Approved, _) => Change::Enable,
        (Status::Pending | Status::Rejected, true) => Change::Approve,
        (Status::Pending | Status::Rejected, false) => Change::ApproveAndEnable,
    }
}

fn grants(explained: &Explanation) -> impl Iterator<Item = &GrantFact> {
    explained.facts.iter().filter_map(|fact| match fact {
        Fact::Grant(grant) => Some(grant),
        _ => None,
    })
}

/// The starts and ends to come at which something else will be answered, by asking at each.
fn times(explained: &Explanation, snapshot: &Snapshot) -> Vec<Change> {
    let both = |grant: &GrantFact| [grant.starts_at, grant.expires_at];
    let moments = grants(explained).flat_map(both).flatten().filter(|at| *at > explained.at).collect::<BTreeSet<_>>();
    let mut last = explained.outcome.clone();
    let mut changes = Vec::new();
    for at in moments {
        let then = Outcome::of(snapshot, explained.user.id, AskedApp::from(explained.app.as_ref()), at);
        if then != last {
            let started = then
                .reason
                .grant()
                .filter(|id| grants(explained).any(|grant| grant.id == *id && grant.starts_at == Some(at)));
            // What was answered rested on a grant, or it could not change but by one that starts.
            let ended = last.reason.grant();
            let then_too = || then.clone();
            changes.extend(match (started, ended) {
                (Some(grant), _) => Some(Change::Starts { at, grant, then: then_too() }),
                (None, Some(grant)) => Some(Change::Ends { at, grant, then: then_too() }),
                (None, None) => None,
            });
            last = then;
        }
    }
    changes
}
