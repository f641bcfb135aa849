//! Table `access_grant`.

use gk_shared::model::{AppId, GrantId, GroupId, Role, UserId};
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::bad_column;
use crate::model::{Grant, Holder};

const SELECT: &str = "SELECT a.id, a.app_id, a.user_id, a.group_id, coalesce(u.email, g.name), a.role, a.starts_at,
    a.expires_at, a.note, a.granted_by, a.granted_at
    FROM access_grant a LEFT JOIN user u ON u.id = a.user_id LEFT JOIN groups g ON g.id = a.group_id";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Grant> {
    let holder = match (row.get(2)?, row.get(3)?) {
        (Some(user), None) => Holder::User(UserId(user)),
        (None, Some(group)) => Holder::Group(GroupId(group)),
        (Some(_), Some(_)) | (None, None) => return Err(super::unknown_word(2)),
    };
    let role = row.get_ref(5)?.as_str_or_null()?.map(Role::parse).transpose();
    Ok(Grant {
        id: GrantId(row.get(0)?),
        app: AppId(row.get(1)?),
        holder,
        holder_name: row.get(4)?,
        role: role.map_err(|error| bad_column(5, error))?,
        starts_at: row.get::<_, Option<i64>>(6)?.map(Timestamp),
        expires_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
        note: row.get(8)?,
        granted_by: row.get(9)?,
        granted_at: Timestamp(row.get(10)?),
    })
}

/// Columns of the holder: user id and group id, one of them null.
fn columns(holder: Holder) -> (Option<i64>, Option<i64>) {
    match holder {
        Holder::User(id) => (Some(id.0), None),
        Holder::Group(id) => (None, Some(id.0)),
    }
}

/// Every grant of an app, by holder.
pub(crate) fn of_app(connection: &Connection, app: AppId) -> rusqlite::Result<Vec<Grant>> {
    let sql = format!("{SELECT} WHERE a.app_id = ?1 ORDER BY 5, a.id");
    connection.prepare_cached(&sql)?.query_map([app.0], from_row)?.collect()
}

/// Every grant of one user or group.
pub(crate) fn of_holder(connection: &Connection, holder: Holder) -> rusqlite::Result<Vec<Grant>> {
    let column = match holder {
        Holder::User(_) => "user_id",
        Holder::Group(_) => "group_id",
    };
    let (user, group) = columns(holder);
    let sql = format!("{SELECT} WHERE a.{column} = ?1 ORDER BY a.id");
    connection.prepare_cached(&sql)?.query_map([user.or(group)], from_row)?.collect()
}

/// Every grant a person holds, their own and those of their groups.
pub(crate) fn of_person(connection: &Connection, user: UserId) -> rusqlite::Result<Vec<Grant>> {
    let sql = format!(
        "{SELECT} WHERE a.user_id = ?1 OR a.group_id IN (SELECT group_id FROM membership WHERE user_id = ?1)
         ORDER BY a.id"
    );
    connection.prepare_cached(&sql)?.query_map([user.0], from_row)?.collect()
}

/// The grant of this number.
pub(crate) fn by_id(connection: &Connection, id: GrantId) -> rusqlite::Result<Option<Grant>> {
    let sql = format!("{SELECT} WHERE a.id = ?1");
    connection.prepare_cached(&sql)?.query_row([id.0], from_row).optional()
}

/// The grant of an app to this holder.
pub(crate) fn find(connection: &Connection, app: AppId, holder: Holder) -> rusqlite::Result<Option<Grant>> {
    let (user, group) = columns(holder);
    let sql = format!("{SELECT} WHERE a.app_id = ?1 AND a.user_id IS ?2 AND a.group_id IS ?3");
    connection.prepare_cached(&sql)?.query_row(params![app.0, user, group], from_row).optional()
}

/// Adds a grant; its id is not read.
pub(crate) fn insert(transaction: &Transaction<'_>, grant: &Grant) -> rusqlite::Result<GrantId> {
    let sql = "INSERT INTO access_grant (app_id, user_id, group_id, role, starts_at, expires_at, note, granted_by, granted_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let (user, group) = columns(grant.holder);
    let role = grant.role.as_ref().map(Role::as_str);
    let (starts, expires) = (grant.starts_at.map(|at| at.0), grant.expires_at.map(|at| at.0));
    let values =
        params![grant.app.0, user, group, role, starts, expires, grant.note, grant.granted_by, grant.granted_at.0];
    transaction.prepare_cached(sql)?.insert(values).map(GrantId)
}

/// Writes over a grant that exists.
pub(crate) fn update(transaction: &Transaction<'_>, grant: &Grant) -> rusqlite::Result<()> {
    let sql = "UPDATE access_grant SET role = ?2, starts_at = ?3, expires_at = ?4, note = ?5, granted_by = ?6, granted_at = ?7
               WHERE id = ?1";
    let role = grant.role.as_ref().map(Role::as_str);
    let (starts, expires) = (grant.starts_at.map(|at| at.0), grant.expires_at.map(|at| at.0));
    let values = params![grant.id.0, role, starts, expires, grant.note, grant.granted_by, grant.granted_at.0];
    transaction.prepare_cached(sql)?.execute(values).map(drop)
}

/// Deletes a grant.
pub(crate) fn delete(transaction: &Transaction<'_>, id: GrantId) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM access_grant WHERE id = ?1")?.execute([id.0]).map(drop)
}
