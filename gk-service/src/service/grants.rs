//! Grants: who may enter an app, as what, and for how long.
//!
//! Whoever gets a grant of their own is told by mail, unless everybody got one; and what they have asked for is settled
//! by it, whichever way it was given.

pub mod numbered;

use gk_shared::model::{GrantId, GroupName, Role, Slug, Username};
use gk_shared::policy::ChangeKind;
use gk_shared::time::Timestamp;
use serde_json::{Value, json};

use super::audit::Event;
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::reach::Reach;
use super::refusal::Refusal;
use super::{apps, groups, notice, requests, users};
use crate::model::{App, Grant, Holder, Status};
use crate::store;

/// Whom a grant is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receiver {
    User(Username),
    Group(GroupName),
}

/// What to do about the role of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleChange {
    /// A new grant has none; one that exists keeps its own.
    Keep,
    Clear,
    Set(Role),
}

/// A grant to give, or to change if it exists. `None` leaves a time or note as it is.
#[derive(Clone, Debug)]
pub struct Give {
    pub role: RoleChange,
    pub starts_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub note: Option<String>,
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

/// Gives a grant, or changes the one that exists.
pub fn give(op: &Op<'_>, slug: &Slug, to: &Receiver, give: &Give) -> Result<Given, Refusal> {
    let app = apps::permitted(op, slug, Verb::ChangeGrants)?;
    let (holder, _) = holder(op, &app, to)?;
    let given = give_to(op, &app, holder, give)?;
    follow_up(op, &app, &given, News::Told)?;
    Ok(given)
}

/// Gives a grant to everybody approved now who has none; gives how many. Only those are told who had asked: a mail to
/// everybody is for whoever gives it to write.
pub fn give_all_approved(op: &Op<'_>, slug: &Slug, give: &Give) -> Result<usize, Refusal> {
    permit(op.standing, Verb::ChangeGrants)?;
    let mut given = 0;
    for user in store::users::list(op.connection, Some(Status::Approved))? {
        let app = apps::named(op, slug)?;
        let holder = Holder::User(user.id);
        if user.enabled && store::grants::find(op.connection, app.id, holder)?.is_none() {
            follow_up(op, &app, &give_to(op, &app, holder, give)?, News::IfAsked)?;
            given += 1;
        }
    }
    Ok(given)
}

/// So many grants are given at once.
const MOST_AT_ONCE: usize = 10_000;

/// Gives each of several people a grant of each of several apps; whoever has one keeps it as it is. Gives how many are
/// new. One name that is nobody's has everything refused, naming all that are.
pub fn give_new(op: &Op<'_>, slugs: &[Slug], people: &[Username], give: &Give) -> Result<usize, Refusal> {
    permit(op.standing, Verb::ChangeGrants)?;
    if people.len().saturating_mul(slugs.len()) > MOST_AT_ONCE {
        return Err(Refusal::Invalid(format!("give at most {MOST_AT_ONCE} grants at once")));
    }
    let unknown =
        |user: &&Username| store::users::by_name(op.connection, user.as_str()).is_ok_and(|user| user.is_none());
    let missing = people.iter().filter(unknown).map(Username::as_str);
    let no_app = |slug: &&Slug| store::apps::by_slug(op.connection, slug).is_ok_and(|app| app.is_none());
    let missing = missing.chain(slugs.iter().filter(no_app).map(Slug::as_str)).collect::<Vec<_>>();
    if !missing.is_empty() {
        return Err(Refusal::Invalid(format!("there is nothing called {}", missing.join(", "))));
    }
    let mut given = 0;
    for user in people {
        let holder = Holder::User(users::named(op, user)?.id);
        for slug in slugs {
            let app = apps::named(op, slug)?;
            if store::grants::find(op.connection, app.id, holder)?.is_none() {
                follow_up(op, &app, &give_to(op, &app, holder, give)?, News::Told)?;
                given += 1;
            }
        }
    }
    Ok(given)
}

/// Takes a grant back.
pub fn take(op: &Op<'_>, slug: &Slug, from: &Receiver) -> Result<Grant, Refusal> {
    let app = apps::permitted(op, slug, Verb::ChangeGrants)?;
    let (holder, name) = holder(op, &app, from)?;
    let found = store::grants::find(op.connection, app.id, holder)?;
    let grant = found.ok_or_else(|| Refusal::Conflict(format!("{name} has no grant of `{slug}`")))?;
    Reach::of(op, &app)?.refuse_role(&app, grant.role.as_ref())?;
    store::grants::delete(op.transaction, grant.id)?;
    op.changed(kind_of(holder), id_of(holder))?;
    let event = Event {
        action: "grant_revoked",
        target: &grant.holder_name,
        app: slug.as_str(),
        before: described(&grant),
        after: Value::Null,
    };
    op.audit(&event)?;
    Ok(grant)
}

fn give_to(op: &Op<'_>, app: &App, holder: Holder, give: &Give) -> Result<Given, Refusal> {
    let before = store::grants::find(op.connection, app.id, holder)?;
    let new_role = admit_role(op, app, &give.role)?;
    let wanted = wanted(op, app, holder, before.as_ref(), give)?;
    Reach::of(op, app)?.refuse_grant(app, before.as_ref(), &wanted)?;
    put(op, app, before.as_ref(), wanted, new_role)
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
    let action = if outcome == Outcome::Granted { "grant_given" } else { "grant_updated" };
    let before = before.map_or(Value::Null, described);
    op.audit(&Event { action, target: &grant.holder_name, app: app.slug.as_str(), before, after: described(&grant) })?;
    Ok(Given { grant, outcome, new_role })
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
    let role = match &give.role {
        RoleChange::Keep => before.and_then(|grant| grant.role.clone()),
        RoleChange::Clear => None,
        RoleChange::Set(role) => Some(role.clone()),
    };
    let starts_at = give.starts_at.or(before.and_then(|grant| grant.starts_at));
    let expires_at = give.expires_at.or(before.and_then(|grant| grant.expires_at));
    if let (Some(starts), Some(expires)) = (starts_at, expires_at)
        && expires <= starts
    {
        return Err(Refusal::Invalid("a grant must end after it starts".into()));
    }
    let note = give.note.clone().or(before.map(|grant| grant.note.clone())).unwrap_or_default();
    if note.chars().count() > 500 {
        return Err(Refusal::Invalid("a note is at most 500 characters".into()));
    }
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
    })
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

fn holder(view: &View<'_>, app: &App, receiver: &Receiver) -> Result<(Holder, String), Refusal> {
    match receiver {
        Receiver::User(name) => users::named(view, name).map(|user| (Holder::User(user.id), user.email.to_string())),
        Receiver::Group(name) => {
            Reach::of(view, app)?.refuse_groups()?;
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
