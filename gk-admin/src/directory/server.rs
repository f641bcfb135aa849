//! A directory that is asked: at most so many questions at once, connections kept for the next one, and a rest after it
//! was in trouble, so that whoever is slow or down costs nobody else anything.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use gk_service::model::{Directory, Found, GroupMode};
use gk_service::service::directories::Usable;
use ldap3::{Ldap, SearchEntry};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::question::{self, Question};
use super::trouble::{Step, Trouble};
use super::{connect, read};

/// So many questions at a time.
const MOST_AT_ONCE: usize = 4;
/// How long a connection is kept unused.
const MOST_IDLE: Duration = Duration::from_secs(60);
/// How long a directory that could not be reached is left alone.
const REST: Duration = Duration::from_secs(5);
/// So many entries for one name are too many to say who is meant.
const MOST_OF_A_NAME: usize = 20;
/// So many groups of one person, and so deep, are looked at.
const MOST_GROUPS: usize = 2000;
const MOST_DEEP: usize = 10;
/// So many members are asked for at once.
const MEMBERS_AT_ONCE: usize = 40;

/// One directory.
pub(super) struct Server {
    pub(super) usable: Usable,
    places: Semaphore,
    idle: Mutex<Vec<(Ldap, Instant)>>,
    trouble: Mutex<Option<(Trouble, Instant)>>,
}

/// A question about people.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Who {
    Named(String),
    Address(String),
    Numbered(String),
    /// Whoever has it in a name or address.
    Part(String, usize),
}

impl Server {
    pub(super) fn new(usable: Usable) -> Self {
        let (places, idle, trouble) = (Semaphore::new(MOST_AT_ONCE), Mutex::default(), Mutex::default());
        Self { usable, places, idle, trouble }
    }

    /// Everybody who answers to a question, with their groups.
    pub(super) async fn people(&self, who: &Who) -> Result<Vec<Found>, Trouble> {
        let waited = timeout(connect::limit(&self.usable) * 2, self.places.acquire()).await;
        let _place = waited.map_err(|_| Trouble::new(Step::Connect, "too many questions wait for this directory"))?;
        if let Some(trouble) = self.resting() {
            return Err(trouble);
        }
        let asked = match self.take_idle() {
            // A connection that was kept may have been cut meanwhile: then a new one is asked.
            Some(mut ldap) => match self.ask(&mut ldap, who).await {
                Ok(people) => Ok((ldap, people)),
                Err(_) => self.ask_anew(who).await,
            },
            None => self.ask_anew(who).await,
        };
        match asked {
            Ok((ldap, people)) => {
                lock(&self.idle).push((ldap, Instant::now()));
                Ok(people)
            }
            Err(trouble) => {
                if trouble.step != Step::Search {
                    *lock(&self.trouble) = Some((trouble.clone(), Instant::now()));
                }
                Err(trouble)
            }
        }
    }

    fn resting(&self) -> Option<Trouble> {
        let mut trouble = lock(&self.trouble);
        if trouble.as_ref().is_some_and(|(_, since)| since.elapsed() >= REST) {
            *trouble = None;
        }
        trouble.as_ref().map(|(trouble, _)| trouble.clone())
    }

    fn take_idle(&self) -> Option<Ldap> {
        let mut idle = lock(&self.idle);
        idle.retain(|(_, since)| since.elapsed() < MOST_IDLE);
        idle.pop().map(|(ldap, _)| ldap)
    }

    async fn ask_anew(&self, who: &Who) -> Result<(Ldap, Vec<Found>), Trouble> {
        let mut ldap = connect::open(&self.usable).await?;
        let people = self.ask(&mut ldap, who).await?;
        Ok((ldap, people))
    }

    async fn ask(&self, ldap: &mut Ldap, who: &Who) -> Result<Vec<Found>, Trouble> {
        ask_people(ldap, &self.usable, who).await
    }
}

/// Everybody who answers to a question. Whom the directory gives without having been asked for them is left out.
pub(super) async fn ask_people(ldap: &mut Ldap, usable: &Usable, who: &Who) -> Result<Vec<Found>, Trouble> {
    let directory = &usable.directory;
    let (filter, most) = match who {
        Who::Named(name) => (question::by_username(directory, name), MOST_OF_A_NAME),
        Who::Address(address) => (question::by_address(directory, address), MOST_OF_A_NAME),
        Who::Part(text, most) => (question::by_part(directory, text), *most),
        Who::Numbered(number) => {
            let filter = question::by_unique_id(directory, number);
            (filter.ok_or_else(|| Trouble::new(Step::Search, "this account has no number in the directory"))?, 1)
        }
    };
    let attributes = question::attributes(directory);
    let question = Question { filter: &filter, attributes, most };
    let entries = question::ask(ldap, directory, &question, connect::limit(usable)).await?;
    let mut people: Vec<Found> = Vec::new();
    for entry in entries.iter().filter(|entry| answers(directory, entry, who)) {
        match read::person(directory, entry) {
            Ok(found) if people.iter().any(|known| known.unique_id == found.unique_id) => {}
            Ok(found) => people.push(found),
            Err(why) if matches!(who, Who::Numbered(_)) => return Err(Trouble::new(Step::Search, why)),
            Err(why) => tracing::debug!(why, directory = %directory.label, "an entry is nobody"),
        }
    }
    if !matches!(who, Who::Part(..)) {
        for found in &mut people {
            found.groups = groups(ldap, usable, found).await?;
        }
    }
    Ok(people)
}

fn answers(directory: &Directory, entry: &SearchEntry, who: &Who) -> bool {
    match who {
        Who::Named(name) => read::is_called(directory, entry, name),
        Who::Address(address) => read::is_reached_by(directory, entry, address),
        Who::Numbered(_) | Who::Part(..) => true,
    }
}

/// The groups somebody is in.
async fn groups(
    ldap: &mut Ldap,
    usable: &Usable,
    found: &Found,
) -> Result<Vec<gk_service::model::FoundGroup>, Trouble> {
    match usable.directory.group_mode {
        GroupMode::None => Ok(Vec::new()),
        GroupMode::MemberOf => Ok(found.groups.clone()),
        GroupMode::InChain => {
            let filter = question::groups_in_chain(&found.dn);
            Ok(read::groups(&names(ldap, usable, &filter).await?))
        }
        GroupMode::Transitive => step_by_step(ldap, usable, &found.dn).await,
    }
}

async fn step_by_step(
    ldap: &mut Ldap,
    usable: &Usable,
    dn: &str,
) -> Result<Vec<gk_service::model::FoundGroup>, Trouble> {
    let mut found = Vec::new();
    let mut members = vec![dn.to_owned()];
    for _ in 0..MOST_DEEP {
        let mut next = Vec::new();
        for some in members.chunks(MEMBERS_AT_ONCE) {
            next.extend(read::groups(&names(ldap, usable, &question::groups_of(some)).await?));
        }
        // A group that was met before is not followed again, so that a circle ends.
        next.retain(|group| !found.contains(group));
        next.dedup_by(|one, other| one.dn == other.dn);
        if next.is_empty() {
            break;
        }
        members = next.iter().map(|group| group.written.clone()).collect();
        found.extend(next);
    }
    Ok(found)
}

/// The DNs of the groups that answer to a filter.
async fn names(ldap: &mut Ldap, usable: &Usable, filter: &str) -> Result<Vec<String>, Trouble> {
    let question = Question { filter, attributes: vec!["1.1"], most: MOST_GROUPS };
    let entries = question::ask(ldap, &usable.directory, &question, connect::limit(usable)).await?;
    Ok(entries.into_iter().map(|entry| entry.dn).collect())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
