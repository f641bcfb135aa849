//! Writing the audit.

use gk_shared::time::Timestamp;
use rusqlite::Transaction;
use serde_json::{Value, json};

use crate::secret::{Purpose, RootKey};
use crate::service::op::{Op, Who};
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::store::audit::{self, AuditKey, AuditRow, append};
use crate::store::keys::{self, KeyPurpose};

/// What happened, apart from who did it and when.
#[derive(Clone, Debug, Default)]
pub(in crate::service) struct Event<'a> {
    pub(in crate::service) action: &'a str,
    pub(in crate::service) target: &'a str,
    pub(in crate::service) app: &'a str,
    pub(in crate::service) before: Value,
    pub(in crate::service) after: Value,
}

impl Op<'_> {
    /// Appends a row to the audit.
    pub(in crate::service) fn audit(&self, event: &Event<'_>) -> Result<(), Refusal> {
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
        self.audited.set(true);
        write(self.transaction, self.root, &row)
    }
}

fn text(value: &Value) -> String {
    if value.is_null() { String::new() } else { value.to_string() }
}

fn write(transaction: &Transaction<'_>, root: &RootKey, row: &AuditRow<'_>) -> Result<(), Refusal> {
    Ok(append(transaction, row, &active_key(transaction, root)?)?)
}

/// The key new rows are chained with.
pub(super) fn active_key(transaction: &Transaction<'_>, root: &RootKey) -> Result<AuditKey, Refusal> {
    let key = keys::active(transaction, KeyPurpose::Audit)?;
    Ok(AuditKey::new(key.id, &root.open(Purpose::Key, &key.sealed)?))
}

/// Signs that there is no row yet.
pub(crate) fn begin(transaction: &Transaction<'_>, root: &RootKey) -> Result<(), Refusal> {
    Ok(audit::begin(transaction, &active_key(transaction, root)?)?)
}

/// Signs the newest row of a database that was just brought up to date, if it is of a time before that was done.
pub(crate) fn adopt_head(transaction: &Transaction<'_>, root: &RootKey) -> Result<(), Refusal> {
    Ok(audit::adopt(transaction, &active_key(transaction, root)?)?)
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

/// Notes that a command was used that left no row by itself: it looked, or was refused. Only its name is kept, since what
/// follows it may be secret.
pub fn note_command(op: &Op<'_>, name: &str, outcome: &'static str) -> Result<(), Refusal> {
    permit(op.standing, Verb::Housekeep)?;
    op.audit(&Event { action: "command", target: name, after: json!({ "outcome": outcome }), ..Event::default() })
}
