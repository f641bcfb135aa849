//! Tables `invitation`, `invitation_group` and `invitation_app`.

use gk_shared::model::{AppId, Email, GroupId, Role, Slug, UserId};
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::bad_column;
use crate::model::{Invitation, InvitedApp};

const COLUMNS: &str = "id, email, note, uses, used, created_by, created_at, expires_at, withdrawn_at, created_by_id";

/// What a new invitation starts with.
pub(crate) struct NewInvitation<'n> {
    pub(crate) link_hash: [u8; 32],
    pub(crate) email: Option<&'n Email>,
    pub(crate) note: &'n str,
    pub(crate) uses: i64,
    pub(crate) created_by: &'n str,
    /// The person who made it, if one did.
    pub(crate) inviter: Option<UserId>,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

fn from_row(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<Invitation> {
    let id = row.get(0)?;
    let email = Some(row.get_ref(1)?.as_str()?).filter(|email| !email.is_empty()).map(Email::parse).transpose();
    Ok(Invitation {
        id,
        email: email.map_err(|error| bad_column(1, error))?,
        note: row.get(2)?,
        uses: row.get(3)?,
        used: row.get(4)?,
        created_by: row.get(5)?,
        created_at: Timestamp(row.get(6)?),
        expires_at: Timestamp(row.get(7)?),
        withdrawn_at: row.get::<_, Option<i64>>(8)?.map(Timestamp),
        inviter: row.get::<_, Option<i64>>(9)?.map(UserId),
        groups: groups(connection, id)?,
        apps: apps(connection, id)?,
    })
}

fn groups(connection: &Connection, id: i64) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT g.name FROM invitation_group i JOIN groups g ON g.id = i.group_id
               WHERE i.invitation_id = ?1 ORDER BY g.name";
    connection.prepare_cached(sql)?.query_map([id], |row| row.get(0))?.collect()
}

fn apps(connection: &Connection, id: i64) -> rusqlite::Result<Vec<InvitedApp>> {
    let sql = "SELECT a.slug, a.name, i.role FROM invitation_app i JOIN app a ON a.id = i.app_id
               WHERE i.invitation_id = ?1 ORDER BY a.name, a.slug";
    let mut statement = connection.prepare_cached(sql)?;
    let apps = statement.query_map([id], |row| {
        let role = row.get_ref(2)?.as_str_or_null()?.map(Role::parse).transpose();
        Ok(InvitedApp {
            slug: Slug::parse(row.get_ref(0)?.as_str()?).map_err(|error| bad_column(0, error))?,
            name: row.get(1)?,
            role: role.map_err(|error| bad_column(2, error))?,
        })
    })?;
    apps.collect()
}

/// The invitation of this number.
pub(crate) fn by_id(connection: &Connection, id: i64) -> rusqlite::Result<Option<Invitation>> {
    let sql = format!("SELECT {COLUMNS} FROM invitation WHERE id = ?1");
    connection.prepare_cached(&sql)?.query_row([id], |row| from_row(connection, row)).optional()
}

/// The invitation a link belongs to.
pub(crate) fn by_link(connection: &Connection, link_hash: [u8; 32]) -> rusqlite::Result<Option<Invitation>> {
    let sql = format!("SELECT {COLUMNS} FROM invitation WHERE link_hash = ?1");
    connection.prepare_cached(&sql)?.query_row([link_hash], |row| from_row(connection, row)).optional()
}

/// The newest invitations.
pub(crate) fn list(connection: &Connection, most: i64) -> rusqlite::Result<Vec<Invitation>> {
    let sql = format!("SELECT {COLUMNS} FROM invitation ORDER BY id DESC LIMIT ?1");
    connection.prepare_cached(&sql)?.query_map([most], |row| from_row(connection, row))?.collect()
}

/// Adds an invitation; gives its number.
pub(crate) fn insert(transaction: &Transaction<'_>, new: &NewInvitation<'_>) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO invitation (link_hash, email, note, uses, created_by, created_at, expires_at, created_by_id)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let email = new.email.map(Email::as_str).unwrap_or_default();
    let (created, expires) = (new.created_at.0, new.expires_at.0);
    let inviter = new.inviter.map(|user| user.0);
    let values = params![new.link_hash, email, new.note, new.uses, new.created_by, created, expires, inviter];
    transaction.prepare_cached(sql)?.insert(values)
}

/// Has an invitation put people into a group.
pub(crate) fn add_group(transaction: &Transaction<'_>, id: i64, group: GroupId) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO invitation_group (invitation_id, group_id) VALUES (?1, ?2)";
    transaction.prepare_cached(sql)?.execute([id, group.0]).map(drop)
}

/// Has an invitation let people into an app.
pub(crate) fn add_app(transaction: &Transaction<'_>, id: i64, app: AppId, role: Option<&Role>) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO invitation_app (invitation_id, app_id, role) VALUES (?1, ?2, ?3)";
    transaction.prepare_cached(sql)?.execute(params![id, app.0, role.map(Role::as_str)]).map(drop)
}

/// Counts a use; gives 0 when the invitation does not work any more, however many ask at once.
pub(crate) fn count_use(transaction: &Transaction<'_>, id: i64, now: Timestamp) -> rusqlite::Result<usize> {
    let sql = "UPDATE invitation SET used = used + 1
               WHERE id = ?1 AND used < uses AND withdrawn_at IS NULL AND expires_at > ?2";
    transaction.prepare_cached(sql)?.execute([id, now.0])
}

/// Takes a counted use back.
pub(crate) fn give_use_back(transaction: &Transaction<'_>, id: i64) -> rusqlite::Result<()> {
    transaction.prepare_cached("UPDATE invitation SET used = used - 1 WHERE id = ?1")?.execute([id]).map(drop)
}

/// Withdraws an invitation; gives 0 when that was done already.
pub(crate) fn withdraw(transaction: &Transaction<'_>, id: i64, now: Timestamp) -> rusqlite::Result<usize> {
    let sql = "UPDATE invitation SET withdrawn_at = ?2 WHERE id = ?1 AND withdrawn_at IS NULL";
    transaction.prepare_cached(sql)?.execute([id, now.0])
}

/// Deletes invitations that ran out before a time.
pub(crate) fn delete_old(transaction: &Transaction<'_>, before: Timestamp) -> rusqlite::Result<usize> {
    transaction.prepare_cached("DELETE FROM invitation WHERE expires_at < ?1")?.execute([before.0])
}

/// Has invitations hold out a role under its new name.
pub(crate) fn rename_role(
    transaction: &Transaction<'_>,
    app: AppId,
    (from, to): (&Role, &Role),
) -> rusqlite::Result<()> {
    let sql = "UPDATE invitation_app SET role = ?3 WHERE app_id = ?1 AND role = ?2";
    transaction.prepare_cached(sql)?.execute(params![app.0, from.as_str(), to.as_str()]).map(drop)
}
