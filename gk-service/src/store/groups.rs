//! Tables `groups` and `membership`.

use gk_shared::model::{GroupId, GroupName, UserId};
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::model::{Group, GroupKind};

/// A directory's group goes by its directory and its name, everywhere: one called `admin` is never taken for ours.
macro_rules! name {
    () => {
        "iif(g.kind = 'directory', g.directory || '\\' || g.name, g.name)"
    };
}

const COLUMNS: &str = concat!("g.id, g.kind, ", name!(), ", g.description, g.members, g.created_at, g.updated_at");

fn from_row(row: &Row<'_>) -> rusqlite::Result<Group> {
    Ok(Group {
        id: GroupId(row.get(0)?),
        kind: GroupKind::parse(row.get_ref(1)?.as_str()?).ok_or_else(|| super::unknown_word(1))?,
        name: row.get(2)?,
        description: row.get(3)?,
        members: row.get(4)?,
        created_at: Timestamp(row.get(5)?),
        updated_at: Timestamp(row.get(6)?),
    })
}

/// Every group by name.
pub(crate) fn list(connection: &Connection) -> rusqlite::Result<Vec<Group>> {
    let sql = format!("SELECT {COLUMNS} FROM groups g ORDER BY g.name, g.id");
    connection.prepare_cached(&sql)?.query_map([], from_row)?.collect()
}

/// The group with this id.
pub(crate) fn by_id(connection: &Connection, id: GroupId) -> rusqlite::Result<Option<Group>> {
    let sql = format!("SELECT {COLUMNS} FROM groups g WHERE g.id = ?1");
    connection.prepare_cached(&sql)?.query_row([id.0], from_row).optional()
}

/// Every group a user is in.
pub(crate) fn of_user(connection: &Connection, user: UserId) -> rusqlite::Result<Vec<GroupId>> {
    let sql = "SELECT group_id FROM membership WHERE user_id = ?1 ORDER BY group_id";
    connection.prepare_cached(sql)?.query_map([user.0], |row| row.get(0).map(GroupId))?.collect()
}

/// The groups a user is in, by name.
pub(crate) fn whole_of_user(connection: &Connection, user: UserId) -> rusqlite::Result<Vec<Group>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM groups g WHERE g.id IN (SELECT group_id FROM membership WHERE user_id = ?1)
         ORDER BY g.name, g.id"
    );
    connection.prepare_cached(&sql)?.query_map([user.0], from_row)?.collect()
}

/// The names of a user's groups.
pub(crate) fn names_of_user(connection: &Connection, user: UserId) -> rusqlite::Result<Vec<String>> {
    let sql = concat!(
        "SELECT ",
        name!(),
        " FROM groups g JOIN membership m ON m.group_id = g.id WHERE m.user_id = ?1 ORDER BY 1"
    );
    connection.prepare_cached(sql)?.query_map([user.0], |row| row.get(0))?.collect()
}

/// Every member of a group.
pub(crate) fn members(connection: &Connection, group: GroupId) -> rusqlite::Result<Vec<UserId>> {
    let sql = "SELECT user_id FROM membership WHERE group_id = ?1 ORDER BY user_id";
    connection.prepare_cached(sql)?.query_map([group.0], |row| row.get(0).map(UserId))?.collect()
}

/// The group of this name. A directory's goes by its label, in whatever case, a backslash and its own name.
pub(crate) fn by_name(connection: &Connection, name: &GroupName) -> rusqlite::Result<Option<Group>> {
    let sql = format!("SELECT {COLUMNS} FROM groups g WHERE g.name = ?1 AND g.kind <> 'directory'");
    let ours = connection.prepare_cached(&sql)?.query_row([name.as_str()], from_row).optional()?;
    let (None, Some((label, name))) = (&ours, name.as_str().split_once('\\')) else { return Ok(ours) };
    let sql = format!("SELECT {COLUMNS} FROM groups g WHERE g.kind = 'directory' AND g.directory = ?1 AND g.name = ?2");
    connection.prepare_cached(&sql)?.query_row([&label.to_ascii_lowercase(), name], from_row).optional()
}

/// The built-in group of this kind.
pub(crate) fn built_in(connection: &Connection, kind: GroupKind) -> rusqlite::Result<GroupId> {
    let sql = "SELECT id FROM groups WHERE kind = ?1";
    connection.prepare_cached(sql)?.query_row([kind.word()], |row| row.get(0).map(GroupId))
}

/// Adds a group; gives its id.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    kind: GroupKind,
    name: &GroupName,
    description: &str,
    now: Timestamp,
) -> rusqlite::Result<GroupId> {
    let sql = "INSERT INTO groups (kind, name, description, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)";
    let values = params![kind.word(), name.as_str(), description, now.0];
    transaction.prepare_cached(sql)?.insert(values).map(GroupId)
}

/// Says what a group is for.
pub(crate) fn set_description(
    transaction: &Transaction<'_>,
    id: GroupId,
    description: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "UPDATE groups SET description = ?2, updated_at = ?3 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![id.0, description, now.0]).map(drop)
}

/// Deletes a group with its memberships and grants.
pub(crate) fn delete(transaction: &Transaction<'_>, id: GroupId) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM groups WHERE id = ?1")?.execute([id.0]).map(drop)
}

/// Adds a member; gives the number of rows added, 0 or 1.
pub(crate) fn add_member(
    transaction: &Transaction<'_>,
    group: GroupId,
    user: UserId,
    now: Timestamp,
) -> rusqlite::Result<usize> {
    let sql = "INSERT OR IGNORE INTO membership (user_id, group_id, created_at) VALUES (?1, ?2, ?3)";
    transaction.prepare_cached(sql)?.execute(params![user.0, group.0, now.0])
}

/// Removes a member; gives the number of rows removed, 0 or 1.
pub(crate) fn remove_member(transaction: &Transaction<'_>, group: GroupId, user: UserId) -> rusqlite::Result<usize> {
    let sql = "DELETE FROM membership WHERE user_id = ?1 AND group_id = ?2";
    transaction.prepare_cached(sql)?.execute(params![user.0, group.0])
}
