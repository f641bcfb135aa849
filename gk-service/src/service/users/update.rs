//! Changing a person: names, address, details, rank, and whether the account works.

use gk_shared::model::{Email, Username, is_plain_line};
use serde_json::json;

use super::{
    Fullname, Rank, changed, join, keep_an_admin, keep_listed, leave, named, permit_change, refuse_foreign_address,
    refuse_kept, refuse_taken, shut_out,
};
use crate::model::{Detail, GroupKind, MailKind, User};
use crate::service::notice;
use crate::service::op::Op;
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::store::{challenges, users};

/// A detail has at most so many characters.
pub(in crate::service) const MOST_OF_A_DETAIL: usize = 200;

/// What to change about a person; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// The version that was looked at: what has changed since is not written over.
    pub version: Option<i64>,
    pub username: Option<Username>,
    pub email: Option<Email>,
    pub fullname: Option<Fullname>,
    pub details: Vec<(Detail, String)>,
    pub rank: Option<Rank>,
    pub enabled: Option<bool>,
    /// Whether this administrator gets a mail when somebody waits.
    pub notify: Option<bool>,
}

impl Update {
    /// Whether it touches what a directory says of its people.
    fn touches_directory_fields(&self, user: &User) -> bool {
        self.username.as_ref().is_some_and(|new| *new != user.username)
            || self.email.as_ref().is_some_and(|new| *new != user.email)
            || self.fullname.as_ref().is_some_and(|new| new.as_str() != user.fullname)
            || self.details.iter().any(|(detail, text)| text.trim() != user.details.get(*detail))
    }
}

/// Changes a person. Disabling, and another address, end the person's sessions.
pub fn update(op: &Op<'_>, name: &Username, update: &Update) -> Result<User, Refusal> {
    permit(op.standing, Verb::ChangeUsers)?;
    let before = named(op, name)?;
    permit_change(op, &before)?;
    if update.rank.is_some() {
        permit(op.standing, Verb::ChangeAdmins)?;
    }
    if update.version.is_some_and(|seen| seen != before.version) {
        return Err(Refusal::Outdated);
    }
    if update.touches_directory_fields(&before) {
        refuse_kept(&before)?;
    }
    carry_out(op, &before, update)?;
    if let Some(notify) = update.notify {
        users::set_notify(op.transaction, before.id, notify, op.now)?;
    }
    if update.rank == Some(Rank::SuperAdmin) && !before.admin {
        notice::made_admin(op, before.id)?;
    }
    changed(op, &before, "user_updated")
}

fn carry_out(op: &Op<'_>, before: &User, update: &Update) -> Result<(), Refusal> {
    rename(op, before, update)?;
    describe(op, before, update)?;
    set_rank(op, before, update.rank)?;
    set_enabled(op, before, update.enabled)
}

/// Writes what the directory that keeps somebody says of them. It has been asked, not the caller.
pub(in crate::service) fn update_from_directory(op: &Op<'_>, before: &User, update: &Update) -> Result<User, Refusal> {
    carry_out(op, before, update)?;
    changed(op, before, "user_ldap_refreshed")
}

/// Gives other names. A user name that was the address moves with it.
fn rename(op: &Op<'_>, before: &User, update: &Update) -> Result<(), Refusal> {
    let email = update.email.as_ref().unwrap_or(&before.email);
    let follows = before.username.as_str() == before.email.as_str();
    let kept = if follows { Username::from(email) } else { before.username.clone() };
    let username = update.username.clone().unwrap_or_else(|| kept.clone());
    refuse_foreign_address(&username, email)?;
    refuse_taken(op, [username.as_str(), email.as_str()], Some(before.id))?;
    if *email != before.email {
        keep_listed(op, before)?;
        // The account is another mailbox's from now on: whoever reads the old one is no longer signed in.
        shut_out(op, before)?;
        users::set_email(op.transaction, before, email, op.now)?;
        // What was begun with the new address was for another account, or for none.
        challenges::end_all_of(op.transaction, email, op.now)?;
        // To the account as it was: at its old address.
        notice::tell(op, before, MailKind::EmailChanged, json!({ "new": email.as_str() }))?;
    }
    let moved = User { username: kept, email: email.clone(), ..before.clone() };
    if username != moved.username {
        users::set_username(op.transaction, &moved, &username, op.now)?;
    }
    Ok(())
}

fn describe(op: &Op<'_>, before: &User, update: &Update) -> Result<(), Refusal> {
    if let Some(fullname) = &update.fullname {
        users::set_fullname(op.transaction, before.id, fullname.as_str(), op.now)?;
    }
    let mut details = before.details.clone();
    for (detail, text) in &update.details {
        let text = text.trim();
        if !is_plain_line(text) || text.chars().count() > MOST_OF_A_DETAIL {
            let label = detail.label();
            return Err(Refusal::Invalid(format!("{label} is one line of at most {MOST_OF_A_DETAIL} characters")));
        }
        details.set(*detail, text.to_owned());
    }
    if details != before.details {
        users::set_details(op.transaction, before.id, &details, op.now)?;
    }
    Ok(())
}

fn set_rank(op: &Op<'_>, before: &User, rank: Option<Rank>) -> Result<(), Refusal> {
    match rank {
        Some(Rank::SuperAdmin) => join(op, before.id, GroupKind::Admin),
        Some(Rank::Person) => {
            keep_an_admin(op, before)?;
            leave(op, before.id, GroupKind::Admin)
        }
        None => Ok(()),
    }
}

fn set_enabled(op: &Op<'_>, before: &User, enabled: Option<bool>) -> Result<(), Refusal> {
    let Some(enabled) = enabled else { return Ok(()) };
    if !enabled {
        keep_an_admin(op, before)?;
        shut_out(op, before)?;
    }
    Ok(users::set_enabled(op.transaction, before.id, enabled, op.now)?)
}
