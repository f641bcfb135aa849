//! One question in SQL, asked of the database by an administrator: read only, nothing secret, and never for long.
//!
//! Meant for a process of its own, which answers one question and ends: see [`Answer::of`]. SQLite's authorizer keeps
//! the question to the tables and columns of `columns.txt`, and to functions that make nothing large.

mod columns;
mod guard;
mod run;

use serde::{Deserialize, Serialize};
use std::time::Duration;

pub use columns::{Column, Table, tables};

/// Rows that are shown; there may be more.
pub const MOST_ROWS: usize = 1000;
/// Bytes of text in them all.
pub const MOST_TEXT: usize = 1 << 20;
/// Bytes of a question.
pub const MOST_QUESTION: usize = 16 << 10;
/// How long a question may take.
pub const MOST_TIME: Duration = Duration::from_secs(2);
/// Bytes of a single value, of any kind, at any moment.
const MOST_VALUE: i32 = 1 << 20;
/// Bytes of a cell that are shown.
const MOST_CELL: usize = 4096;

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Rows(Rows),
    /// Why there are none, in a sentence.
    Refused(String),
}

/// A table of text; `None` is SQL's NULL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Option<String>>>,
    /// Whether there are more than are shown.
    pub more: bool,
    pub milliseconds: u64,
}
