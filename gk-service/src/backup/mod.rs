//! Backups: the whole database in one file, and back.
//!
//! A backup is one line of JSON, the [`Manifest`], then the database, then, if it was asked for, the root key; all of it
//! sealed as age does it, unless a plain one was asked for. The database is copied while others write to it.

mod archive;
pub mod folder;
mod key;
mod manifest;
mod place;
mod policy;
mod restore;
mod sealing;
mod take;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

pub use key::KeyIn;
pub use manifest::Manifest;
pub use restore::{RestoreError, Restored, Verified};
pub(crate) use restore::{restore, verify};
pub use sealing::{BadRecipient, Opening, OpeningError, Recipient, Sealing, new_identity};
pub(crate) use take::take;
pub use take::{BackupError, Order, Taken, WithRootKey};

/// What becomes of a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    Keep,
    Replace,
}

/// A file that something went wrong with.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct FileError(pub PathBuf, #[source] pub io::Error);

/// Says of which file an error tells.
fn of(path: &Path) -> impl FnOnce(io::Error) -> FileError + '_ {
    |error| FileError(path.to_owned(), error)
}

/// A file that is gone when this is, with whatever SQLite laid beside it. One that was left by a process that died is
/// replaced.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// The name is free when this returns.
    pub(crate) fn at(path: PathBuf) -> io::Result<Self> {
        remove_all(&path)?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = remove_all(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "a file that is no longer needed could not be removed");
        }
    }
}

fn remove_all(path: &Path) -> io::Result<()> {
    for end in ["", "-wal", "-shm", "-journal"] {
        match fs::remove_file(beside(path, end)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// `name` → `nameEND`.
pub(crate) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

/// Sees to it that what was renamed in a folder stays renamed.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
