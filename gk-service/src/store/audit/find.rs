//! Looking through the audit: numbers of rows from one index, newest first, and the rows one by one. So a page costs the
//! same however long the audit is.

use gk_shared::time::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::entry;
use crate::model::AuditEntry;

/// The index that numbers come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Drive {
    Everything,
    /// By and to the person with this number.
    Person(i64),
    Actor(String),
    Action(String),
    App(String),
    Ip(String),
    /// By a query of FTS5.
    Text(String),
}

/// Above and below these numbers, themselves left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Between {
    pub(crate) above: i64,
    pub(crate) below: i64,
}

impl Drive {
    /// The query, and what it is about. Each ends in the bounds `?1` and `?2` on numbers; `?3` is the value.
    pub(super) fn sql(&self) -> (&'static str, Option<Value>) {
        match self {
            Self::Everything => ("SELECT id FROM audit WHERE id > ?1 AND id < ?2 ORDER BY id DESC", None),
            Self::Person(id) => (
                "SELECT id FROM audit WHERE id > ?1 AND id < ?2 AND target_user = ?3
                 UNION SELECT id FROM audit WHERE id > ?1 AND id < ?2 AND actor_kind = 'person' AND actor_id = ?3
                 ORDER BY id DESC",
                Some((*id).into()),
            ),
            Self::Actor(actor) => (
                "SELECT id FROM audit WHERE id > ?1 AND id < ?2 AND actor = ?3 ORDER BY id DESC",
                Some(actor.clone().into()),
            ),
            Self::Action(action) => (
                "SELECT id FROM audit WHERE id > ?1 AND id < ?2 AND action = ?3 ORDER BY id DESC",
                Some(action.clone().into()),
            ),
            Self::App(app) => (
                "SELECT id FROM audit WHERE id > ?1 AND id < ?2 AND app = ?3 AND app <> '' ORDER BY id DESC",
                Some(app.clone().into()),
            ),
            Self::Ip(ip) => (
                "SELECT id FROM audit WHERE id > ?1 AND id < ?2 AND ip = ?3 AND ip <> '' ORDER BY id DESC",
                Some(ip.clone().into()),
            ),
            Self::Text(query) => (
                "SELECT rowid FROM audit_text WHERE rowid > ?1 AND rowid < ?2 AND audit_text MATCH ?3 ORDER BY rowid DESC",
                Some(query.clone().into()),
            ),
        }
    }
}

/// Hands numbers on, the newest first, until there are no more or `take` has enough.
pub(crate) fn candidates(
    connection: &Connection,
    drive: &Drive,
    between: Between,
    mut take: impl FnMut(i64) -> rusqlite::Result<Enough>,
) -> rusqlite::Result<Enough> {
    let (sql, value) = drive.sql();
    let values = [between.above.into(), between.below.into()].into_iter().chain(value);
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        if take(row.get(0)?)? == Enough::Yes {
            return Ok(Enough::Yes);
        }
    }
    Ok(Enough::No)
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enough {
    Yes,
    No,
}

/// The row with this number.
pub(crate) fn one(connection: &Connection, id: i64) -> rusqlite::Result<Option<AuditEntry>> {
    let sql = "SELECT id, at, actor_kind, actor, action, target, app, ip, user_agent, before, after, chain, actor_id, target_user FROM audit WHERE id = ?1";
    connection.prepare_cached(sql)?.query_row([id], entry).optional()
}

/// Which numbers the rows of a time have at most. Some at both ends may be of another: an index of ten minutes knows.
pub(crate) fn ids_between(
    connection: &Connection,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
) -> rusqlite::Result<Between> {
    let first = "SELECT first FROM audit_time WHERE ten_minutes >= ?1 ORDER BY ten_minutes LIMIT 1";
    let last = "SELECT last FROM audit_time WHERE ten_minutes <= ?1 ORDER BY ten_minutes DESC LIMIT 1";
    let find = |sql: &str, at: Timestamp| {
        connection.prepare_cached(sql)?.query_row([at.0 / 600], |row| row.get::<_, i64>(0)).optional()
    };
    let above = match since {
        Some(since) => find(first, since)?.map_or(i64::MAX, |first| first - 1),
        None => 0,
    };
    let below = match until {
        Some(until) => find(last, until)?.map_or(0, |last| last + 1),
        None => i64::MAX,
    };
    Ok(Between { above, below })
}

/// The number of the newest row; 0 without any.
pub(crate) fn newest(connection: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT coalesce(max(id), 0) FROM audit";
    connection.prepare_cached(sql)?.query_row([], |row| row.get(0))
}

/// Every action there is: one step of the index for each.
pub(crate) fn actions(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "WITH RECURSIVE step (action) AS (
                   SELECT min(action) FROM audit
                   UNION ALL SELECT (SELECT min(action) FROM audit WHERE action > step.action) FROM step WHERE step.action IS NOT NULL)
               SELECT action FROM step WHERE action IS NOT NULL";
    connection.prepare_cached(sql)?.query_map([], |row| row.get(0))?.collect()
}

/// How SQLite goes about it.
#[cfg(test)]
pub(super) fn plan(connection: &Connection, drive: &Drive) -> Vec<String> {
    let (sql, value) = drive.sql();
    let values = [Value::from(0), Value::from(i64::MAX)].into_iter().chain(value);
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let lines = statement.query_map(params_from_iter(values), |row| row.get::<_, String>(3)).unwrap();
    lines.map(Result::unwrap).collect()
}

/// So many rows are kept now.
pub(crate) fn count_kept(connection: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT coalesce(max(id) - min(id) + 1, 0) FROM audit";
    connection.prepare_cached(sql)?.query_row([], |row| row.get(0))
}
