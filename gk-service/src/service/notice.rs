//! Mails that tell somebody what happened, as far as they asked to hear of it.

#[cfg(test)]
mod tests;

use gk_shared::access::Counting;
use gk_shared::model::{Role, UserId};
use gk_shared::time::Timestamp;
use serde_json::{Value, json};

use super::mail::{self, Mail};
use super::op::{Op, Who};
use super::refusal::Refusal;
use crate::model::{AccessRequest, App, Grant, Holder, MailKind, Origin, Remark, User};
use crate::settings::Setting;
use crate::store::{apps, grants, mail as mail_store, users};

/// News is worth sending for two days.
const WORTH_SENDING_SECONDS: i64 = 2 * 86_400;

/// Of one kind, to one person.
const MOST_AN_HOUR: i64 = 10;

/// Tells the person that they wait, and administrators that somebody does.
pub(super) fn registration_waits(op: &Op<'_>, user: &User) -> Result<(), Refusal> {
    tell(op, user, MailKind::RegistrationWaits, json!({}))?;
    let values = json!({ "person": user.email.as_str(), "link": at(op, "/admin") });
    tell_some(op, &users::notified_admins(op.connection)?, MailKind::RegistrationToApprove, &values)
}

/// Tells those of several who have not heard of such things too often in the last hour: neither whoever makes requests
/// nor a program that gives and takes grants can fill a mailbox. The pages show what there is in any case.
pub(super) fn tell_some(op: &Op<'_>, users: &[User], kind: MailKind, values: &Value) -> Result<(), Refusal> {
    for user in users {
        if mail_store::count_to(op.connection, (kind, &user.email), op.now.plus(-3600))? < MOST_AN_HOUR {
            tell(op, user, kind, values.clone())?;
        }
    }
    Ok(())
}

/// Tells the person that they may come in.
pub(super) fn registration_approved(op: &Op<'_>, user: &User) -> Result<(), Refusal> {
    tell(op, user, MailKind::RegistrationApproved, json!({ "link": at(op, "/signin") }))
}

/// Tells the person that they may not.
pub(super) fn registration_rejected(op: &Op<'_>, user: &User) -> Result<(), Refusal> {
    tell(op, user, MailKind::RegistrationRejected, json!({}))
}

/// Tells somebody who has just been put into the group `admin`, if they can make use of it.
pub(super) fn made_admin(op: &Op<'_>, user: UserId) -> Result<(), Refusal> {
    let Some(user) = users::by_id(op.connection, user)?.filter(User::is_usable) else { return Ok(()) };
    let values = json!({ "by": doer(op), "link": at(op, "/admin") });
    tell_some(op, &[user], MailKind::MadeAdmin, &values)
}

/// Who does what a mail tells of, as far as that is somebody people know.
fn doer<'o>(op: &'o Op<'_>) -> &'o str {
    match op.caller.who {
        Who::Operator(_) | Who::Person(..) => &op.label,
        Who::Key(_) | Who::System(_) | Who::Stranger => "",
    }
}

/// Most administrators who are told of one request.
const MOST_TOLD: usize = 50;

/// Tells those who decide: super-admins and the app's own, as far as they want to hear of it.
pub(super) fn access_requested(op: &Op<'_>, app: &App, request: &AccessRequest) -> Result<(), Refusal> {
    let values = json!({
        "person": request.email.as_str(), "fullname": request.fullname, "app": app.name,
        "message": request.message.as_str(), "link": at(op, "/admin/requests"),
    });
    let mut told = users::notified_admins(op.connection)?;
    for user in users::notified_holders(op.connection, app.id)? {
        let grants = grants::of_person(op.connection, user.id)?;
        if app.is_administered_by(&grants, op.now) && told.iter().all(|other| other.id != user.id) {
            told.push(user);
        }
    }
    told.retain(|user| user.id != request.user);
    told.truncate(MOST_TOLD);
    tell_some(op, &told, MailKind::AccessRequested, &values)
}

/// Tells the person that they may enter, by the grant that counts now or, should it start later, by their own.
pub(super) fn access_granted(op: &Op<'_>, app: &App, user: &User) -> Result<(), Refusal> {
    if !user.is_usable() {
        return Ok(());
    }
    let held = grants::of_person(op.connection, user.id)?;
    let own = held.iter().find(|grant| grant.app == app.id && grant.holder == Holder::User(user.id));
    let Some(grant) = app.counting(&held, op.now).map(Counting::grant).or(own) else { return Ok(()) };
    let values = json!({
        "app": app.name, "description": app.description, "by": doer(op),
        "role": role_of(grant),
        "until": grant.expires_at.map(written).unwrap_or_default(),
        "link": app.origins.first().map(Origin::as_str).unwrap_or_default(),
    });
    tell_some(op, std::slice::from_ref(user), MailKind::AccessGranted, &values)
}

/// Tells the person that a grant of their own is another now. A group's changes nothing that people know of.
pub(super) fn access_changed(op: &Op<'_>, app: &App, grant: &Grant) -> Result<(), Refusal> {
    let Holder::User(id) = grant.holder else { return Ok(()) };
    let Some(user) = users::by_id(op.connection, id)?.filter(User::is_usable) else { return Ok(()) };
    let values = json!({
        "app": app.name, "by": doer(op), "role": role_of(grant),
        "from": grant.starts_at.filter(|start| *start > op.now).map(written).unwrap_or_default(),
        "until": grant.expires_at.map(written).unwrap_or_default(),
        "link": app.origins.first().map(Origin::as_str).unwrap_or_default(),
    });
    tell_some(op, &[user], MailKind::AccessChanged, &values)
}

/// Tells the person that a grant of their own ends soon.
pub(super) fn access_ends(op: &Op<'_>, grant: &Grant, user: UserId) -> Result<(), Refusal> {
    let (Some(until), Some(app)) = (grant.expires_at, apps::by_id(op.connection, grant.app.0)?) else { return Ok(()) };
    let Some(user) = users::by_id(op.connection, user)?.filter(User::is_usable) else { return Ok(()) };
    let values = json!({
        "app": app.name, "contact": app.contact, "role": role_of(grant), "until": written(until),
        "link": app.origins.first().map(Origin::as_str).unwrap_or_default(),
    });
    tell(op, &user, MailKind::AccessEnds, values)
}

fn role_of(grant: &Grant) -> &str {
    grant.role.as_ref().map(Role::as_str).unwrap_or_default()
}

/// Tells the person that they may not, and why.
pub(super) fn access_rejected(op: &Op<'_>, app: &App, user: &User, reason: &Remark) -> Result<(), Refusal> {
    if !user.is_usable() {
        return Ok(());
    }
    let values = json!({ "app": app.name, "reason": reason.as_str() });
    tell_some(op, std::slice::from_ref(user), MailKind::AccessRejected, &values)
}

/// A URL of the auth host.
pub(super) fn at(op: &Op<'_>, path: &str) -> String {
    format!("{}{path}", op.settings.text(Setting::PublicUrl))
}

/// A time as people read it, in UTC.
pub(super) fn written(at: Timestamp) -> String {
    let time = jiff::Timestamp::from_second(at.0).map(|time| time.strftime("%Y-%m-%d %H:%M UTC").to_string());
    time.unwrap_or_else(|_| at.0.to_string())
}

/// Writes to somebody who has an account, in their language.
pub(super) fn tell(op: &Op<'_>, user: &User, kind: MailKind, values: Value) -> Result<(), Refusal> {
    let give_up_at = op.now.plus(WORTH_SENDING_SECONDS);
    mail::queue(op, Mail { kind, to: &user.email, language: user.language, values, challenge: None, give_up_at })
}
