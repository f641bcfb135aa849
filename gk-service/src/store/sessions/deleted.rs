//! Sessions that are deleted.

use gk_shared::time::Timestamp;
use rusqlite::{Transaction, params};

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    ByTime,
    Early,
}

/// A session that is deleted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deleted {
    pub(crate) row: i64,
    /// Whether gk-validate was told of it.
    pub(crate) published: bool,
}

/// Deletes some of the sessions that ran out before a time.
pub(crate) fn delete_expired(
    transaction: &Transaction<'_>,
    ended: Ended,
    before: Timestamp,
    most: u16,
) -> rusqlite::Result<Vec<Deleted>> {
    let sql = "DELETE FROM session WHERE id IN
               (SELECT id FROM session WHERE expires_at < ?1 AND (ended_at IS NOT NULL) = ?2 LIMIT ?3)
               RETURNING id, ended_at IS NOT NULL OR seen_published_at IS NOT NULL";
    let row = |row: &rusqlite::Row<'_>| Ok(Deleted { row: row.get(0)?, published: row.get(1)? });
    let mut statement = transaction.prepare_cached(sql)?;
    statement.query_map(params![before.0, ended == Ended::Early, most], row)?.collect()
}
