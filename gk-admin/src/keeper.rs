//! What gk-admin does by itself: publish what another process left, and delete what ran out.

use std::sync::Arc;
use std::time::Duration;

use gk_service::service::{Caller, Refusal, sessions};
use gk_service::{Database, Force};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

const LOOK_EVERY: Duration = Duration::from_secs(5);
const LOOKS_BETWEEN_PRUNINGS: u32 = 720;
/// A policy file that was blocked at this many looks in a row is exchanged for a new one.
const BLOCKED_LOOKS: u32 = 3;

/// Runs until the database is exchanged for another: then this process must not go on.
pub(crate) async fn keep(database: Arc<Database>) -> Refusal {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut count, mut blocked) = (0_u32, 0);
    loop {
        looks.tick().await;
        count = count.wrapping_add(1);
        let prune = count.is_multiple_of(LOOKS_BETWEEN_PRUNINGS);
        let database = Arc::clone(&database);
        let look = spawn_blocking(move || look(&database, blocked, prune)).await;
        match look {
            Ok(Ok(looks)) => blocked = looks,
            Ok(Err(exchanged)) => return exchanged,
            Err(error) => tracing::error!(%error, "a look ended in a panic"),
        }
    }
}

/// One look; gives at how many looks in a row the policy file was blocked.
fn look(database: &Database, blocked: u32, prune: bool) -> Result<u32, Refusal> {
    if prune && let Err(error) = database.write(&Caller::system("keeper"), sessions::prune) {
        tracing::error!(%error, "what ran out could not be deleted");
    }
    let force = if blocked >= BLOCKED_LOOKS { database.replace_policy() } else { database.publish() };
    match force {
        Ok(Force::Now) => Ok(0),
        Ok(Force::NotYet(_)) => Ok(blocked + 1),
        Err(exchanged @ Refusal::Exchanged) => Err(exchanged),
        Err(error) => {
            tracing::error!(%error, "publishing failed");
            Ok(0)
        }
    }
}
