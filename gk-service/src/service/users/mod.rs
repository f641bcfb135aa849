//! People: add, approve, reject, remove. Changing them, lists of them, and what is done to many at once have files of
//! their own.

mod bulk;
mod ensure;
mod overview;
mod search;
#[cfg(test)]
mod tests;
mod update;

pub use bulk::{Bulk, Many, many};
pub use ensure::{Ensured, ensure_admins};
pub use overview::{Overview, overview};
pub use search::{MOST_BROWSED, browse, numbers, search};
pub(super) use update::{MOST_OF_A_DETAIL, update_from_directory};
pub use update::{Update, update};

use gk_shared::model::{Email, UserId, Username, is_plain_line};
use gk_shared::policy::ChangeKind;
use serde_json::json;

use super::audit::Event;
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use super::{keys, notice};
use crate::model::{GroupKind, Language, Status, User};
use crate::settings::Setting;
use crate::store::users::{self, NewUser};
use crate::store::{app_codes, challenges, email_changes, groups, mail, sessions};

/// A person to add.
#[derive(Clone, Debug)]
pub struct Add {
    /// The e-mail itself unless given.
    pub username: Option<Username>,
    pub email: Email,
    pub fullname: Fullname,
    pub approval: Approval,
    pub rank: Rank,
    pub origin: AccountOrigin,
}

/// Whether a new account waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// Approved if the e-mail's domain is accepted, else pending.
    ByDomain,
    Given,
}

/// What a new account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    Person,
    SuperAdmin,
}

/// How an account came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountOrigin {
    Added,
    /// At installation: approved, and not deleted by mistake.
    Seeded,
}

/// A display name: at most 200 characters on one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fullname(String);

