//! Grants: who may enter an app, as what, and for how long.
//!
//! Whoever gets a grant of their own is told by mail, unless everybody got one; and what they have asked for is settled
//! by it, whichever way it was given. Giving many is in `many`, taking and giving back in `take`, and lists are in `list`.

mod expiry;
mod list;
mod many;
mod take;
#[cfg(test)]
mod tests;

pub use expiry::{running_out, tell_running_out};
pub use list::{Listed, expiring, list, unused};
pub use many::{Pair, Plan, Whom, give_new, plan};
pub use take::{Taken, give_back, take, take_many, take_numbered};

use std::slice;

use gk_shared::model::{GrantId, GroupName, Role, Slug, Username};
use gk_shared::policy::ChangeKind;
use gk_shared::time::Timestamp;
use serde_json::{Value, json};

use super::audit::Event;
use super::op::{Op, View};
use super::permit::Verb;
use super::reach::Reach;
use super::refusal::Refusal;
use super::{apps, groups, notice, requests, users};
use crate::model::{App, Grant, Holder};
use crate::store;

/// Whom a grant is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receiver {
    User(Username),
    Group(GroupName),
}

/// What to do about a part of a grant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// A new grant has none; one that exists keeps its own.
    #[default]
    Keep,
    Clear,
    Set(T),
}

/// What to do about its role.
pub type RoleChange = Change<Role>;
/// What to do about its start or end.
pub type TimeChange = Change<Timestamp>;

/// A grant to give, or to change if it exists.
#[derive(Clone, Debug, Default)]
pub struct Give {
    pub role: RoleChange,
    pub starts_at: TimeChange,
    pub expires_at: TimeChange,
    /// `None` leaves it as it is.
    pub note: Option<String>,
    pub tell: Tell,
}

/// Of what the person is told by mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tell {
    #[default]
    OfNew,
    /// Also of another role, start or end.
    OfChanges,
}

/// What giving came to.
#[derive(Clone, Debug)]
pub struct Given {
    pub grant: Grant,
    pub outcome: Outcome,
    /// The role that an open list was extended by.
    pub new_role: Option<Role>,
}

/// Who is told of a new grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    Told,
    IfAsked,
}

/// Whether there was a grant before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Granted,
    Updated,
    Unchanged,
}

impl<T: Clone> Change<T> {
    /// What comes of what there is.
    fn over(&self, before: Option<&T>) -> Option<T> {
        match self {
            Self::Keep => before.cloned(),
            Self::Clear => None,
            Self::Set(value) => Some(value.clone()),
        }
    }
}

/// A value is set, and none leaves things as they are.
impl<T> From<Option<T>> for Change<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Keep, Self::Set)
    }
}

/// Gives a grant, or changes the one that exists.
pub fn give(op: &Op<'_>, slug: &Slug, to: &Receiver, give: &Give) -> Result<Given, Refusal> {
    let app = apps::permitted(op, slug, Verb::ChangeGrants)?;
    let (holder, _) = holder(op, slice::from_ref(&app), to)?;
    let before = store::grants::find(op.connection, app.id, holder)?;
    change(op, &app, holder, before.as_ref(), give)
}

/// Changes the grant with this number, which has to be the app's.
pub fn edit(op: &Op<'_>, slug: &Slug, id: GrantId, give: &Give) -> Result<Given, Refusal> {
    let app = apps::permitted(op, slug, Verb::ChangeGrants)?;
    let before = numbered(op, &app, id)?;
    change(op, &app, before.holder, Some(&before), give)
}

/// The grant with this number, if it is this app's. Another app's is not found.
fn numbered(view: &View<'_>, app: &App, id: GrantId) -> Result<Grant, Refusal> {
    let found = store::grants::by_id(view.connection, id)?;
    found.filter(|grant| grant.app == app.id).ok_or_else(|| Refusal::missing("grant", id))
}

fn change(op: &Op<'_>, app: &App, holder: Holder, before: Option<&Grant>, give: &Give) -> Result<Given, Refusal> {
    let given = give_to(op, app, holder, before, give)?;
    follow_up(op, app, &given, News::Told)?;
    match (give.tell, before) {
        (Tell::OfChanges, Some(before)) if differs(before, &given.grant) => {
            notice::access_changed(op, app, &given.grant)?;
        }
        (Tell::OfChanges | Tell::OfNew, _) => {}
    }
    Ok(given)
}

/// Whether there is something to tell the person.
fn differs(before: &Grant, after: &Grant) -> bool {
    (&before.role, before.starts_at, before.expires_at) != (&after.role, after.starts_at, after.expires_at)
}

fn give_to(op: &Op<'_>, app: &App, holder: Holder, before: Option<&Grant>, give: &Give) -> Result<Given, Refusal> {
    let new_role = admit_role(op, app, &give.role)?;
    let wanted = wanted(op, app, holder, before, give)?;
    let reach = Reach::of(op, app)?;
    reach.refuse_grant(app, before, &wanted)?;
    reach.refuse_person(op, app, holder)?;
    put(op, app, before, wanted, new_role)
}

