//! Checking the chain: whether a row was edited, taken away, moved or put in since it was written.
//!
//! What is checked rests on keys that the root key opens: whoever has the database file alone can break the chain and
//! not mend it, and cannot sign an earlier row as the newest. An older copy of the whole file is whole by itself; that it
//! is older is noticed elsewhere, where the revision is compared with what was published and sent on.

use std::fmt;

use rusqlite::Connection;
use thiserror::Error;

use crate::secret::{Purpose, RootKey, SealError};
use crate::service::op::View;
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::store::audit::{self, AuditKey, BEGINNING, Chained, Walked, same};
use crate::store::keys::{self, KeyPurpose};

/// So many breaks are named; more are counted.
const MOST_NAMED: usize = 100;
/// How often it is told how far it is.
const TELL_EVERY: u64 = 50_000;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Rows that were looked at.
    pub rows: u64,
    /// The first and the last of them; 0 without any.
    pub first: i64,
    pub last: i64,
    /// The newest row that was taken away for its age, by a signed checkpoint; 0 without one.
    pub checkpoint: i64,
    /// The first of what is not as it was written, in the order of rows.
    pub breaks: Vec<Break>,
    /// How many there are in all.
    pub broken: u64,
}

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Break {
    /// The row is not what was written after the row before it: it was edited, moved or put in.
    Changed(i64),
    /// These rows are gone, from and to; the row after them cannot be checked.
    Missing(i64, i64),
    /// The newest rows are gone, from and to.
    Cut(i64, i64),
    /// The row is behind the one that was signed as the newest, or before one that was taken away: it was put in.
    Added(i64),
    /// Nobody signed which row is the newest, or somebody without the key did: any number of rows may be gone.
    NoHead,
    /// The checkpoint that says that the rows up to this one may be gone is not ours.
    NoCheckpoint(i64),
}

impl fmt::Display for Break {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(id) => write!(out, "row {id} is not what was written there: it was edited, moved or put in"),
            Self::Missing(from, to) if from == to => write!(out, "row {from} was taken away"),
            Self::Missing(from, to) => write!(out, "rows {from} to {to} were taken away"),
            Self::Cut(from, to) if from == to => write!(out, "the newest row, {from}, was cut off"),
            Self::Cut(from, to) => write!(out, "the newest rows, {from} to {to}, were cut off"),
            Self::Added(id) => write!(out, "row {id} was put in by somebody else"),
            Self::NoHead => {
                write!(out, "which row is the newest was not signed by this installation: rows may have been cut off")
            }
            Self::NoCheckpoint(id) => {
                write!(out, "the checkpoint that lets rows up to {id} be gone was not signed by this installation")
            }
        }
    }
}

/// Why nothing could be checked.
#[derive(Debug, Error)]
pub enum Unverifiable {
    #[error("the keys of the audit do not open with this root key")]
    Key(#[from] SealError),
    #[error("the audit cannot be read")]
    Sqlite(#[from] rusqlite::Error),
}

impl From<Unverifiable> for Refusal {
    fn from(why: Unverifiable) -> Self {
        match why {
            Unverifiable::Key(error) => error.into(),
            Unverifiable::Sqlite(error) => error.into(),
        }
    }
}

/// Checks every row, one after another. Writes nothing, so any connection will do; wrapped in a read transaction it sees
/// one moment. `tell` is told now and then how many rows were checked.
pub fn verify(connection: &Connection, root: &RootKey, tell: &mut dyn FnMut(u64)) -> Result<Verified, Unverifiable> {
    let mut check = Check::begin(connection, root)?;
    audit::walk(connection, |row| {
        check.row(row);
        if check.found.rows.is_multiple_of(TELL_EVERY) {
            tell(check.found.rows);
        }
    })?;
    check.end(connection)
}

/// The same, for whoever may look.
pub fn verify_here(view: &View<'_>, tell: &mut dyn FnMut(u64)) -> Result<Verified, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok(verify(view.connection, view.root()?, tell)?)
}

/// How far the check is.
struct Check {
    keys: Vec<AuditKey>,
    /// The number and chain value of the row before; of none that is known after a gap.
    id: i64,
    previous: Option<Chained>,
    found: Verified,
    buffer: Vec<u8>,
}

impl Check {
    fn begin(connection: &Connection, root: &RootKey) -> Result<Self, Unverifiable> {
        let sealed = keys::all_of(connection, KeyPurpose::Audit)?;
        let keys = sealed.iter().map(|key| Ok(AuditKey::new(key.id, &root.open(Purpose::Key, &key.sealed)?)));
        let keys = keys.collect::<Result<Vec<_>, SealError>>()?;
        let (buffer, found) = (Vec::with_capacity(1024), Verified::default());
        let mut check = Self { keys, id: 0, previous: Some(BEGINNING), found, buffer };
        if let Some(checkpoint) = audit::newest_checkpoint(connection)? {
            let ours = check.key(checkpoint.key).is_some_and(|key| checkpoint.is_genuine(key));
            (check.id, check.found.checkpoint) = (checkpoint.through, checkpoint.through);
            check.previous = ours.then_some(checkpoint.chain);
            if !ours {
                check.broken(Break::NoCheckpoint(checkpoint.through));
            }
        }
        Ok(check)
    }

    fn key(&self, id: i64) -> Option<&AuditKey> {
        self.keys.iter().find(|key| i64::from(key.id.0) == id)
    }

    fn broken(&mut self, what: Break) {
        self.found.broken += 1;
        if self.found.breaks.len() < MOST_NAMED {
            self.found.breaks.push(what);
        }
    }

    fn row(&mut self, row: &Walked<'_>) {
        let id = row.chainable.id;
        if self.found.rows == 0 {
            self.found.first = id;
        }
        self.found.rows += 1;
        self.found.last = id;
        if id <= self.id {
            return self.broken(Break::Added(id));
        }
        if id != self.id + 1 {
            self.broken(Break::Missing(self.id + 1, id - 1));
        } else if !self.follows(row) {
            self.broken(Break::Changed(id));
        }
        // From here on by what the row says, so that the next one is judged by itself.
        (self.id, self.previous) = (id, Some(row.chain));
    }

    /// Whether the row is what was written after the one before. Of what comes first behind a checkpoint that is not ours
    /// nobody knows.
    fn follows(&mut self, row: &Walked<'_>) -> bool {
        let Some(previous) = self.previous else { return true };
        let key = self.keys.iter().find(|key| i64::from(key.id.0) == row.chainable.key);
        let buffer = &mut self.buffer;
        key.is_some_and(|key| same(&key.chain(&row.chainable, &previous, buffer), &row.chain))
    }

    /// Compares the last row with the head.
    fn end(mut self, connection: &Connection) -> Result<Verified, Unverifiable> {
        let head = audit::head(connection)?;
        match head.filter(|head| self.key(head.key).is_some_and(|key| head.is_genuine(key))) {
            None => self.broken(Break::NoHead),
            Some(head) if head.id > self.id => self.broken(Break::Cut(self.id + 1, head.id)),
            Some(head) if head.id < self.id => {
                for id in head.id + 1..=self.id.min(head.id.saturating_add(i64::from(u16::MAX))) {
                    self.broken(Break::Added(id));
                }
            }
            Some(head) => {
                if self.found.rows > 0 && self.previous.is_some_and(|previous| previous != head.chain) {
                    self.broken(Break::Changed(head.id));
                }
            }
        }
        Ok(self.found)
    }
}
