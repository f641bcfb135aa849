//! Looking at what is in force: the policy file itself, as gk-validate reads it.

use std::path::PathBuf;

use gk_shared::policy::{CaughtUp, LoadError, PolicyReader, Replaced, Snapshot};

use super::{Database, Done, lock};
use crate::service::{Caller, Op, Refusal, install};

/// The policy file as it was last looked at.
pub(super) struct InForce {
    path: PathBuf,
    reader: PolicyReader,
    snapshot: Snapshot,
}

impl Database {
    /// Looks at what is in force: the policy file's own snapshot, brought up to date first. Only one looks at a time, so
    /// `look` must not wait for anything, least of all for its turn to write: see [`Database::write_in_force`].
    pub fn in_force<T>(&self, look: impl FnOnce(&Snapshot) -> T) -> Result<T, Refusal> {
        let path = self.read(&Caller::system("policy"), install::policy_path)?;
        let mut held = lock(&self.policy);
        let current = held.take().filter(|current| current.path == path && current.reader.replaced() == Replaced::No);
        let current = match current.map(InForce::caught_up).transpose()? {
            Some(Some(current)) => current,
            Some(None) | None => InForce::open(path)?,
        };
        Ok(look(&held.insert(current).snapshot))
    }

    /// Runs a verb that changes something by what is in force. It waits for its turn to write before it looks: a writer
    /// of another process can take seconds, and nobody else is kept from looking meanwhile.
    pub fn write_in_force<T>(
        &self,
        caller: &Caller,
        verb: impl FnOnce(&Op<'_>, &Snapshot) -> Result<T, Refusal>,
    ) -> Result<Done<T>, Refusal> {
        self.write(caller, |op| self.in_force(|snapshot| verb(op, snapshot))?)
    }
}

impl InForce {
    fn open(path: PathBuf) -> Result<Self, LoadError> {
        let (reader, snapshot) = PolicyReader::open(&path)?;
        Ok(Self { path, reader, snapshot })
    }

    /// Equal to the file's last commit; `None` when the whole file has to be read for that.
    fn caught_up(mut self) -> Result<Option<Self>, LoadError> {
        let caught_up = !self.reader.has_moved() || self.reader.catch_up(&mut self.snapshot)? == CaughtUp::UpToDate;
        Ok(caught_up.then_some(self))
    }
}
