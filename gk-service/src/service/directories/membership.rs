//! The groups a directory says somebody is in: in a namespace of their own, found by their DNs.

use std::collections::BTreeSet;

use gk_shared::model::{GroupId, GroupName};
use gk_shared::policy::ChangeKind;
use sha2::{Digest, Sha256};

use super::take::line;
use crate::model::{DirectoryLabel, Found, FoundGroup, User};
use crate::service::audit::Event;
use crate::service::op::View;
use crate::service::{Op, Refusal};
use crate::store::directories::people::{self as kept, NewGroup};
use crate::store::groups;

/// A group's name has at most so many characters, its directory's label and the backslash included.
const MOST_OF_A_NAME: usize = 128;

/// Puts somebody into the directory's groups that they are in there, and takes them out of the others; gives how many.
pub(super) fn sync_groups(op: &Op<'_>, user: &User, found: &Found) -> Result<(usize, usize), Refusal> {
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
