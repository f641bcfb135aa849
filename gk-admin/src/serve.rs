//! `gk-admin serve`: one server until SIGTERM, then a drain of at most ten seconds.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::Router;
use gk_service::Database;
use gk_service::service::Caller;
use gk_service::service::settings::{self, OlderPins};
use gk_service::service::users;
use gk_shared::environment::Environment;
use gk_shared::listen::{Listen, Listener, SocketFile};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, Semaphore};
use tokio::time::{sleep, timeout};

use crate::activity::{self, Recording};
use crate::app::App;
use crate::backups::Backups;
use crate::directory::{self, Directories};
use crate::forward;
use crate::janitor::Janitor;
use crate::keeper;
use crate::keys_used::KeysUsed;
use crate::mail::Courier;
use crate::metrics::{self, Metrics};
use crate::place::PlaceFlags;
use crate::question::Shown;
use crate::signins::Signins;
use crate::ui::{self, Peer};

const DRAIN: Duration = Duration::from_secs(10);
/// Above nginx's 60 s of keep-alive, so that nginx closes first and never meets a closed connection.
const IDLE: Duration = Duration::from_secs(75);
const MOST_CONNECTIONS: usize = 4096;

/// Serves until SIGTERM or SIGINT.
pub async fn serve(
    place: &PlaceFlags,
    environment: &Environment,
    listen: &Listen,
    monitor: Option<&Listen>,
) -> anyhow::Result<()> {
    let paths = place.paths(environment);
    let sources = activity::sources(environment)?;
    let lock = paths.lock()?;
    let database = Database::upgrade(&paths, &lock)?;
    if let Some(problem) = database.key_problem() {
        bail!("{problem}");
    }
    let variable = |name: &str| environment.get(name).map(str::to_owned);
    database.write(&Caller::system("gk-admin"), |op| settings::record_pins(op, &variable, OlderPins::Drop))?;
    database.write(&Caller::system("gk-admin"), users::ensure_admins)?;
    let database = Arc::new(database);
    let mail = Arc::new(Notify::new());
    let courier = Courier::new(Arc::clone(&database), Arc::clone(&mail)).start();
    let keys_used = KeysUsed::default();
    let forwarding = tokio::spawn(forward::forward(Arc::clone(&database)));
    let metrics = Arc::new(Metrics::new()?);
    let janitor = Janitor::new(Arc::clone(&database), Arc::clone(&metrics));
    let keeper = tokio::spawn(keeper::keep(Arc::clone(&database), keys_used.clone(), janitor.clone()));
    let backups = Backups::new(Arc::clone(&database), Arc::clone(&metrics));
    let backing_up = tokio::spawn(backups.clone().keep());
    let monitored = metrics::router(Arc::clone(&metrics), Arc::clone(&database));
    let monitor_file = monitor.map(|monitor| watch(monitor, monitored)).transpose()?.flatten();
    let validates = sources.iter().map(|source| source.path().to_owned()).collect();
    let recording = Recording::start(Arc::clone(&database), sources);
    let visits = recording.visits.clone();
    let directories = Directories::new(Arc::clone(&database), Arc::clone(&metrics));
    tokio::spawn(directory::run(directories.clone()));
    let (signins, worker) = Signins::start(Arc::clone(&database), directories.clone(), (mail, Arc::clone(&metrics)));
    let app = App {
        signins,
        visits,
        keys_used: keys_used.clone(),
        database: Arc::clone(&database),
        validates,
        directories,
        backups,
        janitor,
        metrics,
        shown: Shown::new(),
    };
    let listener = listen.bind()?;
    let file = SocketFile::of(listen);
    tracing::info!("listening on {}", listener.address(listen));
    let router = ui::router(app);
    let ended = tokio::select! {
        ended = accept(listener, &router, told_to_stop()) => ended.context("the listener failed"),
        ended = keeper => Err(ended?.into()),
    };
    drop(router);
    backing_up.abort();
    // What is cut off on its way is sent again after the next start.
    forwarding.abort();
    worker.finish().await;
    courier.finish().await;
    for file in [file, monitor_file].into_iter().flatten() {
        file.remove();
    }
    recording.finish().await;
    keeper::note_used(&database, &keys_used.take());
    drop(lock);
    ended
}

/// Starts answering Prometheus, until the process ends.
fn watch(monitor: &Listen, router: Router) -> anyhow::Result<Option<SocketFile>> {
    let listener = monitor.bind()?;
    tracing::info!("metrics on {}", listener.address(monitor));
    tokio::spawn(async move { accept(listener, &router, pending()).await });
    Ok(SocketFile::of(monitor))
}

/// One accepted connection, whichever kind.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A listener inside the runtime.
enum Incoming {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Incoming {
    async fn next(&self) -> std::io::Result<(Box<dyn Stream>, Peer)> {
        Ok(match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                stream.set_nodelay(true)?;
                (Box::new(stream), Peer::Tcp(address.ip()))
            }
            Self::Unix(listener) => (Box::new(listener.accept().await?.0), Peer::Unix),
        })
    }
}

async fn told_to_stop() -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: finishing what has begun");
    Ok(())
}

async fn accept(
    listener: Listener,
    router: &Router,
    stop: impl Future<Output = std::io::Result<()>>,
) -> std::io::Result<()> {
    let incoming = match listener {
        Listener::Tcp(listener) => Incoming::Tcp(TcpListener::from_std(listener)?),
        Listener::Unix(listener) => Incoming::Unix(UnixListener::from_std(listener)?),
    };
    let mut stop = pin!(stop);
    let (graceful, room) = (GracefulShutdown::new(), Arc::new(Semaphore::new(MOST_CONNECTIONS)));
    loop {
        let accepted = tokio::select! {
            accepted = incoming.next() => accepted,
            stopped = &mut stop => {
                stopped?;
                break;
            }
        };
        match (accepted, Arc::clone(&room).try_acquire_owned()) {
            (Ok((stream, peer)), Ok(place)) => {
                let connection = graceful.watch(connection(stream, peer, router.clone()));
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a connection ended early");
                    }
                    drop(place);
                });
            }
            (Ok(_), Err(_)) => tracing::warn!("too many connections: one was closed"),
            // Out of file descriptors, most likely: trying again at once would only spin.
            (Err(error), _) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(incoming);
    if timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in {} seconds", DRAIN.as_secs());
    }
    Ok(())
}

fn connection(
    stream: Box<dyn Stream>,
    peer: Peer,
    router: Router,
) -> http1::Connection<TokioIo<Box<dyn Stream>>, TowerToHyperService<Router>> {
    let service = TowerToHyperService::new(router.layer(axum::Extension(peer)));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(IDLE).max_buf_size(64 * 1024);
    builder.serve_connection(TokioIo::new(stream), service)
}
