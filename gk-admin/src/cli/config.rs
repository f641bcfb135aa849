//! `gk config …`

mod files;

use clap::Subcommand;
use gk_service::service::{Op, settings};
use gk_service::settings::{Effective, Source, Stored};

use super::answer::{Answer, Failure, list, plain};
use super::effects;
use super::shell::Shell;
use crate::setting_json::setting_json;

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
        /// Only say who would gain or lose by it
        #[arg(long)]
        dry_run: bool,
    },
    /// Set what a file says, all of it or nothing; what it does not name stays
    Import(files::Import),
    /// Write the settings as a file with what each means; without passwords and keys unless asked
    Export(files::Export),
    /// Show a picture beside the name on every page
    SetLogo(files::SetLogo),
    /// Take that picture away
    ClearLogo,
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
                Ok(Answer::seen(setting_json(&found), text))
            }
            Self::Set { key, value, dry_run } => {
                let verb = |op: &Op<'_>| settings::set(op, &key, &value);
                let describe = |set: &Effective| (setting_json(set), format!("{key} = {}", shown(set)));
                if dry_run {
                    return effects::tried(shell, verb, describe);
                }
                Ok(Answer::done(db.write(caller, verb)?, describe))
            }
            Self::Unset { key, dry_run } => {
                let verb = |op: &Op<'_>| settings::unset(op, &key);
                let describe = |set: &Effective| (setting_json(set), format!("{key} = {}  [default]", shown(set)));
                if dry_run {
                    return effects::tried(shell, verb, describe);
                }
                Ok(Answer::done(db.write(caller, verb)?, describe))
            }
            Self::Import(verb) => verb.run(shell),
            Self::Export(verb) => verb.run(shell),
            Self::SetLogo(verb) => verb.run(shell),
            Self::ClearLogo => files::clear_logo(shell),
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
        lines.push(format!("  {key} = {}  [{}]", plain(&shown(effective)), source(effective)));
        lines.push(format!("      {}", effective.definition.meaning));
    }
    Answer::seen(list("settings", settings.iter().map(setting_json)), lines.join("\n").trim_start())
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
        Source::Pin(_) => format!("fixed by {}", effective.pinned_at().unwrap_or_default()),
    }
}
