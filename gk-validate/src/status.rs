//! What one worker tells the monitor about its snapshot. Written by the worker, read by another thread.

use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gk_shared::caused::Caused;
use gk_shared::policy::{LoadError, Snapshot};
use gk_shared::time::Timestamp;
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
pub(crate) struct Status(Mutex<News>);

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
        Self(Mutex::new(News { state: None, snapshot: None }))
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
        self.lock().state = Some(FileState::Ok);
        if let (true, Some(known)) = (before.state != Some(FileState::Ok), before.snapshot) {
            info!("policy file followed: revision {}, {} users", known.revision, known.users);
        }
    }

    /// The file at the path is not followed. Said when it was before, or was not for another reason.
    pub(crate) fn not_followed(&self, state: FileState, cause: &dyn Error) {
        let before = self.news();
        self.lock().state = Some(state);
        let (word, cause) = (state.word(), Caused(cause));
        match before.snapshot {
            _ if before.state == Some(state) => {}
            Some(known) => warn!("policy file {word}: {cause}; revision {} is the newest known", known.revision),
            None => warn!("policy file {word}: {cause}; every answer is 503"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, News> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl News {
    /// Whether requests are answered, and from a file this build understands.
    pub(crate) fn is_ready(&self) -> bool {
        self.snapshot.is_some() && self.state != Some(FileState::UnknownFormat)
    }
}
