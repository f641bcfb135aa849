//! Taking over what directories say of people. Whoever is gone or disabled there is disabled here; a name that belongs to
//! another account is never taken from it.

use gk_shared::model::{Email, UserId, Username, is_invisible};

use super::membership::sync_groups;
use crate::model::{Account, Detail, DirectoryPerson, Found, User};
use crate::service::op::View;
use crate::service::permit::{Verb, permit};
use crate::service::users::{self, Fullname, MOST_OF_A_DETAIL, Update};
use crate::service::{Op, Refusal};
use crate::store::directories::people as kept;

/// What was taken over.
#[derive(Clone, Debug)]
pub struct Taken {
    pub user: User,
    /// What is different now, in words; empty when nothing is.
    pub changes: Vec<String>,
    /// What could not be taken over: a name that is another account's.
    pub problem: Option<String>,
}

/// Takes over what a directory says of an account that it keeps.
pub fn take(op: &Op<'_>, id: UserId, found: &Found) -> Result<Taken, Refusal> {
    permit_taking(op)?;
    let before = users::by_id(op, id)?;
    if before.directory != found.directory.as_str() {
        return Err(Refusal::Conflict(format!("{} is not kept by the directory {}", before.username, found.directory)));
    }
    let disabled_here = kept::of_user(op.connection, id)?.is_some_and(|person| person.disabled_here);
    let (mut update, problem) = names(op, &before, found)?;
    describe(&mut update, &before, found)?;
    let disabled_here = set_enabled(&mut update, &before, found.account, disabled_here);
    let mut changes = words(&update);
    let user = if changes.is_empty() { before } else { users::update_from_directory(op, &before, &update)? };
    let (joined, left) = sync_groups(op, &user, found)?;
    if joined + left > 0 {
        changes.push(format!("groups: {joined} joined, {left} left"));
    }
    kept::save(op.transaction, id, &person_at(op, found, disabled_here))?;
    Ok(Taken { user, changes, problem })
}

/// Takes over that a directory has an account no more.
pub fn take_gone(op: &Op<'_>, id: UserId) -> Result<Taken, Refusal> {
    permit_taking(op)?;
    let before = users::by_id(op, id)?;
    let Some(person) = kept::of_user(op.connection, id)? else {
        return Err(Refusal::Conflict(format!("{} is kept here", before.username)));
    };
    let mut update = Update::default();
    let disabled_here = set_enabled(&mut update, &before, Account::Gone, person.disabled_here);
    let changes = words(&update);
    let user = if changes.is_empty() { before } else { users::update_from_directory(op, &before, &update)? };
    let person = DirectoryPerson { account: Account::Gone, disabled_here, refreshed_at: op.now, ..person };
    kept::save(op.transaction, id, &person)?;
    Ok(Taken { user, changes, problem: None })
}

/// Whether nothing that a directory says of an account is new, so that nothing has to be written.
pub fn is_current(view: &View<'_>, id: UserId, found: &Found) -> Result<bool, Refusal> {
    permit(view.standing, Verb::RefreshDirectories)?;
    let (user, person) = (users::by_id(view, id)?, kept::of_user(view.connection, id)?);
    let Some(before) = person else { return Ok(false) };
    let (mut update, problem) = names(view, &user, found)?;
    describe(&mut update, &user, found)?;
    let disabled_here = set_enabled(&mut update, &user, found.account, before.disabled_here);
    let mut here = kept::group_dns_of_user(view.connection, id)?;
    let mut there = found.groups.iter().map(|group| group.dn.as_str().to_owned()).collect::<Vec<_>>();
    here.sort_unstable();
    there.sort_unstable();
    there.dedup();
    let after = DirectoryPerson { refreshed_at: before.refreshed_at, ..person_at(view, found, disabled_here) };
    Ok(problem.is_none() && words(&update).is_empty() && here == there && after == before)
}

fn permit_taking(op: &Op<'_>) -> Result<(), Refusal> {
    // Whoever makes an account from a directory takes over what it says.
    permit(op.standing, Verb::RefreshDirectories).or_else(|_| permit(op.standing, Verb::ChangeUsers))
}

pub(super) fn person_at(view: &View<'_>, found: &Found, disabled_here: bool) -> DirectoryPerson {
    DirectoryPerson {
        directory: found.directory.clone(),
        unique_id: found.unique_id.clone(),
        dn: found.dn.clone(),
        office: line(&found.office),
        photo: found.photo.clone(),
        account: found.account,
        disabled_here,
        refreshed_at: view.now,
    }
}

/// Other names, unless they belong to another account; then they stay, and the second says why.
fn names(view: &View<'_>, before: &User, found: &Found) -> Result<(Update, Option<String>), Refusal> {
    let username = Some(&found.username).filter(|username| **username != before.username);
    let moved = !found.emails.is_empty() && !found.emails.contains(&before.email);
    let email = found.emails.first().filter(|_| moved);
    let new = [username.map(Username::as_str), email.map(Email::as_str)];
    let free = new.into_iter().flatten().try_for_each(|name| users::refuse_taken(view, [name, name], Some(before.id)));
    let listed = email.map_or(Ok(()), |_| users::keep_listed(view, before));
    match free.and(listed) {
        Ok(()) if found.emails.is_empty() => {
            let update = Update { username: username.cloned(), ..Update::default() };
            Ok((update, Some("no e-mail in the directory any more: the last one stays".into())))
        }
        Ok(()) => Ok((Update { username: username.cloned(), email: email.cloned(), ..Update::default() }, None)),
        Err(Refusal::Conflict(why)) => Ok((Update::default(), Some(why))),
        Err(error) => Err(error),
    }
}

fn describe(update: &mut Update, before: &User, found: &Found) -> Result<(), Refusal> {
    let fullname = Fullname::parse(&line(&found.fullname))?;
    update.fullname = Some(fullname).filter(|name| name.as_str() != before.fullname);
    let details = found.details.iter().map(|(detail, text)| (detail, line(text)));
    update.details = details.filter(|(detail, text)| text != before.details.get(*detail)).collect();
    Ok(())
}

/// Sets whether the account works; gives whether it is then disabled because of the directory. What an administrator
/// has disabled here stays disabled, whatever the directory says.
fn set_enabled(update: &mut Update, before: &User, account: Account, disabled_here: bool) -> bool {
    match (account, before.enabled) {
        (Account::Disabled | Account::Gone, true) => {
            update.enabled = Some(false);
            true
        }
        (Account::Disabled | Account::Gone, false) => disabled_here,
        (Account::Enabled, false) if disabled_here => {
            update.enabled = Some(true);
            false
        }
        (Account::Enabled, _) => false,
    }
}

fn words(update: &Update) -> Vec<String> {
    let mut words = Vec::new();
    words.extend(update.username.as_ref().map(|name| format!("user name: {name}")));
    words.extend(update.email.as_ref().map(|email| format!("e-mail: {email}")));
    words.extend(update.fullname.as_ref().map(|name| format!("name: {}", name.as_str())));
    words.extend(update.details.iter().map(|(detail, _)| Detail::label(*detail).to_lowercase()));
    words.extend(update.enabled.map(|enabled| if enabled { "enabled".into() } else { "disabled".to_owned() }));
    words
}

/// One line of at most 200 characters, whatever the directory holds.
pub(super) fn line(text: &str) -> String {
    let sound = text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !is_invisible(*c));
    sound.collect::<String>().trim().chars().take(MOST_OF_A_DETAIL).collect::<String>().trim_end().to_owned()
}
