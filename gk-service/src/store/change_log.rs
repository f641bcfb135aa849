//! Which rows each change touched. Written in the transaction of the change, read by publishing.

use gk_shared::policy::ChangeKind;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::secret::random;

/// The newest row: its revision and nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) revision: i64,
    pub(crate) nonce: [u8; 8],
}

/// Notes that this row changed.
pub(crate) fn note(transaction: &Transaction<'_>, kind: ChangeKind, id: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO change_log (kind, id, nonce) VALUES (?1, ?2, ?3)";
    transaction.prepare_cached(sql)?.execute(params![kind.word(), id, random::<8>()]).map(drop)
}

/// The newest row; `None` only in a database that was never initialised.
pub(crate) fn head(connection: &Connection) -> rusqlite::Result<Option<Head>> {
    let sql = "SELECT revision, nonce FROM change_log ORDER BY revision DESC LIMIT 1";
    connection
        .prepare_cached(sql)?
        .query_row([], |row| Ok(Head { revision: row.get(0)?, nonce: row.get(1)? }))
        .optional()
}

/// The nonce of a revision, unless it was trimmed or never was.
pub(crate) fn nonce(connection: &Connection, revision: i64) -> rusqlite::Result<Option<[u8; 8]>> {
    let sql = "SELECT nonce FROM change_log WHERE revision = ?1";
    connection.prepare_cached(sql)?.query_row([revision], |row| row.get(0)).optional()
}

/// Everything after a revision, in order: (revision, kind, id).
pub(crate) fn after(connection: &Connection, revision: i64) -> rusqlite::Result<Vec<(i64, ChangeKind, i64)>> {
    let sql = "SELECT revision, kind, id FROM change_log WHERE revision > ?1 ORDER BY revision";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([revision], |row| {
        let kind = ChangeKind::parse(row.get_ref(1)?.as_str()?).ok_or_else(|| super::unknown_word(1))?;
        Ok((row.get(0)?, kind, row.get(2)?))
    })?;
    rows.collect()
}

/// The oldest and the newest revision.
pub(crate) fn span(connection: &Connection) -> rusqlite::Result<Option<(i64, i64)>> {
    let sql = "SELECT revision FROM change_log ORDER BY revision LIMIT 1";
    let oldest = connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
    Ok(oldest.zip(head(connection)?.map(|head| head.revision)))
}

/// Deletes rows up to a revision: what is published is not needed for long.
pub(crate) fn trim(transaction: &Transaction<'_>, through: i64) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM change_log WHERE revision <= ?1")?.execute([through]).map(drop)
}
