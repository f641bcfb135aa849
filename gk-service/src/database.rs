//! The way in for every face: opens the state, runs a verb in a transaction, commits it and publishes it.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fs, io};

use gk_shared::policy::{CaughtUp, LoadError, PolicyReader, Replaced, Snapshot};
use gk_shared::time::{Clock, Timestamp};
use rusqlite::{Connection, TransactionBehavior};
use thiserror::Error;

use crate::fail_point::fail_point;
use crate::publish::{PublishError, Publisher, refuse_foreign};
use crate::secret::{KeyFile, RootKey, RootKeyError};
use crate::service::{Caller, Op, Refusal, View, install};
use crate::store::{self, LockError, MigrateError, SCHEMA_VERSION, ServerLock, change_log, installation};

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

/// Whether a change that was made is also in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Force {
    /// The next request anywhere sees it.
    Now,
    /// It is saved, and gk-admin goes on trying; the text says what is in the way.
    NotYet(String),
}

/// A verb that was done.
#[derive(Debug)]
pub struct Done<T> {
    pub value: T,
    pub force: Force,
}

/// The state. One writer at a time, any number of readers.
pub struct Database {
    path: PathBuf,
    /// Device and inode of the file that was opened.
    inode: (u64, u64),
    clock: Clock,
    root: Result<RootKey, String>,
    writer: Mutex<Writer>,
    readers: Mutex<Vec<Connection>>,
    policy: Mutex<Option<InForce>>,
    policy_path: PathBuf,
}

struct Writer {
    connection: Connection,
    publisher: Publisher,
    /// The newest change that this process knows to be in force.
    in_force: Option<i64>,
}

