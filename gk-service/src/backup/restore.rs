//! Bringing a backup back: looked through first, made another history beside the database, and put in its place by one
//! rename.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use gk_shared::time::wall;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use thiserror::Error;

use super::archive::{ArchiveError, unpack};
use super::key::{KeyIn, bring_key, fitting_key};
use super::manifest::hex;
use super::place::put_in_place;
use super::policy::{PolicyPlace, folder_of, policy_place};
use super::{FileError, Manifest, Opening, Scratch, beside, of};
use crate::database::Paths;
use crate::fail_point::fail_point;
use crate::publish::{PublishError, new_history};
use crate::secret::{RootKey, RootKeyError};
use crate::service::{Caller, Refusal, Who, audit, install};
use crate::store::{
    self, BackupLock, LockError, MigrateError, SCHEMA_VERSION, ServerLock, installation, open_existing,
};

/// A backup that can be restored here.
#[derive(Clone, Debug)]
pub struct Verified {
    pub manifest: Manifest,
    /// Where the root key is that opens it.
    pub key: KeyIn,
    /// Of its audit. A broken one does not keep a backup from being restored: it is there to tell of what happened.
    pub audit: audit::Verified,
}

/// A backup that was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    pub verified: Verified,
    /// Where the database is that was here before.
    pub kept: Option<PathBuf>,
}

/// Why a backup is not restored. Nothing was changed.
#[derive(Debug, Error)]
pub enum RestoreError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error("another backup is being taken or looked through")]
    Busy(#[source] LockError),
    #[error("what is in it is damaged: {0}")]
    Unsound(String),
    #[error("what is in it is not what its first line says")]
    NotAsSaid,
    #[error(transparent)]
    Unverifiable(#[from] audit::Unverifiable),
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    #[error(
        "it needs the root key with the fingerprint {needed}, and {at} {found}: bring that key back, or name its file with --key"
    )]
    Key { needed: String, at: PathBuf, found: String },
    #[error(
        "the root key of the backup would go to {0}, where there is another: move that away, or name another file with --key"
    )]
    KeyInTheWay(PathBuf),
    #[error(transparent)]
    RootKey(#[from] RootKeyError),
    #[error("somebody has the database open: end every gk and look for who else reads it")]
    InUse,
    #[error("the database cannot be restored")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the restored database cannot begin its new history")]
    History(#[from] PublishError),
}

/// Looks a backup through: opens it, compares it with its manifest, checks what is in it, and brings it up to date.
pub(crate) fn verify(paths: &Paths, opening: &Opening, from: File) -> Result<Verified, RestoreError> {
    looked_through(paths, opening, from).map(|found| found.verified)
}

/// Puts a backup in the place of the database. Whoever was signed in then is not any more.
pub(crate) fn restore(
    paths: &Paths,
    opening: &Opening,
    (from, name, caller): (File, &str, &Caller),
) -> Result<Restored, RestoreError> {
    let folder = folder_of(&paths.database);
    fs::create_dir_all(folder).map_err(of(folder))?;
    let _stopped = ServerLock::take(&paths.database)?;
    let found = looked_through(paths, opening, from)?;
    fail_point("restore-looked-through");
    if found.verified.key == KeyIn::Backup {
        bring_key(&paths.key, &found.root)?;
    }
    let policy = policy_place(paths, found.copy.path())?;
    begin_again(found.copy.path(), (&found.root, &policy), (name, caller))?;
    fail_point("restore-begun-again");
    let kept = put_in_place(found.copy.path(), &paths.database)?;
    fail_point("restore-in-place");
    Ok(Restored { verified: found.verified, kept })
}

struct LookedThrough {
    verified: Verified,
    root: RootKey,
    copy: Scratch,
    _turn: BackupLock,
}

fn looked_through(paths: &Paths, opening: &Opening, from: File) -> Result<LookedThrough, RestoreError> {
    let turn = BackupLock::take(&paths.database).map_err(RestoreError::Busy)?;
    let place = beside(&paths.database, ".restoring");
    let copy = Scratch::at(place.clone()).map_err(of(&place))?;
    let (manifest, inside) = unpack(from, opening, copy.path())?;
    if manifest.schema > SCHEMA_VERSION {
        return Err(MigrateError::Newer(manifest.schema).into());
    }
    if let Some(wrong) = store::unsound(copy.path())? {
        return Err(RestoreError::Unsound(wrong));
    }
    let connection = Connection::open_with_flags(copy.path(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let installed = installation::read(&connection)?.ok_or(RestoreError::NotAsSaid)?;
    if (store::version(&connection)?, hex(&installed.identity.database))
        != (manifest.schema, manifest.database_id.clone())
    {
        return Err(RestoreError::NotAsSaid);
    }
    let (root, key) = fitting_key(&paths.key, inside, |key| install::is_ours(key, &installed)).map_err(|found| {
        RestoreError::Key { needed: manifest.root_key.clone(), at: paths.key.path().to_owned(), found }
    })?;
    drop(connection);
    let audit = bring_up_to_date(copy.path(), &root)?;
    Ok(LookedThrough { verified: Verified { manifest, key, audit }, root, copy, _turn: turn })
}

/// Nobody else knows the copy, so whether an older one can be brought up to date is tried on it. Checks its audit.
fn bring_up_to_date(copy: &Path, root: &RootKey) -> Result<audit::Verified, RestoreError> {
    let mut connection = open_existing(copy)?;
    store::migrate(&mut connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    install::complete(&transaction, root)?;
    transaction.commit()?;
    let whole = audit::verify(&connection, root, &mut |_| ())?;
    connection.pragma_update(None, "journal_mode", "delete")?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(whole)
}

/// Begins another history in the copy, before anybody sees it.
fn begin_again(
    copy: &Path,
    (root, policy): (&RootKey, &PolicyPlace),
    (name, caller): (&str, &Caller),
) -> Result<(), RestoreError> {
    let mut connection = open_existing(copy)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    installation::set_policy_path(&transaction, &policy.path.to_string_lossy())?;
    installation::set_policy_place(&transaction, &policy.mark.0, policy.mark.1)?;
    // It has most likely been sent since, and its links have ended.
    store::mail::drop_queued(&transaction, "it waited when the backup was taken", wall())?;
    let who = match &caller.who {
        Who::Operator(name) => name.as_str(),
        Who::Person(..) | Who::Key(_) | Who::System(_) | Who::Stranger => "restore",
    };
    new_history(&transaction, root, wall(), (who, "database_restored", name))?;
    transaction.commit()?;
    connection.pragma_update(None, "journal_mode", "delete")?;
    connection.close().map_err(|(_, error)| error)?;
    File::open(copy).and_then(|file| file.sync_all()).map_err(of(copy))?;
    Ok(())
}

impl From<Refusal> for RestoreError {
    fn from(refusal: Refusal) -> Self {
        Self::History(PublishError::Audit(Box::new(refusal)))
    }
}
