//! Locks beside the database: a running gk-admin holds one, so that no migration runs under it and no second one starts;
//! whoever takes a backup another.

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
    #[error("the lock file beside {0} is held by another process")]
    Taken(PathBuf),
    #[error("the lock file {0} cannot be opened")]
    Unopened(PathBuf, #[source] io::Error),
}

/// One backup at a time, whichever process takes it: its copy has one place.
#[derive(Debug)]
pub(crate) struct BackupLock(#[expect(dead_code, reason = "held, not read: dropping it unlocks")] Flock<File>);

impl ServerLock {
    /// Takes the lock beside the database, without waiting.
    pub fn take(database: &Path) -> Result<Self, LockError> {
        lock(database, "lock", LockError::Held).map(Self)
    }
}

impl BackupLock {
    /// Takes the lock beside the database, without waiting.
    pub(crate) fn take(database: &Path) -> Result<Self, LockError> {
        lock(database, "backup-lock", LockError::Taken).map(Self)
    }
}

fn lock(database: &Path, ending: &str, taken: fn(PathBuf) -> LockError) -> Result<Flock<File>, LockError> {
    let path = database.with_extension(ending);
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(|error| LockError::Unopened(path, error))?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|_| taken(database.to_owned()))
}
