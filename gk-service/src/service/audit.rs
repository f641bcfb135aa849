//! Writing the audit: one row for each change, in the transaction of the change.

use gk_shared::time::Timestamp;
use rusqlite::Transaction;
use serde_json::Value;

use super::op::{Op, Who};
use super::refusal::Refusal;
use crate::secret::{Purpose, RootKey};
use crate::store::audit::{AuditKey, AuditRow, append};
use crate::store::keys::{self, KeyPurpose};

/// What happened, apart from who did it and when.
#[derive(Clone, Debug, Default)]
pub(super) struct Event<'a> {
    pub(super) action: &'a str,
    pub(super) target: &'a str,
    pub(super) app: &'a str,
    pub(super) before: Value,
    pub(super) after: Value,
}

impl Op<'_> {
    /// Appends a row to the audit.
    pub(super) fn audit(&self, event: &Event<'_>) -> Result<(), Refusal> {
        let (actor_kind, actor_id) = match &self.caller.who {
            Who::Operator(_) => ("operator", None),
            Who::Person(id, _) => ("person", Some(id.0)),
            Who::Key(id) => ("key", Some(id.0)),
            Who::System(_) => ("system", None),
            Who::Stranger => ("stranger", None),
        };
        let row = AuditRow {
            at: self.now,
            actor_kind,
            actor_id,
            actor: &self.label,
            action: event.action,
            target: event.target,
            app: event.app,
            ip: &self.ip(),
            user_agent: &self.caller.user_agent,
            before: &text(&event.before),
            after: &text(&event.after),
        };
        write(self.transaction, self.root, &row)
    }
}

fn text(value: &Value) -> String {
    if value.is_null() { String::new() } else { value.to_string() }
}

fn write(transaction: &Transaction<'_>, root: &RootKey, row: &AuditRow<'_>) -> Result<(), Refusal> {
    let key = keys::active(transaction, KeyPurpose::Audit)?;
    let bytes = root.open(Purpose::Key, &key.sealed)?;
    Ok(append(transaction, row, &AuditKey { id: key.id, bytes: &bytes })?)
}

/// A row for something no caller asked for: which part did what, to what.
pub(crate) fn record_system_event(
    transaction: &Transaction<'_>,
    root: &RootKey,
    now: Timestamp,
    (actor, action, target): (&str, &str, &str),
) -> Result<(), Refusal> {
    let (app, ip, user_agent, before, after) = ("", "", "", "", "");
    let row = AuditRow {
        at: now,
        actor_kind: "system",
        actor_id: None,
        actor,
        action,
        target,
        app,
        ip,
        user_agent,
        before,
        after,
    };
    write(transaction, root, &row)
}
