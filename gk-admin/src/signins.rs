//! Requests for sign-in mails: taken at once, the same for everybody, and worked off afterwards.
//!
//! What a request costs (look-ups, a mail) must not show in the time of the answer, so nothing of it happens before.

use std::sync::Arc;

use gk_service::Database;
use gk_service::service::Caller;
use gk_service::service::signin::{self, Ask, Asked};
use tokio::sync::{Notify, mpsc};
use tokio::task::spawn_blocking;

/// More than this waiting means an attack; the limits would drop most of them anyway.
const MOST_WAITING: usize = 256;

/// The sending end: held by handlers.
#[derive(Clone)]
pub(crate) struct Signins(mpsc::Sender<(Caller, Ask)>);

impl Signins {
    /// Starts the worker.
    pub(crate) fn start(database: Arc<Database>, mail: Arc<Notify>) -> Self {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        tokio::spawn(work(database, mail, receiver));
        Self(sender)
    }

    /// Takes a request. Never waits: when too many wait, this one is dropped, and its answer is the same.
    pub(crate) fn ask(&self, caller: Caller, ask: Ask) {
        if self.0.try_send((caller, ask)).is_err() {
            tracing::warn!("too many sign-in requests wait: one was dropped");
        }
    }
}

async fn work(database: Arc<Database>, mail: Arc<Notify>, mut requests: mpsc::Receiver<(Caller, Ask)>) {
    while let Some((caller, ask)) = requests.recv().await {
        let database = Arc::clone(&database);
        let asked = spawn_blocking(move || database.write(&caller, |op| signin::ask(op, &ask))).await;
        match asked {
            Ok(Ok(done)) => {
                tracing::info!(outcome = ?done.value, "a sign-in mail was asked for");
                if done.value == Asked::Mailed {
                    mail.notify_one();
                }
            }
            Ok(Err(error)) => tracing::error!(%error, "a sign-in request failed"),
            Err(error) => tracing::error!(%error, "a sign-in request ended in a panic"),
        }
    }
}
