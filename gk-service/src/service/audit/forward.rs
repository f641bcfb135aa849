//! Sending the audit on: which rows are next, and how far it is. Sending itself is done elsewhere, outside every
//! transaction; a row is passed over only when it has arrived, so that some may arrive twice and none is lost.

use gk_shared::time::Timestamp;

use crate::model::{AuditEntry, ForwardTo};
use crate::secret::Secret;
use crate::service::op::{Op, View};
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::settings::Setting;
use crate::store::audit;

/// So many rows are sent at once.
const MOST_AT_ONCE: i64 = 200;
/// So much of what went wrong is kept.
const MOST_OF_ERROR: usize = 300;

/// How sending on goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarding {
    /// Where to; nothing while it is off.
    pub to: Option<ForwardTo>,
    /// Everything up to this row has arrived.
    pub through: i64,
    /// So many rows wait.
    pub waiting: i64,
    pub sent_at: Option<Timestamp>,
    pub failing_since: Option<Timestamp>,
    /// Why the last try failed; empty if it did not.
    pub last_error: String,
}

/// What is to be sent next.
#[derive(Debug)]
pub struct Load {
    pub to: ForwardTo,
    /// What the receiver of HTTP wants to be shown.
    pub token: Option<Secret>,
    /// How this installation calls itself.
    pub host: String,
    /// The oldest first.
    pub entries: Vec<AuditEntry>,
}

/// How it goes.
pub fn forwarding(view: &View<'_>) -> Result<Forwarding, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let cursor = audit::cursor(view.connection)?;
    Ok(Forwarding {
        to: destination(view),
        through: cursor.through,
        waiting: (audit::newest(view.connection)? - cursor.through).max(0),
        sent_at: cursor.sent_at,
        failing_since: cursor.failing_since,
        last_error: cursor.last_error,
    })
}

/// The next rows, if there are any and somewhere to send them.
pub fn to_send(view: &View<'_>) -> Result<Option<Load>, Refusal> {
    permit(view.standing, Verb::Housekeep)?;
    let Some(to) = destination(view) else { return Ok(None) };
    let entries = audit::waiting(view.connection, audit::cursor(view.connection)?.through, MOST_AT_ONCE)?;
    if entries.is_empty() {
        return Ok(None);
    }
    let host = view.settings.text(Setting::PublicUrl).split("://").last().unwrap_or_default().to_owned();
    let token = view.settings.secret(Setting::AuditForwardToken, view.root()?)?;
    Ok(Some(Load { to, token, host, entries }))
}

/// Rows up to this one have arrived.
pub fn sent(op: &Op<'_>, through: i64) -> Result<(), Refusal> {
    permit(op.standing, Verb::Housekeep)?;
    Ok(audit::note_sent(op.transaction, through, op.now)?)
}

/// They have not.
pub fn failed(op: &Op<'_>, why: &str) -> Result<(), Refusal> {
    permit(op.standing, Verb::Housekeep)?;
    let why = why.chars().take(MOST_OF_ERROR).collect::<String>();
    Ok(audit::note_failure(op.transaction, &why, op.now)?)
}

fn destination(view: &View<'_>) -> Option<ForwardTo> {
    ForwardTo::parse(view.settings.text(Setting::AuditForwardTo)).ok().flatten()
}