/// The policy file as it was last looked at.
struct InForce {
    path: PathBuf,
    reader: PolicyReader,
    snapshot: Snapshot,
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
        let root = match paths.key.read() {
            Ok(key) if install::is_ours(&key, &found) => Ok(key),
            Ok(_) => Err(OpenError::ForeignKey(paths.key.path().to_owned()).to_string()),
            Err(error) => Err(error.to_string()),
        };
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
            policy_path: found.policy_path,
        })
    }

    /// Makes what is missing: root key, database, first rows. Never overwrites anything.
    pub fn initialise(paths: &Paths) -> Result<Self, OpenError> {
        let exists = paths.database.exists();
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
            store::migrate(&mut connection)?;
        }
        fill_if_empty(&mut connection, paths, &root)?;
        drop(connection);
        Self::open(paths)
    }

    /// Opens the database and brings an older one up to date. The lock proves that nobody else serves it.
    pub fn upgrade(paths: &Paths, _proof: &ServerLock) -> Result<Self, OpenError> {
        let mut connection = store::open_existing(&paths.database)?;
        if store::version(&connection)? == 0 {
            return Err(OpenError::Empty(paths.database.clone()));
        }
        store::migrate(&mut connection)?;
        drop(connection);
        Self::open(paths)
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The policy file.
    pub fn policy_path(&self) -> &Path {
        &self.policy_path
    }

    /// Why nothing can be written, if the root key is missing or another one.
    pub fn key_problem(&self) -> Option<&str> {
        self.root.as_ref().err().map(String::as_str)
    }

    /// The root key, if there is one.
    pub fn root(&self) -> Option<&RootKey> {
        self.root.as_ref().ok()
    }

    /// Now, by the clock that never goes back.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Runs a verb that changes something: in one transaction, and published before this returns.
    pub fn write<T>(
        &self,
        caller: &Caller,
        verb: impl FnOnce(&Op<'_>) -> Result<T, Refusal>,
    ) -> Result<Done<T>, Refusal> {
        let root = self.root.as_ref().map_err(|why| Refusal::Key(why.clone()))?;
        let mut writer = lock(&self.writer);
        self.refuse_exchanged()?;
        let transaction = writer.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if store::version(&transaction)? != SCHEMA_VERSION {
            return Err(Refusal::Conflict("the database was migrated meanwhile: start this program again".into()));
        }
        let value = verb(&Op::new(&transaction, caller, root, self.now())?)?;
        transaction.commit()?;
        self.refuse_exchanged()?;
        fail_point("before-publish");
        Ok(Done { value, force: writer.publish(root)? })
    }

    /// Publishes what is not published yet; gives whether everything is in force now.
    pub fn publish(&self) -> Result<Force, Refusal> {
        let root = self.root.as_ref().map_err(|why| Refusal::Key(why.clone()))?;
        let mut writer = lock(&self.writer);
        self.refuse_exchanged()?;
        // Also when nothing changed: the policy file may have.
        writer.in_force = None;
        writer.publish(root)
    }

    /// Exchanges a policy file that somebody blocks for a new one.
    pub fn replace_policy(&self) -> Result<Force, Refusal> {
        if let Err(error) = lock(&self.writer).publisher.replace() {
            return Ok(Force::NotYet(error.to_string()));
        }
        self.publish()
    }

    /// Moves the policy file: publishes at the new path from now on. Start gk-validate on it first.
    pub fn move_policy(&self, caller: &Caller, to: &Path) -> Result<Force, Refusal> {
        let root = self.root.as_ref().map_err(|why| Refusal::Key(why.clone()))?;
        let to = absolute(to);
        if to == absolute(&self.path) {
            return Err(Refusal::Conflict("that is the database itself".into()));
        }
        refuse_foreign(&to).map_err(|error| Refusal::Conflict(error.to_string()))?;
        let mut writer = lock(&self.writer);
        self.refuse_exchanged()?;
        let transaction = writer.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        install::move_policy(&Op::new(&transaction, caller, root, self.now())?, &to.to_string_lossy())?;
        transaction.commit()?;
        writer.in_force = None;
        writer.publish(root)
    }

    /// The newest revision there is, to compare with the one that is in force.
    pub fn newest_revision(&self) -> Result<i64, Refusal> {
        let writer = lock(&self.writer);
        Ok(change_log::head(&writer.connection)?.map_or(0, |head| head.revision))
    }

    /// Runs a verb that only looks, in one read transaction.
    pub fn read<T>(&self, caller: &Caller, verb: impl FnOnce(&View<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let mut connection = match lock(&self.readers).pop() {
            Some(idle) => idle,
            None => store::open_existing(&self.path)?,
        };
        self.refuse_exchanged()?;
        let transaction = connection.transaction()?;
        let root = self.root.as_ref().map_err(String::as_str);
        let value = verb(&View::new(&transaction, caller, root, self.now())?);
        drop(transaction);
        let mut idle = lock(&self.readers);
        if idle.len() < 4 {
            idle.push(connection);
        }
        value
    }

    /// A database that another file has taken the place of holds nothing that counts: what it would publish is the
    /// past, and what is opened now beside it is not what this process knows.
    fn refuse_exchanged(&self) -> Result<(), Refusal> {
        if inode(&self.path).is_ok_and(|found| found == self.inode) { Ok(()) } else { Err(Refusal::Exchanged) }
    }

    /// Looks at what is in force: the policy file's own snapshot, brought up to date first.
    pub fn in_force<T>(&self, look: impl FnOnce(&Snapshot) -> T) -> Result<T, Refusal> {
        let path = self.read(&Caller::system("policy"), install::policy_path)?;
        let mut held = lock(&self.policy);
        let current = held.take().filter(|current| current.path == path && current.reader.replaced() == Replaced::No);
        let current = match current.map(InForce::caught_up).transpose()? {
            Some(Some(current)) => current,
            Some(None) | None => InForce::open(path)?,
        };
        Ok(look(&held.insert(current).snapshot))
    }
}

impl InForce {
    fn open(path: PathBuf) -> Result<Self, LoadError> {
        let (reader, snapshot) = PolicyReader::open(&path)?;
        Ok(Self { path, reader, snapshot })
    }

    /// Equal to the file's last commit; `None` when the whole file has to be read for that.
    fn caught_up(mut self) -> Result<Option<Self>, LoadError> {
        let caught_up = !self.reader.has_moved() || self.reader.catch_up(&mut self.snapshot)? == CaughtUp::UpToDate;
        Ok(caught_up.then_some(self))
    }
}

impl Writer {
    /// Publishes, unless this process has done so since the last change of any process.
    fn publish(&mut self, root: &RootKey) -> Result<Force, Refusal> {
        let newest = change_log::head(&self.connection)?.map(|head| head.revision);
        if newest.is_some() && newest == self.in_force && self.publisher.is_in_place() {
            return Ok(Force::Now);
        }
        match self.publisher.publish(&mut self.connection, root) {
            Ok(revision) => {
                self.in_force = Some(revision);
                Ok(Force::Now)
            }
            Err(error) => {
                let busy = if error.is_busy() { " (somebody holds it)" } else { "" };
                tracing::error!(path = %self.publisher.path().display(), %error, "a change is saved but not yet in force");
                Ok(Force::NotYet(format!("{error}{busy}")))
            }
        }
    }
}

fn inode(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|found| (found.dev(), found.ino()))
}

fn fill_if_empty(connection: &mut Connection, paths: &Paths, root: &RootKey) -> Result<(), OpenError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if installation::read(&transaction)?.is_none() {
        let policy = absolute(&paths.policy.clone().unwrap_or_else(|| default_policy(&paths.database)));
        refuse_foreign(&policy)?;
        install::fill(&transaction, root, &policy, Clock::start().now()).map_err(OpenError::Fill)?;
    }
    Ok(transaction.commit()?)
}

fn default_policy(database: &Path) -> PathBuf {
    database.parent().unwrap_or(Path::new(".")).join("policy").join("policy.sqlite3")
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A poisoned lock means that a verb panicked: its transaction was rolled back, so the state is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
