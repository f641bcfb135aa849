//! Tables that leave: who takes one is in the audit, with how much it holds.

use gk_shared::model::{Slug, UserId};
use gk_shared::policy::Snapshot;
use serde_json::json;

use super::audit::Event;
use super::explain::{self, PlaceFilter, WhoFilter};
use super::op::Op;
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use super::{audit, groups, keys, properties, users};
use crate::model::{AuditFilter, UserFilter, UserOrder};

/// What leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exported {
    /// Those who match.
    Users(UserFilter),
    Groups,
    /// The kinds there are; not the values.
    Properties,
    /// Without their secrets, which nobody has.
    Keys,
    /// Those who enter an app.
    Entrants(Slug, WhoFilter),
    /// Where somebody can go.
    Destinations(UserId, PlaceFilter),
    /// What happened.
    Audit(AuditFilter),
}

impl Exported {
    /// What the file is called.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Users(_) => "users",
            Self::Groups => "groups",
            Self::Properties => "user_properties",
            Self::Keys => "api_keys",
            Self::Entrants(..) => "entrants",
            Self::Destinations(..) => "destinations",
            Self::Audit(_) => "audit_log",
        }
    }

    fn action(&self) -> &'static str {
        match self {
            Self::Users(_) => "users_exported",
            Self::Groups => "groups_exported",
            Self::Properties => "user_properties_exported",
            Self::Keys => "api_keys_exported",
            Self::Entrants(..) => "entrants_exported",
            Self::Destinations(..) => "destinations_exported",
            Self::Audit(_) => "audit_log_exported",
        }
    }
}

/// Notes that a table leaves; gives how many rows it has now. Of the audit it is how many there are in all: those that
/// match are not counted beforehand.
pub fn begin(op: &Op<'_>, snapshot: &Snapshot, exported: &Exported) -> Result<i64, Refusal> {
    // An app's administrators may take who enters it; the list itself sees to that.
    if !matches!(exported, Exported::Entrants(..)) {
        permit(op.standing, Verb::Inspect)?;
    }
    let length = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let (count, search) = match exported {
        Exported::Users(filter) => (users::search(op, filter, &UserOrder::default())?.total, filter.text.as_deref()),
        Exported::Groups => (length(groups::list(op)?.len()), None),
        Exported::Properties => (length(properties::types(op)?.len()), None),
        Exported::Keys => (keys::list(op, 0, 0)?.total, None),
        Exported::Entrants(slug, filter) => {
            (length(explain::numbers(op, snapshot, slug, filter)?.len()), filter.text.as_deref())
        }
        Exported::Destinations(user, filter) => {
            (length(explain::where_to(op, snapshot, *user, filter)?.1.len()), filter.text.as_deref())
        }
        Exported::Audit(filter) => (audit::kept(op)?.1, filter.text.as_deref()),
    };
    let mut after = json!({ "rows": count, "search": search.unwrap_or_default() });
    if let Exported::Audit(filter) = exported {
        after = described(filter, count);
    }
    let app = if let Exported::Entrants(slug, _) = exported { slug.as_str() } else { "" };
    op.audit(&Event { action: exported.action(), target: exported.word(), app, after, ..Event::default() })?;
    Ok(count)
}

/// Which part of the audit leaves.
fn described(filter: &AuditFilter, kept: i64) -> serde_json::Value {
    json!({
        "rows_in_all": kept, "search": filter.text, "person": filter.person, "actor": filter.actor, "action": filter.action,
        "app": filter.app.as_ref().map(Slug::as_str), "ip": filter.ip, "since": filter.since.map(|at| at.0),
        "until": filter.until.map(|at| at.0),
    })
}
