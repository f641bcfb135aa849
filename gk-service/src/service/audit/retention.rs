//! Taking away what is older than the setting says, behind a signed checkpoint.

use serde_json::json;

use super::record::{Event, active_key};
use crate::service::op::Op;
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::settings::Setting;
use crate::store::audit;

/// So many rows go in one transaction.
const MOST_AT_ONCE: i64 = 5_000;

/// Takes the oldest rows away, as far as they are older than `audit.keep_days` and were sent on if they are to be. Notes
/// in the audit that it did; gives how many. The newest row stays, and so does everything while no number of days is set.
pub fn prune(op: &Op<'_>) -> Result<usize, Refusal> {
    permit(op.standing, Verb::Housekeep)?;
    let days = op.settings.number(Setting::AuditKeepDays);
    if days <= 0 {
        return Ok(0);
    }
    let newest = audit::newest(op.connection)? - 1;
    let waits = !op.settings.text(Setting::AuditForwardTo).is_empty();
    let last = if waits { newest.min(audit::cursor(op.connection)?.through) } else { newest };
    let Some(old) = audit::older_than(op.connection, op.now.plus(-days * 86_400), (last, MOST_AT_ONCE))? else {
        return Ok(0);
    };
    audit::add_checkpoint(op.transaction, &old, &active_key(op.transaction, op.root)?, op.now)?;
    audit::delete_through(op.transaction, old.through)?;
    let after = json!({ "rows": old.count, "through": old.through, "older_than_days": days });
    op.audit(&Event { action: "audit_shortened", after, ..Event::default() })?;
    Ok(usize::try_from(old.count).unwrap_or(usize::MAX))
}
