//! Tables `api_key` and `api_key_app`.

use gk_shared::model::{ApiKeyId, AppId, UserId};
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::model::{ApiKey, KeyApps, KeyReach, Scopes};

const COLUMNS: &str = "k.id, k.name, k.prefix, k.scopes, k.app_id, k.enabled, k.created_by, k.created_at, k.expires_at,
    k.last_used_at, k.owner_id, (SELECT group_concat(a.app_id) FROM api_key_app a WHERE a.key_id = k.id), k.maker_id";

fn from_row(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    Ok(ApiKey {
        id: ApiKeyId(row.get(0)?),
        name: row.get(1)?,
        prefix: row.get(2)?,
        reach: reach(row)?,
        enabled: row.get(5)?,
        created_by: row.get(6)?,
        created_at: Timestamp(row.get(7)?),
        expires_at: row.get::<_, Option<i64>>(8)?.map(Timestamp),
        last_used_at: row.get::<_, Option<i64>>(9)?.map(Timestamp),
    })
}

fn reach(row: &Row<'_>) -> rusqlite::Result<KeyReach> {
    if let Some(owner) = row.get::<_, Option<i64>>(10)? {
        let apps = row.get::<_, Option<String>>(11)?.unwrap_or_default();
        let apps = apps.split(',').filter_map(|id| id.parse().ok().map(AppId)).collect();
        let apps = KeyApps::new(apps).ok_or_else(|| super::unknown_word(11))?;
        return Ok(KeyReach::Person { owner: UserId(owner), apps });
    }
    let scopes = Scopes::parse(row.get_ref(3)?.as_str()?).ok_or_else(|| super::unknown_word(3))?;
    let (app, maker) = (row.get::<_, Option<i64>>(4)?.map(AppId), row.get::<_, Option<i64>>(12)?.map(UserId));
    Ok(KeyReach::Program { scopes, app, maker })
}

/// The key with this number.
pub(crate) fn by_id(connection: &Connection, id: ApiKeyId) -> rusqlite::Result<Option<ApiKey>> {
    let sql = format!("SELECT {COLUMNS} FROM api_key k WHERE k.id = ?1");
    connection.prepare_cached(&sql)?.query_row([id.0], from_row).optional()
}

/// The key with this hash.
pub(crate) fn by_hash(connection: &Connection, hash: [u8; 32]) -> rusqlite::Result<Option<ApiKey>> {
    let sql = format!("SELECT {COLUMNS} FROM api_key k WHERE k.hash = ?1");
    connection.prepare_cached(&sql)?.query_row([hash], from_row).optional()
}

/// The keys after so many of them, oldest first.
pub(crate) fn list(connection: &Connection, skip: i64, most: i64) -> rusqlite::Result<Vec<ApiKey>> {
    let sql = format!("SELECT {COLUMNS} FROM api_key k ORDER BY k.id LIMIT ?1 OFFSET ?2");
    connection.prepare_cached(&sql)?.query_map([most, skip], from_row)?.collect()
}

/// How many keys there are.
pub(crate) fn count(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT count(*) FROM api_key")?.query_row([], |row| row.get(0))
}

/// A person's keys, oldest first.
pub(crate) fn of_owner(connection: &Connection, owner: UserId) -> rusqlite::Result<Vec<ApiKey>> {
    let sql = format!("SELECT {COLUMNS} FROM api_key k WHERE k.owner_id = ?1 ORDER BY k.id");
    connection.prepare_cached(&sql)?.query_map([owner.0], from_row)?.collect()
}

/// The keys that are bound to an app, oldest first.
pub(crate) fn of_app(connection: &Connection, app: AppId) -> rusqlite::Result<Vec<ApiKey>> {
    let sql = format!("SELECT {COLUMNS} FROM api_key k WHERE k.app_id = ?1 ORDER BY k.id");
    connection.prepare_cached(&sql)?.query_map([app.0], from_row)?.collect()
}

