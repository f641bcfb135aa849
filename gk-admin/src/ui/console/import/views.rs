//! The form for a list, what would become of its lines, and what did.

use gk_service::service::console::Waiting;
use gk_service::service::import::{Mode, Outcome, Report, Reported};
use maud::{Markup, html};

use super::super::{Problem, nav};
use super::Sent;
use crate::sheets::details;
use crate::ui::kit::{self, Tone};
use crate::ui::paths;

/// So many lines are shown before anything is done; the rest are in the report.
const MOST_SHOWN: usize = 500;
/// A longer list is not put back into the field it may have been pasted into.
const MOST_TYPED: usize = 64 * 1024;

/// A page of the console.
pub(super) fn framed(waiting: &Waiting, body: &Markup) -> Markup {
    html! { (nav(waiting, paths::USERS)) (body) }
}

/// Where the list is handed in; again, with what was wrong.
pub(super) fn form(problem: Option<&Problem>, sent: &Sent) -> Markup {
    let typed = Some(sent.text()).filter(|text| text.len() <= MOST_TYPED).unwrap_or_default();
    html! {
        h1 { "Import people" }
        @if let Some(problem) = problem { (problem.notice()) }
        p { "Everybody on the list gets an approved account. You see first what would happen, line by line." }
        form.invite method="post" action=(paths::IMPORT) enctype="multipart/form-data" {
            (kit::field("file", "File", Some("CSV in UTF-8, at most 16 MiB and 100,000 lines."), &html! {
                input #file type="file" name="file" accept=".csv,.tsv,.txt,text/csv,text/plain" aria-describedby="file-hint";
            }))
            (kit::field("text", "Or the lines themselves", Some("The first line names the columns, in any order: username, email, fullname. Only email is needed; other columns are passed over."), &html! {
                textarea #text name="text" rows="8" spellcheck="false" placeholder="username,email,fullname\njsmith,jsmith@example.com,John Smith" aria-describedby="text-hint" { "\n" (typed) }
            }))
            label.choice {
                input type="checkbox" name="update" value="yes" checked[sent.mode == Mode::CreateOrUpdate];
                "Also take over the names of people who have an account, and approve those who wait"
            }
            button type="submit" { "See what would happen" }
        }
    }
}

/// What would happen, and the list once more for whoever wants it to.
pub(super) fn preview(report: &Report, sent: &Sent) -> Markup {
    let (all, changing) = (report.lines.len(), report.created + report.updated);
    let tone = if changing == 0 { Tone::Waits } else { Tone::Plain };
    html! {
        h1 { "What would happen" }
        (kit::notice(tone, &html! { (counts(report)) " " strong { "Nothing was changed yet." } }))
        form method="post" action=(paths::IMPORT_CONFIRMED) enctype="multipart/form-data" {
            input type="hidden" name="text" value=(sent.text());
            @if sent.mode == Mode::CreateOrUpdate { input type="hidden" name="update" value="yes"; }
            div.actions {
                @if changing > 0 { button type="submit" { "Import " (people(changing)) } }
                button.quiet type="submit" formaction=(paths::IMPORT_REPORT) name="format" value="xlsx" { "This table as XLSX" }
                button.quiet type="submit" formaction=(paths::IMPORT_REPORT) name="format" value="csv" { "As CSV" }
                a href=(paths::IMPORT) { "Another list" }
            }
        }
        @if all == 0 {
            (kit::empty("There is nobody on the list: it has no lines but the first, which names the columns."))
        } @else {
            h2 { "Line by line" }
            @if all > MOST_SHOWN {
                p.subtle { "These are the first " (MOST_SHOWN) " of " (all) " lines. The table as a file has all of them." }
            }
            (table("What would become of each line", report.lines.iter().take(MOST_SHOWN)))
        }
    }
}

/// What was done, and every line that was skipped.
pub(super) fn result(report: &Report) -> Markup {
    html! {
        h1 { "Imported" }
        (kit::notice(Tone::Good, &counts(report)))
        p.actions { a href=(paths::IMPORT) { "Import another list" } }
        @if report.skipped > 0 {
            h2 { "Skipped lines" }
            (table("Lines that were skipped", report.lines.iter().filter(|line| is_skipped(line))))
        }
    }
}

fn is_skipped(reported: &Reported) -> bool {
    matches!(reported.outcome, Outcome::Skipped(_))
}

fn counts(report: &Report) -> Markup {
    let Report { created, updated, unchanged, skipped, .. } = report;
    html! {
        "New: " strong { (created) } ", updated: " strong { (updated) } ", unchanged: " strong { (unchanged) }
        ", skipped: " strong { (skipped) } "."
    }
}

fn people(count: usize) -> String {
    if count == 1 { "1 person".into() } else { format!("{count} people") }
}

fn table<'r>(caption: &str, lines: impl Iterator<Item = &'r Reported>) -> Markup {
    let rows = lines.map(row).collect::<Vec<_>>();
    kit::table(caption, &["Who", "User\u{a0}name", "Line", "Outcome"], &rows)
}

fn row(reported: &Reported) -> Vec<Markup> {
    let line = &reported.line;
    let cell = |cell: &'_ Option<String>| cell.as_deref().unwrap_or_default().trim().to_owned();
    let (username, fullname, details) = (cell(&line.username), cell(&line.fullname), details(&reported.outcome));
    vec![
        kit::person(&fullname, line.email.trim()),
        html! { @if username.is_empty() { span.subtle { "\u{2013}" } } @else { (username) } },
        html! { (line.number) },
        html! {
            (kit::badge(tone(&reported.outcome), reported.outcome.word()))
            @if !details.is_empty() { " " span.subtle { (details) } }
        },
    ]
}

fn tone(outcome: &Outcome) -> Tone {
    match outcome {
        Outcome::Created | Outcome::Updated(_) => Tone::Good,
        Outcome::Unchanged => Tone::Plain,
        Outcome::Skipped(_) => Tone::Waits,
    }
}
