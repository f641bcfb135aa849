//! The lock a running gk-admin holds, so that no migration runs under it and no second one starts.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use thiserror::Error;

/// Held for as long as it lives; the kernel drops it with the process.
#[derive(Debug)]
pub struct ServerLock(#[expect(dead_code, reason = "held, not read: dropping it unlocks")] Flock<File>);

/// Why the lock was not taken.
#[derive(Debug, Error)]
pub enum LockError {
    #[error("gk-admin is running on {0}: stop it first")]
    Held(PathBuf),
    #[error("the lock file {0} cannot be opened")]
    Unopened(PathBuf, #[source] io::Error),
}

impl ServerLock {
    /// Takes the lock beside the database, without waiting.
    pub fn take(database: &Path) -> Result<Self, LockError> {
        let path = database.with_extension("lock");
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(|error| LockError::Unopened(path, error))?;
        Flock::lock(file, FlockArg::LockExclusiveNonblock).map(Self).map_err(|_| LockError::Held(database.to_owned()))
    }
}
