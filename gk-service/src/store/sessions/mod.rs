//! Table `session`.

mod deleted;
mod seen;

use gk_shared::model::{AppId, SessionId, UserId};
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::model::Session;

pub(crate) use deleted::{Ended, delete_expired};
pub(crate) use seen::{Seen, all_seen, note_seen, seen, tell_all_seen, tell_nothing_seen, tell_seen};

const COLUMNS: &str =
    "id, sid, user_id, app_id, method, ip, user_agent, created_at, last_seen_at, expires_at, ended_at";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        row: row.get(0)?,
        id: SessionId(row.get(1)?),
        user: UserId(row.get(2)?),
        app: row.get::<_, Option<i64>>(3)?.map(AppId),
        method: row.get(4)?,
        ip: row.get(5)?,
        user_agent: row.get(6)?,
        created_at: Timestamp(row.get(7)?),
        last_seen_at: Timestamp(row.get(8)?),
        expires_at: Timestamp(row.get(9)?),
        ended_at: row.get::<_, Option<i64>>(10)?.map(Timestamp),
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

/// Whether anybody has ever signed in to the account: what a command or an app's server made is nobody's sign-in.
pub(crate) fn any_signed_in(connection: &Connection, user: UserId) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM session WHERE user_id = ?1 AND app_id IS NULL AND method <> 'command')";
    connection.prepare_cached(sql)?.query_row([user.0], |row| row.get(0))
}

/// The newest sessions of a user that are open: those of browsers first, so that no app's server can make so many that
/// they are left out.
pub(crate) fn open_of(
    connection: &Connection,
    user: UserId,
    now: Timestamp,
    most: i64,
) -> rusqlite::Result<Vec<Session>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM session WHERE user_id = ?1 AND ended_at IS NULL AND expires_at > ?2
         ORDER BY app_id IS NOT NULL, created_at DESC, id DESC LIMIT ?3"
    );
    connection.prepare_cached(&sql)?.query_map([user.0, now.0, most], from_row)?.collect()
}

/// Adds a session; gives its row id.
pub(crate) fn insert(transaction: &Transaction<'_>, session: &Session) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO session (sid, user_id, app_id, method, ip, user_agent, created_at, last_seen_at, expires_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let app = session.app.map(|app| app.0);
    let Session { id, user, method, ip, user_agent, created_at, last_seen_at, expires_at, .. } = session;
    let times = (created_at.0, last_seen_at.0, expires_at.0);
    let values = params![id.0, user.0, app, method, ip, user_agent, times.0, times.1, times.2];
    transaction.prepare_cached(sql)?.insert(values)
}

/// Ends a session; gives 0 when it had ended already.
pub(crate) fn end(transaction: &Transaction<'_>, row: i64, now: Timestamp) -> rusqlite::Result<usize> {
    let sql = "UPDATE session SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL";
    transaction.prepare_cached(sql)?.execute([row, now.0])
}

/// Ends every session of a user but one; gives their rows, each of which has to be published.
pub(crate) fn end_others(
    transaction: &Transaction<'_>,
    user: UserId,
    besides: i64,
    now: Timestamp,
) -> rusqlite::Result<Vec<i64>> {
    let sql = "UPDATE session SET ended_at = ?3 WHERE user_id = ?1 AND id <> ?2 AND ended_at IS NULL RETURNING id";
    transaction.prepare_cached(sql)?.query_map([user.0, besides, now.0], |row| row.get(0))?.collect()
}

/// Ends all but the newest sessions of a user that an app's server has made; gives their rows, each of which has to be
/// published.
pub(crate) fn end_oldest_of_app(
    transaction: &Transaction<'_>,
    (user, app): (UserId, AppId),
    kept: i64,
    now: Timestamp,
) -> rusqlite::Result<Vec<i64>> {
    let sql = "UPDATE session SET ended_at = ?4 WHERE id IN (
                   SELECT id FROM session
                   WHERE user_id = ?1 AND app_id = ?2 AND method = 'api' AND ended_at IS NULL AND expires_at > ?4
                   ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET ?3)
               RETURNING id";
    transaction.prepare_cached(sql)?.query_map([user.0, app.0, kept, now.0], |row| row.get(0))?.collect()
}

/// Ends every open session of a user; gives how many. Rotating the salt is what puts it in force.
pub(crate) fn end_all_of(transaction: &Transaction<'_>, user: UserId, now: Timestamp) -> rusqlite::Result<usize> {
    let sql = "UPDATE session SET ended_at = ?2 WHERE user_id = ?1 AND ended_at IS NULL";
    transaction.prepare_cached(sql)?.execute([user.0, now.0])
}

/// Ends all of everybody; the number that were open. Their tokens no longer count by their salt, so none is told of.
pub(crate) fn end_everybodys(transaction: &Transaction<'_>, now: Timestamp) -> rusqlite::Result<usize> {
    let sql = "UPDATE session SET ended_at = ?1 WHERE ended_at IS NULL AND expires_at > ?1";
    transaction.prepare_cached(sql)?.execute([now.0])
}

/// Lets every session run out now: the salt they were made with is gone, so none of them opens anything.
pub(crate) fn expire_all(transaction: &Transaction<'_>, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE session SET expires_at = ?1 WHERE expires_at > ?1";
    transaction.prepare_cached(sql)?.execute([now.0]).map(drop)
}

/// How many sessions are open, and how many people have them.
pub(crate) fn count_open(connection: &Connection, now: Timestamp) -> rusqlite::Result<(i64, i64)> {
    let sql = "SELECT count(*), count(DISTINCT user_id) FROM session WHERE ended_at IS NULL AND expires_at > ?1";
    connection.prepare_cached(sql)?.query_row([now.0], |row| Ok((row.get(0)?, row.get(1)?)))
}
