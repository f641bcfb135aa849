//! One gk-validate: asked over its own Unix socket for the uses it has seen since it was last asked.

use std::io::ErrorKind::{ConnectionRefused, NotFound};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use axum::body::{Body, to_bytes};
use gk_shared::activity::{Answers, BadReport, PATH, Report, State, Used};
use gk_shared::caused::Caused;
use gk_shared::environment::Environment;
use gk_shared::listen::Listen;
use gk_shared::time::Timestamp;
use hyper::client::conn::http1::handshake;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::UnixStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

const VARIABLE: &str = "GATEKEEPER_ACTIVITY";
const USUAL: &str = "unix:/run/gatekeeper/activity.sock";
/// For one answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// The same where somebody waits for a page.
const SHORT_PATIENCE: Duration = Duration::from_millis(500);
/// Several times what an answer can have.
const MOST_BYTES: usize = 1 << 20;

/// One gk-validate, and how far its news is known.
#[derive(Debug)]
pub(crate) struct Source {
    path: PathBuf,
    /// The run that the number below belongs to.
    instance: u64,
    through: u64,
    /// What it had answered when it was last asked; `None` before the first time.
    answered: Option<Answers>,
    heard: Heard,
}

/// What one gk-validate has seen since it was asked before.
pub(super) struct News {
    pub(super) uses: Vec<(Used, Timestamp)>,
    /// What it answered since.
    pub(super) answers: Answers,
    pub(super) rest: Rest,
}

/// Whether there is more to be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    More,
    Nothing,
}

/// How it was at the last question, so that only a change is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Well,
    NotThere,
    Badly,
}

/// Why there was no answer.
#[derive(Debug, Error)]
enum Silent {
    #[error("nobody is there")]
    NotThere(#[source] std::io::Error),
    #[error("it cannot be reached")]
    Unreachable(#[source] std::io::Error),
    #[error("it does not speak HTTP")]
    Http(#[from] hyper::Error),
    #[error("the answer cannot be read")]
    Body(#[from] axum::Error),
    #[error("it answers {0}")]
    Status(StatusCode),
    #[error("it cannot be understood")]
    Report(#[from] BadReport),
    #[error("it does not answer in time")]
    Late,
}

/// Everybody there is to ask: as the environment says, or the usual socket.
pub(crate) fn sources(environment: &Environment) -> anyhow::Result<Vec<Source>> {
    let given = environment.get(VARIABLE).unwrap_or(USUAL);
    given
        .split_whitespace()
        .filter(|word| *word != "off")
        .map(Source::parse)
        .collect::<Result<_, _>>()
        .context(VARIABLE)
}

/// A gk-validate as it is now, for whoever looks.
pub(crate) struct Instance {
    pub(crate) path: PathBuf,
    /// What it answers from, or why it says nothing.
    pub(crate) state: Result<State, String>,
}

/// Asks one how it is, on its socket.
pub(crate) async fn look(path: PathBuf) -> Instance {
    let asked = timeout(SHORT_PATIENCE, exchange(&path, u64::MAX)).await.unwrap_or(Err(Silent::Late));
    let state = match asked {
        Ok(Report { state: Some(state), .. }) => Ok(state),
        Ok(_) => Err("it is of an older version that does not say".to_owned()),
        Err(silent) => Err(silent.to_string()),
    };
    Instance { path, state }
}

impl Source {
    /// Its socket.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        match text.parse()? {
            Listen::Unix(address) => Ok(Self::at(address.path)),
            Listen::Tcp(_) => bail!("{text} is no Unix socket, and activity is told nowhere else: write unix:PATH"),
        }
    }

    /// The gk-validate that tells it on this socket.
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path, instance: 0, through: 0, answered: None, heard: Heard::Well }
    }

    /// Asks for what is new; `None` when there is no answer.
    pub(super) async fn news(&mut self) -> Option<News> {
        let report = match self.ask().await {
            Ok(report) => report,
            Err(silent) => {
                self.say(&silent);
                return None;
            }
        };
        self.heard = Heard::Well;
        let more = report.through > self.through && report.through < report.newest;
        self.through = report.through;
        let answers = self.newly_answered(report.answers);
        Some(News { uses: report.uses, answers, rest: if more { Rest::More } else { Rest::Nothing } })
    }

    /// What it answered since it was last asked. The first time nobody knows since when it counts, so nothing is new.
    fn newly_answered(&mut self, now: Option<Answers>) -> Answers {
        let (Some(now), before) = (now, self.answered) else { return Answers::default() };
        self.answered = Some(now);
        before.map_or(Answers::default(), |before| Answers {
            allow: now.allow.saturating_sub(before.allow),
            sign_in: now.sign_in.saturating_sub(before.sign_in),
            forbid: now.forbid.saturating_sub(before.forbid),
            unavailable: now.unavailable.saturating_sub(before.unavailable),
        })
    }

    /// An answer of the run that the number asked after belongs to.
    async fn ask(&mut self) -> Result<Report, Silent> {
        let report = ask(&self.path, self.through).await?;
        if report.instance == self.instance || self.instance == 0 {
            self.instance = report.instance;
            return Ok(report);
        }
        // Another run has counted from nothing.
        (self.instance, self.through, self.answered) = (report.instance, 0, Some(Answers::default()));
        ask(&self.path, 0).await
    }

    fn say(&mut self, silent: &Silent) {
        let (path, cause) = (self.path.display(), Caused(silent));
        let now = if matches!(silent, Silent::NotThere(_)) { Heard::NotThere } else { Heard::Badly };
        match (self.heard == now, now) {
            (true, _) | (_, Heard::Well) => {}
            // gk-validate may come later, or run elsewhere.
            (false, Heard::NotThere) => tracing::debug!("no activity from {path}: {cause}"),
            (false, Heard::Badly) => tracing::warn!("no activity from {path}: {cause}; asking again until it works"),
        }
        self.heard = now;
    }
}

async fn ask(path: &Path, after: u64) -> Result<Report, Silent> {
    timeout(PATIENCE, exchange(path, after)).await.unwrap_or(Err(Silent::Late))
}

async fn exchange(path: &Path, after: u64) -> Result<Report, Silent> {
    let stream = UnixStream::connect(path).await.map_err(|error| match error.kind() {
        NotFound | ConnectionRefused => Silent::NotThere(error),
        _ => Silent::Unreachable(error),
    })?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    // Ends with this function, however that ends.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let request = Request::get(format!("{PATH}?after={after}")).header("host", "gk-validate").body(Body::empty());
    let response = sender.send_request(request.expect("a path and a number are a target")).await?;
    if response.status() != StatusCode::OK {
        return Err(Silent::Status(response.status()));
    }
    let body = to_bytes(Body::new(response.into_body()), MOST_BYTES).await?;
    Ok(Report::parse(&String::from_utf8_lossy(&body))?)
}
