//! An error and what it came from, in one line, for people and logs.

use std::error::Error;
use std::fmt;

/// Writes `error: cause`. Not further down: SQLite's errors say the same again there.
pub struct Caused<'e>(pub &'e dyn Error);

impl fmt::Display for Caused<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (said, source) = (self.0.to_string(), self.0.source().map(ToString::to_string));
        match source {
            // Some errors say their cause themselves.
            Some(source) if !said.ends_with(&source) => write!(out, "{said}: {source}"),
            Some(_) | None => out.write_str(&said),
        }
    }
}
