//! Which root key opens what is sealed in a backup: the one of this installation, or one that the backup brings.

use std::io;
use std::path::PathBuf;

use super::restore::RestoreError;
use crate::secret::{KeyFile, RootKey, RootKeyError};

/// Which root key opens what is sealed in a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyIn {
    /// The one of this installation.
    File(PathBuf),
    /// One that the backup brings along.
    Backup,
}

/// The key that fits: that of the installation before the one in the backup. Otherwise what is at its place.
pub(super) fn fitting_key(
    file: &KeyFile,
    inside: Option<RootKey>,
    fits: impl Fn(&RootKey) -> bool,
) -> Result<(RootKey, KeyIn), String> {
    let here = file.read();
    match (here, inside) {
        (Ok(key), _) if fits(&key) => Ok((key, KeyIn::File(file.path().to_owned()))),
        (_, Some(key)) if fits(&key) => Ok((key, KeyIn::Backup)),
        (Ok(key), _) => Err(format!("has {}", key.fingerprint())),
        (Err(RootKeyError::Missing(_)), _) => Err("has none".into()),
        (Err(error), _) => Err(format!("cannot be used ({error})")),
    }
}

/// Puts it where there is none.
pub(super) fn bring_key(file: &KeyFile, key: &RootKey) -> Result<(), RestoreError> {
    match key.write_new(file.path()) {
        Err(RootKeyError::Unwritable(path, error)) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(RestoreError::KeyInTheWay(path))
        }
        written => Ok(written?),
    }
}
