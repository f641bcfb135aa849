//! One thread that answers: its share of the listeners, its snapshot, its memory. What it shares with the others it
//! touches every few seconds for each session, so nothing on the way of most requests is locked.

use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use gk_shared::listen::Listener;
use gk_shared::time::Clock;
use tokio::runtime::{Builder, Handle, LocalOptions};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::warn;

use crate::activity::Activity;
use crate::connection::Door;
use crate::decision_log::DecisionLog;
use crate::gate::Gate;
use crate::listeners::Socket;
use crate::metrics::Metrics;
use crate::panicked::Panicked;
use crate::policy::Policy;
use crate::status::Status;
use crate::timers;

/// What begun requests get to finish in.
const DRAIN: Duration = Duration::from_secs(5);

/// What a worker is made of, before its thread exists.
pub(crate) struct Worker {
    pub(crate) policy: PathBuf,
    /// In seconds.
    pub(crate) max_stale: Option<i64>,
    pub(crate) log: Option<DecisionLog>,
    pub(crate) listeners: Vec<Listener>,
    pub(crate) most_connections: usize,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) activity: Arc<Activity>,
    pub(crate) status: Arc<Status>,
    pub(crate) stopping: watch::Receiver<bool>,
    /// The runtime that keeps the timers.
    pub(crate) timers: Handle,
}

impl Worker {
    /// Answers until told to stop, and then finishes what has begun. Panics if one of its duties does.
    pub(crate) fn run(self) -> io::Result<()> {
        let runtime = Builder::new_current_thread().enable_io().build_local(LocalOptions::default())?;
        let result = runtime.block_on(self.work());
        // The policy file may be being read; nobody needs it any more.
        runtime.shutdown_background();
        result
    }

    async fn work(self) -> io::Result<()> {
        timers::are_kept_by(self.timers);
        let mut stopping = self.stopping;
        let clock = Clock::start();
        let panicked = Panicked::beside(&self.policy, Arc::clone(&self.metrics));
        let policy = Policy::new(self.policy, self.max_stale, clock, self.status);
        let gate = Gate::new(clock, (policy, panicked, self.log), Arc::clone(&self.metrics), self.activity);
        let door = Rc::new(Door::new(gate, self.metrics, self.most_connections));
        let mut duties = JoinSet::new();
        for listener in self.listeners {
            duties.spawn_local(Rc::clone(&door).let_in(Socket::new(listener)?));
        }
        let follower = Rc::clone(&door);
        duties.spawn_local(async move {
            let Err(error) = follower.gate.follow().await;
            warn!("the policy file cannot be followed: {error}");
        });
        duties.spawn_local(Rc::clone(&door).watch());
        tokio::select! {
            // Not one of them ends by itself, and without any of them the worker is no use.
            Some(ended) = duties.join_next() => return Err(io::Error::other(format!("a duty has ended: {ended:?}"))),
            _ = stopping.wait_for(|stop| *stop) => {}
        }
        duties.shutdown().await;
        let _ = timers::timeout(DRAIN, door.close()).await;
        Ok(())
    }
}
