//! Table `audit`: append-only, each row chained to the one before by a keyed hash.

use gk_shared::model::UserId;
use gk_shared::time::Timestamp;
use gk_shared::token::KeyId;
use hmac::{Hmac, KeyInit, Mac};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use sha2::Sha256;

use crate::model::AuditEntry;

/// One thing that happened.
#[derive(Clone, Debug)]
pub(crate) struct AuditRow<'a> {
    pub(crate) at: Timestamp,
    pub(crate) actor_kind: &'a str,
    pub(crate) actor_id: Option<i64>,
    pub(crate) actor: &'a str,
    pub(crate) action: &'a str,
    pub(crate) target: &'a str,
    pub(crate) app: &'a str,
    pub(crate) ip: &'a str,
    pub(crate) user_agent: &'a str,
    /// JSON, or empty.
    pub(crate) before: &'a str,
    /// JSON, or empty.
    pub(crate) after: &'a str,
}

/// The key a chain is made with.
pub(crate) struct AuditKey<'k> {
    pub(crate) id: KeyId,
    pub(crate) bytes: &'k [u8],
}

impl AuditRow<'_> {
    /// The chain value of this row: every field with its length, so that no two rows read alike.
    fn chain(&self, id: i64, previous: &[u8], key: &AuditKey<'_>) -> [u8; 32] {
        let mac = Hmac::<Sha256>::new_from_slice(key.bytes).expect("HMAC takes keys of any length");
        let numbers = [id, self.at.0, self.actor_id.unwrap_or(0), i64::from(key.id.0)];
        let texts = [
            self.actor_kind,
            self.actor,
            self.action,
            self.target,
            self.app,
            self.ip,
            self.user_agent,
            self.before,
            self.after,
        ];
        let mac = numbers.iter().fold(mac.chain_update(previous), |mac, number| mac.chain_update(number.to_be_bytes()));
        let mac = texts
            .iter()
            .fold(mac, |mac, text| mac.chain_update((text.len() as u64).to_be_bytes()).chain_update(text.as_bytes()));
        mac.finalize().into_bytes().into()
    }
}

/// Appends a row.
pub(crate) fn append(transaction: &Transaction<'_>, row: &AuditRow<'_>, key: &AuditKey<'_>) -> rusqlite::Result<()> {
    let (id, previous) = last(transaction)?;
    let id = id + 1;
    let chain = row.chain(id, &previous, key);
    let sql = "INSERT INTO audit (id, at, actor_kind, actor_id, actor, action, target, app, ip, user_agent, before, after, key_id, chain, target_user)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,
                   coalesce((SELECT user_id FROM identifier WHERE value = ?7),
                       (SELECT user_id FROM identifier WHERE value = substr(?7, instr(?7, '/') + 1))))";
    transaction.prepare_cached(sql)?.execute(params![
        id,
        row.at.0,
        row.actor_kind,
        row.actor_id,
        row.actor,
        row.action,
        row.target,
        row.app,
        row.ip,
        row.user_agent,
        row.before,
        row.after,
        key.id.0,
        chain,
    ])?;
    Ok(())
}

/// What was done to a person or their memberships, and what they did: the newest.
pub(crate) fn about(
    connection: &Connection,
    (id, username, email): (UserId, &str, &str),
    most: i64,
) -> rusqlite::Result<Vec<AuditEntry>> {
    // Each part gives its newest alone: an administrator may have done much.
    let sql = "SELECT id, at, actor, action, target, app, ip, before, after FROM audit WHERE id IN (
                   SELECT * FROM (SELECT id FROM audit WHERE target_user = ?1 ORDER BY id DESC LIMIT ?4)
                   UNION SELECT * FROM (SELECT id FROM audit WHERE target_user IS NULL AND target = ?2 ORDER BY id DESC LIMIT ?4)
                   UNION SELECT * FROM (SELECT id FROM audit WHERE target_user IS NULL AND target = ?3 ORDER BY id DESC LIMIT ?4)
                   UNION SELECT * FROM (SELECT id FROM audit WHERE actor_kind = 'person' AND actor_id = ?1 ORDER BY id DESC LIMIT ?4))
               ORDER BY id DESC LIMIT ?4";
    connection.prepare_cached(sql)?.query_map(params![id.0, username, email, most], entry)?.collect()
}

/// What happened to the app of this slug since then, the newest first.
pub(crate) fn of_app(
    connection: &Connection,
    (slug, since): (&str, Timestamp),
    skip: i64,
    most: i64,
) -> rusqlite::Result<Vec<AuditEntry>> {
    let sql = "SELECT id, at, actor, action, target, app, ip, before, after FROM audit
               WHERE app = ?1 AND at >= ?2 ORDER BY id DESC LIMIT ?4 OFFSET ?3";
    connection.prepare_cached(sql)?.query_map(params![slug, since.0, skip, most], entry)?.collect()
}

/// The newest of one action by one person.
pub(crate) fn of_person(
    connection: &Connection,
    (action, person): (&str, UserId),
    most: i64,
) -> rusqlite::Result<Vec<AuditEntry>> {
    let sql = "SELECT id, at, actor, action, target, app, ip, before, after FROM audit
               WHERE actor_kind = 'person' AND actor_id = ?1 AND action = ?2 ORDER BY id DESC LIMIT ?3";
    connection.prepare_cached(sql)?.query_map(params![person.0, action, most], entry)?.collect()
}

/// How much that is.
pub(crate) fn count_of_app(connection: &Connection, (slug, since): (&str, Timestamp)) -> rusqlite::Result<i64> {
    let sql = "SELECT count(*) FROM audit WHERE app = ?1 AND at >= ?2";
    connection.prepare_cached(sql)?.query_row(params![slug, since.0], |row| row.get(0))
}

fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        id: row.get(0)?,
        at: Timestamp(row.get(1)?),
        actor: row.get(2)?,
        action: row.get(3)?,
        target: row.get(4)?,
        app: row.get(5)?,
        ip: row.get(6)?,
        before: row.get(7)?,
        after: row.get(8)?,
    })
}

fn last(connection: &Connection) -> rusqlite::Result<(i64, [u8; 32])> {
    let sql = "SELECT id, chain FROM audit ORDER BY id DESC LIMIT 1";
    let row = connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(row.unwrap_or((0, [0; 32])))
}
