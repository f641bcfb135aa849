//! Table `suppression`: addresses no mail goes to.

use gk_shared::model::Email;
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::model::{SuppressedBy, Suppression};

fn from_row(row: &Row<'_>) -> rusqlite::Result<Suppression> {
    Ok(Suppression {
        email: row.get(0)?,
        source: SuppressedBy::parse(row.get_ref(1)?.as_str()?).ok_or_else(|| super::unknown_word(1))?,
        reason: row.get(2)?,
        created_at: Timestamp(row.get(3)?),
    })
}

/// Whether, and why, no mail goes to this address.
pub(crate) fn of(connection: &Connection, email: &str) -> rusqlite::Result<Option<Suppression>> {
    let sql = "SELECT email, source, reason, created_at FROM suppression WHERE email = ?1";
    connection.prepare_cached(sql)?.query_row([email], from_row).optional()
}

/// The newest `most`, newest first.
pub(crate) fn list(connection: &Connection, most: i64) -> rusqlite::Result<Vec<Suppression>> {
    let sql = "SELECT email, source, reason, created_at FROM suppression ORDER BY created_at DESC, email LIMIT ?1";
    connection.prepare_cached(sql)?.query_map([most], from_row)?.collect()
}

/// Adds an address; gives 0 if it is there already.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    email: &Email,
    (source, reason): (SuppressedBy, &str),
    now: Timestamp,
) -> rusqlite::Result<usize> {
    let sql = "INSERT INTO suppression (email, source, reason, created_at) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (email) DO NOTHING";
    transaction.prepare_cached(sql)?.execute(params![email.as_str(), source.word(), reason, now.0])
}

/// Takes an address off; gives 0 if it was not there.
pub(crate) fn delete(transaction: &Transaction<'_>, email: &Email) -> rusqlite::Result<usize> {
    transaction.prepare_cached("DELETE FROM suppression WHERE email = ?1")?.execute([email.as_str()])
}
