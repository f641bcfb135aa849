//! People's keys: policy.sqlite3 → [`Snapshot`].

use rusqlite::{Row, Transaction};

use super::load::ids;
use super::snapshot::{Key, Snapshot};
use crate::model::{ApiKeyId, AppId, UserId};
use crate::time::Timestamp;

/// Reads every key.
pub(super) fn load_keys(transaction: &Transaction<'_>, snapshot: &mut Snapshot) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare("SELECT id, hash, owner_id, expires_at, apps FROM api_key")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        set_key(snapshot, row)?;
    }
    Ok(())
}

/// Reads one key anew; one that is no longer there goes.
pub(super) fn reload_key(transaction: &Transaction<'_>, snapshot: &mut Snapshot, id: ApiKeyId) -> rusqlite::Result<()> {
    let sql = "SELECT id, hash, owner_id, expires_at, apps FROM api_key WHERE id = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut rows = statement.query([id.0])?;
    match rows.next()? {
        Some(row) => set_key(snapshot, row)?,
        None => snapshot.remove_key(id),
    }
    Ok(())
}

fn set_key(snapshot: &mut Snapshot, row: &Row<'_>) -> rusqlite::Result<()> {
    let apps = ids(row.get_ref(4)?.as_str()?).map(AppId).collect();
    let expires = Timestamp(row.get::<_, Option<i64>>(3)?.unwrap_or(i64::MAX));
    let key = Key { id: ApiKeyId(row.get(0)?), owner: UserId(row.get(2)?), apps, expires };
    snapshot.set_key(row.get(1)?, key);
    Ok(())
}
