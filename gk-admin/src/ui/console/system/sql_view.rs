//! What the page of questions in SQL shows: the question, what came of it, what was asked before, and the schema.

use gk_service::query::{MOST_ROWS, MOST_TIME, Rows, Table, tables};
use maud::{Markup, html};

use super::nav;
use super::sql::{Came, Shown};
use crate::ui::console::export;
use crate::ui::kit::{self, Tone};
use crate::ui::paths;

pub(super) fn view(shown: &Shown, came: &Came) -> Markup {
    html! {
        (nav(&shown.waiting, paths::SQL))
        h1 { "SQL" }
        @if shown.on {
            (form(&shown.question))
            (answer(came))
            (remembered(&shown.remembered))
            (schema())
        } @else {
            (answer(came))
            p { "Nobody can ask the database here: this is off unless it is turned on, with the setting " code { "console.sql" } "." }
            p.hint { code { "gk config set console.sql true" } }
        }
    }
}

fn form(question: &str) -> Markup {
    let hint = format!(
        "One SELECT. It may take {} seconds, and {MOST_ROWS} rows are shown. Whatever is secret reads as NULL. Each question is in the audit.",
        MOST_TIME.as_secs()
    );
    html! {
        form method="post" action=(paths::SQL) {
            (kit::field("sql", "Question", Some(&hint), &html! {
                textarea #sql name="sql" rows="6" required spellcheck="false" autocapitalize="none" aria-describedby="sql-hint" { "\n" (question) }
            }))
            button type="submit" { "Ask" }
        }
    }
}

fn answer(came: &Came) -> Markup {
    match came {
        Came::Nothing => html! {},
        Came::Problem(problem) => problem.notice(),
        Came::Refused(why) => kit::notice(Tone::Bad, &html! { strong { "Not answered: " } (why) "." }),
        Came::Rows(rows, number) => found(rows, *number),
    }
}

fn found(rows: &Rows, number: u64) -> Markup {
    let count = kit::counted(i64::try_from(rows.rows.len()).unwrap_or(i64::MAX), "row", "rows");
    html! {
        h2 { "Answer" }
        p.subtle role="status" {
            @if rows.more { "The first " (count) "; there are more." } @else { (count) "." }
            " It took " (rows.milliseconds) " ms."
        }
        @if rows.rows.is_empty() {
            (kit::empty("No row is so."))
        } @else {
            (table(rows))
            (export::buttons(&paths::EXPORT_ANSWER.replace("{number}", &number.to_string()), &[]))
        }
    }
}

fn table(rows: &Rows) -> Markup {
    let headings: Vec<&str> = rows.columns.iter().map(String::as_str).collect();
    let cell = |cell: &Option<String>| html! { @if let Some(text) = cell { (text) } @else { span.subtle { "NULL" } } };
    let cells: Vec<Vec<Markup>> = rows.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    html! { div.wide { (kit::table("Answer", &headings, &cells)) } }
}

fn remembered(questions: &[String]) -> Markup {
    html! {
        @if !questions.is_empty() {
            details {
                summary { "Asked before" }
                @for question in questions {
                    form method="post" action=(paths::SQL) {
                        input type="hidden" name="sql" value=(question);
                        (kit::quote(question))
                        button.quiet type="submit" { "Ask again" }
                    }
                }
            }
        }
    }
}

fn schema() -> Markup {
    html! {
        h2 { "Tables" }
        p.hint { "Times are seconds since 1970: " code { "datetime(created_at, 'unixepoch')" } " reads them. What is struck through reads as NULL." }
        dl.schema { @for table in tables() { (columns(table)) } }
    }
}

fn columns(table: &Table) -> Markup {
    html! {
        dt { code { (table.name) } }
        dd {
            @for column in &table.columns {
                @if column.secret { del { code { (column.name) } } } @else { code { (column.name) } }
                " "
            }
        }
    }
}
