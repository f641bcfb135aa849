//! Groups and who is in them.

use gk_shared::model::{GroupId, GroupName, Username};
use gk_shared::policy::ChangeKind;
use serde_json::json;

use super::audit::Event;
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use super::{apps, notice, users};
use crate::model::{App, Grant, Group, GroupKind, Holder, User};
use crate::store::{self, groups};

/// A description has at most so many characters.
const MOST_OF_A_DESCRIPTION: usize = 500;

/// Every group by name, with how many members it has.
pub fn list(view: &View<'_>) -> Result<Vec<Group>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok(groups::list(view.connection)?)
}

/// The group of this name.
pub fn find(view: &View<'_>, name: &GroupName) -> Result<Group, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    named(view, name)
}

/// The group with this number, of whatever kind.
pub fn by_id(view: &View<'_>, id: GroupId) -> Result<Group, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    groups::by_id(view.connection, id)?.ok_or_else(|| Refusal::missing("group", id.0))
}

/// The names of somebody's groups, those of directories too.
pub fn names_of(view: &View<'_>, user: &User) -> Result<Vec<String>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok(groups::names_of_user(view.connection, user.id)?)
}

/// What a group opens: its grants, each with the app.
pub fn opens(view: &View<'_>, name: &GroupName) -> Result<Vec<(Grant, App)>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let group = named(view, name)?;
    let mut opened = Vec::new();
    for grant in store::grants::of_holder(view.connection, Holder::Group(group.id))? {
        if let Some(app) = store::apps::by_id(view.connection, grant.app.0)? {
            opened.push((grant, app));
        }
    }
    Ok(opened)
}

/// Adds a local group.
pub fn add(op: &Op<'_>, name: &GroupName, description: &str) -> Result<Group, Refusal> {
    permit(op.standing, Verb::ChangeGroups)?;
    apps::lines("a description", description, MOST_OF_A_DESCRIPTION)?;
    if ["admin", "standard"].iter().any(|ours| name.as_str().eq_ignore_ascii_case(ours)) {
        return Err(Refusal::Conflict(format!("`{name}` reads like a built-in group")));
    }
    if name.as_str().contains('\\') {
        return Err(Refusal::Conflict(format!("`{name}` reads like a directory's group: leave the backslash out")));
    }
    if groups::by_name(op.connection, name)?.is_some() {
        return Err(Refusal::Conflict(format!("there is already a group `{name}`")));
    }
    let id = groups::insert(op.transaction, GroupKind::Local, name, description, op.now)?;
    op.changed(ChangeKind::Group, id.0)?;
    op.audit(&Event { action: "group_created", target: name.as_str(), ..Event::default() })?;
    named(op, name)
}

/// Says what a group is for.
pub fn describe(op: &Op<'_>, name: &GroupName, description: &str) -> Result<Group, Refusal> {
    permit(op.standing, Verb::ChangeGroups)?;
    apps::lines("a description", description, MOST_OF_A_DESCRIPTION)?;
    let before = named(op, name)?;
    refuse_kept(&before)?;
    if before.description == description {
        return Ok(before);
    }
    groups::set_description(op.transaction, before.id, description, op.now)?;
    let (target, before) = (name.as_str(), json!({ "description": before.description }));
    let after = json!({ "description": description });
    op.audit(&Event { action: "group_updated", target, before, after, app: "" })?;
    named(op, name)
}

/// Puts one person into every local group of another; gives the groups they were not in. Built-in groups are not
/// copied: nobody becomes an administrator by it. Those of directories are the directory's.
pub fn copy_memberships(op: &Op<'_>, from: &Username, to: &Username) -> Result<Vec<Group>, Refusal> {
    permit(op.standing, Verb::ChangeGroups)?;
    let (from, to) = (users::named(op, from)?, users::named(op, to)?);
    let mut copied = Vec::new();
    for group in groups::whole_of_user(op.connection, from.id)? {
        if group.kind == GroupKind::Local && put_into(op, &group, &to)? > 0 {
            copied.push(group);
        }
    }
    let target = format!("{} -> {}", from.username, to.username);
    let after = json!(copied.iter().map(|group| group.name.as_str()).collect::<Vec<_>>());
    op.audit(&Event { action: "memberships_copied", target: &target, after, ..Event::default() })?;
    Ok(copied)
}

