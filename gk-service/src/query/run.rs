//! Asking one question, and reading what it gives as far as that is shown.

use std::path::Path;
use std::time::Instant;

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection, Error, ErrorCode, Row, Statement};

use super::{Answer, MOST_CELL, MOST_QUESTION, MOST_ROWS, MOST_TEXT, MOST_TIME, Rows, guard};

impl Answer {
    /// Asks the database at this path. The calling process should have little memory to give, and end afterwards.
    pub fn of(database: &Path, question: &str) -> Self {
        let asked = guard::open(database).map_err(in_words).and_then(|connection| ask(&connection, question));
        match asked {
            Ok(rows) => Self::Rows(rows),
            Err(why) => Self::Refused(why),
        }
    }
}

fn ask(connection: &Connection, question: &str) -> Result<Rows, String> {
    if question.len() > MOST_QUESTION {
        return Err(format!("a question is at most {} KiB long", MOST_QUESTION >> 10));
    }
    let begun = Instant::now();
    let mut statement = the_one(connection, question)?;
    let columns = statement.column_names().map(str::to_owned).collect();
    let mut found = Rows { columns, ..Rows::default() };
    let mut text = 0;
    let mut rows = statement.query([]).map_err(in_words)?;
    while let Some(row) = rows.next().map_err(in_words)? {
        let cells = cells(row, found.columns.len()).map_err(in_words)?;
        text += cells.iter().flatten().map(String::len).sum::<usize>();
        if found.rows.len() == MOST_ROWS || text > MOST_TEXT {
            found.more = true;
            break;
        }
        found.rows.push(cells);
    }
    found.milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(found)
}

/// The question, if it is one and only reads.
fn the_one<'c>(connection: &'c Connection, question: &str) -> Result<Statement<'c>, String> {
    let mut batch = Batch::new(connection, question);
    let statement = batch.next().map_err(in_words)?.ok_or("write a question, such as SELECT username FROM user")?;
    match batch.next() {
        Ok(None) => {}
        Ok(Some(_)) | Err(_) => return Err("one question at a time: leave out what follows the semicolon".into()),
    }
    if statement.is_explain() != 0 || !statement.readonly() || statement.column_count() == 0 {
        return Err(ONLY_READS.into());
    }
    Ok(statement)
}

const ONLY_READS: &str = "only SELECT is answered, over the tables and with the functions that the page names";

fn cells(row: &Row<'_>, count: usize) -> rusqlite::Result<Vec<Option<String>>> {
    (0..count).map(|at| row.get_ref(at).map(cell)).collect()
}

fn cell(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) => Some(cut(&String::from_utf8_lossy(bytes))),
        ValueRef::Blob(bytes) => Some(format!("{} bytes", bytes.len())),
    }
}

fn cut(text: &str) -> String {
    if text.len() <= MOST_CELL {
        return text.to_owned();
    }
    let whole = |end: &usize| text.is_char_boundary(*end);
    let end = (0..=MOST_CELL).rev().find(whole).unwrap_or_default();
    format!("{}…", text.get(..end).unwrap_or_default())
}

/// What SQLite says, with what to do.
fn in_words(error: Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::AuthorizationForStatementDenied) => ONLY_READS.into(),
        Some(ErrorCode::OperationInterrupted) => {
            format!(
                "it took longer than {} seconds: ask for less, or by a column that has an index",
                MOST_TIME.as_secs()
            )
        }
        Some(ErrorCode::TooBig) => "a value in it would be larger than 1 MiB".into(),
        Some(ErrorCode::OutOfMemory) => "it takes more memory than a question may".into(),
        _ => match error {
            Error::SqlInputError { msg, .. } | Error::SqliteFailure(_, Some(msg))
                if msg.contains("prohibited") || msg.contains("not authorized") =>
            {
                format!("{ONLY_READS} ({msg})")
            }
            Error::SqlInputError { msg, .. } | Error::SqliteFailure(_, Some(msg)) => msg,
            other => other.to_string(),
        },
    }
}
