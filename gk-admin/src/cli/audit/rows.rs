//! Rows of the audit as they are printed.

use std::io::{self, Write};
use std::thread::sleep;
use std::time::Duration;

use gk_service::model::{AuditEntry, AuditFilter};
use gk_service::service::audit;
use serde_json::Value;

use crate::audit_asked::{chain, entry_json};
use crate::cli::answer::{Answer, Failure, Form, plain, table};
use crate::cli::shell::Shell;
use crate::time;

/// How often `--follow` looks for new rows.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Rows as a table.
pub(super) fn listed(entries: &[AuditEntry]) -> String {
    let heading = ["ID", "When", "Who", "What", "To", "App", "From"];
    let row = |entry: &AuditEntry| {
        let when = time::show(entry.at);
        let rest = [&entry.actor, &entry.action, &entry.target, &entry.app, &entry.ip].map(Clone::clone);
        [vec![entry.id.to_string(), when], rest.to_vec()].concat()
    };
    table(&heading, &entries.iter().map(row).collect::<Vec<_>>())
}

/// Prints rows as they come, until whoever reads has gone.
pub(super) fn follow(shell: &Shell, filter: &AuditFilter, newest: Vec<AuditEntry>) -> Result<Answer, Failure> {
    let database = shell.database()?;
    let mut last = database.read(&shell.caller, audit::kept)?.0;
    let mut entries = newest.into_iter().rev().collect::<Vec<_>>();
    loop {
        for entry in &entries {
            last = last.max(entry.id);
            let line = match shell.form {
                Form::Json => entry_json(entry).to_string(),
                Form::Text => line(entry),
            };
            if writeln!(io::stdout(), "{line}").is_err() {
                return Ok(Answer::seen(Value::Null, ""));
            }
        }
        let _ = io::stdout().flush();
        sleep(LOOK_EVERY);
        entries = database.read(&shell.caller, |view| audit::newer(view, filter, last))?;
    }
}

fn line(entry: &AuditEntry) -> String {
    let said = [&entry.actor, &entry.action, &entry.target, &entry.app, &entry.ip].map(|text| plain(text));
    format!("{} {} {}", entry.id, time::show(entry.at), said.join(" ")).trim_end().to_owned()
}

/// Every field of a row on a line of its own.
pub(super) fn in_full(entry: &AuditEntry) -> String {
    let (id, at) = (entry.id.to_string(), time::show(entry.at));
    let actor = format!("{} ({})", entry.actor, entry.actor_kind);
    let chain = chain(entry);
    let fields = [
        ("ID", &id),
        ("When", &at),
        ("Who", &actor),
        ("What", &entry.action),
        ("To", &entry.target),
        ("App", &entry.app),
        ("From", &entry.ip),
        ("Browser", &entry.user_agent),
        ("Before", &entry.before),
        ("After", &entry.after),
        ("Chain", &chain),
    ];
    let said = fields.into_iter().filter(|(_, text)| !text.is_empty());
    said.map(|(name, text)| format!("{name:<8} {}", plain(text))).collect::<Vec<_>>().join("\n")
}
