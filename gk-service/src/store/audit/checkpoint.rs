//! Table `audit_checkpoint`: up to where rows were taken away for their age, signed, so that the rest can be checked.

use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::chain::{AuditKey, Chained, same};

/// A checkpoint as it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    /// The newest row that was taken away.
    pub(crate) through: i64,
    /// Its chain value, which the first row that is left follows.
    pub(crate) chain: Chained,
    pub(crate) key: i64,
    signature: Chained,
}

/// The newest of the rows that are to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Old {
    pub(crate) through: i64,
    pub(crate) chain: Chained,
    pub(crate) count: i64,
}

impl Checkpoint {
    /// Whether it was signed with this key.
    pub(crate) fn is_genuine(&self, key: &AuditKey) -> bool {
        same(&key.sign_checkpoint(self.through, &self.chain), &self.signature)
    }
}

/// The newest checkpoint.
pub(crate) fn newest_checkpoint(connection: &Connection) -> rusqlite::Result<Option<Checkpoint>> {
    let sql = "SELECT through, chain, key_id, signature FROM audit_checkpoint ORDER BY through DESC LIMIT 1";
    let checkpoint = |row: &rusqlite::Row<'_>| {
        Ok(Checkpoint { through: row.get(0)?, chain: row.get(1)?, key: row.get(2)?, signature: row.get(3)? })
    };
    connection.prepare_cached(sql)?.query_row([], checkpoint).optional()
}

/// The oldest rows that are all older than that, at most so many and none above `last`; nothing if there are none. The
/// first row that is young enough ends them, so that none is taken out of the middle.
pub(crate) fn older_than(
    connection: &Connection,
    before: Timestamp,
    (last, most): (i64, i64),
) -> rusqlite::Result<Option<Old>> {
    let sql = "SELECT id, at, chain FROM audit WHERE id <= ?1 ORDER BY id LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![last, most])?;
    let mut old = None;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(1)? >= before.0 {
            break;
        }
        count += 1;
        old = Some(Old { through: row.get(0)?, chain: row.get(2)?, count });
    }
    Ok(old)
}

/// Signs that the rows up to this one may go.
pub(crate) fn add_checkpoint(
    transaction: &Transaction<'_>,
    old: &Old,
    key: &AuditKey,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql =
        "INSERT INTO audit_checkpoint (through, chain, signature, created_at, key_id) VALUES (?1, ?2, ?3, ?4, ?5)";
    let signature = key.sign_checkpoint(old.through, &old.chain);
    let values = params![old.through, old.chain, signature, now.0, key.id.0];
    transaction.prepare_cached(sql)?.execute(values).map(drop)
}

/// Takes them away; a trigger refuses what no checkpoint covers.
pub(crate) fn delete_through(transaction: &Transaction<'_>, through: i64) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM audit WHERE id <= ?1")?.execute([through])?;
    transaction.prepare_cached("DELETE FROM audit_time WHERE last <= ?1")?.execute([through]).map(drop)
}
