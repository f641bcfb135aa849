//! Empties the queue. A letter leaves it only when a transport has taken it, so a restart loses none.

use std::sync::Arc;
use std::time::Duration;

use gk_service::Database;
use gk_service::service::mail::{self, Delivery, Letter};
use gk_service::service::{Caller, Refusal};
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::transport::Transports;

/// The mail crate's own time-out does not bound a slow answer to a command.
const MOST_PER_LETTER: Duration = Duration::from_secs(30);
/// Looked for at least this often, since a command may have queued some.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The one that takes letters out.
pub(crate) struct Courier {
    database: Arc<Database>,
    wake: Arc<Notify>,
    transports: Transports,
}

fn caller() -> Caller {
    Caller::system("courier")
}

impl Courier {
    pub(crate) fn new(database: Arc<Database>, wake: Arc<Notify>) -> Self {
        Self { transports: Transports::new(Arc::clone(&database)), database, wake }
    }

    /// Works for ever.
    pub(crate) async fn work(self) {
        loop {
            let wait = match self.round().await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::error!(%error, "the mail queue cannot be worked off");
                    LOOK_EVERY
                }
            };
            tokio::select! {
                () = self.wake.notified() => {}
                () = sleep(wait) => {}
            }
        }
    }

    /// Sends what is due; gives how long nothing will be.
    async fn round(&self) -> Result<Duration, Refusal> {
        loop {
            let letters = self.blocking(|database| database.read(&caller(), mail::due)).await?;
            if letters.is_empty() {
                break;
            }
            for letter in letters {
                self.deliver(letter).await?;
            }
        }
        let (next, now) =
            self.blocking(|database| Ok((database.read(&caller(), mail::next_due)?, database.now()))).await?;
        let wait = next.map(|at| Duration::from_secs(at.since(now).max(1).unsigned_abs()));
        Ok(wait.map_or(LOOK_EVERY, |wait| wait.min(LOOK_EVERY)))
    }

    async fn deliver(&self, letter: Letter) -> Result<(), Refusal> {
        let delivery = match timeout(MOST_PER_LETTER, self.transports.send(&letter)).await {
            Ok(delivery) => delivery,
            Err(_) => Delivery::Delayed("the mail server did not answer in time".into()),
        };
        match &delivery {
            Delivery::Sent => tracing::info!(letter = letter.id, "a mail was sent"),
            Delivery::Delayed(error) => tracing::warn!(letter = letter.id, error, "a mail could not be sent yet"),
            Delivery::Refused(error) => tracing::error!(letter = letter.id, error, "a mail was refused"),
        }
        self.blocking(move |database| database.write(&caller(), |op| mail::settle(op, &letter, &delivery)).map(drop))
            .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let database = Arc::clone(&self.database);
        let done = spawn_blocking(move || work(&database)).await;
        done.unwrap_or_else(|_| Err(Refusal::Conflict("the courier's work ended in a panic".into())))
    }
}
