//! Backups that are taken by themselves, and now and then by hand: one at a time, and what became of the last try.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gk_service::backup::{BackupError, Taken};
use gk_service::service::{Caller, Refusal};
use gk_service::{Database, Done};
use gk_shared::caused::Caused;
use gk_shared::time::Timestamp;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use crate::metrics::Metrics;

const LOOK_EVERY: Duration = Duration::from_secs(60);
/// After a failure it is not tried again for so many seconds.
const PAUSE: i64 = 15 * 60;

/// Shared by the job and the faces; cheap to clone.
#[derive(Clone)]
pub(crate) struct Backups {
    database: Arc<Database>,
    metrics: Arc<Metrics>,
    failed: Arc<Mutex<Option<Failed>>>,
}

/// The last try, if it came to nothing.
#[derive(Clone, Debug)]
pub(crate) struct Failed {
    pub(crate) at: Timestamp,
    pub(crate) why: String,
}

/// What became of a backup, for the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Taken,
    Failed,
}

impl Outcome {
    pub(crate) const ALL: [Self; 2] = [Self::Taken, Self::Failed];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Failed => "failed",
        }
    }
}

impl Backups {
    pub(crate) fn new(database: Arc<Database>, metrics: Arc<Metrics>) -> Self {
        Self { database, metrics, failed: Arc::default() }
    }

    /// Takes one whenever it is time, for as long as the process lives.
    pub(crate) async fn keep(self) {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            let this = self.clone();
            if let Err(error) = spawn_blocking(move || this.take_if_due()).await {
                tracing::error!(%error, "a backup ended in a panic");
            }
        }
    }

    /// Takes one now, for whoever asks. Blocks.
    pub(crate) fn take(&self, caller: &Caller) -> Result<Done<Taken>, Refusal> {
        let taken = self.database.back_up_to_folder(caller);
        self.note(taken.as_ref().map(|done| Some(&done.value)));
        taken.map_err(refused)
    }

    /// What became of the last try, if it was nothing.
    pub(crate) fn failed(&self) -> Option<Failed> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn take_if_due(&self) {
        let now = self.database.now();
        if self.failed().is_none_or(|failed| failed.at.plus(PAUSE) <= now) {
            self.note(self.database.back_up_if_due().as_ref().map(Option::as_ref));
        }
    }

    fn note(&self, tried: Result<Option<&Taken>, &BackupError>) {
        let failed = match tried {
            // Whoever may not take one has not failed to; nor has who comes while another is being taken.
            Ok(None)
            | Err(BackupError::Refused(Refusal::Forbidden(_) | Refusal::SignInAgain) | BackupError::Busy(_)) => return,
            Ok(Some(taken)) => {
                tracing::info!(file = %taken.path.display(), bytes = taken.bytes, "a backup was taken");
                self.metrics.backed_up(Outcome::Taken);
                None
            }
            Err(error) => {
                tracing::error!(error = %Caused(error), "no backup was taken");
                self.metrics.backed_up(Outcome::Failed);
                Some(Failed { at: self.database.now(), why: Caused(error).to_string() })
            }
        };
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = failed;
    }
}

/// What stands in the way of a backup, as the faces tell it.
fn refused(error: BackupError) -> Refusal {
    match error {
        BackupError::Refused(refusal) => refusal,
        error => Refusal::Conflict(Caused(&error).to_string()),
    }
}
