//! Backups of the open database, and bringing one back while none is open.

use std::fs::File;

use rusqlite::Connection;

use super::{Database, Done, Paths};
use crate::backup::{self, BackupError, Opening, Order, RestoreError, Restored, Taken, Verified};
use crate::service::{Caller, backups};
use crate::store::Copied;

impl Database {
    /// Takes a backup, and says how far its copy is. Nobody is kept from writing. It is in the audit before it is taken,
    /// and so in the backup itself.
    pub fn back_up(
        &self,
        caller: &Caller,
        order: &Order,
        progress: &mut dyn FnMut(Copied),
    ) -> Result<Done<Taken>, BackupError> {
        order.check()?;
        let begun = self.write(caller, |op| backups::begin(op, order))?;
        let key = |connection: &Connection| self.root.at(connection);
        let value = backup::take(&self.path, &key, order, progress)?;
        Ok(Done { value, force: begun.force })
    }

    /// Looks a backup through, without changing anything.
    pub fn verify_backup(paths: &Paths, opening: &Opening, from: File) -> Result<Verified, RestoreError> {
        backup::verify(paths, opening, from)
    }

    /// Puts a backup in the place of the database, which nobody may have open. `name` is what the audit calls it.
    pub fn restore(
        paths: &Paths,
        opening: &Opening,
        (from, name, caller): (File, &str, &Caller),
    ) -> Result<Restored, RestoreError> {
        backup::restore(paths, opening, (from, name, caller))
    }
}
