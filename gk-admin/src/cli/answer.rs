//! What a verb says: results to standard output, talk to standard error, and the exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use gk_service::service::Refusal;
use gk_service::{Done, Force, OpenError};
use gk_shared::caused::Caused;
use gk_shared::environment::BadEnvironment;
use gk_shared::model::is_invisible;
use serde_json::{Value, json};

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Json,
}

/// What a verb came to.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) json: Value,
    pub(super) text: String,
    pub(super) force: Force,
}

/// Why a verb was not done.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) message: String,
    code: u8,
}

impl Answer {
    /// The answer of a verb that only looks.
    pub(super) fn seen(json: Value, text: impl Into<String>) -> Self {
        Self { json, text: text.into(), force: Force::Now }
    }

    /// The answer of a verb that changed something.
    pub(super) fn done<T>(done: Done<T>, describe: impl FnOnce(&T) -> (Value, String)) -> Self {
        let (json, text) = describe(&done.value);
        Self { json, text, force: done.force }
    }

    /// The result as one object of `gk --json batch`.
    pub(super) fn object(&self) -> Value {
        match &self.force {
            Force::Now => json!({ "result": self.json }),
            Force::NotYet(why) => json!({ "result": self.json, "saved_not_yet_in_force": why }),
        }
    }

    /// The result as printed, without a newline at its end.
    pub(super) fn render(&self, form: Form) -> String {
        match form {
            Form::Text => self.text.clone(),
            Form::Json => self.json.to_string(),
        }
    }

    /// Prints the result.
    pub(super) fn print(self, form: Form) -> ExitCode {
        let result = self.render(form);
        if !result.is_empty() {
            // Whoever reads may have seen enough; what was done is done.
            let _ = writeln!(io::stdout(), "{result}");
        }
        match self.force {
            Force::Now => ExitCode::SUCCESS,
            Force::NotYet(why) => {
                eprintln!("{}", saved(&why));
                ExitCode::from(3)
            }
        }
    }
}

/// The sentence for a change that stands but does not count yet.
pub(super) fn saved(why: &str) -> String {
    format!("saved, not yet in force: {why}. gk-admin goes on trying; `gk ops publish` tries now")
}

impl Failure {
    /// Wrong usage.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 2 }
    }

    /// Words that are no verb or lack something. How it is used is for people, and left out.
    pub(super) fn misused(error: &clap::Error) -> Self {
        if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            return Self::usage("a word is missing: --help says which there are");
        }
        let said = error.to_string();
        let said = said.split("\n\nUsage:").next().unwrap_or_default();
        let said = said.split("\n\nFor more information").next().unwrap_or_default();
        Self::usage(said.trim_start_matches("error: ").trim_end())
    }

    /// Refused, or not found.
    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }

    /// Prints why, to standard error.
    pub(super) fn print(&self, form: Form) -> ExitCode {
        match form {
            Form::Text => eprintln!("error: {}", self.message),
            Form::Json => eprintln!("{}", self.object()),
        }
        ExitCode::from(self.code)
    }

    /// Why, as JSON.
    pub(super) fn object(&self) -> Value {
        let code = if self.code == 2 { "usage" } else { "refused" };
        json!({ "error": { "code": code, "message": self.message } })
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let message = Caused(&refusal).to_string();
        match refusal {
            Refusal::Invalid(_) => Self::usage(message),
            Refusal::Forbidden(_)
            | Refusal::WrongApp
            | Refusal::SignInAgain
            | Refusal::NotFound { .. }
            | Refusal::Conflict(_)
            | Refusal::Outdated
            | Refusal::Database(_)
            | Refusal::Exchanged
            | Refusal::Policy(_)
            | Refusal::Key(_) => Self::refused(message),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::refused(Caused(&error).to_string())
    }
}

impl From<BadEnvironment> for Failure {
    fn from(error: BadEnvironment) -> Self {
        Self::refused(Caused(&error).to_string())
    }
}

/// What nobody has checked, so that it is one line and commands no terminal.
pub(super) fn plain(text: &str) -> String {
    let shown = |c: char| if c.is_control() || is_invisible(c) { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

/// Rows as a table: a heading, columns as wide as their widest cell, nothing at the ends of lines.
pub(super) fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let all = || {
        std::iter::once(heading.iter().map(|cell| (*cell).to_owned()).collect())
            .chain(rows.iter().map(|row| plained(row)))
    };
    let width =
        |column: usize| all().filter_map(|row: Vec<String>| row.get(column).map(|cell| cell.chars().count())).max();
    let widths = (0..heading.len()).map(|column| width(column).unwrap_or(0)).collect::<Vec<_>>();
    let line = |row: Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect::<Vec<_>>();
        cells.join("  ").trim_end().to_owned()
    };
    all().map(line).collect::<Vec<_>>().join("\n")
}

fn plained(row: &[String]) -> Vec<String> {
    row.iter().map(|cell| plain(cell)).collect()
}

/// So many things of a kind: `1 user`, `2 users`.
pub(super) fn counted(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// An object with one list in it.
pub(super) fn list(name: &str, rows: impl Iterator<Item = Value>) -> Value {
    json!({ name: rows.collect::<Vec<_>>() })
}
