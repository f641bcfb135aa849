//! Directories as JSON, for the API and the command line alike.

use gk_service::model::{Directory, DirectoryRun, DirectoryUri, Found};
use serde_json::{Value, json};

use crate::directory::{Probe, Probed};
use crate::time;

/// How a directory is set up; of its password, whether there is one.
pub(crate) fn directory_json(one: &Directory) -> Value {
    json!({
        "label": one.label.as_str(),
        "enabled": one.enabled,
        "uris": one.uris.iter().map(DirectoryUri::as_str).collect::<Vec<_>>(),
        "security": one.security.word(),
        "ca": one.ca,
        "bind_dn": one.bind_dn,
        "has_password": one.has_password,
        "base_dns": one.base_dns,
        "user_filter": one.user_filter,
        "email_filter": one.email_filter,
        "username_attribute": one.username_attribute,
        "email_attribute": one.email_attribute,
        "fullname_attribute": one.fullname_attribute,
        "groups": one.group_mode.word(),
        "timeout_seconds": one.timeout_seconds,
        "page_size": one.page_size,
    })
}

/// Somebody in a directory.
pub(crate) fn found_json(found: &Found) -> Value {
    json!({
        "username": found.username.as_str(),
        "emails": found.emails.iter().map(gk_shared::model::Email::as_str).collect::<Vec<_>>(),
        "fullname": found.fullname,
        "account": found.account.word(),
        "office": found.office,
        "dn": found.dn,
        "groups": found.groups.iter().map(|group| group.written.as_str()).collect::<Vec<_>>(),
    })
}

/// What trying a directory came to.
pub(crate) fn probe_json(probe: &Probe) -> Value {
    let step = |one: &Probed| {
        let (ok, text) = match &one.result {
            Ok(text) => (true, text),
            Err(why) => (false, why),
        };
        let took = u64::try_from(one.took.as_millis()).unwrap_or(u64::MAX);
        json!({ "step": one.step, "milliseconds": took, "ok": ok, "result": text })
    };
    let steps = probe.steps.iter().map(step).collect::<Vec<_>>();
    json!({ "ok": probe.is_well(), "steps": steps, "found": probe.found.as_ref().map(found_json) })
}

/// A run, and how far it is.
pub(crate) fn run_json(run: &DirectoryRun) -> Value {
    json!({
        "id": run.id, "directory": run.directory.as_str(), "state": run.state.word(), "total": run.total,
        "looked_at": run.looked_at, "changed": run.changed, "disabled": run.disabled, "failed": run.failed,
        "reason": run.reason, "started_by": run.started_by, "started_at": time::show(run.started_at),
        "ended_at": run.ended_at.map(time::show),
    })
}
