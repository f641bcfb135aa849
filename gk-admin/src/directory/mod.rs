//! LDAP and Active Directory: asks directories about people. What they say is taken over by `gk_service`, never inside a
//! question, so that a slow directory holds no transaction.

mod arrive;
mod connect;
mod probe;
mod question;
mod read;
mod refresh;
mod runner;
mod server;
mod trouble;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gk_service::model::{Directory, DirectoryLabel, Found};
use gk_service::service::directories::{self, Usable};
use gk_service::service::{Caller, Refusal};
use gk_service::{Database, Done};
use moka::future::Cache;
use tokio::task::{JoinSet, spawn_blocking};

use self::server::{Server, Who};
use crate::metrics::Metrics;

pub(crate) use arrive::Arrival;
pub(crate) use probe::{Probe, Probed, probe};
pub(crate) use runner::run;
pub(crate) use trouble::Trouble;

/// How long nobody is looked up again under a name that nobody has.
const NOBODY_FOR: Duration = Duration::from_secs(30);
const MOST_REMEMBERED: u64 = 10_000;

/// What directories say to a question about one person.
#[derive(Clone, Debug)]
pub(crate) enum Sought {
    Found(Box<Found>),
    Nobody,
    /// More than one person goes by it, here or in two directories.
    Ambiguous,
    /// One of them could not be asked, so who is meant is not known.
    Unavailable(Trouble),
}

impl Sought {
    const WORDS: [&'static str; 4] = ["found", "nobody", "ambiguous", "unavailable"];

    /// Why nobody was found, for whoever may look into directories.
    pub(crate) fn refusal(self, typed: &str) -> Refusal {
        let searched = if typed.contains('\\') {
            r"domain\username"
        } else if typed.contains('@') {
            "email"
        } else {
            "username"
        };
        match self {
            Self::Nobody => Refusal::Conflict(format!("No user found in LDAP for '{typed}' (searched by {searched})")),
            Self::Ambiguous => Refusal::Conflict(format!("more than one person goes by '{typed}': name the directory")),
            Self::Unavailable(trouble) => Refusal::Conflict(format!("LDAP error for '{typed}': {trouble}")),
            Self::Found(found) => Refusal::Conflict(format!("{} was found", found.username)),
        }
    }

    /// The label of metrics.
    fn word(&self) -> &'static str {
        let [found, nobody, ambiguous, unavailable] = Self::WORDS;
        match self {
            Self::Found(_) => found,
            Self::Nobody => nobody,
            Self::Ambiguous => ambiguous,
            Self::Unavailable(_) => unavailable,
        }
    }
}

/// All directories; cheap to clone.
#[derive(Clone)]
pub(crate) struct Directories {
    database: Arc<Database>,
    servers: Arc<Mutex<HashMap<i64, Arc<Server>>>>,
    /// Names nobody has, and questions that are being asked: who comes meanwhile waits for the same answer.
    asked: Cache<(Vec<(i64, i64)>, Who), Sought>,
    metrics: Arc<Metrics>,
}

impl Directories {
    pub(crate) fn new(database: Arc<Database>, metrics: Arc<Metrics>) -> Self {
        let asked = Cache::builder().max_capacity(MOST_REMEMBERED).time_to_live(NOBODY_FOR).build();
        Self { database, servers: Arc::default(), asked, metrics }
    }

    /// Who goes by a name in one directory: an e-mail, a UPN, or a user name with or without the directory's label.
    pub(crate) async fn find(&self, label: Option<&DirectoryLabel>, typed: &str) -> Result<Sought, Refusal> {
        let (named, who) = match typed.split_once('\\') {
            Some((named, name)) => (Some(DirectoryLabel::parse(named)?), Who::Named(name.to_owned())),
            None if typed.contains('@') => (None, Who::Address(typed.to_owned())),
            None => (None, Who::Named(typed.to_owned())),
        };
        self.sought(label.or(named.as_ref()), who).await
    }

    /// Whoever has a text in their name or address.
    pub(crate) async fn search(&self, label: &DirectoryLabel, text: &str, most: usize) -> Result<Vec<Found>, Refusal> {
        let servers = self.servers(Some(label)).await?;
        let server =
            servers.first().ok_or_else(|| Refusal::Conflict(format!("{label} is switched off, or not there")))?;
        let people = server.people(&Who::Part(text.to_owned(), most)).await;
        people.map_err(|trouble| Refusal::Conflict(format!("{label}: {trouble}")))
    }

