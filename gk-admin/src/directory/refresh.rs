//! Looking everybody up again whom a directory keeps. Whoever is to be disabled is disabled at the end, when it is known
//! how many that is; a run that is stopped, or that the directory leaves in the middle, disables nobody.

use std::time::{Duration, Instant};

use gk_service::model::{Account, DirectoryLabel, DirectoryRun, Found, RunState, User};
use gk_service::service::directories::{self, Progress, Taken};
use gk_service::service::{Caller, Op, Refusal};
use tokio::time::{sleep, timeout};

use super::people::Who;
use super::run::Run;
use super::trouble::{Lasts, Step, Trouble};
use super::{Directories, Sought};

/// The directory is left when so many in a row could not be asked about.
const MOST_TROUBLE: usize = 3;
/// So many people are looked at between two times that progress is written, or as many as there are in so long: who says
/// nothing for three minutes has left a run to whoever takes it over.
const AT_ONCE: usize = 20;
const MOST_UNWRITTEN: Duration = Duration::from_secs(10);
/// How long one person may take, each time they are asked about.
const MOST_OF_A_PERSON: Duration = Duration::from_secs(40);
/// Between two times that a directory is asked about somebody it has not answered about.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

impl Directories {
    /// Looks up one person again, and takes over what the directory says, also that it has them no more.
    pub(crate) async fn refresh_one(&self, caller: Caller, user: User) -> Result<Taken, Refusal> {
        let label = DirectoryLabel::parse(&user.directory)
            .map_err(|_| Refusal::Conflict(format!("{} is kept here, not by a directory", user.username)))?;
        let people = self.read({
            let label = label.clone();
            move |view| directories::people_of(view, &label)
        });
        let number = people.await?.into_iter().find(|(one, _)| one.id == user.id).map(|(_, number)| number);
        match self.fresh(Some(&label), Who::Numbered(number.unwrap_or_default())).await? {
            Sought::Found(found) => {
                let take = move |op: &Op<'_>| directories::take(op, user.id, &found);
                self.write(caller, take).await.map(|done| done.value)
            }
            Sought::Nobody if !self.is_there(&label).await? => {
                Err(Refusal::Conflict(format!("the directory {label} is switched off, or not there")))
            }
            Sought::Nobody => {
                let take = move |op: &Op<'_>| directories::take_gone(op, user.id);
                self.write(caller, take).await.map(|done| done.value)
            }
            Sought::Ambiguous => Err(Refusal::Conflict(format!("{label} has several with the same number"))),
            Sought::Unavailable(trouble) => {
                Err(Refusal::Conflict(format!("LDAP error for '{}': {trouble}", user.username)))
            }
        }
    }

    async fn is_there(&self, label: &DirectoryLabel) -> Result<bool, Refusal> {
        Ok(!self.servers(Some(label)).await?.is_empty())
    }

    /// Works on a run that was begun, to its end. `watch` is told how far it is.
    pub(crate) async fn work(
        &self,
        caller: Caller,
        begun: DirectoryRun,
        watch: impl Fn(&DirectoryRun),
    ) -> Result<DirectoryRun, Refusal> {
        let (id, label) = (begun.id, begun.directory.clone());
        let run = Run {
            id,
            caller: caller.clone(),
            so_far: Progress::default(),
            people: Vec::new(),
            to_disable: Vec::new(),
            trouble_in_a_row: 0,
            written: Instant::now(),
        };
        match self.look_at_all(run, &label, begun.may_disable, &watch).await {
            Ok(ended) => Ok(ended),
            Err(error) => {
                let why = error.to_string();
                let finish = move |op: &Op<'_>| directories::finish(op, id, RunState::Failed, &why);
                self.write(caller, finish).await.map(|done| done.value)
            }
        }
    }

    async fn look_at_all(
        &self,
        mut run: Run,
        label: &DirectoryLabel,
        may_disable: i64,
        watch: &impl Fn(&DirectoryRun),
    ) -> Result<DirectoryRun, Refusal> {
        let wanted = label.clone();
        let people = self.read(move |view| directories::people_of(view, &wanted)).await?;
        let working = people.iter().filter(|(user, _)| user.enabled).count();
        for (place, (user, number)) in (1..).zip(&people) {
            self.look_at(&mut run, label, user, number).await?;
            if run.trouble_in_a_row >= MOST_TROUBLE.min(people.len()) {
                self.write_progress(&mut run, watch).await?;
                let why = run.people_reason();
                return self.end(run, RunState::Failed, why).await;
            }
            let due = place % AT_ONCE == 0 || place == people.len() || run.written.elapsed() >= MOST_UNWRITTEN;
            if due && self.write_progress(&mut run, watch).await?.cancel {
                return self.end(run, RunState::Cancelled, "somebody stopped it".into()).await;
            }
        }
        self.disable(run, (working, may_disable), watch).await
    }

    /// Looks one person up. What only adds up to nothing new is not written.
    async fn look_at(&self, run: &mut Run, label: &DirectoryLabel, user: &User, number: &str) -> Result<(), Refusal> {
        run.so_far.looked_at += 1;
        let sought = self.fresh_again(label, number).await?;
        if !matches!(sought, Sought::Unavailable(_)) {
            run.trouble_in_a_row = 0;
        }
        match sought {
            Sought::Nobody if !self.is_there(label).await? => {
                Err(Refusal::Conflict(format!("the directory {label} is switched off, or not there any more")))
            }
            Sought::Nobody if user.enabled => {
                run.to_disable.push((user.clone(), None));
                Ok(())
            }
            Sought::Found(found) if found.account == Account::Disabled && user.enabled => {
                run.to_disable.push((user.clone(), Some(*found)));
                Ok(())
            }
            Sought::Found(found) => self.take(run, user, Some(*found)).await,
            Sought::Nobody => Ok(()),
            Sought::Ambiguous => {
                run.failed(user, "several in the directory have the same number");
                Ok(())
            }
            Sought::Unavailable(trouble) => {
                run.trouble_in_a_row += 1;
                run.failed(user, trouble.to_string());
                Ok(())
            }
        }
    }

    /// Asks again after a moment when there was no answer: a directory that is started anew is back soon.
    async fn fresh_again(&self, label: &DirectoryLabel, number: &str) -> Result<Sought, Refusal> {
        let ask = || timeout(MOST_OF_A_PERSON, self.fresh(Some(label), Who::Numbered(number.to_owned())));
        for pause in PAUSES {
            match ask().await {
                Ok(Ok(Sought::Unavailable(trouble))) if trouble.lasts == Lasts::Passes => sleep(pause).await,
                Ok(answer) => return answer,
                Err(_) => break,
            }
        }
        let slow = |_| Ok(Sought::Unavailable(Trouble::slow(Step::Search, MOST_OF_A_PERSON.as_secs())));
        ask().await.unwrap_or_else(slow)
    }

    /// Takes over what the directory says of one person.
    pub(super) async fn take(&self, run: &mut Run, user: &User, found: Option<Found>) -> Result<(), Refusal> {
        let (id, known) = (user.id, found.clone());
        if let Some(found) = known
            && self.read(move |view| directories::is_current(view, id, &found)).await?
        {
            return Ok(());
        }
        let take = move |op: &Op<'_>| match &found {
            Some(found) => directories::take(op, id, found),
            None => directories::take_gone(op, id),
        };
        match self.write(run.caller.clone(), take).await {
            Ok(done) => run.taken(user, &done.value),
            Err(refusal @ (Refusal::Conflict(_) | Refusal::Invalid(_) | Refusal::NotFound { .. })) => {
                run.failed(user, refusal.to_string());
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
