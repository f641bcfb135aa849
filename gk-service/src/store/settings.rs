//! Stored settings and the pins of the server's environment.

use std::collections::HashMap;

use gk_shared::time::Timestamp;
use rusqlite::{Connection, Row, Transaction, params};

use crate::settings::{Settings, Stored};

/// The settings as they are now.
pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Settings> {
    let pins = pins(connection)?;
    let mut statement = connection.prepare_cached("SELECT key, value, sealed FROM setting")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, stored(row)?)))?;
    let values = rows.collect::<Result<HashMap<_, _>, _>>()?;
    Ok(Settings::combine(|key| pins.get(key).cloned(), |key| values.get(key).cloned()))
}

/// Every pin by key: value and the variable it came from.
pub(crate) fn pins(connection: &Connection) -> rusqlite::Result<HashMap<String, (Stored, String)>> {
    let mut statement = connection.prepare_cached("SELECT key, value, sealed, source FROM pin")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, (stored(row)?, row.get(3)?))))?;
    rows.collect()
}

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    match row.get::<_, Option<String>>(1)? {
        Some(value) => Ok(Stored::Open(value)),
        None => row.get(2).map(Stored::Sealed),
    }
}

/// Sets one value.
pub(crate) fn set(transaction: &Transaction<'_>, key: &str, value: &Stored, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "INSERT INTO setting (key, value, sealed, updated_at) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (key) DO UPDATE SET value = excluded.value, sealed = excluded.sealed, updated_at = excluded.updated_at";
    let (open, sealed) = halves(value);
    transaction.prepare_cached(sql)?.execute(params![key, open, sealed, now.0]).map(drop)
}

/// Forgets one value, so that the default counts again.
pub(crate) fn unset(transaction: &Transaction<'_>, key: &str) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM setting WHERE key = ?1")?.execute([key]).map(drop)
}

/// Forgets every pin: the server's environment is recorded anew at each of its starts.
pub(crate) fn clear_pins(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM pin", []).map(drop)
}

/// Records what one variable of the server's environment fixes.
pub(crate) fn pin(
    transaction: &Transaction<'_>,
    key: &str,
    value: &Stored,
    source: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO pin (key, value, sealed, source, recorded_at) VALUES (?1, ?2, ?3, ?4, ?5)";
    let (open, sealed) = halves(value);
    transaction.prepare_cached(sql)?.execute(params![key, open, sealed, source, now.0]).map(drop)
}

fn halves(value: &Stored) -> (Option<&str>, Option<&[u8]>) {
    match value {
        Stored::Open(text) => (Some(text), None),
        Stored::Sealed(sealed) => (None, Some(sealed)),
    }
}
