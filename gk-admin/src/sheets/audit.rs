//! The audit as a table, the newest row first, however long it is.

use std::sync::Arc;

use gk_service::Database;
use gk_service::model::{AuditEntry, AuditFilter};
use gk_service::service::{Caller, Refusal, audit};

use super::exports::BATCH;
use super::{Row, Sheet};
use crate::audit_asked::chain;
use crate::time;

const HEADINGS: [&str; 12] =
    ["ID", "At", "Actor Kind", "Actor", "Action", "Target", "App", "IP", "User Agent", "Before", "After", "Chain"];

/// The rows that match.
pub(super) fn rows(title: &str, database: Arc<Database>, caller: Caller, filter: AuditFilter) -> Sheet {
    let rows = Rows { database, caller, filter, left: Left::Below(None) };
    Sheet::new(title, &HEADINGS, rows).with_json(&["ID", "Before", "After"])
}

/// What has not been read yet.
enum Left {
    /// All rows older than this one.
    Below(Option<i64>),
    Nothing,
}

/// Rows in batches, each in a read transaction of its own. What is written meanwhile is newer than what is read.
struct Rows {
    database: Arc<Database>,
    caller: Caller,
    filter: AuditFilter,
    left: Left,
}

impl Iterator for Rows {
    type Item = Result<Vec<Row>, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        let Left::Below(before) = self.left else { return None };
        let read = self.database.read(&self.caller, |view| audit::list(view, &self.filter, before, BATCH));
        self.left = match &read {
            Ok(part) => part.next.map_or(Left::Nothing, |next| Left::Below(Some(next))),
            Err(_) => Left::Nothing,
        };
        Some(read.map(|part| part.entries.iter().map(row).collect()))
    }
}

fn row(entry: &AuditEntry) -> Row {
    let id = entry.id.to_string();
    let texts =
        [&entry.actor_kind, &entry.actor, &entry.action, &entry.target, &entry.app, &entry.ip, &entry.user_agent];
    let rest = texts.into_iter().chain([&entry.before, &entry.after]).cloned();
    [id, time::show(entry.at)].into_iter().chain(rest).chain([chain(entry)]).collect()
}
