//! Table `app_code`: what an app's server exchanges for the person who signed in.

use gk_shared::model::{AppId, UserId};
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// A code that was handed out, without its secret.
pub(crate) struct AppCode {
    pub(crate) app: AppId,
    pub(crate) user: UserId,
    pub(crate) return_to: String,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// The code with this hash, if it can still be exchanged.
pub(crate) fn open(connection: &Connection, hash: [u8; 32], now: Timestamp) -> rusqlite::Result<Option<AppCode>> {
    let sql = "SELECT app_id, user_id, return_to, created_at, expires_at FROM app_code
               WHERE code_hash = ?1 AND used_at IS NULL AND expires_at > ?2";
    let row = connection.prepare_cached(sql)?.query_row(params![hash, now.0], |row| {
        Ok(AppCode {
            app: AppId(row.get(0)?),
            user: UserId(row.get(1)?),
            return_to: row.get(2)?,
            created_at: Timestamp(row.get(3)?),
            expires_at: Timestamp(row.get(4)?),
        })
    });
    row.optional()
}

/// How many codes were made for a person since a time, used or not.
pub(crate) fn count_of(connection: &Connection, user: UserId, since: Timestamp) -> rusqlite::Result<i64> {
    let sql = "SELECT count(*) FROM app_code WHERE user_id = ?1 AND created_at > ?2";
    connection.prepare_cached(sql)?.query_row([user.0, since.0], |row| row.get(0))
}

/// Adds a code.
pub(crate) fn insert(transaction: &Transaction<'_>, hash: [u8; 32], code: &AppCode) -> rusqlite::Result<()> {
    let sql = "INSERT INTO app_code (code_hash, app_id, user_id, return_to, created_at, expires_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (created, expires) = (code.created_at.0, code.expires_at.0);
    let values = params![hash, code.app.0, code.user.0, code.return_to, created, expires];
    transaction.prepare_cached(sql)?.execute(values).map(drop)
}

/// Uses a code up; gives 1 to whoever came first, and 0 to everybody after.
pub(crate) fn consume(transaction: &Transaction<'_>, hash: [u8; 32], now: Timestamp) -> rusqlite::Result<usize> {
    let sql = "UPDATE app_code SET used_at = ?2 WHERE code_hash = ?1 AND used_at IS NULL AND expires_at > ?2";
    transaction.prepare_cached(sql)?.execute(params![hash, now.0])
}

/// Uses up every open code of a person.
pub(crate) fn end_all_of(transaction: &Transaction<'_>, user: UserId, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE app_code SET used_at = ?2 WHERE user_id = ?1 AND used_at IS NULL";
    transaction.prepare_cached(sql)?.execute([user.0, now.0]).map(drop)
}

/// Deletes codes that ran out before a time.
pub(crate) fn delete_old(transaction: &Transaction<'_>, before: Timestamp) -> rusqlite::Result<usize> {
    transaction.prepare_cached("DELETE FROM app_code WHERE expires_at < ?1")?.execute([before.0])
}

/// Uses up every open code there is.
pub(crate) fn end_all(transaction: &Transaction<'_>, now: Timestamp) -> rusqlite::Result<()> {
    transaction.prepare_cached("UPDATE app_code SET used_at = ?1 WHERE used_at IS NULL")?.execute([now.0]).map(drop)
}
