//! Tables `access_grant` and `taken_grant`.

use std::collections::HashMap;

use gk_shared::model::{AppId, GrantId, GroupId, Role, Slug, UserId};
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::bad_column;
use crate::model::{Grant, Holder, WhichGrants};

const COLUMNS: &str = "a.id, a.app_id, a.user_id, a.group_id, coalesce(u.email, g.name), a.role, a.starts_at,
    a.expires_at, a.note, a.granted_by, a.granted_at, a.last_used_at";
const HOLDERS: &str = "LEFT JOIN user u ON u.id = a.user_id LEFT JOIN groups g ON g.id = a.group_id";
/// What makes a grant, and is kept of one that was taken.
const KEPT: &str = "id, app_id, user_id, group_id, role, starts_at, expires_at, note, granted_by, granted_at,
    last_used_at, told_of";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Grant> {
    let role = row.get_ref(5)?.as_str_or_null()?.map(Role::parse).transpose();
    Ok(Grant {
        id: GrantId(row.get(0)?),
        app: AppId(row.get(1)?),
        holder: holder(row, 2)?,
        holder_name: row.get(4)?,
        role: role.map_err(|error| bad_column(5, error))?,
        starts_at: row.get::<_, Option<i64>>(6)?.map(Timestamp),
        expires_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
        note: row.get(8)?,
        granted_by: row.get(9)?,
        granted_at: Timestamp(row.get(10)?),
        last_used_at: row.get::<_, Option<i64>>(11)?.map(Timestamp),
    })
}

/// The holder: a user id from this column, or a group id from the next.
fn holder(row: &Row<'_>, column: usize) -> rusqlite::Result<Holder> {
    match (row.get(column)?, row.get(column + 1)?) {
        (Some(user), None) => Ok(Holder::User(UserId(user))),
        (None, Some(group)) => Ok(Holder::Group(GroupId(group))),
        (Some(_), Some(_)) | (None, None) => Err(super::unknown_word(column)),
    }
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
    let sql = format!("SELECT {COLUMNS} FROM access_grant a {HOLDERS} WHERE a.app_id = ?1 ORDER BY 5, a.id");
    connection.prepare_cached(&sql)?.query_map([app.0], from_row)?.collect()
}

/// How many grants each app has that has some.
pub(crate) fn counts(connection: &Connection) -> rusqlite::Result<HashMap<AppId, i64>> {
    let sql = "SELECT app_id, count(*) FROM access_grant GROUP BY app_id";
    connection.prepare_cached(sql)?.query_map([], |row| Ok((AppId(row.get(0)?), row.get(1)?)))?.collect()
}

/// Every grant of one user or group.
pub(crate) fn of_holder(connection: &Connection, holder: Holder) -> rusqlite::Result<Vec<Grant>> {
    let column = match holder {
        Holder::User(_) => "user_id",
        Holder::Group(_) => "group_id",
    };
    let (user, group) = columns(holder);
    let sql = format!("SELECT {COLUMNS} FROM access_grant a {HOLDERS} WHERE a.{column} = ?1 ORDER BY a.id");
    connection.prepare_cached(&sql)?.query_map([user.or(group)], from_row)?.collect()
}

/// Every grant a person holds, their own and those of their groups.
pub(crate) fn of_person(connection: &Connection, user: UserId) -> rusqlite::Result<Vec<Grant>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM access_grant a {HOLDERS}
         WHERE a.user_id = ?1 OR a.group_id IN (SELECT group_id FROM membership WHERE user_id = ?1)
         ORDER BY a.id"
    );
    connection.prepare_cached(&sql)?.query_map([user.0], from_row)?.collect()
}

/// The grant of an app to this holder.
pub(crate) fn find(connection: &Connection, app: AppId, holder: Holder) -> rusqlite::Result<Option<Grant>> {
    let (user, group) = columns(holder);
    let sql = format!(
        "SELECT {COLUMNS} FROM access_grant a {HOLDERS} WHERE a.app_id = ?1 AND a.user_id IS ?2 AND a.group_id IS ?3"
    );
    connection.prepare_cached(&sql)?.query_row(params![app.0, user, group], from_row).optional()
}

/// The grant with this number.
pub(crate) fn by_id(connection: &Connection, id: GrantId) -> rusqlite::Result<Option<Grant>> {
    let sql = format!("SELECT {COLUMNS} FROM access_grant a {HOLDERS} WHERE a.id = ?1");
    connection.prepare_cached(&sql)?.query_row([id.0], from_row).optional()
}

/// The moment of a grant that the list is about, the span it has to lie in, and how the list is sorted.
fn choice(which: WhichGrants) -> (&'static str, (Timestamp, Timestamp), &'static str) {
    let (first, last) = (Timestamp(i64::MIN), Timestamp(i64::MAX));
    match which {
        WhichGrants::All => ("a.granted_at", (first, last), "p.slug, 5, a.id"),
        WhichGrants::Unused { since } => {
            let moment = "max(ifnull(a.last_used_at, 0), a.granted_at, ifnull(a.starts_at, 0))";
            (moment, (first, since), "ifnull(a.last_used_at, 0), a.granted_at, a.id")
        }
        WhichGrants::Expiring { after, until } => {
            ("a.expires_at", (after.plus(1), until.plus(1)), "a.expires_at, a.id")
        }
    }
}

