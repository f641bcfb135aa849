//! Table `api_key`.

use gk_shared::model::AppId;
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::model::{ApiKey, Scopes};

const COLUMNS: &str = "id, name, prefix, scopes, app_id, enabled, created_by, created_at, expires_at, last_used_at";

fn from_row(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    Ok(ApiKey {
        id: row.get(0)?,
        name: row.get(1)?,
        prefix: row.get(2)?,
        scopes: Scopes::parse(row.get_ref(3)?.as_str()?).ok_or_else(|| super::unknown_word(3))?,
        app: row.get::<_, Option<i64>>(4)?.map(AppId),
        enabled: row.get(5)?,
        created_by: row.get(6)?,
        created_at: Timestamp(row.get(7)?),
        expires_at: row.get::<_, Option<i64>>(8)?.map(Timestamp),
        last_used_at: row.get::<_, Option<i64>>(9)?.map(Timestamp),
    })
}

/// The key with this number.
pub(crate) fn by_id(connection: &Connection, id: i64) -> rusqlite::Result<Option<ApiKey>> {
    let sql = format!("SELECT {COLUMNS} FROM api_key WHERE id = ?1");
    connection.prepare_cached(&sql)?.query_row([id], from_row).optional()
}

/// The key with this hash.
pub(crate) fn by_hash(connection: &Connection, hash: [u8; 32]) -> rusqlite::Result<Option<ApiKey>> {
    let sql = format!("SELECT {COLUMNS} FROM api_key WHERE hash = ?1");
    connection.prepare_cached(&sql)?.query_row([hash], from_row).optional()
}

/// Every key, oldest first.
pub(crate) fn list(connection: &Connection) -> rusqlite::Result<Vec<ApiKey>> {
    let sql = format!("SELECT {COLUMNS} FROM api_key ORDER BY id");
    connection.prepare_cached(&sql)?.query_map([], from_row)?.collect()
}

/// Adds a key; its id is not read.
pub(crate) fn insert(transaction: &Transaction<'_>, key: &ApiKey, hash: [u8; 32]) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO api_key (name, prefix, hash, scopes, app_id, enabled, created_by, created_at, expires_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let (app, expires) = (key.app.map(|app| app.0), key.expires_at.map(|at| at.0));
    let (scopes, created) = (key.scopes.words(), key.created_at.0);
    let values = params![key.name, key.prefix, hash, scopes, app, key.enabled, key.created_by, created, expires];
    transaction.prepare_cached(sql)?.insert(values)
}

/// Puts a key out of use; gives 0 when it was already.
pub(crate) fn disable(transaction: &Transaction<'_>, id: i64) -> rusqlite::Result<usize> {
    transaction.prepare_cached("UPDATE api_key SET enabled = 0 WHERE id = ?1 AND enabled = 1")?.execute([id])
}

/// Notes when a key was last used; never earlier than it says already.
pub(crate) fn set_last_used(transaction: &Transaction<'_>, id: i64, at: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE api_key SET last_used_at = ?2 WHERE id = ?1 AND ifnull(last_used_at, 0) < ?2";
    transaction.prepare_cached(sql)?.execute([id, at.0]).map(drop)
}
