//! Table `audit_forward`: how far the audit was sent on, and how that goes.

use gk_shared::time::Timestamp;
use rusqlite::{Connection, Transaction, params};

use super::entry;
use crate::model::AuditEntry;

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) through: i64,
    pub(crate) sent_at: Option<Timestamp>,
    pub(crate) failing_since: Option<Timestamp>,
    pub(crate) last_error: String,
}

/// Where it stands.
pub(crate) fn cursor(connection: &Connection) -> rusqlite::Result<Cursor> {
    let sql = "SELECT through, sent_at, failing_since, last_error FROM audit_forward";
    connection.prepare_cached(sql)?.query_row([], |row| {
        let time = |at: Option<i64>| at.map(Timestamp);
        Ok(Cursor {
            through: row.get(0)?,
            sent_at: time(row.get(1)?),
            failing_since: time(row.get(2)?),
            last_error: row.get(3)?,
        })
    })
}

/// The next rows to send, the oldest first.
pub(crate) fn waiting(connection: &Connection, after: i64, most: i64) -> rusqlite::Result<Vec<AuditEntry>> {
    let sql = "SELECT id, at, actor_kind, actor, action, target, app, ip, user_agent, before, after, chain, actor_id, target_user FROM audit
               WHERE id > ?1 ORDER BY id LIMIT ?2";
    connection.prepare_cached(sql)?.query_map([after, most], entry)?.collect()
}

/// Rows up to this one have arrived.
pub(crate) fn note_sent(transaction: &Transaction<'_>, through: i64, now: Timestamp) -> rusqlite::Result<()> {
    let sql =
        "UPDATE audit_forward SET through = max(through, ?1), sent_at = ?2, failing_since = NULL, last_error = ''";
    transaction.prepare_cached(sql)?.execute([through, now.0]).map(drop)
}

/// They have not, for all anybody knows.
pub(crate) fn note_failure(transaction: &Transaction<'_>, why: &str, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE audit_forward SET failing_since = coalesce(failing_since, ?2), last_error = ?1";
    transaction.prepare_cached(sql)?.execute(params![why, now.0]).map(drop)
}