/// Some of the grants of an app, or of all: each with the app's slug, after so many of them.
pub(crate) fn list(
    connection: &Connection,
    app: Option<AppId>,
    which: WhichGrants,
    (skip, most): (i64, i64),
) -> rusqlite::Result<Vec<(Grant, Slug)>> {
    let (moment, (from, to), order) = choice(which);
    let sql = format!(
        "SELECT {COLUMNS}, p.slug FROM access_grant a {HOLDERS} JOIN app p ON p.id = a.app_id
         WHERE (?1 IS NULL OR a.app_id = ?1) AND {moment} >= ?2 AND {moment} < ?3 ORDER BY {order} LIMIT ?5 OFFSET ?4"
    );
    let one = |row: &Row<'_>| {
        let slug = Slug::parse(row.get_ref(12)?.as_str()?).map_err(|error| bad_column(12, error))?;
        Ok((from_row(row)?, slug))
    };
    let values = params![app.map(|app| app.0), from.0, to.0, skip, most];
    connection.prepare_cached(&sql)?.query_map(values, one)?.collect()
}

/// How many there are.
pub(crate) fn count(connection: &Connection, app: Option<AppId>, which: WhichGrants) -> rusqlite::Result<i64> {
    let (moment, (from, to), _) = choice(which);
    let sql = format!(
        "SELECT count(*) FROM access_grant a
         WHERE (?1 IS NULL OR a.app_id = ?1) AND {moment} >= ?2 AND {moment} < ?3"
    );
    let values = params![app.map(|app| app.0), from.0, to.0];
    connection.prepare_cached(&sql)?.query_row(values, |row| row.get(0))
}

/// People's grants that end until then, were given long before that, and of whose end nobody was told yet; the first
/// first.
pub(crate) fn to_tell(
    connection: &Connection,
    (now, until): (Timestamp, Timestamp),
    most: i64,
) -> rusqlite::Result<Vec<Grant>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM access_grant a {HOLDERS}
         WHERE a.expires_at > ?1 AND a.expires_at <= ?2 AND a.user_id IS NOT NULL AND a.told_of IS NOT a.expires_at
         AND a.granted_at < a.expires_at - (?2 - ?1) ORDER BY a.expires_at LIMIT ?3"
    );
    connection.prepare_cached(&sql)?.query_map([now.0, until.0, most], from_row)?.collect()
}

/// Notes that a mail told of a grant's end; of another one it is told again.
pub(crate) fn set_told(transaction: &Transaction<'_>, id: GrantId) -> rusqlite::Result<()> {
    let sql = "UPDATE access_grant SET told_of = expires_at WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute([id.0]).map(drop)
}

/// Notes when a grant was last used; never earlier than it says already.
pub(crate) fn set_last_used(transaction: &Transaction<'_>, id: GrantId, at: Timestamp) -> rusqlite::Result<usize> {
    let sql = "UPDATE access_grant SET last_used_at = ?2 WHERE id = ?1 AND ifnull(last_used_at, 0) < ?2";
    transaction.prepare_cached(sql)?.execute([id.0, at.0])
}

/// Gives every grant of a role another one; gives whose grants those are.
pub(crate) fn rename_role(
    transaction: &Transaction<'_>,
    app: AppId,
    (from, to): (&Role, &Role),
) -> rusqlite::Result<Vec<Holder>> {
    let kept = "UPDATE taken_grant SET role = ?3 WHERE app_id = ?1 AND role = ?2";
    let values = params![app.0, from.as_str(), to.as_str()];
    transaction.prepare_cached(kept)?.execute(values)?;
    let sql = "UPDATE access_grant SET role = ?3 WHERE app_id = ?1 AND role = ?2 RETURNING user_id, group_id";
    transaction.prepare_cached(sql)?.query_map(values, |row| holder(row, 0))?.collect()
}

/// Keeps a grant among those taken together, before it is deleted.
pub(crate) fn keep(transaction: &Transaction<'_>, taking: i64, id: GrantId, now: Timestamp) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT INTO taken_grant (taking, taken_at, {KEPT})
         SELECT ?1, ?3, {KEPT} FROM access_grant WHERE id = ?2"
    );
    transaction.prepare_cached(&sql)?.execute([taking, id.0, now.0]).map(drop)
}

/// A number for those that are taken together now. No other taking ever has it: each leaves rows in the audit, which
/// outlive what is kept here.
pub(crate) fn next_taking(connection: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT ifnull(max(id), 0) + 1 FROM audit";
    connection.prepare_cached(sql)?.query_row([], |row| row.get(0))
}

/// Those that were taken together, unless before that.
pub(crate) fn taken(connection: &Connection, taking: i64, since: Timestamp) -> rusqlite::Result<Vec<Grant>> {
    let sql =
        format!("SELECT {COLUMNS} FROM taken_grant a {HOLDERS} WHERE a.taking = ?1 AND a.taken_at >= ?2 ORDER BY a.id");
    connection.prepare_cached(&sql)?.query_map([taking, since.0], from_row)?.collect()
}

/// Puts one of them back, as it was.
pub(crate) fn put_back(transaction: &Transaction<'_>, id: GrantId) -> rusqlite::Result<()> {
    let sql = format!("INSERT INTO access_grant ({KEPT}) SELECT {KEPT} FROM taken_grant WHERE id = ?1");
    transaction.prepare_cached(&sql)?.execute([id.0])?;
    transaction.prepare_cached("DELETE FROM taken_grant WHERE id = ?1")?.execute([id.0]).map(drop)
}

/// Forgets those that were taken before that.
pub(crate) fn forget_taken(transaction: &Transaction<'_>, before: Timestamp) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM taken_grant WHERE taken_at < ?1")?.execute([before.0]).map(drop)
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
