//! Table `logo`: one row or none.

use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::service::settings::{Logo, LogoKind};

fn from_row(row: &Row<'_>) -> rusqlite::Result<Logo> {
    let word = row.get_ref(0)?.as_str()?;
    let kind = LogoKind::ALL.into_iter().find(|kind| kind.media_type() == word);
    Ok(Logo {
        kind: kind.ok_or_else(|| super::unknown_word(0))?,
        bytes: row.get(1)?,
        digest: row.get(2)?,
        updated_at: Timestamp(row.get(3)?),
    })
}

/// The logo.
pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Option<Logo>> {
    let sql = "SELECT media_type, bytes, digest, updated_at FROM logo";
    connection.prepare_cached(sql)?.query_row([], from_row).optional()
}

/// What tells it from another, without its bytes.
pub(crate) fn digest(connection: &Connection) -> rusqlite::Result<Option<String>> {
    connection.prepare_cached("SELECT digest FROM logo")?.query_row([], |row| row.get(0)).optional()
}

/// Puts one in the place of the one there was.
pub(crate) fn set(transaction: &Transaction<'_>, logo: &Logo) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO logo (only, digest, media_type, updated_at, bytes) VALUES (1, ?1, ?2, ?3, ?4)";
    let values = params![logo.digest, logo.kind.media_type(), logo.updated_at.0, logo.bytes];
    transaction.prepare_cached(sql)?.execute(values).map(drop)
}

/// Takes it away.
pub(crate) fn clear(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM logo")?.execute([]).map(drop)
}
