//! The words for an explanation, the same on every face.

use gk_shared::access::{AllowReason, ForbidReason};
use gk_shared::policy::DefaultAccess;
use gk_shared::time::Timestamp;

use super::{Change, Explanation, Fact, GrantFact, Held, Outcome, Reason, Weight};
use crate::model::{Status, User};

impl Explanation {
    /// The decision in one sentence.
    pub fn sentence(&self) -> String {
        let email = &self.user.email;
        let app = self.app.as_ref().map_or_else(|| "a request that names no app".to_owned(), |app| format!("`{app}`"));
        match self.outcome.reason {
            Reason::Allow(reason) => match reason {
                AllowReason::OwnGrant(id) => format!("{email} enters {app} by a grant of their own (number {id})."),
                AllowReason::GroupGrant(id) => {
                    format!("{email} enters {app} by a grant to one of their groups (number {id}).")
                }
                AllowReason::SuperAdmin => format!("{email} enters {app} as a super-admin."),
                AllowReason::Internal => {
                    format!("{email} enters {app} because {} is an accepted domain.", email.domain())
                }
                AllowReason::DefaultAllow => format!("{email} passes {app} because access.default_app is allow."),
            },
            Reason::SignIn(reason) => format!("{email} would be asked to sign in: {}.", reason.word()),
            Reason::Forbid(reason) => match reason {
                ForbidReason::WrongApp => format!("{email} is refused: the key is not for {app}."),
                ForbidReason::NotApproved => {
                    format!("{email} enters nothing: the account is {}.", account_state(&self.user))
                }
                ForbidReason::BadApp => format!("{email} is refused: the app's name is malformed."),
                ForbidReason::NoApp => {
                    format!("{email} is refused: the request names no app, and access.default_app is deny.")
                }
                ForbidReason::Unregistered => {
                    format!("{email} is refused: {app} is not registered, and access.default_app is deny.")
                }
                ForbidReason::NoGrant => format!(
                    "{email} may not enter {app}: no grant is in force, and {} is no accepted domain.",
                    email.domain()
                ),
            },
        }
    }
}

fn account_state(user: &User) -> String {
    match (user.status, user.enabled) {
        (status, true) => status.word().to_owned(),
        (Status::Approved, false) => "disabled".to_owned(),
        (status, false) => format!("{} and disabled", status.word()),
    }
}

impl Outcome {
    /// As short as it can be said: `enters as editor`.
    pub fn phrase(&self) -> String {
        match (self.enters(), &self.role) {
            (true, Some(role)) => format!("enters as {role}"),
            (true, None) => "enters without a role".to_owned(),
            (false, _) => "may not enter".to_owned(),
        }
    }
}

impl Fact {
    /// What it is about, as a heading.
    pub fn label(&self) -> &'static str {
        match self {
            Self::NotYetInForce => "In force",
            Self::Account { .. } => "Account",
            Self::SuperAdmin { .. } => "Administrator",
            Self::Domain { .. } => "Domain",
            Self::NoApp | Self::App { .. } => "App",
            Self::DefaultAccess(_) => "Default access",
            Self::NoGrants => "Grants",
            Self::Grant(GrantFact { held: Held::Own, .. }) => "Own grant",
            Self::Grant(GrantFact { held: Held::ByGroup(_), .. }) => "Grant to a group",
        }
    }

    /// The fact as a sentence without its dot.
    pub fn sentence(&self) -> String {
        match self {
            Self::NotYetInForce => "something is saved and not yet in force".to_owned(),
            Self::Account { status: Status::Approved, enabled: true } => "approved and enabled".to_owned(),
            Self::Account { status, enabled: true } => format!("{}, so nothing opens", status.word()),
            Self::Account { status, enabled: false } => format!("{} and disabled, so nothing opens", status.word()),
            Self::SuperAdmin { member: true } => {
                "in the group admin, whose members pass every registered app".to_owned()
            }
            Self::SuperAdmin { member: false } => "not in the group admin".to_owned(),
            Self::Domain { domain, accepted: true } => {
                format!("{domain} is an accepted domain, whose people pass every registered app")
            }
            Self::Domain { domain, accepted: false } => format!("{domain} is no accepted domain"),
            Self::NoApp => "the request names none".to_owned(),
            Self::App { slug, registered: true } => format!("{slug} is registered"),
            Self::App { slug, registered: false } => format!("{slug} is not registered"),
            Self::DefaultAccess(DefaultAccess::Allow) => {
                "allow: who is approved passes where no registered app is named".to_owned()
            }
            Self::DefaultAccess(DefaultAccess::Deny) => {
                "deny: nobody passes where no registered app is named".to_owned()
            }
            Self::NoGrants => "neither the person nor a group of theirs has one of this app".to_owned(),
            Self::Grant(grant) => grant.sentence(),
        }
    }
}