    /// Asks every directory at once, or one, and remembers for a while that nobody is there.
    async fn sought(&self, label: Option<&DirectoryLabel>, who: Who) -> Result<Sought, Refusal> {
        let servers = self.servers(label).await?;
        let key = (servers.iter().map(|server| version(&server.usable.directory)).collect::<Vec<_>>(), who.clone());
        let answer = self.asked.get_with(key.clone(), self.ask_all(servers, who)).await;
        if !matches!(answer, Sought::Nobody) {
            self.asked.invalidate(&key).await;
        }
        Ok(answer)
    }

    /// Asks one directory, whatever it said before.
    async fn fresh(&self, label: &DirectoryLabel, who: Who) -> Result<Sought, Refusal> {
        Ok(self.ask_all(self.servers(Some(label)).await?, who).await)
    }

    /// Nobody is found while one of them does not answer: the same name may be there too.
    async fn ask_all(&self, servers: Vec<Arc<Server>>, who: Who) -> Sought {
        let mut questions = JoinSet::new();
        for server in servers {
            let (who, metrics) = (who.clone(), Arc::clone(&self.metrics));
            questions.spawn(async move {
                let answer = one(server.people(&who).await);
                metrics.looked_up(server.usable.directory.label.as_str(), answer.word());
                if let Sought::Unavailable(trouble) = &answer {
                    let directory = server.usable.directory.label.as_str();
                    tracing::warn!(directory, %trouble, "a directory could not be asked");
                }
                answer
            });
        }
        let mut whole = Sought::Nobody;
        while let Some(answer) = questions.join_next().await {
            whole = together(whole, answer.unwrap_or(Sought::Ambiguous));
        }
        whole
    }

    /// The directories that are switched on, as they are set up now.
    async fn servers(&self, label: Option<&DirectoryLabel>) -> Result<Vec<Arc<Server>>, Refusal> {
        let usable = self.read(directories::usable).await?;
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        servers.retain(|id, _| usable.iter().any(|one| one.directory.id == *id));
        let wanted = usable.into_iter().filter(|one| label.is_none_or(|label| one.directory.label == *label));
        Ok(wanted.map(|usable| current(&mut servers, usable)).collect())
    }

    async fn read<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&gk_service::service::View<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let database = Arc::clone(&self.database);
        blocking(move || database.read(&Caller::system("directory"), verb)).await
    }

    async fn write<T: Send + 'static>(
        &self,
        caller: Caller,
        verb: impl FnOnce(&gk_service::service::Op<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<Done<T>, Refusal> {
        let database = Arc::clone(&self.database);
        blocking(move || database.write(&caller, verb)).await
    }
}

fn version(directory: &Directory) -> (i64, i64) {
    (directory.id, directory.version)
}

/// The server of a directory; a new one when it is set up differently now.
fn current(servers: &mut HashMap<i64, Arc<Server>>, usable: Usable) -> Arc<Server> {
    let id = usable.directory.id;
    if let Some(server) =
        servers.get(&id).filter(|server| version(&server.usable.directory) == version(&usable.directory))
    {
        return Arc::clone(server);
    }
    let server = Arc::new(Server::new(usable));
    servers.insert(id, Arc::clone(&server));
    server
}

fn one(people: Result<Vec<Found>, Trouble>) -> Sought {
    match people.map(<[Found; 1]>::try_from) {
        Ok(Ok([found])) => Sought::Found(Box::new(found)),
        Ok(Err(none)) if none.is_empty() => Sought::Nobody,
        Ok(Err(_)) => Sought::Ambiguous,
        Err(trouble) => Sought::Unavailable(trouble),
    }
}

/// What two directories say together.
fn together(one: Sought, other: Sought) -> Sought {
    match (one, other) {
        (Sought::Unavailable(trouble), _) | (_, Sought::Unavailable(trouble)) => Sought::Unavailable(trouble),
        (Sought::Ambiguous, _) | (_, Sought::Ambiguous) | (Sought::Found(_), Sought::Found(_)) => Sought::Ambiguous,
        (Sought::Nobody, other) => other,
        (found, Sought::Nobody) => found,
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a verb ended in a panic");
        Err(Refusal::Conflict("this could not be done".into()))
    })
}
