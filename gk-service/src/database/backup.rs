//! Backups of the open database, and bringing one back while none is open.

use std::fs::File;

use rusqlite::Connection;

use super::{Database, Done, Paths};
use crate::backup::{
    self, BackupError, Existing, FileError, Opening, Order, RestoreError, Restored, Sealing, Taken, Verified,
    WithRootKey, folder,
};
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

    /// Takes one to the folder of backups, and deletes the oldest there.
    pub fn back_up_to_folder(&self, caller: &Caller) -> Result<Done<Taken>, BackupError> {
        let plan = self.read(caller, backups::to_take)?;
        let folder = plan.folder.ok_or(BackupError::NoFolder)?;
        let sealing = Sealing::Recipient(plan.recipient.ok_or(BackupError::NoRecipient)?);
        let failed = |error| FileError(folder.clone(), error);
        let to = folder::next(&folder).map_err(failed)?;
        let order = Order { to, sealing, existing: Existing::Keep, root_key: WithRootKey::Without };
        let done = self.back_up(caller, &order, &mut |_| {})?;
        folder::note_checked(&done.value).and_then(|()| folder::thin(&folder, plan.keep)).map_err(failed)?;
        Ok(done)
    }

    /// The same, if it is time for it.
    pub fn back_up_if_due(&self) -> Result<Option<Taken>, BackupError> {
        let keeper = Caller::system("keeper");
        let plan = self.read(&keeper, backups::to_take)?;
        match plan.folder {
            Some(folder) if folder::is_due(&folder, plan.hours) => {
                self.back_up_to_folder(&keeper).map(|done| Some(done.value))
            }
            Some(_) | None => Ok(None),
        }
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
