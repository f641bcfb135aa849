//! The lines of a list, and what becomes of each.

/// One line of a list, as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Where it stands in the file, from 1.
    pub number: u64,
    /// `None` in a list without user names: everybody's e-mail is theirs.
    pub username: Option<String>,
    pub email: String,
    /// Empty or `None` says nothing about the name.
    pub fullname: Option<String>,
}

/// What becomes of people who have an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They are skipped.
    Create,
    /// Their display name becomes the list's, and those who wait are approved.
    CreateOrUpdate,
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Created,
    Updated(Vec<Change>),
    Unchanged,
    Skipped(Reason),
}

/// What a list changes about an account. User names and addresses it never does: they say whom a line means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Fullname,
    Approved,
}

/// Why a line was skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The user name or the e-mail is missing.
    Incomplete,
    /// There is this account already, and only new ones were asked for.
    Exists,
    /// An earlier line, of this number, has one of its names.
    Repeated(u64),
    /// A name is not of its form or belongs to somebody else: the sentence says so.
    Refused(String),
}

/// A line and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    pub line: Line,
    pub outcome: Outcome,
}

/// What an import came to: every line, in the order of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub lines: Vec<Reported>,
    pub created: usize,
    pub updated: usize,
    pub unchanged: usize,
    pub skipped: usize,
}

impl Change {
    /// What changed, in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fullname => "name",
            Self::Approved => "approved",
        }
    }
}

impl Outcome {
    /// What happened, in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated(_) => "updated",
            Self::Unchanged => "unchanged",
            Self::Skipped(_) => "skipped",
        }
    }
}

impl Reason {
    /// The reason as a sentence without its full stop.
    pub fn sentence(&self) -> String {
        match self {
            Self::Incomplete => "the user name or the e-mail is missing".into(),
            Self::Exists => "there is this account already".into(),
            Self::Repeated(number) => format!("line {number} has the same user name or e-mail"),
            Self::Refused(sentence) => sentence.clone(),
        }
    }
}

impl Report {
    pub(super) fn add(&mut self, line: Line, outcome: Outcome) {
        match outcome {
            Outcome::Created => self.created += 1,
            Outcome::Updated(_) => self.updated += 1,
            Outcome::Unchanged => self.unchanged += 1,
            Outcome::Skipped(_) => self.skipped += 1,
        }
        self.lines.push(Reported { line, outcome });
    }
}
