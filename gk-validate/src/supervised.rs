//! What systemd is told (sd_notify): ready, alive, ending. Nobody is told where nobody asked to be.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;

use crate::status::Status;

/// Says that this process is ready once every worker has looked at the policy file: whoever exchanges two instances one
/// after the other then always has one that answers. A file that is missing is no reason to wait; it may come later.
/// From then on says that it is alive as long as every worker is, if a watchdog wants to know. Never returns.
pub(crate) async fn tell(workers: &[Arc<Status>]) -> Infallible {
    for worker in workers {
        worker.looked().await;
    }
    say(NotifyState::Ready);
    let Some(limit) = sd_notify::watchdog_enabled() else { return pending().await };
    let mut halves = interval(limit / 2);
    halves.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        halves.tick().await;
        if all_have_beaten(workers) {
            say(NotifyState::Watchdog);
        }
    }
}

/// Says that it ends.
pub(crate) fn ends() {
    say(NotifyState::Stopping);
}

/// Each is asked, so that none has an old answer the next time.
fn all_have_beaten(workers: &[Arc<Status>]) -> bool {
    workers.iter().filter(|worker| !worker.has_beaten()).count() == 0
}

fn say(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        warn!("systemd could not be told: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_worker_that_stands_still_is_enough_not_to_be_alive() {
        let workers = [0; 2].map(|_| Arc::new(Status::new()));
        assert!(!all_have_beaten(&workers));
        for worker in &workers {
            worker.beats();
        }
        assert!(all_have_beaten(&workers));
        workers[1].beats();
        assert!(!all_have_beaten(&workers), "the first has not since");
        workers[0].beats();
        assert!(!all_have_beaten(&workers), "what the second said was for the time before");
    }
}
