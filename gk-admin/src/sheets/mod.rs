//! Tables that leave as files and people that come in by one. Cells are text: nothing in them is ever a formula.
//!
//! Whoever has a table to hand out makes a [`Sheet`] of it and gives its [`answer`]; rows are asked for in batches while
//! the file is being sent, so that a long table is never held whole.

mod access;
mod audit;
mod exports;
mod guard;
mod people;
mod report;
mod response;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use exports::exported;
pub(crate) use people::{MOST_BYTES, people};
pub(crate) use report::{Run, answer_as_sheet, details, report_as_json, report_as_sheet};
pub(crate) use response::{answer, file};

use gk_service::service::Refusal;

/// Cells of one line, as many as there are headings.
pub(crate) type Row = Vec<String>;

/// A table that is to leave as a file.
pub(crate) struct Sheet {
    /// What the file and the sheet in it are called: letters, digits, spaces, hyphens and underscores.
    title: String,
    headings: Row,
    batches: Batches,
    /// The columns whose cells are JSON by themselves, by their headings.
    json: &'static [&'static str],
}

/// Rows, some at a time. Each is asked for on a thread that may block, when the ones before are on their way: with one
/// read transaction for each batch, nobody who downloads slowly keeps one open.
type Batches = Box<dyn Iterator<Item = Result<Vec<Row>, Refusal>> + Send>;

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// UTF-8 with a heading line, as RFC 4180. A cell that a spreadsheet would take for a formula has an apostrophe in
    /// front, which [`people`] takes off again.
    Csv,
    /// One sheet of text cells. A cell longer than 32,767 characters (UTF-16, XLSX's limit) is cut there; characters
    /// that XML cannot hold are written as the format writes them, `_x0000_`. At most 1,048,575 rows.
    Xlsx,
    /// An object a line, its keys the headings in small letters with underscores: for programs.
    Lines,
}

impl Format {
    /// How a file's name ends.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Lines => "jsonl",
        }
    }

    /// Reads the ending.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Csv, Self::Xlsx, Self::Lines].into_iter().find(|format| format.extension() == word)
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Lines => "application/x-ndjson",
        }
    }
}

impl Sheet {
    /// A table whose rows come in batches.
    pub(crate) fn new(
        title: &str,
        headings: &[&str],
        batches: impl Iterator<Item = Result<Vec<Row>, Refusal>> + Send + 'static,
    ) -> Self {
        let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let headings = headings.iter().map(|heading| (*heading).to_owned()).collect();
        // XLSX takes 31 characters.
        Self { title: title.chars().filter(plain).take(31).collect(), headings, batches: Box::new(batches), json: &[] }
    }

    /// The same, with cells in these columns that are JSON: in JSON lines they stay what they are.
    pub(crate) fn with_json(self, json: &'static [&'static str]) -> Self {
        Self { json, ..self }
    }

    /// What the file is called.
    fn file_name(&self, format: Format) -> String {
        format!("{}.{}", self.title, format.extension())
    }
}
