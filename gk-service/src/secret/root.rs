//! The root key: 32 random bytes in a file of their own, never in a database.
//!
//! It derives sealing keys and nothing else, so rotating it re-seals and changes no session.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

use super::random::random;
use crate::backup::{beside, sync_folder_of};
use crate::fail_point::fail_point;

/// The 32 bytes everything sealed is sealed with.
#[derive(Clone)]
pub struct RootKey(pub(super) Zeroizing<[u8; 32]>);

/// Where the root key is kept.
#[derive(Clone, Debug)]
pub struct KeyFile {
    path: PathBuf,
    /// Read before this process gave up the right to.
    early: Option<RootKey>,
    /// The same of the one beside it.
    early_next: Option<RootKey>,
}

impl KeyFile {
    /// A key file that is read when it is needed.
    pub fn at(path: PathBuf) -> Self {
        Self { path, early: None, early_next: None }
    }

    /// Reads the file now if it can be read, because later it may not.
    #[must_use]
    pub fn read_early(self) -> Self {
        let early_next = RootKey::read(&self.next()).ok();
        Self { early: RootKey::read(&self.path).ok(), early_next, path: self.path }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key in it.
    pub fn read(&self) -> Result<RootKey, RootKeyError> {
        self.early.clone().map_or_else(|| RootKey::read(&self.path), Ok)
    }

    /// The key that is to take its place, if a rotation has begun.
    pub(crate) fn read_next(&self) -> Result<RootKey, RootKeyError> {
        self.early_next.clone().map_or_else(|| RootKey::read(&self.next()), Ok)
    }

    /// Writes the key that is to take its place, in the place of one that was left by a rotation that came to nothing.
    pub(crate) fn write_next(&self, key: &RootKey) -> Result<(), RootKeyError> {
        let (next, failed) = (self.next(), |error| RootKeyError::Unwritable(self.next(), error));
        match fs::remove_file(&next) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            Ok(()) | Err(_) => {}
        }
        key.write_new(&next)?;
        sync_folder_of(&next).map_err(failed)
    }

    /// Gives it its place. The old key stays beside it, under its fingerprint: gives where. Another process may have been
    /// faster.
    pub(crate) fn take_next(&self) -> Result<Option<PathBuf>, RootKeyError> {
        let failed = |error| RootKeyError::Unwritable(self.path.clone(), error);
        if !self.next().exists() {
            return Ok(None);
        }
        let kept = RootKey::read(&self.path).ok().map(|old| self.keep(&old)).transpose()?;
        fail_point("old-root-key-kept");
        match fs::rename(self.next(), &self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            Ok(()) | Err(_) => {}
        }
        sync_folder_of(&self.path).map_err(failed)?;
        Ok(kept)
    }

    fn keep(&self, old: &RootKey) -> Result<PathBuf, RootKeyError> {
        let path = beside(&self.path, &format!(".{}", old.fingerprint()));
        match old.write_new(&path) {
            // Of a rotation that was killed after this.
            Err(RootKeyError::Unwritable(_, error)) if error.kind() == io::ErrorKind::AlreadyExists => Ok(path),
            written => written.map(|()| path),
        }
    }

    fn next(&self) -> PathBuf {
        beside(&self.path, ".next")
    }
}

/// Why there is no usable root key.
#[derive(Debug, Error)]
pub enum RootKeyError {
    #[error(
        "there is no root key at {0}: name it with --key or GATEKEEPER_KEY_FILE, or restore it from where you keep it"
    )]
    Missing(PathBuf),
    #[error("the root key file {0} must hold exactly 32 bytes")]
    Length(PathBuf),
    #[error("the root key file {0} cannot be read")]
    Unreadable(PathBuf, #[source] io::Error),
    #[error("the root key file {0} cannot be written")]
    Unwritable(PathBuf, #[source] io::Error),
}

impl RootKey {
    /// Reads the key file.
    pub fn read(path: &Path) -> Result<Self, RootKeyError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(RootKeyError::Missing(path.to_owned()));
            }
            Err(error) => return Err(RootKeyError::Unreadable(path.to_owned(), error)),
        };
        let bytes = bytes.as_slice().try_into().map_err(|_| RootKeyError::Length(path.to_owned()))?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// Draws a key.
    pub(crate) fn draw() -> Self {
        Self(Zeroizing::new(random()))
    }

    /// Draws a key and writes it to a new file, mode 0600. Never overwrites.
    pub fn create(path: &Path) -> Result<Self, RootKeyError> {
        let key = Self::draw();
        key.write_new(path)?;
        Ok(key)
    }

    /// Writes the key to a new file, mode 0600. Never overwrites.
    pub(crate) fn write_new(&self, path: &Path) -> Result<(), RootKeyError> {
        let failed = |error| RootKeyError::Unwritable(path.to_owned(), error);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
        file.write_all(self.bytes()).and_then(|()| file.sync_all()).map_err(failed)
    }

    /// The 32 bytes; `None` if these are not so many.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// For the two places a key is kept: its file, and a sealed backup.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("RootKey(…)")
    }
}
