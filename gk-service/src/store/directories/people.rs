//! Table `directory_person`, and the groups of directories.

use gk_shared::model::{GroupId, UserId};
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::label;
use crate::model::{Account, DirectoryLabel, DirectoryPerson};
use crate::store::unknown_word;

const COLUMNS: &str = "directory, unique_id, dn, office, photo, state, disabled_here, refreshed_at";

fn from_row(row: &Row<'_>) -> rusqlite::Result<DirectoryPerson> {
    Ok(DirectoryPerson {
        directory: label(row, 0)?,
        unique_id: row.get(1)?,
        dn: row.get(2)?,
        office: row.get(3)?,
        photo: row.get(4)?,
        account: Account::parse(row.get_ref(5)?.as_str()?).ok_or_else(|| unknown_word(5))?,
        disabled_here: row.get(6)?,
        refreshed_at: Timestamp(row.get(7)?),
    })
}

/// What a directory said last of an account.
pub(crate) fn of_user(connection: &Connection, user: UserId) -> rusqlite::Result<Option<DirectoryPerson>> {
    let sql = format!("SELECT {COLUMNS} FROM directory_person WHERE user_id = ?1");
    connection.prepare_cached(&sql)?.query_row([user.0], from_row).optional()
}

/// The account of somebody by what stays when they are renamed.
pub(crate) fn user_by_id(
    connection: &Connection,
    directory: &DirectoryLabel,
    unique_id: &str,
) -> rusqlite::Result<Option<UserId>> {
    let sql = "SELECT user_id FROM directory_person WHERE directory = ?1 AND unique_id = ?2";
    connection.prepare_cached(sql)?.query_row([directory.as_str(), unique_id], |row| row.get(0).map(UserId)).optional()
}

/// Everybody a directory keeps, by user name.
pub(crate) fn users_of(connection: &Connection, directory: &DirectoryLabel) -> rusqlite::Result<Vec<UserId>> {
    let sql = "SELECT id FROM user WHERE directory = ?1 ORDER BY username";
    connection.prepare_cached(sql)?.query_map([directory.as_str()], |row| row.get(0).map(UserId))?.collect()
}

/// How many people a directory keeps.
pub(crate) fn count(connection: &Connection, directory: &DirectoryLabel) -> rusqlite::Result<i64> {
    let sql = "SELECT count(*) FROM user WHERE directory = ?1";
    connection.prepare_cached(sql)?.query_row([directory.as_str()], |row| row.get(0))
}

/// Writes what a directory says of an account.
pub(crate) fn save(transaction: &Transaction<'_>, user: UserId, person: &DirectoryPerson) -> rusqlite::Result<()> {
    let sql = "INSERT INTO directory_person (user_id, directory, unique_id, dn, office, photo, state, disabled_here, refreshed_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
               ON CONFLICT (user_id) DO UPDATE SET directory = excluded.directory, unique_id = excluded.unique_id, dn = excluded.dn,
                   office = excluded.office, photo = excluded.photo, state = excluded.state,
                   disabled_here = excluded.disabled_here, refreshed_at = excluded.refreshed_at";
    let values = params![
        user.0,
        person.directory.as_str(),
        person.unique_id,
        person.dn,
        person.office,
        person.photo,
        person.account.word(),
        person.disabled_here,
        person.refreshed_at.0
    ];
    transaction.prepare_cached(sql)?.execute(values).map(drop)
}

/// Says which directory keeps an account.
pub(crate) fn set_directory(transaction: &Transaction<'_>, user: UserId, directory: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE user SET directory = ?2 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![user.0, directory]).map(drop)
}

/// Lets go of everybody a directory keeps: their accounts are kept here from now on.
pub(crate) fn release_all(transaction: &Transaction<'_>, directory: &DirectoryLabel) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM directory_person WHERE directory = ?1")?.execute([directory.as_str()])?;
    let sql = "UPDATE user SET directory = '' WHERE directory = ?1";
    transaction.prepare_cached(sql)?.execute([directory.as_str()]).map(drop)
}

/// Every group of a directory.
pub(crate) fn groups_of(connection: &Connection, directory: &DirectoryLabel) -> rusqlite::Result<Vec<GroupId>> {
    let sql = "SELECT id FROM groups WHERE kind = 'directory' AND directory = ?1 ORDER BY id";
    connection.prepare_cached(sql)?.query_map([directory.as_str()], |row| row.get(0).map(GroupId))?.collect()
}

/// The group with this normalised name.
pub(crate) fn group_by_dn(
    connection: &Connection,
    directory: &DirectoryLabel,
    dn: &str,
) -> rusqlite::Result<Option<GroupId>> {
    let sql = "SELECT id FROM groups WHERE kind = 'directory' AND directory = ?1 AND dn = ?2";
    connection.prepare_cached(sql)?.query_row([directory.as_str(), dn], |row| row.get(0).map(GroupId)).optional()
}

/// Whether a group of the directory goes by this name.
pub(crate) fn is_group_name(connection: &Connection, directory: &DirectoryLabel, name: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM groups WHERE kind = 'directory' AND directory = ?1 AND name = ?2)";
    connection.prepare_cached(sql)?.query_row([directory.as_str(), name], |row| row.get(0))
}

/// A group of a directory to add.
pub(crate) struct NewGroup<'g> {
    pub(crate) directory: &'g DirectoryLabel,
    /// Normalised.
    pub(crate) dn: &'g str,
    pub(crate) name: &'g str,
    pub(crate) description: &'g str,
}

/// Adds a group; gives its id.
pub(crate) fn insert_group(
    transaction: &Transaction<'_>,
    new: &NewGroup<'_>,
    now: Timestamp,
) -> rusqlite::Result<GroupId> {
    let sql = "INSERT INTO groups (kind, name, directory, dn, description, created_at, updated_at)
               VALUES ('directory', ?1, ?2, ?3, ?4, ?5, ?5)";
    let values = params![new.name, new.directory.as_str(), new.dn, new.description, now.0];
    transaction.prepare_cached(sql)?.insert(values).map(GroupId)
}

/// The groups of directories somebody is in.
pub(crate) fn groups_of_user(connection: &Connection, user: UserId) -> rusqlite::Result<Vec<(GroupId, String)>> {
    let sql = "SELECT g.id, g.name FROM membership m JOIN groups g ON g.id = m.group_id
               WHERE m.user_id = ?1 AND g.kind = 'directory' ORDER BY g.id";
    connection.prepare_cached(sql)?.query_map([user.0], |row| Ok((GroupId(row.get(0)?), row.get(1)?)))?.collect()
}

/// The normalised names of the groups of directories somebody is in.
pub(crate) fn group_dns_of_user(connection: &Connection, user: UserId) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT g.dn FROM membership m JOIN groups g ON g.id = m.group_id WHERE m.user_id = ?1 AND g.kind = 'directory'";
    connection.prepare_cached(sql)?.query_map([user.0], |row| row.get(0))?.collect()
}
