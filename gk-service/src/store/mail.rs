//! Table `mail`: the queue the courier empties.

use gk_shared::model::Email;
use gk_shared::time::Timestamp;
use rusqlite::{Connection, Row, Transaction, params};

use super::bad_column;

/// A mail that is due.
pub(crate) struct QueuedMail {
    pub(crate) id: i64,
    pub(crate) recipient: Email,
    pub(crate) subject: String,
    pub(crate) sealed_body: Vec<u8>,
    pub(crate) tries: i64,
    pub(crate) give_up_at: Timestamp,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<QueuedMail> {
    Ok(QueuedMail {
        id: row.get(0)?,
        recipient: Email::parse(row.get_ref(1)?.as_str()?).map_err(|error| bad_column(1, error))?,
        subject: row.get(2)?,
        sealed_body: row.get(3)?,
        tries: row.get(4)?,
        give_up_at: Timestamp(row.get(5)?),
    })
}

/// Queues a mail; gives its id.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    (recipient, subject): (&Email, &str),
    sealed_body: &[u8],
    (now, give_up_at): (Timestamp, Timestamp),
) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO mail (recipient, subject, sealed_body, state, next_try_at, give_up_at, created_at)
               VALUES (?1, ?2, ?3, 'queued', ?4, ?5, ?4)";
    transaction.prepare_cached(sql)?.insert(params![recipient.as_str(), subject, sealed_body, now.0, give_up_at.0])
}

/// The oldest mails that are due, at most `most`.
pub(crate) fn due(connection: &Connection, now: Timestamp, most: i64) -> rusqlite::Result<Vec<QueuedMail>> {
    let sql = "SELECT id, recipient, subject, sealed_body, tries, give_up_at FROM mail
               WHERE state = 'queued' AND next_try_at <= ?1 ORDER BY next_try_at, id LIMIT ?2";
    connection.prepare_cached(sql)?.query_map([now.0, most], from_row)?.collect()
}

/// When the next queued mail is due.
pub(crate) fn next_due(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let sql = "SELECT min(next_try_at) FROM mail WHERE state = 'queued'";
    connection.prepare_cached(sql)?.query_row([], |row| Ok(row.get::<_, Option<i64>>(0)?.map(Timestamp)))
}

/// Marks a mail as sent and empties it.
pub(crate) fn sent(transaction: &Transaction<'_>, id: i64, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE mail SET state = 'sent', sent_at = ?2, sealed_body = NULL, tries = tries + 1, last_error = '' WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute([id, now.0]).map(drop)
}

/// Keeps a mail for another try.
pub(crate) fn retry(transaction: &Transaction<'_>, id: i64, error: &str, at: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE mail SET tries = tries + 1, last_error = ?2, next_try_at = ?3 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![id, error, at.0]).map(drop)
}

/// Gives a mail up and empties it.
pub(crate) fn failed(transaction: &Transaction<'_>, id: i64, error: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE mail SET state = 'failed', tries = tries + 1, last_error = ?2, sealed_body = NULL WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![id, error]).map(drop)
}

/// Deletes mails that were sent or given up before a time.
pub(crate) fn delete_old(transaction: &Transaction<'_>, before: Timestamp) -> rusqlite::Result<()> {
    let sql = "DELETE FROM mail WHERE state <> 'queued' AND created_at < ?1";
    transaction.prepare_cached(sql)?.execute([before.0]).map(drop)
}