impl GrantFact {
    fn sentence(&self) -> String {
        let holder = match &self.held {
            Held::Own => String::new(),
            Held::ByGroup(name) => format!(" to the group {name}"),
        };
        let role = self.role.as_ref().map_or_else(
            || "without a role".to_owned(),
            |role| format!("as {role}{}", if self.rank == 1 { ", which the app no longer lists" } else { "" }),
        );
        let times = [("from", self.starts_at), ("until", self.expires_at)];
        let times = times.iter().filter_map(|(word, at)| Some(format!(" {word} {}", when((*at)?)))).collect::<String>();
        let given = self.given.as_ref().map_or_else(
            || ", taken since".to_owned(),
            |given| format!(", given by {} on {}", given.by, when(given.at)),
        );
        let note = self.given.as_ref().map(|given| given.note.as_str()).filter(|note| !note.is_empty());
        let note = note.map(|note| format!(" (“{note}”)")).unwrap_or_default();
        format!("number {}{holder} {role}{times}{given}{note}: {}", self.id, self.weight.phrase())
    }
}

impl Weight {
    /// Whether it counts, in words.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Counts => "this one counts",
            Self::NotStarted => "it has not started",
            Self::Ended => "it has ended",
            Self::OwnCounts => "the person's own grant counts instead",
            Self::Weaker => "a stronger or older one counts",
            Self::AccountNotUsable => "it is in force, but the account is not usable",
        }
    }
}

impl Change {
    /// What to do or to wait for, as a sentence without its dot.
    pub fn sentence(&self) -> String {
        match self {
            Self::Publish => "bring into force what is saved: gk ops publish".to_owned(),
            Self::Approve => "approve the account".to_owned(),
            Self::Enable => "enable the account".to_owned(),
            Self::ApproveAndEnable => "approve the account and enable it".to_owned(),
            Self::Disable => "disable the account".to_owned(),
            Self::NameApp => "have nginx name an app in X-GK-App".to_owned(),
            Self::Register(slug) => format!("make {slug} a registered app"),
            Self::AllowDefault => "set access.default_app to allow".to_owned(),
            Self::DenyDefault => "set access.default_app to deny".to_owned(),
            Self::GiveGrant(slug) => format!("give a grant of {slug} to the person or to one of their groups"),
            Self::TakeGrant(id, Held::Own) => format!("take the person's grant (number {id})"),
            Self::TakeGrant(id, Held::ByGroup(name)) => {
                format!("take the grant of the group {name} (number {id}), or the person out of the group")
            }
            Self::AcceptDomain(domain) => format!("add {domain} to the accepted domains"),
            Self::DropDomain(domain) => format!("remove {domain} from the accepted domains"),
            Self::LeaveAdmin => "take the person out of the group admin".to_owned(),
            Self::Starts { at, grant, then } => {
                format!("wait until {}: grant {grant} starts, and then the person {}", when(*at), then.phrase())
            }
            Self::Ends { at, grant, then } => {
                format!("grant {grant} ends at {}, and then the person {}", when(*at), then.phrase())
            }
        }
    }
}

fn when(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.0).map_or_else(|_| at.0.to_string(), |at| at.to_string())
}
