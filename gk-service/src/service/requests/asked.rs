//! The grant an approved request comes to, beside whatever the person has got meanwhile.

use gk_shared::model::GrantId;
use gk_shared::time::Timestamp;

use super::super::apps;
use super::super::grants::{self, Given, RoleChange};
use super::super::op::Op;
use super::super::refusal::Refusal;
use super::decide::Decision;
use crate::model::{App, Grant, Holder, User};
use crate::store;

/// Gives somebody what they asked for. What they have got meanwhile never gets weaker by it: a grant in force whose
/// role is stronger stays as it is (`None`), be it their own or a group's; an own one of the same role keeps the later
/// of both ends. A weaker one becomes what was decided, and one that has run out does not count.
pub(super) fn give_asked(op: &Op<'_>, app: &App, user: &User, decision: &Decision) -> Result<Option<Given>, Refusal> {
    let change = decision.role.clone().map_or(RoleChange::Clear, RoleChange::Set);
    let new_role = grants::admit_role(op, app, &change)?;
    let app = apps::named(op, &app.slug)?; // its list may have got longer
    let held = store::grants::of_person(op.connection, user.id)?;
    let stronger = |grant: &Grant| app.rank(grant.role.as_ref()) > app.rank(decision.role.as_ref());
    if app.counting(&held, op.now).is_some_and(|counts| stronger(counts.grant())) {
        return Ok(None);
    }
    let holder = Holder::User(user.id);
    let before = held.iter().find(|grant| grant.app == app.id && grant.holder == holder);
    let open = before.filter(|grant| grant.expires_at.is_none_or(|end| end > op.now));
    if open.is_some_and(stronger) {
        let later = format!("{} has a stronger grant of `{}` that starts later: change that one", user.email, app.slug);
        return Err(Refusal::Conflict(later));
    }
    let wanted = wanted(op, &app, user, decision, (before, open));
    grants::put(op, &app, before, wanted, new_role).map(Some)
}

/// The decision as a grant; `open` is the one before, unless it has run out.
fn wanted(
    op: &Op<'_>,
    app: &App,
    user: &User,
    decision: &Decision,
    (before, open): (Option<&Grant>, Option<&Grant>),
) -> Grant {
    let same = open.filter(|grant| grant.role == decision.role);
    Grant {
        id: before.map_or(GrantId(0), |grant| grant.id),
        app: app.id,
        holder: Holder::User(user.id),
        holder_name: user.email.to_string(),
        role: decision.role.clone(),
        starts_at: None,
        expires_at: same.map_or(decision.expires_at, |grant| later(grant.expires_at, decision.expires_at)),
        note: before.map(|grant| grant.note.clone()).unwrap_or_default(),
        granted_by: op.label.clone(),
        granted_at: op.now,
        last_used_at: before.and_then(|grant| grant.last_used_at),
    }
}

/// The later of two ends; none is the latest.
fn later(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.zip(other).map(|(one, other)| one.max(other))
}
