//! Who takes a backup of everything.

use serde_json::json;

use super::audit::Event;
use super::op::Op;
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use crate::backup::{Order, WithRootKey};

/// Notes that a backup is taken.
pub(crate) fn begin(op: &Op<'_>, order: &Order) -> Result<(), Refusal> {
    permit(op.standing, Verb::TakeBackup)?;
    let name = order.to.file_name().unwrap_or_default().to_string_lossy();
    let after = json!({ "sealed": order.sealing.word(), "with_root_key": order.root_key == WithRootKey::With });
    op.audit(&Event { action: "database_backup", target: &name, after, ..Event::default() })
}
