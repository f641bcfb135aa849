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

/// A session key that is honoured.
pub(crate) struct SessionKey {
    pub(crate) id: KeyId,
    pub(crate) created_at: Timestamp,
    /// When the last token runs out that it signed and that was not ended; none for the key in use.
    pub(crate) until: Option<Timestamp>,
}

/// Every session key that is honoured, the one in use first.
pub(crate) fn session_keys(connection: &Connection) -> rusqlite::Result<Vec<SessionKey>> {
    // A key has signed what was made before the next one was there, and in the second of that.
    let sql = "SELECT k.id, k.created_at, CASE k.state WHEN 'verify' THEN coalesce((
                   SELECT max(s.expires_at) FROM session s WHERE s.ended_at IS NULL AND s.created_at <= (
                       SELECT min(n.created_at) FROM key n WHERE n.purpose = 'session' AND n.id > k.id)), 0) END
               FROM key k WHERE k.purpose = 'session' AND k.state IN ('active', 'verify') ORDER BY k.id DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        let until = row.get::<_, Option<i64>>(2)?.map(Timestamp);
        Ok(SessionKey { id: KeyId(row.get(0)?), created_at: Timestamp(row.get(1)?), until })
    })?;
    rows.collect()
}

/// The session keys that are honoured and whose last token has run out.
pub(crate) fn outlived(connection: &Connection, now: Timestamp) -> rusqlite::Result<Vec<KeyId>> {
    let over = |key: &SessionKey| key.until.is_some_and(|until| until <= now);
    Ok(session_keys(connection)?.into_iter().filter(over).map(|key| key.id).collect())
}

/// Lets a session key sign nothing any more: its private half is forgotten.
pub(crate) fn only_verify(transaction: &Transaction<'_>, id: KeyId) -> rusqlite::Result<()> {
    let sql = "UPDATE key SET state = 'verify', sealed = x'' WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute([id.0]).map(drop)
}

/// Honours a session key no longer.
pub(crate) fn retire(transaction: &Transaction<'_>, id: KeyId) -> rusqlite::Result<()> {
    transaction.prepare_cached("UPDATE key SET state = 'retired' WHERE id = ?1")?.execute([id.0]).map(drop)
}
