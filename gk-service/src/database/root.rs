//! The root key of the open database. It is exchanged while processes run, and each notices at its next look.

use std::sync::Mutex;

use gk_shared::caused::Caused;
use rusqlite::{Connection, TransactionBehavior};

use super::{Database, Done, OpenError, lock};
use crate::fail_point::fail_point;
use crate::secret::{KeyFile, RootKey};
use crate::service::rotation::{self, Exchanged};
use crate::service::{Caller, Op, Refusal, install};
use crate::store::installation::{self, Installation};

/// The key as it was last found to fit, or why there is none.
pub(super) struct Root {
    file: KeyFile,
    known: Mutex<Known>,
}

struct Known {
    /// What the database had then to tell its key by.
    check: Vec<u8>,
    key: Result<RootKey, String>,
}

impl Root {
    /// Looks for the key that fits this database.
    pub(super) fn find(file: &KeyFile, found: &Installation) -> Self {
        let known = Known { check: found.root_check.clone(), key: find(file, found) };
        Self { file: file.clone(), known: Mutex::new(known) }
    }

    /// The key that fits the database as this connection sees it.
    pub(super) fn at(&self, connection: &Connection) -> rusqlite::Result<Result<RootKey, String>> {
        let check = installation::root_check(connection)?;
        let mut known = lock(&self.known);
        if check != known.check
            && let Some(found) = installation::read(connection)?
        {
            *known = Known { key: find(&self.file, &found), check: found.root_check };
        }
        Ok(known.key.clone())
    }

    /// The same, for what cannot be done without.
    pub(super) fn needed(&self, connection: &Connection) -> Result<RootKey, Refusal> {
        self.at(connection)?.map_err(Refusal::Key)
    }

    /// The key as it was last found.
    pub(super) fn known(&self) -> Result<RootKey, String> {
        lock(&self.known).key.clone()
    }
}

/// The key that fits: the one in its file, or one that a rotation has left beside it when it was killed.
fn find(file: &KeyFile, found: &Installation) -> Result<RootKey, String> {
    let here = file.read();
    match (&here, file.read_next()) {
        (Ok(key), _) if install::is_ours(key, found) => Ok(key.clone()),
        (_, Ok(next)) if install::is_ours(&next, found) => {
            if let Err(error) = file.take_next() {
                tracing::warn!(path = %file.path().display(), error = %Caused(&error), "the root key that counts stays beside its place");
            }
            Ok(next)
        }
        (Ok(_), _) => Err(OpenError::ForeignKey(file.path().to_owned()).to_string()),
        (Err(error), _) => Err(error.to_string()),
    }
}

impl Database {
    /// Draws another root key and seals with it what was sealed with the old one. Killed at any step, it is either done or
    /// not begun: until the database is sealed anew the old key counts, and from then on the new one, under whichever
    /// name it is found.
    pub fn rotate_root_key(&self, caller: &Caller) -> Result<Done<Exchanged>, Refusal> {
        let mut writer = lock(&self.writer);
        self.refuse_exchanged()?;
        let transaction = writer.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let old = self.root.needed(&transaction)?;
        let new = RootKey::draw();
        let exchanged = rotation::exchange(&Op::new(&transaction, caller, &old, self.now())?, &new)?;
        let unwritten = |error: &dyn std::error::Error| {
            Refusal::Key(format!("a new root key cannot be written beside the old one: {error}"))
        };
        fail_point("before-next-root-key");
        self.root.file.write_next(&new).map_err(|error| unwritten(&error))?;
        fail_point("next-root-key-written");
        transaction.commit()?;
        fail_point("root-key-committed");
        let found = installation::read(&writer.connection)?.ok_or_else(|| Refusal::missing("installation", "here"))?;
        let kept = self.root.file.take_next().map_err(|error| unwritten(&error))?;
        *lock(&self.root.known) = Known { check: found.root_check, key: Ok(new.clone()) };
        fail_point("root-key-named");
        let force = writer.publish(&new)?;
        Ok(Done { value: Exchanged { kept, ..exchanged }, force })
    }
}
