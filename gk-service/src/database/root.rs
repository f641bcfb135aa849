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

/// So many are remembered: whoever began to read before an exchange goes on with the key of then.
const REMEMBERED: usize = 2;

/// The key as it was last found to fit, or why there is none.
pub(super) struct Root {
    file: KeyFile,
    /// The newest first.
    known: Mutex<Vec<Known>>,
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
        Self { file: file.clone(), known: Mutex::new(vec![known]) }
    }

    /// The key that fits the database as this connection sees it.
    pub(super) fn at(&self, connection: &Connection) -> rusqlite::Result<Result<RootKey, String>> {
        let check = installation::root_check(connection)?;
        let known =
            |this: &Self| lock(&this.known).iter().find(|known| known.check == check).map(|known| known.key.clone());
        if let Some(known) = known(self) {
            return Ok(known);
        }
        let found = installation::read(connection)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let key = find(&self.file, &found);
        self.remember(found.root_check, key.clone());
        Ok(key)
    }

    fn remember(&self, check: Vec<u8>, key: Result<RootKey, String>) {
        let mut known = lock(&self.known);
        known.insert(0, Known { check, key });
        known.truncate(REMEMBERED);
    }

    /// The same, for what cannot be done without.
    pub(super) fn needed(&self, connection: &Connection) -> Result<RootKey, Refusal> {
        self.at(connection)?.map_err(Refusal::Key)
    }

    /// The key as it was last found.
    pub(super) fn known(&self) -> Result<RootKey, String> {
        lock(&self.known).first().map_or_else(|| Err("no root key was looked for".into()), |known| known.key.clone())
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
        self.root.remember(found.root_check, Ok(new.clone()));
        fail_point("root-key-named");
        let force = writer.publish(&new)?;
        Ok(Done { value: Exchanged { kept, ..exchanged }, force })
    }
}

#[cfg(test)]
mod tests {
    use crate::secret::Purpose;
    use crate::service::Caller;
    use crate::service::trial::Trial;
    use crate::store::keys::{KeyPurpose, active};

    #[test]
    fn whoever_began_to_read_before_an_exchange_goes_on_with_the_old_key() {
        let trial = Trial::new();
        let mut earlier = crate::store::open_existing(trial.database.path()).unwrap();
        let earlier = earlier.transaction().unwrap();
        let sealed = active(&earlier, KeyPurpose::Session).unwrap().sealed;
        trial.database.rotate_root_key(&Caller::operator("root")).unwrap();
        for _ in 0..2 {
            let old = trial.database.root.at(&earlier).unwrap().unwrap();
            assert!(old.open(Purpose::Key, &sealed).is_ok());
            // Somebody else looks meanwhile.
            let new = trial.run(|op| Ok(op.settings.secret(crate::settings::Setting::SmtpPassword, &old).is_ok()));
            assert!(new.unwrap());
        }
    }
}
