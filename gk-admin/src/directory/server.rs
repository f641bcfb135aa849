//! A directory that is asked: at most so many questions at once, connections kept for the next one, and a rest after it
//! was in trouble, so that whoever is slow or down costs nobody else anything.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use gk_service::model::Found;
use gk_service::service::directories::Usable;
use ldap3::Ldap;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::people::Who;
use super::trouble::{Lasts, Step, Trouble};
use super::{connect, people};

/// So many questions at a time.
const MOST_AT_ONCE: usize = 4;
/// How long a connection is kept unused.
const MOST_IDLE: Duration = Duration::from_secs(60);
/// How long a directory that could not be reached is left alone.
const REST: Duration = Duration::from_secs(5);
/// The same where it refuses our bind: another try may lock the account.
const REST_AFTER_REFUSAL: Duration = Duration::from_secs(60);
/// So many times what a step may take is all that one question may, whatever servers and steps there are.
const MOST_STEPS: u32 = 8;
/// One directory.
pub(super) struct Server {
    pub(super) usable: Usable,
    places: Semaphore,
    idle: Mutex<Vec<(Ldap, Instant)>>,
    trouble: Mutex<Option<(Trouble, Instant)>>,
    /// Which of its addresses answered last.
    answers: AtomicUsize,
}

/// Whether a directory that was in trouble just now is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// It is: whoever signs in is many.
    Kept,
    /// It is asked all the same: by somebody who sees to it.
    Skipped,
}

impl Server {
    pub(super) fn new(usable: Usable) -> Self {
        let (idle, trouble, answers) = (Mutex::default(), Mutex::default(), AtomicUsize::default());
        Self { usable, places: Semaphore::new(MOST_AT_ONCE), idle, trouble, answers }
    }

    /// Everybody who answers to a question, with their groups.
    pub(super) async fn people(&self, who: &Who, rest: Rest) -> Result<Vec<Found>, Trouble> {
        let limit = connect::limit(&self.usable);
        let waited = timeout(limit * 2, self.places.acquire()).await;
        let _place =
            waited.map_err(|_| Trouble::standing(Step::Connect, "too many questions wait for this directory"))?;
        if let Some(trouble) = self.resting(rest) {
            return Err(trouble);
        }
        let asked = timeout(limit * MOST_STEPS, self.ask(who)).await;
        let asked = asked.unwrap_or_else(|_| Err(Trouble::slow(Step::Connect, (limit * MOST_STEPS).as_secs())));
        // Whom one search is too much for may well answer the next.
        if let Err(trouble) = &asked
            && trouble.step != Step::Search
        {
            *lock(&self.trouble) = Some((trouble.clone(), Instant::now()));
        }
        asked
    }

    /// The trouble that the directory is left alone for.
    fn resting(&self, rest: Rest) -> Option<Trouble> {
        let mut trouble = lock(&self.trouble);
        let until = |one: &Trouble| if one.lasts == Lasts::Stays { REST_AFTER_REFUSAL } else { REST };
        if trouble.as_ref().is_some_and(|(one, since)| since.elapsed() >= until(one)) {
            *trouble = None;
        }
        let kept = |one: &Trouble| rest == Rest::Kept || one.lasts == Lasts::Stays;
        trouble.as_ref().map(|(one, _)| one.clone()).filter(kept)
    }

    fn take_idle(&self) -> Option<Ldap> {
        let mut idle = lock(&self.idle);
        idle.retain_mut(|(ldap, since)| since.elapsed() < MOST_IDLE && !ldap.is_closed());
        idle.pop().map(|(ldap, _)| ldap)
    }

    /// Asks over a kept connection, and over a new one if that was cut meanwhile; server after server, beginning with the one
    /// that answered last.
    async fn ask(&self, who: &Who) -> Result<Vec<Found>, Trouble> {
        if let Some(ldap) = self.take_idle() {
            match self.ask_over(ldap, who).await {
                Err(trouble) if trouble.lasts == Lasts::Passes => {}
                answer => return answer,
            }
        }
        let uris = &self.usable.directory.uris;
        let first = self.answers.load(Ordering::Relaxed);
        let mut missed = None;
        for place in (0..uris.len()).map(|step| (first + step) % uris.len()) {
            match self.ask_anew(place, who).await {
                Err(trouble) if trouble.lasts == Lasts::Passes => _ = missed.get_or_insert(trouble),
                answer => return answer,
            }
        }
        Err(missed.unwrap_or_else(|| Trouble::standing(Step::Resolve, "the directory has no address")))
    }

    async fn ask_anew(&self, place: usize, who: &Who) -> Result<Vec<Found>, Trouble> {
        let uri = self.usable.directory.uris.get(place);
        let uri = uri.ok_or_else(|| Trouble::standing(Step::Resolve, "the directory has no such address"))?;
        let ldap = connect::open(&self.usable, uri, &mut |_| ()).await?;
        let answer = self.ask_over(ldap, who).await;
        if answer.is_ok() {
            self.answers.store(place, Ordering::Relaxed);
        }
        answer
    }

    /// A connection that has given a whole answer is kept.
    async fn ask_over(&self, mut ldap: Ldap, who: &Who) -> Result<Vec<Found>, Trouble> {
        let answer = people::ask(&mut ldap, &self.usable, who).await;
        if answer.is_ok() {
            lock(&self.idle).push((ldap, Instant::now()));
        }
        answer
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
