//! The one row that says which installation this is.

use std::path::PathBuf;

use gk_shared::policy::Identity;
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// Stands for the inode of a policy file whose path was changed and that is not published to yet.
pub(crate) const MOVED: &str = "moved";

/// Begins it in a database that was just restored: whatever lies at the path is of another history, which has ended. What
/// follows is the inode that was there before, if that is known.
pub(crate) const RESTORED: &str = "restored:";

/// The installation's row.
pub(crate) struct Installation {
    pub(crate) identity: Identity,
    pub(crate) app_salt: [u8; 16],
    pub(crate) root_check: Vec<u8>,
    pub(crate) policy_path: PathBuf,
    pub(crate) policy_inode: String,
    pub(crate) policy_placed_ms: i64,
}

/// Reads the row; `None` before `init-db`.
pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Option<Installation>> {
    let sql = "SELECT database_id, restore_id, app_salt, root_check, policy_path, policy_inode, policy_placed_ms
               FROM installation WHERE id = 1";
    let mut statement = connection.prepare_cached(sql)?;
    let row = statement.query_row([], |row| {
        Ok(Installation {
            identity: Identity { database: row.get(0)?, restore: row.get(1)? },
            app_salt: row.get(2)?,
            root_check: row.get(3)?,
            policy_path: PathBuf::from(row.get::<_, String>(4)?),
            policy_inode: row.get(5)?,
            policy_placed_ms: row.get(6)?,
        })
    });
    row.optional()
}

/// Writes the first row.
pub(crate) fn insert(transaction: &Transaction<'_>, row: &Installation, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "INSERT INTO installation (id, database_id, restore_id, app_salt, root_check, policy_path, created_at)
               VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)";
    let path = row.policy_path.to_string_lossy();
    let values = params![row.identity.database, row.identity.restore, row.app_salt, row.root_check, path, now.0];
    transaction.execute(sql, values).map(drop)
}

/// Starts another history: a new restore id and a new app salt, which ends every session.
pub(crate) fn restart(transaction: &Transaction<'_>, restore: [u8; 16], app_salt: [u8; 16]) -> rusqlite::Result<()> {
    let sql = "UPDATE installation SET restore_id = ?1, app_salt = ?2 WHERE id = 1";
    transaction.execute(sql, params![restore, app_salt]).map(drop)
}

/// Puts another app salt in the place of the one all tokens were made with.
pub(crate) fn set_app_salt(transaction: &Transaction<'_>, app_salt: [u8; 16]) -> rusqlite::Result<()> {
    transaction.execute("UPDATE installation SET app_salt = ?1 WHERE id = 1", params![app_salt]).map(drop)
}

/// Gives the policy file another name to go by.
pub(crate) fn set_restore_id(transaction: &Transaction<'_>, restore: [u8; 16]) -> rusqlite::Result<()> {
    transaction.execute("UPDATE installation SET restore_id = ?1 WHERE id = 1", params![restore]).map(drop)
}

/// Records where the policy file is.
pub(crate) fn set_policy_path(transaction: &Transaction<'_>, path: &str) -> rusqlite::Result<()> {
    transaction.execute("UPDATE installation SET policy_path = ?1 WHERE id = 1", [path]).map(drop)
}

/// Records which file was found at the policy path, and when.
pub(crate) fn set_policy_place(transaction: &Transaction<'_>, inode: &str, placed_ms: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE installation SET policy_inode = ?1, policy_placed_ms = ?2 WHERE id = 1";
    transaction.execute(sql, params![inode, placed_ms]).map(drop)
}

/// What tells the root key; empty before `init-db`.
pub(crate) fn root_check(connection: &Connection) -> rusqlite::Result<Vec<u8>> {
    let sql = "SELECT root_check FROM installation WHERE id = 1";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?.unwrap_or_default())
}

/// Tells another root key from now on.
pub(crate) fn set_root_check(transaction: &Transaction<'_>, check: &[u8]) -> rusqlite::Result<()> {
    transaction.execute("UPDATE installation SET root_check = ?1 WHERE id = 1", [check]).map(drop)
}
