//! What every handler is given: the state, and the queue behind the pages.

use std::path::PathBuf;
use std::sync::Arc;

use gk_service::backup::Taken;
use gk_service::service::rotation::Exchanged;
use gk_service::service::whatif::Effects;
use gk_service::service::{Caller, Op, Refusal, View};
use gk_service::{Database, Done, Force};
use tokio::task::spawn_blocking;

use crate::activity::Pool;
use crate::backups::Backups;
use crate::directory::Directories;
use crate::janitor::Janitor;
use crate::keys_used::KeysUsed;
use crate::metrics::Metrics;
use crate::question::Shown;
use crate::signins::Signins;

/// Shared by all handlers; cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) database: Arc<Database>,
    /// Requests for sign-in mails, worked off after the answer.
    pub(crate) signins: Signins,
    /// Visits, until they are stored as last-seen.
    pub(crate) visits: Pool,
    /// When keys were last used, until the keeper writes it down.
    pub(crate) keys_used: KeysUsed,
    /// Where each gk-validate tells of itself.
    pub(crate) validates: Arc<[PathBuf]>,
    /// Whom other directories have.
    pub(crate) directories: Directories,
    /// Takes backups, and knows what became of the last try.
    pub(crate) backups: Backups,
    /// Answers in SQL that can still be taken away.
    pub(crate) shown: Shown,
    /// What was deleted because it is over.
    pub(crate) janitor: Janitor,
    pub(crate) metrics: Arc<Metrics>,
}

impl App {
    /// Runs a verb that changes something, on a thread that may block. In force when this returns, or logged.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        caller: Caller,
        verb: impl FnOnce(&Op<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.change(caller, verb).await.map(in_force_or_logged)
    }

    /// Like [`App::write`], for an answer that says whether it is in force.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        caller: Caller,
        verb: impl FnOnce(&Op<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<Done<T>, Refusal> {
        let database = Arc::clone(&self.database);
        blocking(move || database.write(&caller, verb)).await
    }

    /// Takes a backup to the folder of backups, on a thread that may block.
    pub(crate) async fn back_up(&self, caller: Caller) -> Result<Done<Taken>, Refusal> {
        let backups = self.backups.clone();
        blocking(move || backups.take(&caller)).await
    }

    /// Exchanges the root key, on a thread that may block.
    pub(crate) async fn rotate_root_key(&self, caller: Caller) -> Result<Done<Exchanged>, Refusal> {
        let database = Arc::clone(&self.database);
        blocking(move || database.rotate_root_key(&caller)).await
    }

    /// Runs a verb that changes something and takes all of it back, on a thread that may block.
    pub(crate) async fn rehearse<T: Send + 'static>(
        &self,
        caller: Caller,
        verb: impl FnOnce(&Op<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let database = Arc::clone(&self.database);
        blocking(move || database.rehearse(&caller, verb)).await
    }

    /// Runs a verb that only looks, on a thread that may block.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        caller: Caller,
        verb: impl FnOnce(&View<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let database = Arc::clone(&self.database);
        blocking(move || database.read(&caller, verb)).await
    }

    /// Like [`App::read`], with the snapshot that is in force.
    pub(crate) async fn read_in_force<T: Send + 'static>(
        &self,
        caller: Caller,
        verb: impl FnOnce(&View<'_>, &gk_shared::policy::Snapshot) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let database = Arc::clone(&self.database);
        blocking(move || database.in_force(|snapshot| database.read(&caller, |view| verb(view, snapshot)))?).await
    }

    /// Tries a verb and takes all of it back: who would gain and who would lose by it.
    pub(crate) async fn what_if<T: Send + 'static>(
        &self,
        caller: Caller,
        verb: impl FnOnce(&Op<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<Effects, Refusal> {
        let database = Arc::clone(&self.database);
        blocking(move || database.what_if(&caller, verb)).await.map(|(_, effects)| effects)
    }

    /// Runs a verb that changes something by what is in force.
    pub(crate) async fn write_in_force<T: Send + 'static>(
        &self,
        caller: Caller,
        verb: impl FnOnce(&Op<'_>, &gk_shared::policy::Snapshot) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.change_in_force(caller, verb).await.map(in_force_or_logged)
    }

    /// Like [`App::write_in_force`], for an answer that says whether it is in force.
    pub(crate) async fn change_in_force<T: Send + 'static>(
        &self,
        caller: Caller,
        verb: impl FnOnce(&Op<'_>, &gk_shared::policy::Snapshot) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<Done<T>, Refusal> {
        let database = Arc::clone(&self.database);
        blocking(move || database.write_in_force(&caller, verb)).await
    }
}

/// The value of a verb; that it is not in force yet is logged.
fn in_force_or_logged<T>(done: Done<T>) -> T {
    if let Force::NotYet(why) = &done.force {
        tracing::warn!(why, "saved, not yet in force; it is tried again");
    }
    done.value
}

/// A panic in a verb rolled its transaction back; the request that caused it is told, and no other.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a verb ended in a panic");
        Err(Refusal::Conflict("this could not be done".into()))
    })
}
