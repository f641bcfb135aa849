//! Table `audit_head`: the newest row, signed; and where a new one goes on.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::chain::{AuditKey, BEGINNING, Chained, same};

/// The newest row, as it was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) id: i64,
    pub(crate) chain: Chained,
    pub(crate) key: i64,
    pub(crate) mac: Chained,
}

/// Where the next row goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// After the row the head names.
    After { id: i64, previous: Chained },
    /// The head is gone or was forged: what comes next joins on to nothing.
    Broken { id: i64 },
}

impl Head {
    /// Whether it was signed with this key.
    pub(crate) fn is_genuine(&self, key: &AuditKey) -> bool {
        same(&key.sign_head(self.id, &self.chain), &self.mac)
    }
}

/// The head, if there is one.
pub(crate) fn head(connection: &Connection) -> rusqlite::Result<Option<Head>> {
    let sql = "SELECT id, chain, key_id, mac FROM audit_head";
    let head =
        |row: &rusqlite::Row<'_>| Ok(Head { id: row.get(0)?, chain: row.get(1)?, key: row.get(2)?, mac: row.get(3)? });
    connection.prepare_cached(sql)?.query_row([], head).optional()
}

/// Signs that this row is the newest.
pub(super) fn set_head(
    transaction: &Transaction<'_>,
    id: i64,
    chain: &Chained,
    key: &AuditKey,
) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO audit_head (only, id, chain, key_id, mac) VALUES (1, ?1, ?2, ?3, ?4)";
    transaction.prepare_cached(sql)?.execute(params![id, chain, key.id.0, key.sign_head(id, chain)]).map(drop)
}

/// Begins an audit without rows.
pub(crate) fn begin(transaction: &Transaction<'_>, key: &AuditKey) -> rusqlite::Result<()> {
    set_head(transaction, 0, &BEGINNING, key)
}

/// Signs the newest row of a database that is older than heads are, which is one whose newest row has the first form. A
/// head that is missing elsewhere was taken away.
pub(crate) fn adopt(transaction: &Transaction<'_>, key: &AuditKey) -> rusqlite::Result<()> {
    let sql = "SELECT id, chain, form FROM audit ORDER BY id DESC LIMIT 1";
    let newest =
        transaction.query_row(sql, [], |row| Ok((row.get(0)?, row.get::<_, Chained>(1)?, row.get::<_, i64>(2)?)));
    match newest.optional()? {
        Some((id, chain, 1)) if head(transaction)?.is_none() => set_head(transaction, id, &chain, key),
        _ => Ok(()),
    }
}

/// Where the next row goes on. The head has to be signed with this key, the active one: whoever exchanges the key signs
/// the head anew.
pub(super) fn next(transaction: &Transaction<'_>, key: &AuditKey) -> rusqlite::Result<Next> {
    let sql = "SELECT coalesce(max(id), 0) FROM audit";
    let newest = transaction.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))?;
    let genuine = head(transaction)?.filter(|head| head.key == i64::from(key.id.0) && head.is_genuine(key));
    Ok(match genuine {
        // Rows that others put behind the head are passed over, and keep their numbers to be found.
        Some(head) => Next::After { id: head.id.max(newest) + 1, previous: head.chain },
        None => Next::Broken { id: newest + 1 },
    })
}
