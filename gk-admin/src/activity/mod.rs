//! When sessions, keys, grants and blocks were last used: what every gk-validate says, and the visits to our own pages, stored twice a minute.

mod pool;
mod source;
#[cfg(test)]
mod tests;

pub(crate) use pool::Pool;
pub(crate) use source::{Instance, Source, look, sources};

use std::sync::Arc;
use std::time::Duration;

use gk_service::Database;
use gk_service::service::figures::{self, Happening};
use gk_service::service::{Caller, Refusal, activity};
use gk_shared::activity::Answers;
use source::{News, Rest};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Between two rounds. What is stored may be behind by as much.
const EVERY: Duration = Duration::from_secs(30);
/// For the last one, when the process ends.
const LAST: Duration = Duration::from_secs(1);
/// Stored in one transaction, give or take an answer: other writers wait meanwhile.
const BATCH: usize = 2_000;
/// From one gk-validate in one round: twice as many as it takes to tell all that it keeps.
const MOST_ANSWERS: usize = 200;

/// The recorder at work.
pub(crate) struct Recording {
    /// Where the pages put visits.
    pub(crate) visits: Pool,
    stop: oneshot::Sender<()>,
    work: JoinHandle<()>,
}

/// The one that asks and stores.
struct Recorder {
    database: Arc<Database>,
    /// Where visits come in and answers are collected.
    pool: Pool,
    sources: Vec<Source>,
}

impl Recording {
    /// Starts asking these.
    pub(crate) fn start(database: Arc<Database>, sources: Vec<Source>) -> Self {
        let (visits, (stop, stopping)) = (Pool::default(), oneshot::channel());
        let recorder = Recorder { database, pool: visits.clone(), sources };
        Self { visits, stop, work: tokio::spawn(recorder.work(EVERY, stopping)) }
    }

    /// Stores what was seen since the last round.
    pub(crate) async fn finish(self) {
        drop(self.stop);
        if timeout(LAST, self.work).await.is_err() {
            tracing::warn!("there was no time to ask every gk-validate once more which sessions were used");
        }
    }
}

impl Recorder {
    /// Works until the other end of `stopping` is dropped, and then once more.
    async fn work(mut self, every: Duration, mut stopping: oneshot::Receiver<()>) {
        let mut rounds = interval(every);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = &mut stopping => break,
                () = async { rounds.tick().await; said(self.round().await) } => {}
            }
        }
        // First what nobody else knows: the rest stays where it is if there is no time for it.
        said(self.store().await);
        said(self.round().await);
    }

    /// Asks everybody and stores what they say.
    async fn round(&mut self) -> Result<(), Refusal> {
        for number in 0..self.sources.len() {
            for _ in 0..MOST_ANSWERS {
                if self.pool.len() >= BATCH {
                    self.store().await?;
                }
                let Some(source) = self.sources.get_mut(number) else { break };
                let Some(News { uses, answers, rest }) = source.news().await else { break };
                self.pool.add(uses);
                self.pool.add_answers(answers);
                match rest {
                    Rest::More => {}
                    Rest::Nothing => break,
                }
            }
        }
        self.store().await
    }

    /// Stores what is in the pool; it stays there if that fails.
    async fn store(&self) -> Result<(), Refusal> {
        let (database, pool) = (Arc::clone(&self.database), self.pool.clone());
        let (seen, answers) = (pool.take(), pool.take_answers());
        if seen.is_empty() && answers == Answers::default() {
            return Ok(());
        }
        let work = move || {
            let stored = database.write(&Caller::system("activity"), |op| {
                figures::record(op, &happenings(answers))?;
                activity::record(op, &seen)
            });
            stored.map(drop).inspect_err(|_| {
                pool.add(seen);
                pool.add_answers(answers);
            })
        };
        spawn_blocking(work).await.unwrap_or_else(|_| Err(Refusal::Conflict("it ended in a panic".into())))
    }
}

fn happenings(answers: Answers) -> [(Happening, i64); 4] {
    let counted = [
        (Happening::Allowed, answers.allow),
        (Happening::Unknown, answers.sign_in),
        (Happening::Forbidden, answers.forbid),
        (Happening::Unavailable, answers.unavailable),
    ];
    counted.map(|(what, times)| (what, i64::try_from(times).unwrap_or(i64::MAX)))
}

fn said(round: Result<(), Refusal>) {
    if let Err(error) = round {
        tracing::warn!(%error, "what was last used when could not be stored; it is tried again");
    }
}
