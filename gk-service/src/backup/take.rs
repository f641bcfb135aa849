//! Taking a backup: a copy beside the database, looked through, then sealed into its file.

use std::path::{Path, PathBuf};

use gk_shared::time::wall;
use rusqlite::Connection;
use thiserror::Error;

use super::archive::{fingerprint, write};
use super::manifest::{FORMAT, Manifest, hex};
use super::{Existing, FileError, Scratch, Sealing, beside, of};
use crate::fail_point::fail_point;
use crate::secret::RootKey;
use crate::service::Refusal;
use crate::store::{self, CopyError, LockError, change_log, installation};

/// What backup is wanted.
#[derive(Clone, Debug)]
pub struct Order {
    pub to: PathBuf,
    pub sealing: Sealing,
    pub existing: Existing,
    pub root_key: WithRootKey,
}

/// Whether the root key goes into the backup. With it, whoever opens the backup has everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithRootKey {
    Without,
    With,
}

/// A backup that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    pub manifest: Manifest,
    pub path: PathBuf,
    /// Length and SHA-256 of the file itself.
    pub bytes: u64,
    pub file_sha256: String,
}

/// Why there is no backup.
#[derive(Debug, Error)]
pub enum BackupError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("there is a file at {0} already: say --force to replace it")]
    Exists(PathBuf),
    #[error("the root key goes only into a backup that is sealed")]
    PlainRootKey,
    #[error("another backup is being taken")]
    Busy(#[source] LockError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the database cannot be copied")]
    Copy(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("backups of backup.folder are sealed: set backup.recipient to the public key that `gk backup-key` prints")]
    NoRecipient,
    #[error("there is no folder for backups: set backup.folder")]
    NoFolder,
    #[error("the database is damaged, and no backup was taken: {0}")]
    Unsound(String),
}

impl From<CopyError> for BackupError {
    fn from(error: CopyError) -> Self {
        Self::Copy(Box::new(error))
    }
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Copy(Box::new(error))
    }
}

impl Order {
    /// Refuses what cannot be carried out, before anything is done.
    pub(crate) fn check(&self) -> Result<(), BackupError> {
        if self.existing == Existing::Keep && self.to.exists() {
            return Err(BackupError::Exists(self.to.clone()));
        }
        match (self.root_key, &self.sealing) {
            (WithRootKey::With, Sealing::Plain) => Err(BackupError::PlainRootKey),
            _ => Ok(()),
        }
    }
}

/// The root key that fits the database as a connection sees it, or why there is none.
type KeyAt<'k> = dyn Fn(&Connection) -> rusqlite::Result<Result<RootKey, String>> + 'k;

/// Takes a backup of the database at this path.
pub(crate) fn take(
    database: &Path,
    key: &KeyAt<'_>,
    order: &Order,
    progress: &mut dyn FnMut(store::Copied),
) -> Result<Taken, BackupError> {
    let _turn = store::BackupLock::take(database).map_err(BackupError::Busy)?;
    let copy = beside(database, ".copy");
    let copy = Scratch::at(copy.clone()).map_err(of(&copy))?;
    let look = |moment: &Connection| Ok((facts(moment)?, key(moment)?));
    let ((schema, installed, revision), root) = store::copy(database, copy.path(), look, progress)?;
    let root = root.map_err(Refusal::Key)?;
    fail_point("after-copy");
    if let Some(wrong) = store::unsound(copy.path())? {
        return Err(BackupError::Unsound(wrong));
    }
    let (sha256, size) = fingerprint(copy.path()).map_err(of(copy.path()))?;
    let manifest = Manifest {
        format: FORMAT,
        gatekeeper: env!("CARGO_PKG_VERSION").to_owned(),
        schema,
        database_id: hex(&installed.database),
        restore_id: hex(&installed.restore),
        revision,
        made_at: jiff::Timestamp::from_second(wall().0).unwrap_or_default().to_string(),
        size,
        sha256,
        root_key: root.fingerprint(),
        with_root_key: order.root_key == WithRootKey::With,
    };
    let key = manifest.with_root_key.then_some(&root);
    let (file_sha256, bytes) = write(&order.to, (&order.sealing, order.existing), (&manifest, copy.path()), key)?;
    fail_point("after-backup-is-named");
    Ok(Taken { manifest, path: order.to.clone(), bytes, file_sha256 })
}

/// What the manifest says of the moment that was copied.
fn facts(connection: &Connection) -> rusqlite::Result<(i64, gk_shared::policy::Identity, i64)> {
    let installed = installation::read(connection)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let revision = change_log::head(connection)?.map_or(0, |head| head.revision);
    Ok((store::version(connection)?, installed.identity, revision))
}