/// Writes the grant as it shall be over the one there is.
pub(super) fn put(
    op: &Op<'_>,
    app: &App,
    before: Option<&Grant>,
    wanted: Grant,
    new_role: Option<Role>,
) -> Result<Given, Refusal> {
    let holder = wanted.holder;
    let outcome = match before {
        None => Outcome::Granted,
        Some(before) if *before == wanted => Outcome::Unchanged,
        Some(_) => Outcome::Updated,
    };
    match outcome {
        Outcome::Granted => store::grants::insert(op.transaction, &wanted).map(drop)?,
        Outcome::Updated => store::grants::update(op.transaction, &wanted)?,
        Outcome::Unchanged => return Ok(Given { grant: wanted, outcome, new_role }),
    }
    op.changed(kind_of(holder), id_of(holder))?;
    let grant =
        store::grants::find(op.connection, app.id, holder)?.ok_or_else(|| Refusal::missing("grant", &app.slug))?;
    audit_given(op, app, before, &grant)?;
    Ok(Given { grant, outcome, new_role })
}

fn audit_given(op: &Op<'_>, app: &App, before: Option<&Grant>, grant: &Grant) -> Result<(), Refusal> {
    op.audit(&Event {
        action: if before.is_none() { "grant_given" } else { "grant_updated" },
        target: &grant.holder_name,
        app: app.slug.as_str(),
        before: before.map_or(Value::Null, described),
        after: described(grant),
    })
}

/// Settles what the person has asked for, and tells them.
pub(super) fn follow_up(op: &Op<'_>, app: &App, given: &Given, news: News) -> Result<(), Refusal> {
    let Holder::User(id) = given.grant.holder else { return Ok(()) };
    if given.grant.expires_at.is_some_and(|end| end <= op.now) {
        return Ok(());
    }
    let asked = requests::settle_granted(op, app, id)?.is_some();
    let new = given.outcome == Outcome::Granted && news == News::Told;
    if asked || new { notice::access_granted(op, app, &users::by_id(op, id)?) } else { Ok(()) }
}

/// The grant as it shall be.
fn wanted(op: &Op<'_>, app: &App, holder: Holder, before: Option<&Grant>, give: &Give) -> Result<Grant, Refusal> {
    let role = give.role.over(before.and_then(|grant| grant.role.as_ref()));
    let starts_at = give.starts_at.over(before.and_then(|grant| grant.starts_at.as_ref()));
    let expires_at = give.expires_at.over(before.and_then(|grant| grant.expires_at.as_ref()));
    let note = give.note.clone().or(before.map(|grant| grant.note.clone())).unwrap_or_default();
    check(starts_at, expires_at, &note)?;
    Ok(Grant {
        id: before.map_or(GrantId(0), |grant| grant.id),
        app: app.id,
        holder,
        holder_name: before.map(|grant| grant.holder_name.clone()).unwrap_or_default(),
        role,
        starts_at,
        expires_at,
        note,
        granted_by: before.map_or_else(|| op.label.clone(), |grant| grant.granted_by.clone()),
        granted_at: before.map_or(op.now, |grant| grant.granted_at),
        last_used_at: before.and_then(|grant| grant.last_used_at),
    })
}

/// Refuses times and a note that no grant may have.
fn check(starts_at: Option<Timestamp>, expires_at: Option<Timestamp>, note: &str) -> Result<(), Refusal> {
    if let (Some(starts), Some(expires)) = (starts_at, expires_at)
        && expires <= starts
    {
        return Err(Refusal::Invalid("a grant must end after it starts".into()));
    }
    if note.chars().count() > 500 {
        return Err(Refusal::Invalid("a note is at most 500 characters".into()));
    }
    Ok(())
}

/// Refuses a role that a closed list does not have; appends it to an open one.
pub(super) fn admit_role(op: &Op<'_>, app: &App, change: &RoleChange) -> Result<Option<Role>, Refusal> {
    let RoleChange::Set(role) = change else { return Ok(None) };
    if app.roles.contains(role) {
        return Ok(None);
    }
    apps::takes(app, role)?;
    let roles = [app.roles.as_slice(), std::slice::from_ref(role)].concat();
    store::apps::set_roles(op.transaction, app.id, &roles, op.now)?;
    op.changed(ChangeKind::App, app.id.0)?;
    Ok(Some(role.clone()))
}

/// The holder, unless groups are not for the caller to give to in one of the apps.
fn holder(view: &View<'_>, apps: &[App], receiver: &Receiver) -> Result<(Holder, String), Refusal> {
    match receiver {
        Receiver::User(name) => users::named(view, name).map(|user| (Holder::User(user.id), user.email.to_string())),
        Receiver::Group(name) => {
            apps.iter().try_for_each(|app| Reach::of(view, app)?.refuse_groups())?;
            groups::named(view, name).map(|group| (Holder::Group(group.id), group.name))
        }
    }
}

/// The kind of row that has to be published when a holder's grants change.
pub(super) fn kind_of(holder: Holder) -> ChangeKind {
    match holder {
        Holder::User(_) => ChangeKind::User,
        Holder::Group(_) => ChangeKind::Group,
    }
}

/// Its id.
pub(super) fn id_of(holder: Holder) -> i64 {
    match holder {
        Holder::User(id) => id.0,
        Holder::Group(id) => id.0,
    }
}

fn described(grant: &Grant) -> Value {
    json!({
        "role": grant.role.as_ref().map(Role::as_str),
        "starts_at": grant.starts_at.map(|at| at.0),
        "expires_at": grant.expires_at.map(|at| at.0),
        "note": grant.note,
    })
}