/// Removes a local group with its grants.
pub fn remove(op: &Op<'_>, name: &GroupName) -> Result<Group, Refusal> {
    permit(op.standing, Verb::ChangeGroups)?;
    let group = named(op, name)?;
    refuse_kept(&group)?;
    if group.kind != GroupKind::Local {
        return Err(Refusal::Conflict(format!("`{name}` is built in and stays")));
    }
    for member in groups::members(op.connection, group.id)? {
        op.changed(ChangeKind::User, member.0)?;
    }
    groups::delete(op.transaction, group.id)?;
    op.changed(ChangeKind::Group, group.id.0)?;
    let before = json!({ "members": group.members });
    op.audit(&Event { action: "group_deleted", target: name.as_str(), before, ..Event::default() })?;
    Ok(group)
}

/// Puts a person into a group.
pub fn join(op: &Op<'_>, name: &GroupName, user: &Username) -> Result<Group, Refusal> {
    permit(op.standing, Verb::ChangeGroups)?;
    let (group, user) = (named(op, name)?, users::named(op, user)?);
    if put_into(op, &group, &user)? == 0 {
        return Err(Refusal::Conflict(format!("{} is already in `{name}`", user.username)));
    }
    named(op, name)
}

/// Puts somebody into a group; whether they were not in it.
pub(super) fn admit(op: &Op<'_>, name: &GroupName, user: &User) -> Result<bool, Refusal> {
    permit(op.standing, Verb::ChangeGroups)?;
    Ok(put_into(op, &named(op, name)?, user)? > 0)
}

/// Puts somebody into a group that an invitation names; 0 when they are in it already.
pub(super) fn enter(op: &Op<'_>, name: &GroupName, user: &User) -> Result<usize, Refusal> {
    put_into(op, &named(op, name)?, user)
}

fn put_into(op: &Op<'_>, group: &Group, user: &User) -> Result<usize, Refusal> {
    refuse_kept(group)?;
    if group.kind == GroupKind::Admin {
        permit(op.standing, Verb::ChangeAdmins)?;
    }
    let added = groups::add_member(op.transaction, group.id, user.id, op.now)?;
    if added > 0 {
        op.changed(ChangeKind::User, user.id.0)?;
        if group.kind == GroupKind::Admin {
            notice::made_admin(op, user.id)?;
        }
        let target = format!("{}/{}", group.name, user.username);
        op.audit(&Event { action: "member_added", target: &target, ..Event::default() })?;
    }
    Ok(added)
}

/// Takes a person out of a group. The last administrator stays.
pub fn leave(op: &Op<'_>, name: &GroupName, user: &Username) -> Result<Group, Refusal> {
    permit(op.standing, Verb::ChangeGroups)?;
    let (group, user) = (named(op, name)?, users::named(op, user)?);
    refuse_kept(&group)?;
    match group.kind {
        GroupKind::Admin => {
            permit(op.standing, Verb::ChangeAdmins)?;
            users::keep_an_admin(op, &user)?;
        }
        GroupKind::Standard => return Err(Refusal::Conflict("every approved person is in `standard`".into())),
        GroupKind::Local | GroupKind::Directory => {}
    }
    if groups::remove_member(op.transaction, group.id, user.id)? == 0 {
        return Err(Refusal::missing("member", format!("{name}/{}", user.username)));
    }
    op.changed(ChangeKind::User, user.id.0)?;
    op.audit(&Event { action: "member_removed", target: &format!("{name}/{}", user.username), ..Event::default() })?;
    named(op, name)
}

/// Refuses to change what a directory keeps.
fn refuse_kept(group: &Group) -> Result<(), Refusal> {
    match group.kind {
        GroupKind::Directory => {
            Err(Refusal::Conflict(format!("`{}` is kept by its directory: change it there", group.name)))
        }
        GroupKind::Admin | GroupKind::Standard | GroupKind::Local => Ok(()),
    }
}

pub(super) fn named(view: &View<'_>, name: &GroupName) -> Result<Group, Refusal> {
    groups::by_name(view.connection, name)?.ok_or_else(|| Refusal::missing("group", name))
}
