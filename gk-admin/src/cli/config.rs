//! `gk config …`

use clap::Subcommand;
use gk_service::service::{Op, settings};
use gk_service::settings::{Effective, Source, Stored};
use serde_json::{Value, json};

use super::answer::{Answer, Failure, list};
use super::effects;
use super::shell::Shell;

#[derive(Subcommand)]
pub(super) enum Config {
    /// Every setting with its value, where the value comes from, and what it means
    List,
    /// One setting's value
    Get {
        /// As `gk config list` writes it, such as mail.smtp_host
        #[arg(id = "setting", value_name = "KEY")]
        key: String,
    },
    /// Set a value: in force at the next request, without a restart
    Set {
        /// As `gk config list` writes it, such as mail.smtp_host
        #[arg(id = "setting", value_name = "KEY")]
        key: String,
        /// What it shall be; `gk config list` says what is possible
        #[arg(allow_hyphen_values = true)]
        value: String,
        /// Only say who would gain or lose by it
        #[arg(long)]
        dry_run: bool,
    },
    /// Forget a value, so that the default counts again
    Unset {
        /// As `gk config list` writes it, such as mail.smtp_host
        #[arg(id = "setting", value_name = "KEY")]
        key: String,
    },
}

impl Config {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let (db, caller) = (shell.database()?, &shell.caller);
        match self {
            Self::List => Ok(listed(&db.read(caller, settings::list)?)),
            Self::Get { key } => {
                let found = db.read(caller, |view| settings::get(view, &key))?;
                let text = match &found.value {
                    Stored::Open(text) => text.clone(),
                    Stored::Sealed(_) => shown(&found),
                };
                Ok(Answer::seen(as_json(&found), text))
            }
            Self::Set { key, value, dry_run } => {
                let verb = |op: &Op<'_>| settings::set(op, &key, &value);
                let describe = |set: &Effective| (as_json(set), format!("{key} = {}", shown(set)));
                if dry_run {
                    return effects::tried(shell, verb, describe);
                }
                Ok(Answer::done(db.write(caller, verb)?, describe))
            }
            Self::Unset { key } => {
                let done = db.write(caller, |op| settings::unset(op, &key))?;
                Ok(Answer::done(done, |set| (as_json(set), format!("{key} = {}  [default]", shown(set)))))
            }
        }
    }
}

fn listed(settings: &[Effective]) -> Answer {
    let mut section = "";
    let mut lines = Vec::new();
    for effective in settings {
        let key = effective.definition.key;
        let here = key.split('.').next().unwrap_or(key);
        if here != section {
            lines.push(format!("\n[{here}]"));
            section = here;
        }
        lines.push(format!("  {key} = {}  [{}]", shown(effective), source(effective)));
        lines.push(format!("      {}", effective.definition.meaning));
    }
    Answer::seen(list("settings", settings.iter().map(as_json)), lines.join("\n").trim_start())
}

/// The value as it may be shown.
fn shown(effective: &Effective) -> String {
    match &effective.value {
        Stored::Open(text) if text.is_empty() => "(empty)".into(),
        Stored::Open(text) => text.clone(),
        Stored::Sealed(_) => "********".into(),
    }
}

fn source(effective: &Effective) -> String {
    match &effective.source {
        Source::Default => "default".into(),
        Source::Database => "set here".into(),
        Source::Pin(variable) => format!("fixed by {variable}"),
    }
}

fn as_json(effective: &Effective) -> Value {
    let value = match &effective.value {
        Stored::Open(text) => json!(text),
        Stored::Sealed(_) => Value::Null,
    };
    let definition = effective.definition;
    json!({ "key": definition.key, "value": value, "source": source(effective), "default": definition.default, "meaning": definition.meaning })
}
