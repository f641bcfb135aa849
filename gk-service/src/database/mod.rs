//! The way in for every face: runs a verb in a transaction, commits it and publishes it.

mod backup;
mod in_force;
mod open;
mod root;
mod what_if;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gk_shared::time::{Clock, Timestamp};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use self::in_force::InForce;
use self::open::inode;
pub use self::open::{OpenError, Paths};
pub(crate) use self::open::{absolute, default_policy};
use self::root::Root;
use crate::fail_point::fail_point;
use crate::publish::{Publisher, refuse_foreign};
use crate::secret::RootKey;
use crate::service::{Caller, Op, Refusal, View, install};
use crate::settings::Setting;
use crate::store::{self, SCHEMA_VERSION, change_log, settings};

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
    root: Root,
    writer: Mutex<Writer>,
    readers: Mutex<Vec<Connection>>,
    policy: Mutex<Option<InForce>>,
    policy_path: PathBuf,
    /// Whether a verb of this process has left a row in the audit since that was asked.
    audited: AtomicBool,
}

/// A verb that was carried out, and not yet committed.
struct Attempted<'w, T> {
    value: T,
    transaction: Transaction<'w>,
    root: RootKey,
    /// Whether it left a row in the audit.
    audited: bool,
}

struct Writer {
    connection: Connection,
    publisher: Publisher,
    /// The newest change that this process knows to be in force.
    in_force: Option<i64>,
}

impl Database {
    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The policy file.
    pub fn policy_path(&self) -> &Path {
        &self.policy_path
    }

    /// Why nothing can be written, if the root key is missing or another one.
    pub fn key_problem(&self) -> Option<String> {
        self.root.known().err()
    }

    /// The root key, if there is one.
    pub fn root(&self) -> Option<RootKey> {
        self.root.known().ok()
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
        let mut writer = lock(&self.writer);
        let Attempted { value, transaction, root, audited } = self.attempt(&mut writer.connection, caller, verb)?;
        fail_point("before-commit");
        transaction.commit()?;
        self.audited.fetch_or(audited, Ordering::Relaxed);
        self.refuse_exchanged()?;
        fail_point("before-publish");
        Ok(Done { value, force: writer.publish(&root)? })
    }

    /// Runs a verb that writes what no decision rests on, in one transaction: there is nothing to publish.
    pub fn note<T>(&self, caller: &Caller, verb: impl FnOnce(&Op<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let mut writer = lock(&self.writer);
        let Attempted { value, transaction, .. } = self.attempt(&mut writer.connection, caller, verb)?;
        transaction.commit()?;
        Ok(value)
    }

    /// Whether a verb that was written has left a row in the audit since this was last asked.
    pub fn take_audited(&self) -> bool {
        self.audited.swap(false, Ordering::Relaxed)
    }

    /// Runs a verb that changes something and takes all of it back: gives what [`Database::write`] would give now.
    pub fn rehearse<T>(&self, caller: &Caller, verb: impl FnOnce(&Op<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let mut writer = lock(&self.writer);
        let Attempted { value, transaction, .. } = self.attempt(&mut writer.connection, caller, verb)?;
        transaction.rollback()?;
        Ok(value)
    }

    /// Runs a verb in a transaction that is not committed yet; gives whether it left a row in the audit.
    fn attempt<'w, T>(
        &self,
        connection: &'w mut Connection,
        caller: &Caller,
        verb: impl FnOnce(&Op<'_>) -> Result<T, Refusal>,
    ) -> Result<Attempted<'w, T>, Refusal> {
        self.refuse_exchanged()?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if store::version(&transaction)? != SCHEMA_VERSION {
            return Err(Refusal::Conflict("the database was migrated meanwhile: start this program again".into()));
        }
        let root = self.root.needed(&transaction)?;
        let op = Op::new(&transaction, caller, &root, self.now())?;
        let value = verb(&op)?;
        let audited = op.audited.get();
        drop(op);
        Ok(Attempted { value, transaction, root, audited })
    }

    /// Publishes what is not published yet; gives whether everything is in force now.
    pub fn publish(&self) -> Result<Force, Refusal> {
        let mut writer = lock(&self.writer);
        self.refuse_exchanged()?;
        let root = self.root.needed(&writer.connection)?;
        // Also when nothing changed: the policy file may have.
        writer.in_force = None;
        writer.publish(&root)
    }

    /// As [`Self::publish`], and says in the policy file that nothing newer is published, if that is wanted.
    pub fn keep_published(&self) -> Result<Force, Refusal> {
        let force = self.publish()?;
        let mut writer = lock(&self.writer);
        if force != Force::Now || !settings::read(&writer.connection)?.flag(Setting::PolicyHeartbeat) {
            return Ok(force);
        }
        let Writer { publisher, connection, .. } = &mut *writer;
        Ok(publisher.beat(connection, self.now()).map_or_else(|error| Force::NotYet(error.to_string()), |()| force))
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
        let to = absolute(to);
        if to == absolute(&self.path) {
            return Err(Refusal::Conflict("that is the database itself".into()));
        }
        refuse_foreign(&to).map_err(|error| Refusal::Conflict(error.to_string()))?;
        let mut writer = lock(&self.writer);
        self.refuse_exchanged()?;
        let transaction = writer.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let root = self.root.needed(&transaction)?;
        install::move_policy(&Op::new(&transaction, caller, &root, self.now())?, &to.to_string_lossy())?;
        transaction.commit()?;
        self.audited.store(true, Ordering::Relaxed);
        writer.in_force = None;
        writer.publish(&root)
    }

    /// The newest revision there is, to compare with the one that is in force.
    pub fn newest_revision(&self) -> Result<i64, Refusal> {
        let writer = lock(&self.writer);
        Ok(change_log::head(&writer.connection)?.map_or(0, |head| head.revision))
    }

    /// Runs a verb that only looks, in one read transaction.
    pub fn read<T>(&self, caller: &Caller, verb: impl FnOnce(&View<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        // Before, since another file beside our -wal may not even open; and after, since it may have come meanwhile.
        self.refuse_exchanged()?;
        let mut connection = match lock(&self.readers).pop() {
            Some(idle) => idle,
            None => store::open_existing(&self.path)?,
        };
        self.refuse_exchanged()?;
        let transaction = connection.transaction()?;
        let root = self.root.at(&transaction)?;
        let root = root.as_ref().map_err(String::as_str);
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

/// A poisoned lock means that a verb panicked: its transaction was rolled back, so the state is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
