//! Table `device`: browsers somebody has signed in with, each by the hash of the secret it keeps.

use gk_shared::model::UserId;
use gk_shared::time::Timestamp;
use rusqlite::{Connection, Transaction, params};

/// Whether the account was used from this browser since a time.
pub(crate) fn is_known(
    connection: &Connection,
    user: UserId,
    device: [u8; 32],
    since: Timestamp,
) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM device WHERE user_id = ?1 AND device_hash = ?2 AND used_at > ?3)";
    connection.prepare_cached(sql)?.query_row(params![user.0, device, since.0], |row| row.get(0))
}

/// Whether any account was used from this browser.
pub(crate) fn is_anybodys(connection: &Connection, device: [u8; 32]) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM device WHERE device_hash = ?1)";
    connection.prepare_cached(sql)?.query_row([device], |row| row.get(0))
}

/// Whether the account was used from any browser.
pub(crate) fn any_of(connection: &Connection, user: UserId) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM device WHERE user_id = ?1)";
    connection.prepare_cached(sql)?.query_row([user.0], |row| row.get(0))
}

/// Notes that the account is used from this browser now.
pub(crate) fn note(
    transaction: &Transaction<'_>,
    user: UserId,
    device: [u8; 32],
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO device (user_id, device_hash, created_at, used_at) VALUES (?1, ?2, ?3, ?3)
               ON CONFLICT (user_id, device_hash) DO UPDATE SET used_at = excluded.used_at";
    transaction.prepare_cached(sql)?.execute(params![user.0, device, now.0]).map(drop)
}

/// Forgets all but the browsers used last.
pub(crate) fn keep_newest(transaction: &Transaction<'_>, user: UserId, most: i64) -> rusqlite::Result<()> {
    let sql = "DELETE FROM device WHERE user_id = ?1 AND device_hash NOT IN
               (SELECT device_hash FROM device WHERE user_id = ?1 ORDER BY used_at DESC LIMIT ?2)";
    transaction.prepare_cached(sql)?.execute([user.0, most]).map(drop)
}

/// Forgets browsers not used since a time.
pub(crate) fn delete_old(transaction: &Transaction<'_>, before: Timestamp) -> rusqlite::Result<usize> {
    transaction.prepare_cached("DELETE FROM device WHERE used_at < ?1")?.execute([before.0])
}
