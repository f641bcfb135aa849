//! What an import came to, for programs and as a table.

use gk_service::query::Rows;
use gk_service::service::import::{Outcome, Report, Reported};
use serde_json::{Value, json};

use super::{Row, Sheet};

/// Whether an import was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Run {
    Done,
    /// It was rehearsed: this is what would happen.
    Rehearsed,
}

/// The whole report as JSON.
pub(crate) fn report_as_json(report: &Report, run: Run) -> Value {
    json!({
        "dry_run": run == Run::Rehearsed, "created": report.created, "updated": report.updated,
        "unchanged": report.unchanged, "skipped": report.skipped,
        "lines": report.lines.iter().map(line_as_json).collect::<Vec<_>>(),
    })
}

fn line_as_json(Reported { line, outcome }: &Reported) -> Value {
    let (changes, reason) = match outcome {
        Outcome::Created | Outcome::Unchanged => (Vec::new(), None),
        Outcome::Updated(changes) => (changes.iter().map(|change| change.word()).collect(), None),
        Outcome::Skipped(reason) => (Vec::new(), Some(reason.sentence())),
    };
    json!({
        "line": line.number, "username": line.username, "email": line.email, "fullname": line.fullname,
        "outcome": outcome.word(), "changes": changes, "reason": reason,
    })
}

/// The whole report as a table, cells as they were in the list.
pub(crate) fn report_as_sheet(report: Report) -> Sheet {
    let headings = ["Line", "Username", "Email", "Full Name", "Outcome", "Details"];
    Sheet::new("import", &headings, std::iter::once_with(move || Ok(report.lines.iter().map(row).collect())))
}

fn row(Reported { line, outcome }: &Reported) -> Row {
    let cell = |cell: &Option<String>| cell.clone().unwrap_or_default();
    vec![
        line.number.to_string(),
        cell(&line.username),
        line.email.clone(),
        cell(&line.fullname),
        outcome.word().to_owned(),
        details(outcome),
    ]
}

/// An answer in SQL as a table. NULL is an empty cell.
pub(crate) fn answer_as_sheet(answer: Rows) -> Sheet {
    let headings = answer.columns.iter().map(String::as_str).collect::<Vec<_>>();
    let cells = |row: Vec<Option<String>>| row.into_iter().map(Option::unwrap_or_default).collect();
    Sheet::new("answer", &headings, std::iter::once(Ok(answer.rows.into_iter().map(cells).collect())))
}

/// What was changed, or why nothing was.
pub(crate) fn details(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Created | Outcome::Unchanged => String::new(),
        Outcome::Updated(changes) => changes.iter().map(|change| change.word()).collect::<Vec<_>>().join(", "),
        Outcome::Skipped(reason) => reason.sentence(),
    }
}
