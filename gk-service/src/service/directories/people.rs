//! Whom directories have: what has to be asked of them about somebody who signs in, and making accounts.

use gk_shared::model::{Email, UserId, Username};

use super::take::{line, person_at, take};
use crate::model::{Account, DirectoryLabel, DirectoryPerson, Found, Status, User};
use crate::service::op::View;
use crate::service::permit::{Verb, permit};
use crate::service::users::{self, AccountOrigin, Add, Approval, Fullname, Rank};
use crate::service::{Op, Refusal};
use crate::store;
use crate::store::directories::people as kept;

/// Whether directories have to be asked before somebody is sent a sign-in mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    /// One keeps the account: it is asked whether the account still works.
    Again {
        user: Box<User>,
        unique_id: String,
    },
    /// Nobody here goes by that e-mail or UPN.
    Address(String),
    /// Nobody here goes by that name, which names the directory.
    Named(DirectoryLabel, String),
    /// Nobody here goes by that name.
    Bare(String),
}

/// What directories have to be asked about a name that somebody typed.
pub fn needs(view: &View<'_>, typed: &str) -> Result<Needs, Refusal> {
    permit(view.standing, Verb::TakeFromDirectory)?;
    let switched_on = store::directories::list(view.connection)?.into_iter().filter(|one| one.enabled);
    let labels = switched_on.map(|one| one.label).collect::<Vec<_>>();
    let Ok(name) = Username::parse(typed) else { return Ok(Needs::Nothing) };
    if labels.is_empty() {
        return Ok(Needs::Nothing);
    }
    if let Some(user) = store::users::by_name(view.connection, name.as_str())? {
        let barred = !user.enabled || user.status == Status::Rejected;
        let keeper = labels.iter().any(|label| label.as_str() == user.directory);
        let person = kept::of_user(view.connection, user.id)?.filter(|_| keeper && !barred);
        return Ok(
            person.map_or(Needs::Nothing, |person| Needs::Again { user: Box::new(user), unique_id: person.unique_id })
        );
    }
    Ok(match name.as_str().split_once('\\') {
        Some((label, name)) => match labels.into_iter().find(|known| known.as_str() == label) {
            Some(label) => Needs::Named(label, name.to_owned()),
            None => Needs::Nothing,
        },
        None if name.as_str().contains('@') => Needs::Address(name.as_str().to_owned()),
        None => Needs::Bare(name.as_str().to_owned()),
    })
}

/// Refuses whoever may not look into directories.
pub fn may_look(view: &View<'_>) -> Result<(), Refusal> {
    permit(view.standing, Verb::ChangeUsers)
}

/// What a directory said last of somebody; `None` for an account that is kept here.
pub fn about(view: &View<'_>, user: UserId) -> Result<Option<DirectoryPerson>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok(kept::of_user(view.connection, user)?)
}

/// Everybody a directory keeps, with what stays when they are renamed: for the part that looks them up again.
pub fn people_of(view: &View<'_>, label: &DirectoryLabel) -> Result<Vec<(User, String)>, Refusal> {
    permit(view.standing, Verb::RefreshDirectories)?;
    let mut people = Vec::new();
    for id in kept::users_of(view.connection, label)? {
        let person = kept::of_user(view.connection, id)?;
        if let Some(user) = store::users::by_id(view.connection, id)? {
            people.push((user, person.map(|person| person.unique_id).unwrap_or_default()));
        }
    }
    Ok(people)
}

/// How many accounts a directory keeps.
pub fn count(view: &View<'_>, label: &DirectoryLabel) -> Result<i64, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok(kept::count(view.connection, label)?)
}

/// The account of somebody a directory has. A name alone is not enough: it may be another's by now.
pub fn known(view: &View<'_>, found: &Found) -> Result<Option<User>, Refusal> {
    let id = kept::user_by_id(view.connection, &found.directory, &found.unique_id)?;
    id.map(|id| users::by_id(view, id)).transpose()
}

/// Lets somebody in whom a directory has, at their own sign-in: an account is made for whoever has none. `typed` is the
/// address they asked with.
pub fn admit(op: &Op<'_>, found: &Found, typed: Option<&Email>) -> Result<User, Refusal> {
    permit(op.standing, Verb::TakeFromDirectory)?;
    match known(op, found)? {
        Some(user) => take(op, user.id, found).map(|taken| taken.user),
        None => create(op, found, typed, "auto_provision"),
    }
}

/// Makes an account for somebody a directory has.
pub fn provision(op: &Op<'_>, found: &Found) -> Result<User, Refusal> {
    permit(op.standing, Verb::ChangeUsers)?;
    if let Some(user) = known(op, found)? {
        return Err(Refusal::Conflict(format!("{} already exists (email: {})", user.username, user.email)));
    }
    create(op, found, None, "user_ldap_provisioned")
}

fn create(op: &Op<'_>, found: &Found, typed: Option<&Email>, action: &str) -> Result<User, Refusal> {
    if found.account != Account::Enabled {
        return Err(Refusal::Conflict(format!("{} is disabled in the directory", found.username)));
    }
    let own = typed.filter(|typed| found.emails.contains(typed)).or(found.emails.first());
    let email = own.ok_or_else(|| Refusal::Conflict(format!("{} has no e-mail in the directory", found.username)))?;
    let add = Add {
        username: Some(found.username.clone()),
        email: email.clone(),
        fullname: Fullname::parse(&line(&found.fullname))?,
        approval: Approval::Given,
        rank: Rank::Person,
        origin: AccountOrigin::Added,
    };
    let user = users::create(op, add, action)?;
    kept::set_directory(op.transaction, user.id, found.directory.as_str())?;
    kept::save(op.transaction, user.id, &person_at(op, found, false))?;
    take(op, user.id, found).map(|taken| taken.user)
}
