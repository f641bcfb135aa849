//! Table `audit`: append-only, each row chained to the one before by a keyed hash.

mod chain;
mod checkpoint;
mod find;
mod forward;
mod head;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use chain::{AuditKey, BEGINNING, Chained, same};
pub(crate) use checkpoint::{add_checkpoint, delete_through, newest_checkpoint, older_than};
pub(crate) use find::{Between, Drive, Enough, actions, candidates, count_kept, ids_between, newest, one};
pub(crate) use forward::{cursor, note_failure, note_sent, waiting};
pub(crate) use head::{adopt, begin, head};
pub(crate) use walk::{Walked, walk};

use gk_shared::model::UserId;
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use self::chain::{BROKEN, Chainable, FORM};
use self::head::{Next, next, set_head};
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

/// Appends a row. Where the head is gone or forged, a row that says so comes first: it joins on to nothing, so that the
/// break is found for as long as it is kept.
pub(crate) fn append(transaction: &Transaction<'_>, row: &AuditRow<'_>, key: &AuditKey) -> rusqlite::Result<()> {
    match next(transaction, key)? {
        Next::After { id, previous } => insert(transaction, row, (id, &previous), key).map(drop),
        Next::Broken { id } => {
            tracing::error!(id, "the end of the audit is not what was signed: rows may have been taken away");
            let (actor_kind, actor, action, after) = ("system", "audit", "audit_broken", "");
            let found = AuditRow {
                actor_kind,
                actor_id: None,
                actor,
                action,
                target: "",
                app: "",
                ip: "",
                user_agent: "",
                before: "",
                after,
                ..*row
            };
            let chain = insert(transaction, &found, (id, &BROKEN), key)?;
            insert(transaction, row, (id + 1, &chain), key).map(drop)
        }
    }
}

/// Adds a row after that chain value, and signs it as the newest; gives its own.
fn insert(
    transaction: &Transaction<'_>,
    row: &AuditRow<'_>,
    (id, previous): (i64, &Chained),
    key: &AuditKey,
) -> rusqlite::Result<Chained> {
    let target_user = person_meant(transaction, row.target)?;
    let texts =
        [row.actor_kind, row.actor, row.action, row.target, row.app, row.ip, row.user_agent, row.before, row.after];
    let chainable = Chainable {
        form: FORM,
        id,
        at: row.at.0,
        key: key.id.0.into(),
        actor_id: row.actor_id,
        target_user,
        texts: texts.map(str::as_bytes),
    };
    let chain = key.chain(&chainable, previous, &mut Vec::new());
    let sql = "INSERT INTO audit (id, at, actor_kind, actor_id, actor, action, target, app, ip, user_agent, before, after, key_id, chain, target_user, form)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
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
        target_user,
        FORM,
    ])?;
    set_head(transaction, id, &chain, key)?;
    Ok(chain)
}

/// The number of the person a target names: by user name or e-mail, alone or behind a group or an app.
fn person_meant(connection: &Connection, target: &str) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT user_id FROM identifier WHERE value = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let whole = statement.query_row([target], |row| row.get(0)).optional()?;
    match (whole, target.split_once('/')) {
        (None, Some((_, name))) => statement.query_row([name], |row| row.get(0)).optional(),
        (found, _) => Ok(found),
    }
}

const ABOUT: &str = "SELECT id, at, actor_kind, actor, action, target, app, ip, user_agent, before, after, chain, actor_id, target_user FROM audit WHERE id IN (
    SELECT * FROM (SELECT id FROM audit WHERE target_user = ?1 ORDER BY id DESC LIMIT ?4)
    UNION SELECT * FROM (SELECT id FROM audit WHERE target_user IS NULL AND target = ?2 ORDER BY id DESC LIMIT ?4)
    UNION SELECT * FROM (SELECT id FROM audit WHERE target_user IS NULL AND target = ?3 ORDER BY id DESC LIMIT ?4)
    UNION SELECT * FROM (SELECT id FROM audit WHERE actor_kind = 'person' AND actor_id = ?1 ORDER BY id DESC LIMIT ?4))
ORDER BY id DESC LIMIT ?4";

/// What was done to a person or their memberships, and what they did: the newest.
pub(crate) fn about(
    connection: &Connection,
    (id, username, email): (UserId, &str, &str),
    most: i64,
) -> rusqlite::Result<Vec<AuditEntry>> {
    // Each part gives its newest alone: an administrator may have done much.
    connection.prepare_cached(ABOUT)?.query_map(params![id.0, username, email, most], entry)?.collect()
}

/// What happened to the app of this slug since then, the newest first.
pub(crate) fn of_app(
    connection: &Connection,
    (slug, since): (&str, Timestamp),
    skip: i64,
    most: i64,
) -> rusqlite::Result<Vec<AuditEntry>> {
    let sql = "SELECT id, at, actor_kind, actor, action, target, app, ip, user_agent, before, after, chain, actor_id, target_user FROM audit
               WHERE app = ?1 AND app <> '' AND at >= ?2 ORDER BY id DESC LIMIT ?4 OFFSET ?3";
    connection.prepare_cached(sql)?.query_map(params![slug, since.0, skip, most], entry)?.collect()
}

/// The newest of one action by one person.
pub(crate) fn of_person(
    connection: &Connection,
    (action, person): (&str, UserId),
    most: i64,
) -> rusqlite::Result<Vec<AuditEntry>> {
    let sql = "SELECT id, at, actor_kind, actor, action, target, app, ip, user_agent, before, after, chain, actor_id, target_user FROM audit
               WHERE actor_kind = 'person' AND actor_id = ?1 AND action = ?2 ORDER BY id DESC LIMIT ?3";
    connection.prepare_cached(sql)?.query_map(params![person.0, action, most], entry)?.collect()
}

/// How much that is.
pub(crate) fn count_of_app(connection: &Connection, (slug, since): (&str, Timestamp)) -> rusqlite::Result<i64> {
    let sql = "SELECT count(*) FROM audit WHERE app = ?1 AND app <> '' AND at >= ?2";
    connection.prepare_cached(sql)?.query_row(params![slug, since.0], |row| row.get(0))
}

fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        id: row.get(0)?,
        at: Timestamp(row.get(1)?),
        actor_kind: row.get(2)?,
        actor: row.get(3)?,
        action: row.get(4)?,
        target: row.get(5)?,
        app: row.get(6)?,
        ip: row.get(7)?,
        user_agent: row.get(8)?,
        before: row.get(9)?,
        after: row.get(10)?,
        chain: row.get(11)?,
        actor_id: row.get(12)?,
        target_user: row.get(13)?,
    })
}
