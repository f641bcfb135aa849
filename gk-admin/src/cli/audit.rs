//! `gk audit …`

mod rows;

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use gk_service::model::{AuditEntry, AuditFilter};
use gk_service::service::audit::{self, Verified};
use gk_service::service::export::Exported;
use serde_json::json;

use self::rows::{follow, in_full, listed};
use super::answer::{Answer, Failure, plain};
use super::export::{self, Kind};
use super::shell::Shell;
use crate::audit_asked::{AuditAsked, entry_json, forwarding_json, forwarding_text, verified_json};

#[derive(Subcommand)]
pub(super) enum Audit {
    /// List what happened, the newest first
    List(List),
    /// Show one row with all it says
    Show {
        /// Its number, as the list writes it
        #[arg(long)]
        id: i64,
    },
    /// Write the rows to a file, however many they are
    Export {
        #[command(flatten)]
        asked: AuditAsked,
        /// The kind of file; csv unless the file's name says otherwise
        #[arg(long, value_enum)]
        format: Option<Kind>,
        /// Where to; it must not exist. Standard output unless given
        #[arg(long)]
        to: Option<PathBuf>,
    },
    /// Check every row: that none was edited, taken away, moved, put in or cut off since it was written; exit code 1 if one was
    Verify,
    /// Tell whether and how far the audit is sent on; audit.forward_to says where to
    Forwarding,
}

#[derive(Args)]
pub(super) struct List {
    #[command(flatten)]
    asked: AuditAsked,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    limit: u16,
    /// Only rows older than the one with this number: goes on where a list ended
    #[arg(long, value_name = "ID", conflicts_with = "follow")]
    before: Option<i64>,
    /// Go on printing what happens, the newest last, until it is stopped; with --json an object a line
    #[arg(long)]
    follow: bool,
}

impl Audit {
    /// Whether it only ends when it is stopped.
    pub(super) fn goes_on(&self) -> bool {
        matches!(self, Self::List(list) if list.follow)
    }

    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        match self {
            Self::List(list) => list.run(shell),
            Self::Show { id } => {
                let entry = shell.database()?.read(&shell.caller, |view| audit::find(view, id))?;
                Ok(Answer::seen(entry_json(&entry), in_full(&entry)))
            }
            Self::Export { asked, format, to } => {
                let filter = filter(shell, &asked)?;
                export::hand_out(shell, Exported::Audit(filter), format, to)
            }
            Self::Verify => verify(shell),
            Self::Forwarding => {
                let how = shell.database()?.read(&shell.caller, audit::forwarding)?;
                Ok(Answer::seen(forwarding_json(&how), plain(&forwarding_text(&how))))
            }
        }
    }
}

fn filter(shell: &Shell, asked: &AuditAsked) -> Result<AuditFilter, Failure> {
    asked.filter(shell.database()?.now()).map_err(Failure::usage)
}

impl List {
    fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let filter = filter(shell, &self.asked)?;
        let (entries, next) = newest(shell, &filter, self.before, usize::from(self.limit))?;
        if self.follow {
            return follow(shell, &filter, entries);
        }
        let rows = entries.iter().map(entry_json).collect::<Vec<_>>();
        let more = next.map(|next| format!("\nThere may be more: --before {next}")).unwrap_or_default();
        Ok(Answer::seen(json!({ "entries": rows, "next": next }), format!("{}{more}", listed(&entries))))
    }
}

/// As many as are wanted, however far back they are; and where to go on.
fn newest(
    shell: &Shell,
    filter: &AuditFilter,
    mut before: Option<i64>,
    most: usize,
) -> Result<(Vec<AuditEntry>, Option<i64>), Failure> {
    let database = shell.database()?;
    let mut entries = Vec::new();
    loop {
        let left = most - entries.len();
        let part = database.read(&shell.caller, |view| audit::list(view, filter, before, left))?;
        entries.extend(part.entries);
        before = part.next;
        if before.is_none() || entries.len() >= most {
            return Ok((entries, before));
        }
    }
}

fn verify(shell: &Shell) -> Result<Answer, Failure> {
    let shown = io::stderr().is_terminal();
    let mut tell = |rows: u64| {
        if shown {
            eprint!("\r{rows} rows");
        }
    };
    let found = shell.database()?.read(&shell.caller, |view| audit::verify_here(view, &mut tell));
    if shown {
        eprint!("\r\x1b[K");
    }
    let found = found?;
    if found.broken > 0 {
        return Err(Failure::refused(broken(&found)));
    }
    let text = format!("{} rows verified, {} to {}: each is as it was written.", found.rows, found.first, found.last);
    Ok(Answer::seen(verified_json(&found), text))
}

fn broken(found: &Verified) -> String {
    let named = found.breaks.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let unnamed = found.broken - found.breaks.len() as u64;
    let more = if unnamed > 0 { format!("\nand {unnamed} more") } else { String::new() };
    format!("the audit is not as it was written\n{named}{more}")
}
