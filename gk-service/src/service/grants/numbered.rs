//! Grants by number, as lists name them: change one in place, or take it back.

use gk_shared::model::{GrantId, GroupName, Slug};
use gk_shared::time::Timestamp;

use super::{Give, Given, News, Receiver, RoleChange, admit_role, follow_up, put, wanted};
use crate::model::{App, Grant, Holder};
use crate::service::op::{Op, View};
use crate::service::permit::Verb;
use crate::service::reach::Reach;
use crate::service::refusal::Refusal;
use crate::service::{apps, users};
use crate::store;

/// What to do about a time of a grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeChange {
    #[default]
    Keep,
    Clear,
    Set(Timestamp),
}

impl TimeChange {
    /// The time there is before something is set, and what is set.
    fn parts(self, before: Option<Timestamp>) -> (Option<Timestamp>, Option<Timestamp>) {
        match self {
            Self::Keep => (before, None),
            Self::Clear => (None, None),
            Self::Set(at) => (before, Some(at)),
        }
    }
}

/// What to change about a grant.
#[derive(Clone, Debug)]
pub struct Change {
    pub role: RoleChange,
    pub starts_at: TimeChange,
    pub expires_at: TimeChange,
    /// `None` leaves it.
    pub note: Option<String>,
}

/// Changes the grant of this number, which has to be the app's.
pub fn change(op: &Op<'_>, slug: &Slug, id: GrantId, change: &Change) -> Result<Given, Refusal> {
    let app = apps::permitted(op, slug, Verb::ChangeGrants)?;
    let before = one(op, &app, id)?;
    let (kept_start, starts_at) = change.starts_at.parts(before.starts_at);
    let (kept_end, expires_at) = change.expires_at.parts(before.expires_at);
    let kept = Grant { starts_at: kept_start, expires_at: kept_end, ..before.clone() };
    let give = Give { role: change.role.clone(), starts_at, expires_at, note: change.note.clone() };
    let new_role = admit_role(op, &app, &give.role)?;
    let wanted = wanted(op, &app, before.holder, Some(&kept), &give)?;
    Reach::of(op, &app)?.refuse_grant(&app, Some(&before), &wanted)?;
    let given = put(op, &app, Some(&before), wanted, new_role)?;
    follow_up(op, &app, &given, News::Told)?;
    Ok(given)
}

/// Takes back the grant of this number, which has to be the app's.
pub fn take(op: &Op<'_>, slug: &Slug, id: GrantId) -> Result<Grant, Refusal> {
    let app = apps::permitted(op, slug, Verb::ChangeGrants)?;
    let grant = one(op, &app, id)?;
    let from = match grant.holder {
        Holder::User(id) => Receiver::User(users::by_id(op, id)?.username),
        Holder::Group(_) => Receiver::Group(GroupName::parse(&grant.holder_name)?),
    };
    super::take(op, slug, &from)
}

/// The grant of this number, if it is this app's. Another app's is not found.
fn one(view: &View<'_>, app: &App, id: GrantId) -> Result<Grant, Refusal> {
    let found = store::grants::by_id(view.connection, id)?;
    found.filter(|grant| grant.app == app.id).ok_or_else(|| Refusal::missing("grant", id.0))
}
