//! Random keys: sealed, and of session keys the public half in clear.

use gk_shared::time::Timestamp;
use gk_shared::token::KeyId;
use rusqlite::{Connection, Transaction, params};

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyPurpose {
    /// Signs session tokens.
    Session,
    /// Tags session tokens, without authority.
    Filter,
    /// Chains audit rows.
    Audit,
    /// Derives the codes beside sign-in links, and the tokens of forms.
    Csrf,
}

impl KeyPurpose {
    pub(crate) const ALL: [Self; 4] = [Self::Session, Self::Filter, Self::Audit, Self::Csrf];

    fn word(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Filter => "filter",
            Self::Audit => "audit",
            Self::Csrf => "csrf",
        }
    }
}

/// A key that is in use.
pub(crate) struct SealedKey {
    pub(crate) id: KeyId,
    pub(crate) sealed: Vec<u8>,
}

/// Adds a key and puts it in use; gives its id.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    purpose: KeyPurpose,
    sealed: &[u8],
    public: Option<[u8; 32]>,
    now: Timestamp,
) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO key (purpose, state, sealed, public, created_at) VALUES (?1, 'active', ?2, ?3, ?4)";
    transaction.prepare_cached(sql)?.insert(params![purpose.word(), sealed, public, now.0])
}

/// The key in use for a purpose.
pub(crate) fn active(connection: &Connection, purpose: KeyPurpose) -> rusqlite::Result<SealedKey> {
    let sql = "SELECT id, sealed FROM key WHERE purpose = ?1 AND state = 'active'";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row([purpose.word()], |row| Ok(SealedKey { id: KeyId(row.get(0)?), sealed: row.get(1)? }))
}

/// Every key a purpose ever had, whatever became of it: what was made with it is still to be checked.
pub(crate) fn all_of(connection: &Connection, purpose: KeyPurpose) -> rusqlite::Result<Vec<SealedKey>> {
    let sql = "SELECT id, sealed FROM key WHERE purpose = ?1 ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    statement
        .query_map([purpose.word()], |row| Ok(SealedKey { id: KeyId(row.get(0)?), sealed: row.get(1)? }))?
        .collect()
}

/// The public half of every session key still honoured.
pub(crate) fn verify_keys(connection: &Connection) -> rusqlite::Result<Vec<(KeyId, [u8; 32])>> {
    let sql = "SELECT id, public FROM key WHERE purpose = 'session' AND state IN ('active', 'verify') ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map([], |row| Ok((KeyId(row.get(0)?), row.get(1)?)))?.collect()
}
