//! `gk panic` in the audit. What is denied stands in a file of its own, and needs no database.

use serde_json::json;

use super::audit::Event;
use super::op::Op;
use super::permit::{Verb, permit};
use super::refusal::Refusal;

/// Notes what was denied, or is no more.
pub fn note(op: &Op<'_>, action: &'static str, rules: &[String]) -> Result<(), Refusal> {
    permit(op.standing, Verb::ChangeSettings)?;
    let target = rules.first().map(String::as_str).unwrap_or_default();
    op.audit(&Event { action, target, after: json!({ "rules": rules }), ..Event::default() })
}
