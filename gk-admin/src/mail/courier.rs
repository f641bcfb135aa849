//! Empties the queue. A letter leaves it only when a transport has taken it, so a restart loses none.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gk_service::Database;
use gk_service::service::mail::{self, Delivery, Errand, Letter, Room};
use gk_service::service::{Caller, Refusal};
use gk_shared::caused::Caused;
use tokio::sync::{Notify, oneshot};
use tokio::task::{Id, JoinHandle, JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};

use super::transport::Transports;

/// So many letters are on their way at once. Of these,
const MOST_AT_ONCE: usize = 32;
/// so many have set out a moment ago: what hangs makes room for others after that,
const MOST_SETTING_OUT: usize = 8;
const A_MOMENT: Duration = Duration::from_secs(1);
/// so many may have failed before: what hangs again and again leaves room for what is new,
const MOST_REPEATED: usize = 8;
/// and so many go to one domain, whose server may be what hangs.
const MOST_TO_ONE_DOMAIN: usize = 16;
/// Looked for at least this often, since a command may have queued some, and a letter on its way may hang.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long a stop waits for what is on its way.
const DRAIN: Duration = Duration::from_secs(3);
/// How often it is tried to record what became of a letter, a second apart.
const TRIES_TO_SETTLE: usize = 10;

/// The one that takes letters out.
pub(crate) struct Courier {
    database: Arc<Database>,
    wake: Arc<Notify>,
    transports: Arc<Transports>,
}

/// A courier at work. Dropping it stops it.
pub(crate) struct Work {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Work {
    /// Sets out with nothing new, and waits a moment for what is on its way: a letter that is cut off after its last
    /// word goes a second time.
    pub(crate) async fn finish(self) {
        drop(self.stop);
        if timeout(DRAIN, self.task).await.is_err() {
            tracing::warn!("some mails were still on their way; they are tried again");
        }
    }
}

/// The letters on their way, by task.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<()>,
    letters: HashMap<Id, OnItsWay>,
}

struct OnItsWay {
    letter: i64,
    domain: String,
    repeated: bool,
    since: Instant,
}

fn caller() -> Caller {
    Caller::system("courier")
}

impl Courier {
    pub(crate) fn new(database: Arc<Database>, wake: Arc<Notify>) -> Self {
        Self { transports: Arc::new(Transports::new(Arc::clone(&database))), database, wake }
    }

    /// Starts to work.
    pub(crate) fn start(self) -> Work {
        let (stop, stopped) = oneshot::channel();
        Work { stop, task: tokio::spawn(self.work(stopped)) }
    }

    /// Works until it is stopped, and then waits for the letters on their way.
    async fn work(self, mut stopped: oneshot::Receiver<()>) {
        let mut under_way = UnderWay::default();
        loop {
            if let Err(error) = self.round(&mut under_way).await {
                tracing::error!(error = %Caused(&error), "the mail queue cannot be worked off");
            }
            tokio::select! {
                _ = &mut stopped => break,
                Some(ended) = under_way.tasks.join_next_with_id() => under_way.ended(ended),
                () = self.wake.notified() => {}
                () = sleep(LOOK_EVERY) => {}
            }
        }
        while under_way.tasks.join_next().await.is_some() {}
    }

    /// Sets out with what is due, as far as there is room.
    async fn round(&self, under_way: &mut UnderWay) -> Result<(), Refusal> {
        while let Some(room) = under_way.room() {
            let due = move |database: &Database| database.read(&caller(), |view| mail::due(view, &room));
            let errands = blocking(&self.database, due).await?;
            let before = under_way.letters.len();
            for errand in errands {
                under_way.set_out(self, errand);
            }
            if under_way.letters.len() == before {
                break;
            }
        }
        Ok(())
    }
}

impl UnderWay {
    /// What may be sent beside these letters, if anything.
    fn room(&self) -> Option<Room> {
        let setting_out = self.letters.values().filter(|letter| letter.since.elapsed() < A_MOMENT).count();
        let repeated = self.letters.values().filter(|letter| letter.repeated).count();
        let free = self.letters.len() < MOST_AT_ONCE && setting_out < MOST_SETTING_OUT;
        // One at a time, so that none goes to somebody to whom another is on its way.
        free.then(|| Room {
            under_way: self.letters.values().map(|letter| letter.letter).collect(),
            crowded: self.crowded(),
            most: 1,
            repeated: repeated < MOST_REPEATED,
        })
    }

    fn crowded(&self) -> Vec<String> {
        let mut to = HashMap::<&str, usize>::new();
        self.letters.values().for_each(|letter| *to.entry(&letter.domain).or_default() += 1);
        let full = to.into_iter().filter(|(_, letters)| *letters >= MOST_TO_ONE_DOMAIN);
        full.map(|(domain, _)| domain.to_owned()).collect()
    }

    fn set_out(&mut self, courier: &Courier, errand: Errand) {
        let (letter, domain) = (errand.letter.id, errand.letter.recipient.domain().to_owned());
        let on_its_way = OnItsWay { letter, domain, repeated: errand.letter.was_tried(), since: Instant::now() };
        let (database, transports) = (Arc::clone(&courier.database), Arc::clone(&courier.transports));
        let task = self.tasks.spawn(async move { run(&database, &transports, errand).await });
        self.letters.insert(task.id(), on_its_way);
    }

    fn ended(&mut self, ended: Result<(Id, ()), tokio::task::JoinError>) {
        let task = match ended {
            Ok((task, ())) => task,
            Err(error) => {
                tracing::error!(%error, "sending a mail ended in a panic");
                error.id()
            }
        };
        self.letters.remove(&task);
    }
}

/// Sends one letter, unless it is known already what became of it, and records that.
async fn run(database: &Arc<Database>, transports: &Transports, Errand { letter, outcome }: Errand) {
    let delivery = match outcome {
        Some(known) => known,
        None => transports.send(&letter).await,
    };
    tell(&letter, &delivery);
    for _ in 0..TRIES_TO_SETTLE {
        let (settled, outcome) = (letter.clone(), delivery.clone());
        let settle =
            move |database: &Database| database.write(&caller(), |op| mail::settle(op, &settled, &outcome)).map(drop);
        match blocking(database, settle).await {
            Ok(()) => return,
            Err(error) => tracing::error!(
                letter = letter.id, error = %Caused(&error), "what became of a mail cannot be recorded"
            ),
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// The log's line about a letter.
fn tell(letter: &Letter, delivery: &Delivery) {
    let letter = letter.id;
    match delivery {
        Delivery::Sent(answer) => tracing::info!(letter, answer, "a mail was sent"),
        Delivery::Delayed(error) => tracing::warn!(letter, error, "a mail could not be sent yet"),
        Delivery::Unclear(error) => tracing::warn!(letter, error, "a mail may have been sent"),
        Delivery::Refused(error) => tracing::error!(letter, error, "a mail was refused"),
        Delivery::Bounced(error) => {
            tracing::error!(letter, error, "a mail was refused, and its address suppressed");
        }
        Delivery::Dropped(why) => tracing::info!(letter, why, "a mail was dropped"),
    }
}

async fn blocking<T: Send + 'static>(
    database: &Arc<Database>,
    work: impl FnOnce(&Database) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let database = Arc::clone(database);
    let done = spawn_blocking(move || work(&database)).await;
    done.unwrap_or_else(|_| Err(Refusal::Conflict("the courier's work ended in a panic".into())))
}
