//! What every handler is given: the state, and the queue behind the pages.

use std::sync::Arc;

use gk_service::service::{Caller, Op, Refusal, View};
use gk_service::{Database, Force};
use tokio::task::spawn_blocking;

use crate::signins::Signins;

/// Shared by all handlers; cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) database: Arc<Database>,
    /// Requests for sign-in mails, worked off after the answer.
    pub(crate) signins: Signins,
}

impl App {
    /// Runs a verb that changes something, on a thread that may block. In force when this returns, or logged.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        caller: Caller,
        verb: impl FnOnce(&Op<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let database = Arc::clone(&self.database);
        let done = blocking(move || database.write(&caller, verb)).await?;
        if let Force::NotYet(why) = &done.force {
            tracing::warn!(why, "saved, not yet in force; it is tried again");
        }
        Ok(done.value)
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
}

/// A panic in a verb rolled its transaction back; the request that caused it is told, and no other.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a verb ended in a panic");
        Err(Refusal::Conflict("this could not be done".into()))
    })
}
