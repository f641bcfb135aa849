//! Opening the state: where its files are, what they must be, and making them where there are none.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::{fs, io};

use gk_shared::time::Clock;
use rusqlite::{Connection, TransactionBehavior};
use thiserror::Error;

use super::root::Root;
use super::{Database, Writer};
use crate::publish::{PublishError, Publisher, refuse_foreign};
use crate::secret::{KeyFile, RootKey, RootKeyError};
use crate::service::{Refusal, install};
use crate::store::{self, LockError, MigrateError, SCHEMA_VERSION, ServerLock, installation};

/// Where an installation's files are.
#[derive(Clone, Debug)]
pub struct Paths {
    pub database: PathBuf,
    /// Only if given: the database remembers it.
    pub policy: Option<PathBuf>,
    pub key: KeyFile,
}

impl Paths {
    /// Takes the lock of a server, or of a migration, on a database that exists.
    pub fn lock(&self) -> Result<ServerLock, OpenError> {
        if !self.database.exists() {
            return Err(OpenError::Missing(self.database.clone()));
        }
        Ok(ServerLock::take(&self.database)?)
    }
}

/// Why the state could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    #[error("there is no database at {0}: run `gk init-db`, or name another with --db or GATEKEEPER_DB")]
    Missing(PathBuf),
    #[error("the database has schema {0} and needs {SCHEMA_VERSION}: run `gk ops migrate` while gk-admin is stopped")]
    Older(i64),
    #[error("{0} holds no Gatekeeper database: run `gk init-db`")]
    Empty(PathBuf),
    #[error(
        "the policy file of this database is {known}, not {given}: run `gk ops move-policy --to {given}` to move it"
    )]
    AnotherPolicy { known: String, given: String },
    #[error("the root key in {0} is not the one this database was sealed with")]
    ForeignKey(PathBuf),
    #[error("a database exists at {0} but its root key does not: restore the key, nothing was changed")]
    KeyLost(PathBuf, #[source] RootKeyError),
    #[error(transparent)]
    Key(#[from] RootKeyError),
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error("the database cannot be opened")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the file {0} cannot be made or looked at")]
    File(PathBuf, #[source] io::Error),
    #[error("the database cannot be filled")]
    Fill(#[source] Refusal),
    #[error("{0} is a database of another program: name another with --db")]
    Foreign(PathBuf),
    #[error(transparent)]
    Policy(#[from] PublishError),
}

impl Database {
    /// Opens what `init-db` made. Reading works without the root key; what needs it says why it is missing.
    pub fn open(paths: &Paths) -> Result<Self, OpenError> {
        if !paths.database.exists() {
            return Err(OpenError::Missing(paths.database.clone()));
        }
        let opened = inode(&paths.database).map_err(|error| OpenError::File(paths.database.clone(), error))?;
        let connection = store::open_existing(&paths.database)?;
        match store::version(&connection)? {
            0 => return Err(OpenError::Empty(paths.database.clone())),
            found if found < SCHEMA_VERSION => return Err(OpenError::Older(found)),
            found if found > SCHEMA_VERSION => return Err(MigrateError::Newer(found).into()),
            _ => {}
        }
        let found = installation::read(&connection)?.ok_or_else(|| OpenError::Empty(paths.database.clone()))?;
        if let Some(given) = &paths.policy
            && absolute(given) != found.policy_path
        {
            let (known, given) = (found.policy_path.display().to_string(), absolute(given).display().to_string());
            return Err(OpenError::AnotherPolicy { known, given });
        }
        let root = Root::find(&paths.key, &found);
        Ok(Self {
            path: paths.database.clone(),
            inode: opened,
            clock: Clock::start(),
            root,
            writer: Mutex::new(Writer {
                connection,
                publisher: Publisher::new(found.policy_path.clone()),
                in_force: None,
            }),
            readers: Mutex::new(Vec::new()),
            policy: Mutex::new(None),
            audited: AtomicBool::new(false),
            policy_path: found.policy_path,
        })
    }

    /// Makes what is missing: root key, database, first rows. Never overwrites anything.
    pub fn initialise(paths: &Paths) -> Result<Self, OpenError> {
        let exists = paths.database.exists();
        let policy = paths.policy.clone().unwrap_or_else(|| default_policy(&paths.database));
        if !exists {
            refuse_foreign(&absolute(&policy))?;
        }
        let root = match paths.key.read() {
            Ok(key) => key,
            Err(RootKeyError::Missing(_)) if !exists => {
                let folder = paths.key.path().parent().unwrap_or(Path::new("."));
                fs::create_dir_all(folder).map_err(|error| OpenError::File(folder.to_owned(), error))?;
                RootKey::create(paths.key.path())?
            }
            Err(error) if exists => return Err(OpenError::KeyLost(paths.database.clone(), error)),
            Err(error) => return Err(error.into()),
        };
        if !exists {
            store::create_private(&paths.database).map_err(|error| OpenError::File(paths.database.clone(), error))?;
        }
        if store::is_foreign(&paths.database)? {
            return Err(OpenError::Foreign(paths.database.clone()));
        }
        let mut connection = store::open_existing(&paths.database)?;
        if store::version(&connection)? != SCHEMA_VERSION {
            let _lock = ServerLock::take(&paths.database)?;
            store::migrate_file(&paths.database)?;
            complete(paths)?;
        }
        fill_if_empty(&mut connection, &absolute(&policy), &root)?;
        drop(connection);
        Self::open(paths)
    }

    /// Opens the database and brings an older one up to date. The lock proves that nobody else serves it.
    pub fn upgrade(paths: &Paths, _proof: &ServerLock) -> Result<Self, OpenError> {
        if store::version(&store::open_existing(&paths.database)?)? == 0 {
            return Err(OpenError::Empty(paths.database.clone()));
        }
        store::migrate_file(&paths.database)?;
        complete(paths)?;
        Self::open(paths)
    }
}

pub(super) fn inode(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|found| (found.dev(), found.ino()))
}

/// Does what a migration cannot, since it takes the root key. Without the right key it waits for the next start.
fn complete(paths: &Paths) -> Result<(), OpenError> {
    let mut connection = store::open_existing(&paths.database)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = installation::read(&transaction)?;
    let ours = |key: &RootKey| found.is_some_and(|found| install::is_ours(key, &found));
    if let Some(root) = paths.key.read().ok().filter(ours) {
        install::complete(&transaction, &root).map_err(OpenError::Fill)?;
    }
    Ok(transaction.commit()?)
}

fn fill_if_empty(connection: &mut Connection, policy: &Path, root: &RootKey) -> Result<(), OpenError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if installation::read(&transaction)?.is_none() {
        refuse_foreign(policy)?;
        install::fill(&transaction, root, policy, Clock::start().now()).map_err(OpenError::Fill)?;
    }
    Ok(transaction.commit()?)
}

pub(crate) fn default_policy(database: &Path) -> PathBuf {
    database.parent().unwrap_or(Path::new(".")).join("policy").join("policy.sqlite3")
}

pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
