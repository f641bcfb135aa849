//! The file answers come from, and one attempt at a time to equal it. Synchronous: waits for nothing but the disk.

use std::time::Duration;

use gk_shared::policy::{CaughtUp, Identity, LoadError, PolicyReader, Replaced, Snapshot};
use gk_shared::time::Clock;
use tokio::time::Instant;

use crate::status::Status;

/// Between two attempts to read a file that has changed and cannot be read.
const PAUSE: Duration = Duration::from_millis(20);
/// Between two attempts to find a file that was never there.
const PAUSE_WITHOUT_SNAPSHOT: Duration = Duration::from_millis(50);

/// The policy file as one worker knows it.
pub(crate) struct Followed {
    held: Option<Held>,
    /// Whether another thread is reading the file.
    loading: bool,
    /// Whether that is because another file was put in place: what is held then tells nothing about it, so nobody
    /// is answered from it until the load ends.
    exchanged: bool,
    /// How many whole loads there have been.
    loads: u32,
    not_before: Instant,
}

struct Held {
    reader: PolicyReader,
    snapshot: Snapshot,
}

/// What an attempt to equal the file came to.
pub(crate) enum Attempt {
    /// The snapshot equals the file's last commit.
    Current,
    /// Another thread is reading the file.
    Loading,
    /// It cannot be done now; worth another attempt then.
    Again(Instant),
    /// The whole file has to be read.
    Load,
}

impl Followed {
    /// Nothing is read yet.
    pub(crate) fn nothing() -> Self {
        Self { held: None, loading: false, exchanged: false, loads: 0, not_before: Instant::now() }
    }

    /// The snapshot, if there is one.
    pub(crate) fn snapshot(&self) -> Option<&Snapshot> {
        self.held.as_ref().map(|held| &held.snapshot)
    }

    /// How many whole loads there have been.
    pub(crate) fn loads(&self) -> u32 {
        self.loads
    }

    /// Whether the snapshot equals the file's last commit. Costs nanoseconds.
    pub(crate) fn is_current(&self) -> bool {
        !self.exchanged && self.held.as_ref().is_some_and(|held| !held.reader.has_moved())
    }

    /// Whether another file, or none, stands where the followed one was opened.
    pub(crate) fn is_replaced(&self) -> bool {
        self.held.as_ref().is_none_or(|held| held.reader.replaced() != Replaced::No)
    }

    /// One attempt to equal the file.
    pub(crate) fn attempt(&mut self, status: &Status, clock: Clock) -> Attempt {
        let now = Instant::now();
        if self.is_current() {
            return Attempt::Current;
        } else if self.loading {
            return Attempt::Loading;
        } else if now < self.not_before {
            return Attempt::Again(self.not_before);
        }
        let Some(Held { reader, snapshot }) = &mut self.held else {
            return Attempt::Load;
        };
        match reader.catch_up(snapshot) {
            Ok(CaughtUp::UpToDate | CaughtUp::Kept) => {
                status.holds(snapshot, clock.now());
                Attempt::Current
            }
            Ok(CaughtUp::TooMuch) => Attempt::Load,
            Err(error) => {
                status.not_followed((&error).into(), &error);
                self.pause();
                if self.is_replaced() { Attempt::Load } else { Attempt::Again(self.not_before) }
            }
        }
    }

    /// Notes that another thread is to read the file.
    pub(crate) fn begin_load(&mut self) {
        self.loading = true;
        self.exchanged = self.is_replaced();
    }

    /// What a file must not be older than.
    pub(crate) fn floor(&self) -> Option<(Identity, i64)> {
        self.snapshot().map(|snapshot| (snapshot.identity, snapshot.revision))
    }

    /// Takes what a load brought, unless it is older than what is here. Gives what it replaces.
    pub(crate) fn end_load(
        &mut self,
        loaded: Result<(PolicyReader, Snapshot), LoadError>,
    ) -> Result<Option<Superseded>, LoadError> {
        self.loading = false;
        self.exchanged = false;
        self.pause();
        let (reader, snapshot) = loaded?;
        let newer =
            |held: &Held| held.snapshot.identity == snapshot.identity && held.snapshot.revision > snapshot.revision;
        if self.held.as_ref().is_some_and(newer) {
            return Err(LoadError::Older);
        }
        self.loads = self.loads.wrapping_add(1);
        Ok(self.held.replace(Held { reader, snapshot }).map(Superseded))
    }

    /// No attempt before a little time has passed.
    pub(crate) fn pause(&mut self) {
        self.not_before = Instant::now() + if self.held.is_some() { PAUSE } else { PAUSE_WITHOUT_SNAPSHOT };
    }
}

/// A reader and a snapshot that are no longer used; freeing a large one takes time.
pub(crate) struct Superseded(#[expect(dead_code, reason = "only to be dropped, elsewhere")] Held);