impl Fullname {
    /// Trims; refuses control and invisible characters and more than 200 characters.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        if !is_plain_line(text) || text.chars().count() > 200 {
            return Err(Refusal::Invalid(
                "a display name is one line of at most 200 characters, none of them invisible".into(),
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether removing may take a seeded account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seeded {
    Refuse,
    Remove,
}

/// Refuses whoever may change people but not this one: with the account of an administrator comes all there is, so a
/// program's key neither makes one nor touches one.
fn permit_change(op: &Op<'_>, user: &User) -> Result<(), Refusal> {
    permit(op.standing, Verb::ChangeUsers)?;
    if user.admin { permit(op.standing, Verb::ChangeAdmins) } else { Ok(()) }
}

/// Adds a person. A name that belongs to another account is refused, naming both.
pub fn add(op: &Op<'_>, new: Add) -> Result<User, Refusal> {
    permit(op.standing, Verb::ChangeUsers)?;
    if new.rank == Rank::SuperAdmin {
        permit(op.standing, Verb::ChangeAdmins)?;
    }
    let told = new.rank == Rank::SuperAdmin && new.origin == AccountOrigin::Added;
    let user = create(op, new, "user_created")?;
    if told {
        notice::made_admin(op, user.id)?;
    }
    Ok(user)
}

/// Adds a person without asking who asks: sign-in and `add` have asked already.
pub(super) fn create(op: &Op<'_>, new: Add, action: &str) -> Result<User, Refusal> {
    let username = new.username.unwrap_or_else(|| Username::from(&new.email));
    refuse_foreign_address(&username, &new.email)?;
    refuse_taken(op, [username.as_str(), new.email.as_str()], None)?;
    let seeded = new.origin == AccountOrigin::Seeded;
    let approved = seeded || new.approval == Approval::Given || is_approved_by_domain(op, &new.email)?;
    let status = if approved { Status::Approved } else { Status::Pending };
    let row = NewUser { username, email: new.email, fullname: new.fullname.0, status, seeded };
    let id = users::insert(op.transaction, &row, op.now)?;
    if approved {
        join(op, id, GroupKind::Standard)?;
    }
    if new.rank == Rank::SuperAdmin {
        join(op, id, GroupKind::Admin)?;
    }
    op.changed(ChangeKind::User, id.0)?;
    let user = by_id(op, id)?;
    op.audit(&Event { action, target: user.username.as_str(), after: described(&user), ..Event::default() })?;
    Ok(user)
}

/// Refuses a user name that is an address, but not the account's own.
fn refuse_foreign_address(username: &Username, email: &Email) -> Result<(), Refusal> {
    if username.as_str().contains('@') && username.as_str() != email.as_str() {
        return Err(Refusal::Invalid("a user name with an @ must be the account's own e-mail".into()));
    }
    Ok(())
}

/// Refuses names that belong to another account than this one, naming both.
pub(super) fn refuse_taken(view: &View<'_>, names: [&str; 2], own: Option<UserId>) -> Result<(), Refusal> {
    for name in names {
        if let Some(other) = users::by_name(view.connection, name)?.filter(|other| Some(other.id) != own) {
            let (username, email, status) = (&other.username, &other.email, other.status.word());
            return Err(Refusal::Conflict(format!(
                "`{name}` already belongs to the account {username} ({email}, {status})"
            )));
        }
    }
    Ok(())
}

/// Whether the e-mail's domain is one of the accepted ones.
pub(super) fn is_internal(view: &View<'_>, email: &Email) -> bool {
    view.settings.list(Setting::AcceptedDomains).any(|domain| domain == email.domain())
}

/// Whether an account of this address is approved by itself: its domain is accepted, and nobody who reads the same
/// mailbox under another plus-tag has been disabled or rejected. They would else be in again a minute later.
pub(super) fn is_approved_by_domain(view: &View<'_>, email: &Email) -> Result<bool, Refusal> {
    Ok(is_internal(view, email) && !users::is_mailbox_barred(view.connection, email)?)
}

/// The person with this user name or e-mail.
pub fn find(view: &View<'_>, name: &Username) -> Result<User, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    named(view, name)
}

/// The person with this number.
pub fn find_by_id(view: &View<'_>, id: UserId) -> Result<User, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    by_id(view, id)
}

/// The person with this number, for whoever is about to change them.
pub fn to_change(op: &Op<'_>, id: UserId) -> Result<User, Refusal> {
    permit(op.standing, Verb::ChangeUsers)?;
    by_id(op, id)
}

/// Some of those who wait for approval, the longest first.
pub fn waiting(view: &View<'_>, skip: i64, most: i64) -> Result<Vec<User>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok(users::pending(view.connection, skip, most)?)
}

/// The twenty who were rejected last, the newest first.
pub fn rejected_lately(view: &View<'_>) -> Result<Vec<User>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok(users::rejected(view.connection, 20)?)
}

pub(super) fn named(view: &View<'_>, name: &Username) -> Result<User, Refusal> {
    users::by_name(view.connection, name.as_str())?.ok_or_else(|| Refusal::missing("user", name))
}

pub(super) fn by_id(view: &View<'_>, id: UserId) -> Result<User, Refusal> {
    users::by_id(view.connection, id)?.ok_or_else(|| Refusal::missing("user", id))
}

/// Approves a pending or rejected person, who then is in `standard`.
pub fn approve(op: &Op<'_>, name: &Username) -> Result<User, Refusal> {
    permit(op.standing, Verb::ChangeUsers)?;
    let user = named(op, name)?;
    if user.status == Status::Approved {
        return Err(Refusal::Conflict(format!("{} is already approved", user.username)));
    }
    join(op, user.id, GroupKind::Standard)?;
    if user.status == Status::Pending && user.enabled {
        notice::registration_approved(op, &user)?;
    }
    set_status(op, &user, Status::Approved, "user_approved")
}

/// Approves somebody at their own sign-in: their e-mail's domain is accepted, or they were invited.
pub(super) fn approve_unasked(op: &Op<'_>, user: &User) -> Result<User, Refusal> {
    join(op, user.id, GroupKind::Standard)?;
    set_status(op, user, Status::Approved, "user_approved")
}

/// Approves everybody who is pending; gives them.
pub fn approve_all_pending(op: &Op<'_>) -> Result<Vec<User>, Refusal> {
    permit(op.standing, Verb::ChangeUsers)?;
    let pending = users::list(op.connection, Some(Status::Pending))?;
    pending.iter().map(|user| approve(op, &user.username)).collect()
}

/// Rejects a person and ends their sessions.
pub fn reject(op: &Op<'_>, name: &Username) -> Result<User, Refusal> {
    permit(op.standing, Verb::ChangeUsers)?;
    let user = named(op, name)?;
    if user.status == Status::Rejected {
        return Err(Refusal::Conflict(format!("{} is already rejected", user.username)));
    }
    permit_change(op, &user)?;
    keep_an_admin(op, &user)?;
    shut_out(op, &user)?;
    if user.status == Status::Pending && user.enabled {
        notice::registration_rejected(op, &user)?;
    }
    set_status(op, &user, Status::Rejected, "user_rejected")
}

fn set_status(op: &Op<'_>, user: &User, status: Status, action: &str) -> Result<User, Refusal> {
    users::set_status(op.transaction, user.id, status, op.now)?;
    changed(op, user, action)
}

/// Removes a person with grants, memberships and sessions. The audit stays.
pub fn remove(op: &Op<'_>, name: &Username, seeded: Seeded) -> Result<User, Refusal> {
    permit(op.standing, Verb::ChangeUsers)?;
    let user = named(op, name)?;
    if user.seeded && seeded == Seeded::Refuse {
        return Err(Refusal::Conflict(format!("{} was made at installation: use --force to remove it", user.username)));
    }
    permit_change(op, &user)?;
    erase(op, &user)?;
    Ok(user)
}

/// Deletes an account with all that hangs on it: grants, memberships, sessions, and mails that wait or were sent. A
/// sign-in that was begun would make the account anew, so those end too.
pub(super) fn erase(op: &Op<'_>, user: &User) -> Result<(), Refusal> {
    keep_an_admin(op, user)?;
    keep_listed(op, user)?;
    challenges::end_all_of(op.transaction, &user.email, op.now)?;
    mail::delete_to(op.transaction, &user.email)?;
    users::delete(op.transaction, user.id)?;
    op.changed(ChangeKind::User, user.id.0)?;
    let (target, before) = (user.username.as_str(), described(user));
    op.audit(&Event { action: "user_deleted", target, before, ..Event::default() })
}

/// Refuses to take away the last super-admin who can sign in.
pub(super) fn keep_an_admin(op: &Op<'_>, user: &User) -> Result<(), Refusal> {
    if user.admin && user.is_usable() && users::usable_admins_besides(op.connection, user.id)? == 0 {
        let last = format!("{} is the last administrator: make another one first", user.username);
        return Err(Refusal::Conflict(last));
    }
    Ok(())
}

/// Refuses to let go of an address that the configuration makes an administrator's: the next start would make a new
/// super-admin of it, whoever reads mail there by then.
pub(super) fn keep_listed(view: &View<'_>, user: &User) -> Result<(), Refusal> {
    let mut listed = view.settings.list(Setting::AdminEmails).filter_map(|email| Email::parse(email).ok());
    if listed.any(|email| email == user.email) {
        let listed = "this address is in auth.admin_emails: have it taken off that list first";
        return Err(Refusal::Conflict(listed.into()));
    }
    Ok(())
}

/// Refuses to change what a directory says of the people whose accounts it keeps.
pub(super) fn refuse_kept(user: &User) -> Result<(), Refusal> {
    if user.directory.is_empty() {
        return Ok(());
    }
    Err(Refusal::Conflict(format!("{} is kept by the directory {}: change it there", user.username, user.directory)))
}

/// Ends every session of a person, and takes their keys out of use: neither revives when the account does.
fn shut_out(op: &Op<'_>, user: &User) -> Result<(), Refusal> {
    end_sessions(op, user)?;
    keys::disable_all_of(op, user)
}

/// Ends every session of a person by a new login salt, and what would become one.
pub(super) fn end_sessions(op: &Op<'_>, user: &User) -> Result<usize, Refusal> {
    users::rotate_salt(op.transaction, user.id)?;
    end_begun(op, user)?;
    op.changed(ChangeKind::User, user.id.0)?;
    Ok(sessions::end_all_of(op.transaction, user.id, op.now)?)
}

/// Ends every sign-in and change of address that was begun, and every code on its way to an app: whoever began them
/// would be in again a moment after the sessions have ended.
pub(super) fn end_begun(op: &Op<'_>, user: &User) -> Result<(), Refusal> {
    challenges::end_all_of(op.transaction, &user.email, op.now)?;
    email_changes::delete_of(op.transaction, user.id)?;
    Ok(app_codes::end_all_of(op.transaction, user.id, op.now)?)
}

fn join(op: &Op<'_>, user: UserId, kind: GroupKind) -> Result<(), Refusal> {
    let group = groups::built_in(op.connection, kind)?;
    groups::add_member(op.transaction, group, user, op.now)?;
    Ok(())
}

fn leave(op: &Op<'_>, user: UserId, kind: GroupKind) -> Result<(), Refusal> {
    let group = groups::built_in(op.connection, kind)?;
    groups::remove_member(op.transaction, group, user)?;
    Ok(())
}

pub(super) fn changed(op: &Op<'_>, before: &User, action: &str) -> Result<User, Refusal> {
    op.changed(ChangeKind::User, before.id.0)?;
    let after = by_id(op, before.id)?;
    let event =
        Event { action, target: after.username.as_str(), before: described(before), after: described(&after), app: "" };
    op.audit(&event)?;
    Ok(after)
}

fn described(user: &User) -> serde_json::Value {
    json!({ "username": user.username.as_str(), "email": user.email.as_str(), "fullname": user.fullname, "status": user.status, "enabled": user.enabled, "admin": user.admin, "notify": user.notify,
        "language": user.language.map(Language::tag), "new_device_mail": user.new_device_mail,
        "details": user.details.iter().filter(|(_, text)| !text.is_empty()).map(|(detail, text)| (detail.word(), text)).collect::<std::collections::BTreeMap<_, _>>() })
}
