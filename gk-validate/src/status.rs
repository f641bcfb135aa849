//! What one worker tells the monitor about its snapshot. Written by the worker, read by another thread.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gk_shared::caused::Caused;
use gk_shared::policy::{LoadError, Snapshot};
use gk_shared::time::Timestamp;
use tokio::sync::Notify;
use tracing::{info, warn};

/// How the policy file was found at the last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FileState {
    /// What answers come from.
    Ok,
    Missing,
    /// Locked, damaged, or not a policy file.
    Unreadable,
    /// Older than what is known already.
    Refused,
    /// Written by a newer version.
    UnknownFormat,
}

impl FileState {
    /// Each once, in the order of their numbers.
    pub(crate) const ALL: [Self; 5] = [Self::Ok, Self::Missing, Self::Unreadable, Self::Refused, Self::UnknownFormat];

    /// The label of this state.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Unreadable => "unreadable",
            Self::Refused => "refused",
            Self::UnknownFormat => "unknown-format",
        }
    }
}

impl From<&LoadError> for FileState {
    fn from(error: &LoadError) -> Self {
        match error {
            LoadError::UnknownFormat(_) => Self::UnknownFormat,
            LoadError::Older => Self::Refused,
            LoadError::Missing(_) => Self::Missing,
            LoadError::Sqlite(_)
            | LoadError::Mark(_)
            | LoadError::Empty
            | LoadError::Key(_)
            | LoadError::NotNext
            | LoadError::Panicked
            | LoadError::UnknownChange(_)
            | LoadError::BadEmail(_)
            | LoadError::TooLarge => Self::Unreadable,
        }
    }
}

/// One worker's news. Locked when something changes and once a second, not by requests.
pub(crate) struct Status {
    news: Mutex<News>,
    /// Has a permit once the worker has looked at the file for the first time, whatever it found.
    looked: Notify,
    /// Whether the worker has looked around since this was last asked.
    beat: AtomicBool,
}

/// What there is to know about a worker's snapshot at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct News {
    /// None before the first look.
    pub(crate) state: Option<FileState>,
    /// None before the first good load.
    pub(crate) snapshot: Option<Known>,
}

/// The snapshot answers come from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) revision: i64,
    pub(crate) users: usize,
    /// When it was last known to equal the file.
    pub(crate) looked_at: Timestamp,
}

impl Status {
    /// Nothing read yet.
    pub(crate) fn new() -> Self {
        let news = Mutex::new(News { state: None, snapshot: None });
        Self { news, looked: Notify::new(), beat: AtomicBool::new(false) }
    }

    /// Waits until the worker has found a policy file, or none. For one who waits, once.
    pub(crate) async fn looked(&self) {
        self.looked.notified().await;
    }

    /// The worker is at work.
    pub(crate) fn beats(&self) {
        self.beat.store(true, Relaxed);
    }

    /// Whether it was since this was last asked.
    pub(crate) fn has_beaten(&self) -> bool {
        self.beat.swap(false, Relaxed)
    }

    /// The news now.
    pub(crate) fn news(&self) -> News {
        *self.lock()
    }

    /// The snapshot equals the file, as of `now`.
    pub(crate) fn holds(&self, snapshot: &Snapshot, now: Timestamp) {
        let known = Known { revision: snapshot.revision, users: snapshot.user_count(), looked_at: now };
        self.lock().snapshot = Some(known);
    }

    /// The file at the path is the one that is followed. Said when it was not before.
    pub(crate) fn followed(&self) {
        let before = self.news();
        self.is_found(FileState::Ok);
        if let (true, Some(known)) = (before.state != Some(FileState::Ok), before.snapshot) {
            info!("policy file followed: revision {}, {} users", known.revision, known.users);
        }
    }

    /// The file at the path is not followed. Said when it was before, or was not for another reason.
    pub(crate) fn not_followed(&self, state: FileState, cause: &dyn Error) {
        let before = self.news();
        self.is_found(state);
        let (word, cause) = (state.word(), Caused(cause));
        match before.snapshot {
            _ if before.state == Some(state) => {}
            Some(known) => warn!("policy file {word}: {cause}; revision {} is the newest known", known.revision),
            None => warn!("policy file {word}: {cause}; every answer is 503"),
        }
    }

    fn is_found(&self, state: FileState) {
        self.lock().state = Some(state);
        self.looked.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl News {
    /// Whether requests are answered, and from a file this build understands.
    pub(crate) fn is_ready(&self) -> bool {
        self.snapshot.is_some() && self.state != Some(FileState::UnknownFormat)
    }
}
