//! One worker's snapshot, and keeping it true to the policy file.
//!
//! A request is answered only from a snapshot that equals the file's last commit. A change is added on the spot;
//! where that cannot be done, another thread reads the whole file while requests wait a little. A file that is
//! gone, or that was put in place and is damaged, older or of a newer format, is not followed: what is known
//! stays in force, and the monitor says so.

use std::cell::{Cell, Ref, RefCell};
use std::convert::Infallible;
use std::fs;
use std::io::{self, ErrorKind::NotFound};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use gk_shared::policy::{LoadError, PolicyReader, Snapshot};
use gk_shared::time::{Clock, Timestamp};
use tokio::sync::Notify;
use tokio::task::spawn_blocking;

use crate::followed::{Attempt, Followed};
use crate::status::{FileState, Status};
use crate::timers::{Seconds, sleep_until, timeout};
use crate::validate::BuiltFrom;

/// How long a request waits for the file. Shorter than nginx waits, so that nginx gets an answer.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unavailable {
    /// No policy file was ever read.
    NoSnapshot,
    /// The file has changed and could not be read in time.
    Behind,
}

/// The snapshot and the file it follows.
pub(crate) struct Policy {
    path: PathBuf,
    clock: Clock,
    /// For how many seconds nobody need have heard of changes; none: for ever.
    max_stale: Option<i64>,
    /// When the file at the path was last found to be what is followed.
    found_at: Cell<Timestamp>,
    status: Arc<Status>,
    followed: RefCell<Followed>,
    /// Wakes [`Self::follow`] to read the whole file.
    load_wanted: Notify,
    /// Wakes whoever waits for that, however it ended.
    load_ended: Notify,
}

impl Unavailable {
    /// Each once, in the order of their numbers.
    pub(crate) const ALL: [Self; 2] = [Self::NoSnapshot, Self::Behind];

    /// The label of this reason.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::NoSnapshot => "no-snapshot",
            Self::Behind => "behind",
        }
    }
}

impl Policy {
    /// Nothing is read yet; [`Self::follow`] does that.
    pub(crate) fn new(path: PathBuf, max_stale: Option<i64>, clock: Clock, status: Arc<Status>) -> Self {
        Self {
            path,
            clock,
            max_stale,
            found_at: Cell::new(clock.now()),
            status,
            followed: RefCell::new(Followed::nothing()),
            load_wanted: Notify::new(),
            load_ended: Notify::new(),
        }
    }

    /// Whether nobody has known for too long whether this snapshot is the newest: gk-admin, which says so where it was
    /// asked to, or else this process, which finds its file.
    pub(crate) fn is_stale(&self, snapshot: &Snapshot, now: Timestamp) -> bool {
        self.max_stale.is_some_and(|most| now.since(snapshot.beat.unwrap_or_else(|| self.found_at.get())) > most)
    }

    /// Whether the snapshot equals the file's last commit. Costs nanoseconds.
    pub(crate) fn is_current(&self) -> bool {
        self.followed.borrow().is_current()
    }

    /// The snapshot, and what marks things built from it.
    pub(crate) fn snapshot(&self) -> Option<(Ref<'_, Snapshot>, BuiltFrom)> {
        let followed = self.followed.borrow();
        let load = followed.loads();
        let snapshot = Ref::filter_map(followed, Followed::snapshot).ok()?;
        let built_from = BuiltFrom { load, settings: snapshot.settings.generation };
        Some((snapshot, built_from))
    }

    /// Waits, but not long, until the snapshot equals the file's last commit as of now or later.
    pub(crate) async fn catch_up(&self) -> Result<(), Unavailable> {
        let attempts = async {
            loop {
                match self.attempt() {
                    Attempt::Current => return Ok(()),
                    Attempt::Loading => self.load_ended.notified().await,
                    Attempt::Load => self.want_load(),
                    Attempt::Again(at) => match self.unavailable() {
                        Unavailable::NoSnapshot => return Err(Unavailable::NoSnapshot),
                        Unavailable::Behind => sleep_until(at).await,
                    },
                }
            }
        };
        timeout(PATIENCE, attempts).await.unwrap_or_else(|_| Err(self.unavailable()))
    }

    /// Reads the file, and then looks at it once a second, and does what else is done as often.
    /// Ends only where there is no timer.
    pub(crate) async fn follow(&self, also: impl Fn()) -> io::Result<Infallible> {
        let seconds = Seconds::start()?;
        loop {
            tokio::select! {
                passed = seconds.pass() => {
                    passed?;
                    also();
                    self.look();
                }
                () = self.load_wanted.notified() => self.load().await,
            }
        }
    }

    fn attempt(&self) -> Attempt {
        self.followed.borrow_mut().attempt(&self.status, self.clock)
    }

    fn unavailable(&self) -> Unavailable {
        self.followed.borrow().snapshot().map_or(Unavailable::NoSnapshot, |_| Unavailable::Behind)
    }

    /// Notices a replaced file; and catches up when nobody asks, so that whoever asks next need not wait.
    fn look(&self) {
        self.status.beats();
        if self.followed.borrow().is_replaced() {
            return self.want_load();
        }
        match self.attempt() {
            Attempt::Current => self.say_what_is_followed(),
            Attempt::Load => self.want_load(),
            Attempt::Loading | Attempt::Again(_) => {}
        }
    }

    fn say_what_is_followed(&self) {
        let followed = self.followed.borrow();
        let Some(snapshot) = followed.snapshot() else { return };
        self.status.holds(snapshot, self.clock.now());
        if let Some(error) = snapshot.kept_because() {
            self.status.not_followed((&error).into(), &error);
        } else {
            self.found_at.set(self.clock.now());
            self.status.followed();
        }
    }

    /// Asks for the whole file to be read, if there is one.
    fn want_load(&self) {
        let mut followed = self.followed.borrow_mut();
        match fs::metadata(&self.path) {
            Ok(_) => {
                followed.begin_load();
                self.load_wanted.notify_one();
            }
            Err(error) => {
                let state = if error.kind() == NotFound { FileState::Missing } else { FileState::Unreadable };
                self.status.not_followed(state, &error);
                followed.pause();
            }
        }
    }

    /// Reads the whole file on another thread.
    async fn load(&self) {
        let (path, floor) = (self.path.clone(), self.followed.borrow().floor());
        let loaded = spawn_blocking(move || PolicyReader::open_above(&path, floor)).await;
        let taken = self.followed.borrow_mut().end_load(loaded.unwrap_or(Err(LoadError::Panicked)));
        match taken {
            Ok(superseded) => {
                // Freeing a large snapshot takes a while, and requests would wait for it here.
                spawn_blocking(move || drop(superseded));
                self.say_what_is_followed();
            }
            Err(error) => self.status.not_followed((&error).into(), &error),
        }
        self.load_ended.notify_waiters();
    }
}
