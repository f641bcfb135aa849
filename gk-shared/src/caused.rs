//! An error and what it came from, in one line, for people and logs.

use std::error::Error;
use std::fmt;

/// Writes `error: cause`. Not further down: SQLite's errors say the same again there.
pub struct Caused<'e>(pub &'e dyn Error);

impl fmt::Display for Caused<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)?;
        self.0.source().map_or(Ok(()), |source| write!(out, ": {source}"))
    }
}
