//! Requests for sign-in mails: taken at once, the same for everybody, and worked off afterwards.
//!
//! What a request costs (look-ups, a mail) must not show in the time of the answer, so nothing of it happens before.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use gk_service::Database;
use gk_service::service::Caller;
use gk_service::service::directories::Needs;
use gk_service::service::signin::{self, Ask, Asked, Limit};
use moka::sync::Cache;
use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio::time::timeout;

use crate::directory::{Arrival, Directories};
use crate::metrics::Metrics;

/// More than this waiting means an attack from many networks; the limits would drop most of them anyway.
const MOST_WAITING: usize = 256;
/// So many requests wait for directories at most.
const MOST_AT_DIRECTORIES: usize = 64;
/// The window of the limit that each network has.
const WINDOW: Duration = Duration::from_secs(900);
/// As many networks are remembered; what that costs is bounded, whoever comes.
const MOST_NETWORKS: u64 = 50_000;
/// How long a stop waits for requests that wait.
const DRAIN: Duration = Duration::from_secs(2);
/// So many times what a network has is heard of its browsers that somebody has signed in with. Which account asks is not
/// looked at yet; behind the queue it is, and counted exactly.
const KNOWN: i64 = 3;

/// The sending end: held by handlers.
#[derive(Clone)]
pub(crate) struct Signins {
    queue: mpsc::Sender<(Caller, Ask)>,
    /// How often each network has asked. The same limit is counted in the database and survives a restart there;
    /// here it keeps one network from filling the queue for all.
    asked: Cache<String, Arc<AtomicI64>>,
    outcomes: Outcomes,
}

/// Who works requests off.
pub(crate) struct Worker(JoinHandle<()>);

impl Worker {
    /// Waits a moment for the requests that were answered already: whoever made one has been told that a mail comes.
    pub(crate) async fn finish(self) {
        if timeout(DRAIN, self.0).await.is_err() {
            tracing::warn!("some requests for sign-in mails were not worked off; their mails do not come");
        }
    }
}

/// Counts what comes of requests, wakes the courier for a mail, and says it: of a limit that is reached one line in each
/// window, not one for each request of a flood.
#[derive(Clone)]
struct Outcomes {
    metrics: Arc<Metrics>,
    said: Cache<Limit, ()>,
    /// Wakes the courier.
    mail: Arc<Notify>,
}

impl Outcomes {
    fn note(&self, asked: Asked) {
        self.metrics.asked(asked);
        if asked == Asked::Mailed {
            self.mail.notify_one();
        }
        let Asked::Over(limit) = asked else {
            return tracing::info!(outcome = asked.word(), "a sign-in mail was asked for");
        };
        if self.said.entry(limit).or_insert(()).is_fresh() {
            tracing::warn!(
                limit = asked.word(),
                "a limit of sign-in mails is reached: the answer stays the same and no mail is sent; gk_signin_requests_total counts how many"
            );
        }
    }
}

impl Signins {
    /// Starts the worker, which ends once nobody can send it anything any more.
    pub(crate) fn start(
        database: Arc<Database>,
        directories: Directories,
        (mail, metrics): (Arc<Notify>, Arc<Metrics>),
    ) -> (Self, Worker) {
        let (queue, receiver) = mpsc::channel(MOST_WAITING);
        let said = Cache::builder().max_capacity(16).time_to_live(WINDOW).build();
        let outcomes = Outcomes { metrics, said, mail };
        let worker = Worker(tokio::spawn(work((database, directories), receiver, outcomes.clone())));
        let asked = Cache::builder().max_capacity(MOST_NETWORKS).time_to_live(WINDOW).build();
        (Self { queue, asked, outcomes }, worker)
    }

    /// Notes what came of a request that was worked off elsewhere.
    pub(crate) fn note(&self, asked: Asked) {
        self.outcomes.note(asked);
    }

    /// Takes a request, unless its network has had `limit` in the window; `ask.device` is that of a browser somebody has
    /// signed in with. Never waits; the answer is the same.
    pub(crate) fn ask(&self, caller: Caller, ask: Ask, limit: i64) {
        let network = signin::network(caller.ip);
        let (network, limit) = if ask.device.is_some() {
            (signin::known_browsers(&network), limit.saturating_mul(KNOWN))
        } else {
            (network, limit)
        };
        let count = self.asked.get_with(network, Arc::default).fetch_add(1, Ordering::Relaxed);
        if caller.ip.is_some() && count >= limit {
            self.outcomes.note(Asked::Over(Limit::Network));
        } else if self.queue.try_send((caller, ask)).is_err() {
            self.outcomes.note(Asked::Over(Limit::Queue));
        }
    }
}

/// Works requests off one after the other, but for those a directory has to be asked about: these are nobody else's wait.
async fn work(
    (database, directories): (Arc<Database>, Directories),
    mut requests: mpsc::Receiver<(Caller, Ask)>,
    outcomes: Outcomes,
) {
    let mut at_directories = JoinSet::new();
    while let Some((caller, ask)) = requests.recv().await {
        while at_directories.try_join_next().is_some() {}
        let needs = match directories.needs(&ask.name).await {
            Ok(needs) => needs,
            Err(error) => {
                tracing::error!(%error, "a sign-in request failed");
                continue;
            }
        };
        let (database, outcomes) = (Arc::clone(&database), outcomes.clone());
        if needs == Needs::Nothing {
            send(database, (caller, ask), &outcomes).await;
        } else if at_directories.len() >= MOST_AT_DIRECTORIES {
            outcomes.note(Asked::Over(Limit::Queue));
        } else {
            let directories = directories.clone();
            at_directories.spawn(async move {
                let arrival = directories.arrive(needs).await;
                arrived(database, arrival, (caller, ask), &outcomes).await;
            });
        }
    }
    while at_directories.join_next().await.is_some() {}
}

async fn arrived(database: Arc<Database>, arrival: Arrival, (caller, ask): (Caller, Ask), outcomes: &Outcomes) {
    match arrival {
        Arrival::AsTyped => send(database, (caller, ask), outcomes).await,
        Arrival::As(name) => send(database, (caller, Ask { name: name.to_string(), ..ask }), outcomes).await,
        Arrival::Barred => outcomes.note(Asked::Disabled),
        Arrival::Ambiguous => outcomes.note(Asked::Ambiguous),
        Arrival::Unavailable => outcomes.note(Asked::Unavailable),
    }
}

async fn send(database: Arc<Database>, (caller, ask): (Caller, Ask), outcomes: &Outcomes) {
    let asked = spawn_blocking(move || database.write(&caller, |op| signin::ask(op, &ask))).await;
    match asked {
        Ok(Ok(done)) => outcomes.note(done.value),
        Ok(Err(error)) => tracing::error!(%error, "a sign-in request failed"),
        Err(error) => tracing::error!(%error, "a sign-in request ended in a panic"),
    }
}
