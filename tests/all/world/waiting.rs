//! Waiting for an event by asking again until it has happened. No test sleeps for a guessed time.

use std::time::{Duration, Instant};

/// Longest a test waits for something that should happen at once on an idle machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Asks `look` until it answers, and fails with `what` when [`PATIENCE`] is over.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain for: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Asks until `true`.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut look: impl FnMut() -> bool) {
    wait_for(what, || look().then_some(()));
}
