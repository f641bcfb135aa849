//! When sessions were last seen, and what of that the policy file is told.

use gk_shared::model::SessionId;
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

/// When a session was last seen, as the policy file is told it.
pub(crate) struct Seen {
    pub(crate) row: i64,
    pub(crate) id: SessionId,
    pub(crate) at: Timestamp,
}

impl Seen {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { row: row.get(0)?, id: SessionId(row.get(1)?), at: Timestamp(row.get(2)?) })
    }
}

/// When the session in this row was last seen, if the policy file is to say so.
pub(crate) fn seen(connection: &Connection, row: i64) -> rusqlite::Result<Option<Seen>> {
    let sql = "SELECT id, sid, seen_published_at FROM session
               WHERE id = ?1 AND ended_at IS NULL AND seen_published_at IS NOT NULL";
    connection.prepare_cached(sql)?.query_row([row], Seen::from_row).optional()
}

/// The same of every session.
pub(crate) fn all_seen(connection: &Connection) -> rusqlite::Result<Vec<Seen>> {
    let sql = "SELECT id, sid, seen_published_at FROM session
               WHERE ended_at IS NULL AND seen_published_at IS NOT NULL";
    connection.prepare_cached(sql)?.query_map([], Seen::from_row)?.collect()
}

/// Notes when a session was last used, unless a later use is known; gives its row if it was noted.
pub(crate) fn note_seen(transaction: &Transaction<'_>, id: SessionId, at: Timestamp) -> rusqlite::Result<Option<i64>> {
    let sql = "UPDATE session SET last_seen_at = ?2 WHERE sid = ?1 AND last_seen_at < ?2 RETURNING id";
    transaction.prepare_cached(sql)?.query_row(params![id.0, at.0], |row| row.get(0)).optional()
}

/// Has the policy file told when a session was last seen, if that is so many seconds later than what it knows; gives
/// whether it is.
pub(crate) fn tell_seen(transaction: &Transaction<'_>, row: i64, step: i64) -> rusqlite::Result<usize> {
    let sql = "UPDATE session SET seen_published_at = last_seen_at WHERE id = ?1 AND ended_at IS NULL
               AND last_seen_at - coalesce(seen_published_at, created_at) >= ?2";
    transaction.prepare_cached(sql)?.execute([row, step])
}

/// The same for every session that has not run out; gives their rows.
pub(crate) fn tell_all_seen(transaction: &Transaction<'_>, step: i64, now: Timestamp) -> rusqlite::Result<Vec<i64>> {
    let sql = "UPDATE session SET seen_published_at = last_seen_at WHERE ended_at IS NULL AND expires_at > ?2
               AND last_seen_at - coalesce(seen_published_at, created_at) >= ?1 RETURNING id";
    transaction.prepare_cached(sql)?.query_map([step, now.0], |row| row.get(0))?.collect()
}

/// Has the policy file told nothing about when sessions were seen; gives the rows it knew of.
pub(crate) fn tell_nothing_seen(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<i64>> {
    let sql = "UPDATE session SET seen_published_at = NULL WHERE seen_published_at IS NOT NULL RETURNING id";
    transaction.prepare_cached(sql)?.query_map([], |row| row.get(0))?.collect()
}
