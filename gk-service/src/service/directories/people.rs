//! Taking over what directories say of people. Whoever is gone or disabled there is disabled here; a name that belongs to
//! another account is never taken from it.

use std::collections::BTreeSet;

use gk_shared::model::{Email, GroupId, GroupName, UserId, Username, is_invisible};
use gk_shared::policy::ChangeKind;
use sha2::{Digest, Sha256};

use crate::model::{Account, Detail, DirectoryLabel, DirectoryPerson, Found, FoundGroup, Status, User};
use crate::service::audit::Event;
use crate::service::op::View;
use crate::service::permit::{Verb, permit};
use crate::service::users::{self, AccountOrigin, Add, Approval, Fullname, MOST_OF_A_DETAIL, Rank, Update};
use crate::service::{Op, Refusal};
use crate::store;
use crate::store::directories::people::{self as kept, NewGroup};
use crate::store::groups;

/// A group's name has at most so many characters, its directory's label and the backslash included.
const MOST_OF_A_NAME: usize = 128;

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

fn person_at(view: &View<'_>, found: &Found, disabled_here: bool) -> DirectoryPerson {
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
fn line(text: &str) -> String {
    let sound = text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !is_invisible(*c));
    sound.collect::<String>().trim().chars().take(MOST_OF_A_DETAIL).collect::<String>().trim_end().to_owned()
}

/// Puts somebody into the directory's groups that they are in there, and takes them out of the others; gives how many.
fn sync_groups(op: &Op<'_>, user: &User, found: &Found) -> Result<(usize, usize), Refusal> {
    let before = kept::groups_of_user(op.connection, user.id)?;
    let there =
        found.groups.iter().map(|group| group_of(op, &found.directory, group)).collect::<Result<BTreeSet<_>, _>>()?;
    let here = before.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>();
    for group in there.difference(&here) {
        groups::add_member(op.transaction, *group, user.id, op.now)?;
        note_member(op, user, *group, "member_added")?;
    }
    for group in here.difference(&there) {
        groups::remove_member(op.transaction, *group, user.id)?;
        note_member(op, user, *group, "member_removed")?;
    }
    if here != there {
        op.changed(ChangeKind::User, user.id.0)?;
    }
    Ok((there.difference(&here).count(), here.difference(&there).count()))
}

fn note_member(op: &Op<'_>, user: &User, group: GroupId, action: &str) -> Result<(), Refusal> {
    let name = groups::by_id(op.connection, group)?.map(|group| group.name).unwrap_or_default();
    op.audit(&Event { action, target: &format!("{name}/{}", user.username), ..Event::default() })
}

/// The group of this DN, made if there is none yet.
fn group_of(op: &Op<'_>, directory: &DirectoryLabel, found: &FoundGroup) -> Result<GroupId, Refusal> {
    let dn = found.dn.as_str();
    if let Some(id) = kept::group_by_dn(op.connection, directory, dn)? {
        return Ok(id);
    }
    let name = name_of(op, directory, found)?;
    let new = NewGroup { directory, dn, name: &name, description: &found.written };
    let id = kept::insert_group(op.transaction, &new, op.now)?;
    op.changed(ChangeKind::Group, id.0)?;
    let target = format!("{directory}\\{name}");
    op.audit(&Event { action: "group_created", target: &target, ..Event::default() })?;
    Ok(id)
}

/// What a group is called here: as in the directory; with a mark of its DN where that says too little, or what another is
/// called.
fn name_of(view: &View<'_>, directory: &DirectoryLabel, found: &FoundGroup) -> Result<String, Refusal> {
    let name = found.dn.name();
    let written = format!("{directory}\\{name}");
    if GroupName::parse(&written).is_ok() && !kept::is_group_name(view.connection, directory, name)? {
        return Ok(name.to_owned());
    }
    let sound = line(&name.replace([',', '\\'], " "));
    let most = MOST_OF_A_NAME - directory.as_str().len() - 1 - 9;
    let sound = sound.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(most).collect::<String>();
    let mark = Sha256::digest(found.dn.as_str().as_bytes())
        .iter()
        .take(4)
        .fold(String::new(), |mark, byte| format!("{mark}{byte:02x}"));
    Ok(format!("{} #{mark}", sound.trim_end()).trim_start().to_owned())
}
