//! LDAP and Active Directory: asks directories about people. What they say is taken over by `gk_service`, never inside a
//! question, so that a slow directory holds no transaction.

mod answer;
mod arrive;
mod ber;
mod connect;
mod finish;
mod people;
mod probe;
mod question;
mod read;
mod refresh;
mod run;
mod runner;
mod server;
mod sought;
mod trouble;
mod wire;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gk_service::model::{Directory, DirectoryLabel, Found};
use gk_service::service::directories::{self, Usable};
use gk_service::service::{Caller, Refusal};
use gk_service::{Database, Done};
use moka::future::Cache;
use tokio::task::{JoinSet, spawn_blocking};

use self::people::Who;
use self::server::{Rest, Server};
use crate::metrics::Metrics;

pub(crate) use arrive::Arrival;
pub(crate) use probe::{Probe, Probed, probe};
pub(crate) use runner::run;
pub(crate) use sought::Sought;

/// How long nobody is looked up again under a name that nobody has.
const NOBODY_FOR: Duration = Duration::from_secs(30);
const MOST_REMEMBERED: u64 = 10_000;

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

    /// Who goes by a name in one directory, or in any: an e-mail, a UPN, or a user name with or without the directory's
    /// label. For whoever may look into them: what was said before does not count.
    pub(crate) async fn find(&self, label: Option<&DirectoryLabel>, typed: &str) -> Result<Sought, Refusal> {
        let (named, who) = match typed.split_once('\\') {
            Some((named, name)) => (Some(DirectoryLabel::parse(named)?), Who::Named(name.to_owned())),
            None if typed.contains('@') => (None, Who::Address(typed.to_owned())),
            None => (None, Who::Named(typed.to_owned())),
        };
        self.fresh(label.or(named.as_ref()), who).await
    }

    /// Whoever has a text in their name or address.
    pub(crate) async fn search(&self, label: &DirectoryLabel, text: &str, most: usize) -> Result<Vec<Found>, Refusal> {
        let servers = self.servers(Some(label)).await?;
        let server =
            servers.first().ok_or_else(|| Refusal::Conflict(format!("{label} is switched off, or not there")))?;
        let people = server.people(&Who::Part(text.to_owned(), most), Rest::Skipped).await;
        people.map_err(|trouble| Refusal::Conflict(format!("{label}: {trouble}")))
    }

    /// Asks every directory at once, or one, and remembers for a while that nobody is there.
    async fn sought(&self, label: Option<&DirectoryLabel>, who: Who) -> Result<Sought, Refusal> {
        let servers = self.servers(label).await?;
        let key = (servers.iter().map(|server| version(&server.usable.directory)).collect::<Vec<_>>(), who.clone());
        let answer = self.asked.get_with(key.clone(), self.ask_all(servers, who, Rest::Kept)).await;
        if !matches!(answer, Sought::Nobody) {
            self.asked.invalidate(&key).await;
        }
        Ok(answer)
    }

    /// Asks one directory, or all, whatever they said before.
    async fn fresh(&self, label: Option<&DirectoryLabel>, who: Who) -> Result<Sought, Refusal> {
        Ok(self.ask_all(self.servers(label).await?, who, Rest::Skipped).await)
    }

    /// Nobody is found while one of them does not answer: the same name may be there too.
    async fn ask_all(&self, servers: Vec<Arc<Server>>, who: Who, rest: Rest) -> Sought {
        let mut questions = JoinSet::new();
        for server in servers {
            let (who, metrics) = (who.clone(), Arc::clone(&self.metrics));
            questions.spawn(async move {
                let answer = Sought::one(server.people(&who, rest).await);
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
            whole = whole.and(answer.unwrap_or(Sought::Ambiguous));
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

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a verb ended in a panic");
        Err(Refusal::Conflict("this could not be done".into()))
    })
}
