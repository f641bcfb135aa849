//! `gk apps who` and `gk users where`: who enters an app, and where somebody can go.

use std::io;

use clap::Args;
use gk_service::model::Part;
use gk_service::service::explain::{self, Destination, Entrant, PlaceFilter, Shown, WhoFilter};
use gk_service::service::export::Exported;
use gk_service::service::users;
use gk_shared::access::AllowReason;
use gk_shared::model::{Slug, Username};
use serde_json::json;

use super::answer::{Answer, Failure, Form, counted, table};
use super::shell::Shell;
use crate::access_json::{destination_json, entrant_json};
use crate::sheets::{self, Format};
use crate::time;

/// Only these of a list.
#[derive(Args)]
struct Narrowing {
    /// Only where this is a part of e-mail, name or group; of an app's slug or name
    #[arg(long)]
    search: Option<String>,
    /// Only with this role
    #[arg(long)]
    role: Option<String>,
    /// As CSV, however much it is
    #[arg(long)]
    csv: bool,
}

#[derive(Args)]
pub(super) struct Who {
    /// The app's slug
    #[arg(short, long, value_parser = Slug::parse)]
    slug: Slug,
    #[command(flatten)]
    narrowing: Narrowing,
    /// Only for this reason: own-grant, group-grant, super-admin or internal
    #[arg(long, value_parser = reason)]
    reason: Option<AllowReason>,
    /// At most so many
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(i64).range(0..))]
    limit: i64,
    /// Pass over so many first
    #[arg(long, default_value_t = 0, hide_default_value = true, value_parser = clap::value_parser!(i64).range(0..))]
    offset: i64,
}

#[derive(Args)]
pub(super) struct Where {
    /// User name or e-mail
    #[arg(short = 'e', long, alias = "email", value_parser = Username::parse)]
    user: Username,
    #[command(flatten)]
    narrowing: Narrowing,
    /// Only for this reason, such as group-grant, or no-grant with --all
    #[arg(long)]
    reason: Option<String>,
    /// Also the apps that refuse them, and why
    #[arg(long)]
    all: bool,
}

fn reason(word: &str) -> Result<AllowReason, String> {
    AllowReason::parse(word).ok_or_else(|| "write own-grant, group-grant, super-admin or internal".to_owned())
}

impl Who {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let filter = WhoFilter { text: self.narrowing.search, role: self.narrowing.role, reason: self.reason };
        if self.narrowing.csv && shell.form == Form::Text {
            return print_table(shell, Exported::Entrants(self.slug, filter));
        }
        let (db, caller) = (shell.database()?, &shell.caller);
        let found = db.in_force(|snapshot| {
            let part = (self.offset, self.limit);
            db.read(caller, |view| explain::who_enters(view, snapshot, &self.slug, &filter, part))
        })??;
        let json = json!({ "entrants": found.rows.iter().map(entrant_json).collect::<Vec<_>>(), "total": found.total });
        Ok(Answer::seen(json, who_text(&found)))
    }
}

impl Where {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let shown = if self.all { Shown::All } else { Shown::Entered };
        let (text, role) = (self.narrowing.search, self.narrowing.role);
        let filter = PlaceFilter { shown, text, role, reason: self.reason };
        let (db, caller) = (shell.database()?, &shell.caller);
        let id = db.read(caller, |view| users::find(view, &self.user))?.id;
        if self.narrowing.csv && shell.form == Form::Text {
            return print_table(shell, Exported::Destinations(id, filter));
        }
        let (user, places) =
            db.in_force(|snapshot| db.read(caller, |view| explain::where_to(view, snapshot, id, &filter)))??;
        let rows = places.iter().map(destination_json).collect::<Vec<_>>();
        Ok(Answer::seen(json!({ "user": user.email.as_str(), "destinations": rows }), where_text(&places)))
    }
}

/// Writes a table to standard output as it is read.
fn print_table(shell: &Shell, exported: Exported) -> Result<Answer, Failure> {
    let sheet = sheets::exported(shell.shared_database()?, shell.caller.clone(), exported);
    let written = sheet.write(Format::Csv, io::stdout());
    written.map_err(|error| Failure::refused(format!("the table was not written: {error}")))?;
    Ok(Answer::seen(serde_json::Value::Null, String::new()))
}

fn who_text(found: &Part<Entrant>) -> String {
    let row = |one: &Entrant| {
        let why = one.group.as_ref().map_or_else(String::new, |group| format!(" ({group})"));
        vec![
            one.email.clone(),
            one.fullname.clone(),
            one.outcome.role.clone().unwrap_or_default(),
            format!("{}{why}", one.outcome.reason.word()),
            one.until.map(time::show).unwrap_or_default(),
        ]
    };
    let rows = found.rows.iter().map(row).collect::<Vec<_>>();
    let shown = format!("{} of {}", rows.len(), counted(usize::try_from(found.total).unwrap_or(0), "person"));
    let end = if i64::try_from(rows.len()) == Ok(found.total) { String::new() } else { format!("\n{shown}") };
    format!("{}{end}", table(&["Email", "Name", "Role", "Reason", "Until"], &rows))
}

fn where_text(places: &[Destination]) -> String {
    let row = |place: &Destination| {
        let why = place.group.as_ref().map_or_else(String::new, |group| format!(" ({group})"));
        vec![
            place.app.slug.to_string(),
            place.app.name.clone(),
            place.outcome.verdict.to_owned(),
            place.outcome.role.clone().unwrap_or_default(),
            format!("{}{why}", place.outcome.reason.word()),
            place.until.map(time::show).unwrap_or_default(),
        ]
    };
    table(&["App", "Name", "Verdict", "Role", "Reason", "Until"], &places.iter().map(row).collect::<Vec<_>>())
}
