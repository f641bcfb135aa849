//! gk-validate answers nginx: may this request pass?
//!
//! Opens the policy file read-only and nothing else. Never writes, redirects or renders, and holds no key that
//! can make a session. This file is the whole life of the process: arguments, workers, drain.

mod activity;
mod answer;
mod api_key;
mod arguments;
mod connection;
mod cookie;
#[cfg(test)]
mod cost;
mod decision_log;
mod followed;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod gate;
mod heads;
mod health;
mod identity;
mod lines;
mod listeners;
mod metrics;
mod monitor;
mod noted;
mod pages;
mod panicked;
mod policy;
mod question;
mod quiet;
mod shown;
mod status;
mod stream;
mod supervised;
#[cfg(test)]
mod tests;
mod timers;
mod tokens;
#[cfg(any(test, fuzzing))]
mod trial;
mod uses;
mod validate;
mod values;
mod worker;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, bail, ensure};
use gk_shared::core_dumps;
use tokio::runtime::{Builder, Handle, LocalOptions};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{info, warn};
use tracing_subscriber::EnvFilter;

use activity::Activity;
use arguments::{Settings, Task, TellActivity};
use decision_log::DecisionLog;
use listeners::Listeners;
use metrics::Metrics;
use worker::Worker;

/// 3.51.3. Before it, a commit that met a checkpoint could corrupt the file.
const OLDEST_SQLITE: i32 = 3_051_003;
/// Over all workers. nginx keeps a few dozen.
const MOST_CONNECTIONS: usize = 10_000;

/// Does what the command line says.
pub fn main() -> ExitCode {
    let (result, failure) = match arguments::read() {
        Ok(Task::Serve(settings)) => (core_dumps::forbid().map_err(Into::into).and_then(|()| serve(&settings)), 1),
        Ok(Task::AskHealth(monitor)) => (health::ask(&monitor), 1),
        Err(error) => (Err(error), 2),
    };
    let Err(error) = result else { return ExitCode::SUCCESS };
    eprintln!("gk-validate: {error:#}");
    ExitCode::from(failure)
}

fn serve(settings: &Settings) -> Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_writer(io::stderr).with_env_filter(filter).with_ansi(colours).init();
    ensure!(
        rusqlite::version_number() >= OLDEST_SQLITE,
        "this build has SQLite {}; older than 3.51.3 can corrupt a file when a commit meets a checkpoint",
        rusqlite::version()
    );
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?;
    let result = runtime.block_on(run(settings));
    // A worker that did not end in time must not hold the process.
    runtime.shutdown_background();
    result
}

async fn run(settings: &Settings) -> Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let metrics = Arc::new(Metrics::new(settings.workers)?);
    let activity = Arc::new(Activity::new());
    let listeners = listeners(settings)?;
    let _monitor = monitor(settings, &metrics)?;
    let _activity = tell_activity(&settings.activity, (&activity, &metrics))?;
    let (log, log_writer) = DecisionLog::start(settings.log_decisions, Arc::clone(&metrics), io::stderr())?.unzip();
    let (stop, stopping) = watch::channel(false);
    let mut workers = JoinSet::new();
    for status in metrics.statuses() {
        let worker = Worker {
            policy: settings.policy.clone(),
            max_stale: settings.max_stale,
            log: log.clone(),
            listeners: listeners.share()?,
            most_connections: MOST_CONNECTIONS / usize::from(settings.workers),
            metrics: Arc::clone(&metrics),
            activity: Arc::clone(&activity),
            status: Arc::clone(status),
            stopping: stopping.clone(),
            timers: Handle::current(),
        };
        workers.spawn_blocking(move || worker.run());
    }
    drop(log);
    listeners.announce("listening");
    let told = supervised::tell(metrics.statuses());
    tokio::select! {
        _ = terminate.recv() => info!("stopping: SIGTERM"),
        _ = interrupt.recv() => info!("stopping: SIGINT"),
        Some(ended) = workers.join_next() => bail!("a worker has ended: {ended:?}"),
        never = told => match never {},
    }
    supervised::ends();
    stop.send_replace(true);
    // Whoever connects from now on is to reach our successor, or to be refused.
    drop(listeners);
    while workers.join_next().await.is_some() {}
    if let Some(writer) = log_writer {
        writer.finish();
    }
    info!("stopped");
    Ok(())
}

/// Those that systemd holds for this process, or what the command line says.
fn listeners(settings: &Settings) -> Result<Listeners> {
    let passed = Listeners::passed()?;
    if passed.is_empty() { Ok(Listeners::bind(&settings.listen)?) } else { Ok(passed) }
}

/// Starts answering Prometheus, if that is wanted, until the process ends.
fn monitor(settings: &Settings, metrics: &Arc<Metrics>) -> Result<Option<Listeners>> {
    let Some(address) = &settings.monitor else { return Ok(None) };
    let metrics = Arc::clone(metrics);
    let bound = pages::serve(address, move |request| monitor::page(&metrics, request))?;
    bound.announce("metrics");
    Ok(Some(bound))
}

/// Starts telling gk-admin which sessions are used, if that is wanted, until the process ends.
fn tell_activity(
    wanted: &TellActivity,
    (activity, metrics): (&Arc<Activity>, &Arc<Metrics>),
) -> Result<Option<Listeners>> {
    let serve = |address| {
        let (activity, metrics) = (Arc::clone(activity), Arc::clone(metrics));
        pages::serve(address, move |request| activity::page(&activity, &metrics, request))
    };
    let bound = match wanted {
        TellActivity::Off => return Ok(None),
        TellActivity::At(address) => serve(address)?,
        TellActivity::IfItCan(address) => match serve(address) {
            Ok(bound) => bound,
            // Answering nginx matters more than telling when sessions were used.
            Err(error) => {
                warn!("nobody is told when sessions are used: {error:#}; --activity says where else, or off");
                return Ok(None);
            }
        },
    };
    bound.announce("activity");
    Ok(Some(bound))
}
