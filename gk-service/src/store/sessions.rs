//! Table `session`.

use gk_shared::model::{AppId, SessionId, UserId};
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::model::Session;

const COLUMNS: &str = "id, sid, user_id, app_id, method, created_at, expires_at, ended_at";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        row: row.get(0)?,
        id: SessionId(row.get(1)?),
        user: UserId(row.get(2)?),
        app: row.get::<_, Option<i64>>(3)?.map(AppId),
        method: row.get(4)?,
        created_at: Timestamp(row.get(5)?),
        expires_at: Timestamp(row.get(6)?),
        ended_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
    })
}

/// The session with this public id.
pub(crate) fn by_id(connection: &Connection, id: SessionId) -> rusqlite::Result<Option<Session>> {
    let sql = format!("SELECT {COLUMNS} FROM session WHERE sid = ?1");
    connection.prepare_cached(&sql)?.query_row([id.0], from_row).optional()
}

/// The session in this row, if it was ended early. Whether it has run out meanwhile is not asked: a clock that is
/// ahead would say so, and be put right later.
pub(crate) fn revoked(connection: &Connection, row: i64) -> rusqlite::Result<Option<Session>> {
    let sql = format!("SELECT {COLUMNS} FROM session WHERE id = ?1 AND ended_at IS NOT NULL");
    connection.prepare_cached(&sql)?.query_row([row], from_row).optional()
}

/// Every session that was ended early.
pub(crate) fn all_revoked(connection: &Connection) -> rusqlite::Result<Vec<Session>> {
    let sql = format!("SELECT {COLUMNS} FROM session WHERE ended_at IS NOT NULL");
    connection.prepare_cached(&sql)?.query_map([], from_row)?.collect()
}

/// Adds a session; gives its row id.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    session: &Session,
    (ip, user_agent): (&str, &str),
) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO session (sid, user_id, app_id, method, ip, user_agent, created_at, last_seen_at, expires_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)";
    let app = session.app.map(|app| app.0);
    let (created, expires) = (session.created_at.0, session.expires_at.0);
    let values = params![session.id.0, session.user.0, app, session.method, ip, user_agent, created, expires];
    transaction.prepare_cached(sql)?.insert(values)
}

/// Ends a session; gives 0 when it had ended already.
pub(crate) fn end(transaction: &Transaction<'_>, row: i64, now: Timestamp) -> rusqlite::Result<usize> {
    let sql = "UPDATE session SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL";
    transaction.prepare_cached(sql)?.execute([row, now.0])
}

/// Ends every open session of a user; gives how many. Rotating the salt is what puts it in force.
pub(crate) fn end_all_of(transaction: &Transaction<'_>, user: UserId, now: Timestamp) -> rusqlite::Result<usize> {
    let sql = "UPDATE session SET ended_at = ?2 WHERE user_id = ?1 AND ended_at IS NULL";
    transaction.prepare_cached(sql)?.execute([user.0, now.0])
}

/// Deletes sessions that ran out before a time; gives the rows of those that had been ended early.
pub(crate) fn delete_expired(transaction: &Transaction<'_>, before: Timestamp) -> rusqlite::Result<Vec<i64>> {
    let sql = "DELETE FROM session WHERE id IN (SELECT id FROM session WHERE expires_at < ?1 LIMIT 1000)
               RETURNING id, ended_at";
    let mut statement = transaction.prepare_cached(sql)?;
    let rows = statement.query_map([before.0], |row| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?)))?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    Ok(rows.into_iter().filter(|(_, ended)| ended.is_some()).map(|(id, _)| id).collect())
}
