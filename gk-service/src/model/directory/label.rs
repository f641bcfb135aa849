//! What a directory is called.

use std::fmt;

use thiserror::Error;

/// A directory's label: goes before the backslash of its people and groups. Upper and lower case are the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DirectoryLabel(String);

/// It is not of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a directory's label is 1 to 32 letters, digits, dots and hyphens, such as corp")]
pub struct BadLabel;

impl DirectoryLabel {
    /// Trims and lower-cases.
    pub fn parse(text: &str) -> Result<Self, BadLabel> {
        let text = text.trim().to_ascii_lowercase();
        let sound = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
        let begins = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        if begins && text.len() <= 32 && text.bytes().all(sound) { Ok(Self(text)) } else { Err(BadLabel) }
    }

    /// The label in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DirectoryLabel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}
