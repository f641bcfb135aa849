//! Table `email_change`: at most one change of address for each person, waiting for the new address to confirm it.

use gk_shared::model::{Email, UserId};
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::bad_column;
use crate::model::EmailChange;

const COLUMNS: &str = "user_id, email, expires_at";

fn from_row(row: &Row<'_>) -> rusqlite::Result<EmailChange> {
    Ok(EmailChange {
        user: UserId(row.get(0)?),
        email: Email::parse(row.get_ref(1)?.as_str()?).map_err(|error| bad_column(1, error))?,
        expires_at: Timestamp(row.get(2)?),
    })
}

/// The change somebody waits for.
pub(crate) fn of_user(connection: &Connection, user: UserId, now: Timestamp) -> rusqlite::Result<Option<EmailChange>> {
    let sql = format!("SELECT {COLUMNS} FROM email_change WHERE user_id = ?1 AND expires_at > ?2");
    connection.prepare_cached(&sql)?.query_row([user.0, now.0], from_row).optional()
}

/// The change a link confirms.
pub(crate) fn by_link(
    connection: &Connection,
    link_hash: [u8; 32],
    now: Timestamp,
) -> rusqlite::Result<Option<EmailChange>> {
    let sql = format!("SELECT {COLUMNS} FROM email_change WHERE link_hash = ?1 AND expires_at > ?2");
    connection.prepare_cached(&sql)?.query_row(params![link_hash, now.0], from_row).optional()
}

/// Begins a change, in place of one that waits: its link works no longer.
pub(crate) fn put(
    transaction: &Transaction<'_>,
    change: &EmailChange,
    link_hash: [u8; 32],
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO email_change (user_id, email, link_hash, created_at, expires_at)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![change.user.0, change.email.as_str(), link_hash, now.0, change.expires_at.0];
    transaction.prepare_cached(sql)?.execute(values).map(drop)
}

/// Uses a change up; gives 1 to whoever came first, and 0 to everybody after and to everybody else.
pub(crate) fn consume(
    transaction: &Transaction<'_>,
    user: UserId,
    link_hash: [u8; 32],
    now: Timestamp,
) -> rusqlite::Result<usize> {
    let sql = "DELETE FROM email_change WHERE user_id = ?1 AND link_hash = ?2 AND expires_at > ?3";
    transaction.prepare_cached(sql)?.execute(params![user.0, link_hash, now.0])
}

/// Gives a change up; 0 when there was none.
pub(crate) fn delete_of(transaction: &Transaction<'_>, user: UserId) -> rusqlite::Result<usize> {
    transaction.prepare_cached("DELETE FROM email_change WHERE user_id = ?1")?.execute([user.0])
}

/// Deletes what ran out.
pub(crate) fn delete_old(transaction: &Transaction<'_>, now: Timestamp) -> rusqlite::Result<usize> {
    transaction.prepare_cached("DELETE FROM email_change WHERE expires_at <= ?1")?.execute([now.0])
}
