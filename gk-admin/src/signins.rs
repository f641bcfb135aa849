//! Requests for sign-in mails: taken at once, the same for everybody, and worked off afterwards.
//!
//! What a request costs (look-ups, a mail) must not show in the time of the answer, so nothing of it happens before.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use gk_service::Database;
use gk_service::service::Caller;
use gk_service::service::signin::{self, Ask, Asked};
use moka::sync::Cache;
use tokio::sync::{Notify, mpsc};
use tokio::task::spawn_blocking;

/// More than this waiting means an attack from many networks; the limits would drop most of them anyway.
const MOST_WAITING: usize = 256;
/// The window of the limit that each network has.
const WINDOW: Duration = Duration::from_secs(900);
/// As many networks are remembered; what that costs is bounded, whoever comes.
const MOST_NETWORKS: u64 = 50_000;

/// The sending end: held by handlers.
#[derive(Clone)]
pub(crate) struct Signins {
    queue: mpsc::Sender<(Caller, Ask)>,
    /// How often each network has asked. The same limit is counted in the database and survives a restart there;
    /// here it keeps one network from filling the queue for all.
    asked: Cache<String, Arc<AtomicI64>>,
}

impl Signins {
    /// Starts the worker.
    pub(crate) fn start(database: Arc<Database>, mail: Arc<Notify>) -> Self {
        let (queue, receiver) = mpsc::channel(MOST_WAITING);
        tokio::spawn(work(database, mail, receiver));
        Self { queue, asked: Cache::builder().max_capacity(MOST_NETWORKS).time_to_live(WINDOW).build() }
    }

    /// Takes a request, unless its network has had `limit` in the window. Never waits; the answer is the same.
    pub(crate) fn ask(&self, caller: Caller, ask: Ask, limit: i64) {
        let network = signin::network(caller.ip);
        let count = self.asked.get_with(network, Arc::default).fetch_add(1, Ordering::Relaxed);
        if caller.ip.is_some() && count >= limit {
            tracing::debug!("a network is over its limit: a sign-in request was dropped");
        } else if self.queue.try_send((caller, ask)).is_err() {
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
