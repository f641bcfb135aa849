//! Changes that are not in force: rows as they would be published, in memory, to be laid over a copy of a snapshot.

use rusqlite::Connection;

use super::load::{self, Applied, LoadError};
use super::schema::SCHEMA;
use super::snapshot::Snapshot;

/// Some changes, as a policy of their own that nobody else sees.
pub struct Supposed {
    connection: Connection,
}

impl Supposed {
    /// Has `fill` write what changed into an empty policy: the rows, and the changes that name them.
    pub fn filled<E: From<rusqlite::Error>>(fill: impl FnOnce(&mut Connection) -> Result<(), E>) -> Result<Self, E> {
        let mut connection = Connection::open_in_memory()?;
        connection.execute_batch(SCHEMA)?;
        fill(&mut connection)?;
        Ok(Self { connection })
    }

    /// Makes the snapshot what it would be with these changes, however many they are. It has to be of the revision that
    /// they follow.
    pub fn lay_over(&mut self, snapshot: &mut Snapshot) -> Result<(), LoadError> {
        match load::changes(&mut self.connection, snapshot, usize::MAX)? {
            Applied::UpToDate => Ok(()),
            Applied::TooMuch | Applied::Kept => Err(LoadError::NotNext),
        }
    }
}