/// A person's key that is in use, with its hash, for the policy file.
pub(crate) fn published(connection: &Connection, id: ApiKeyId) -> rusqlite::Result<Option<([u8; 32], ApiKey)>> {
    let sql =
        format!("SELECT {COLUMNS}, k.hash FROM api_key k WHERE k.id = ?1 AND k.owner_id IS NOT NULL AND k.enabled = 1");
    connection.prepare_cached(&sql)?.query_row([id.0], |row| Ok((row.get(13)?, from_row(row)?))).optional()
}

/// Keys in use that run out until then, were made long before that, and were not told of yet; the first first.
pub(crate) fn to_tell(
    connection: &Connection,
    (now, until): (Timestamp, Timestamp),
    most: i64,
) -> rusqlite::Result<Vec<ApiKey>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM api_key k WHERE k.told_at IS NULL AND k.expires_at > ?1 AND k.expires_at <= ?2
         AND k.created_at < k.expires_at - (?2 - ?1) AND k.enabled = 1 ORDER BY k.expires_at LIMIT ?3"
    );
    connection.prepare_cached(&sql)?.query_map([now.0, until.0, most], from_row)?.collect()
}

/// Adds a key with its apps; its id is not read.
pub(crate) fn insert(transaction: &Transaction<'_>, key: &ApiKey, hash: [u8; 32]) -> rusqlite::Result<ApiKeyId> {
    let sql = "INSERT INTO api_key (name, prefix, hash, scopes, app_id, enabled, created_by, created_at, expires_at, owner_id, maker_id)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let (created, expires) = (key.created_at.0, key.expires_at.map(|at| at.0));
    let (scopes, app, maker, owner) = match &key.reach {
        KeyReach::Program { scopes, app, maker } => {
            (scopes.words(), app.map(|app| app.0), maker.map(|maker| maker.0), None)
        }
        KeyReach::Person { owner, .. } => (String::new(), None, None, Some(owner.0)),
    };
    let (name, prefix, enabled, by) = (&key.name, &key.prefix, key.enabled, &key.created_by);
    let values = params![name, prefix, hash, scopes, app, enabled, by, created, expires, owner, maker];
    let id = ApiKeyId(transaction.prepare_cached(sql)?.insert(values)?);
    if let KeyReach::Person { apps, .. } = &key.reach {
        let mut statement = transaction.prepare_cached("INSERT INTO api_key_app (key_id, app_id) VALUES (?1, ?2)")?;
        apps.iter().try_for_each(|app| statement.execute([id.0, app.0]).map(drop))?;
    }
    Ok(id)
}

/// Puts a key out of use.
pub(crate) fn disable(transaction: &Transaction<'_>, id: ApiKeyId) -> rusqlite::Result<()> {
    transaction.prepare_cached("UPDATE api_key SET enabled = 0 WHERE id = ?1")?.execute([id.0]).map(drop)
}

/// Puts a key into use, as if this app's administrator had made it.
pub(crate) fn enable(transaction: &Transaction<'_>, id: ApiKeyId, maker: Option<UserId>) -> rusqlite::Result<()> {
    let sql = "UPDATE api_key SET enabled = 1, maker_id = ?2 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![id.0, maker.map(|maker| maker.0)]).map(drop)
}

/// Takes every key out of use.
pub(crate) fn disable_all(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.prepare_cached("UPDATE api_key SET enabled = 0")?.execute([]).map(drop)
}

/// Deletes a key. A trigger notes the change, as it does when a key goes with its owner.
pub(crate) fn delete(transaction: &Transaction<'_>, id: ApiKeyId) -> rusqlite::Result<usize> {
    transaction.prepare_cached("DELETE FROM api_key WHERE id = ?1")?.execute([id.0])
}

/// Notes when a key was last used; never earlier than it says already.
pub(crate) fn set_last_used(transaction: &Transaction<'_>, id: ApiKeyId, at: Timestamp) -> rusqlite::Result<usize> {
    let sql = "UPDATE api_key SET last_used_at = ?2 WHERE id = ?1 AND ifnull(last_used_at, 0) < ?2";
    transaction.prepare_cached(sql)?.execute([id.0, at.0])
}

/// Notes that a mail told of a key's end.
pub(crate) fn set_told(transaction: &Transaction<'_>, id: ApiKeyId, at: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE api_key SET told_at = ?2 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute([id.0, at.0]).map(drop)
}
