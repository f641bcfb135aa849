//! What gk-admin does by itself: publish what another process left, and delete what ran out.

use std::sync::Arc;
use std::time::Duration;

use gk_service::service::{Caller, sessions};
use gk_service::{Database, Force};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

const LOOK_EVERY: Duration = Duration::from_secs(5);
const LOOKS_BETWEEN_PRUNINGS: u32 = 720;
/// A policy file that was blocked at this many looks in a row is exchanged for a new one.
const BLOCKED_LOOKS: u32 = 3;

/// Runs for ever.
pub(crate) async fn keep(database: Arc<Database>) {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut count, mut blocked) = (0_u32, 0);
    loop {
        looks.tick().await;
        count = count.wrapping_add(1);
        let prune = count.is_multiple_of(LOOKS_BETWEEN_PRUNINGS);
        let database = Arc::clone(&database);
        let look = spawn_blocking(move || look(&database, blocked, prune)).await;
        blocked = look.unwrap_or(0);
    }
}

/// One look; gives at how many looks in a row the policy file was blocked.
fn look(database: &Database, blocked: u32, prune: bool) -> u32 {
    if prune && let Err(error) = database.write(&Caller::system("keeper"), sessions::prune) {
        tracing::error!(%error, "what ran out could not be deleted");
    }
    let force = if blocked >= BLOCKED_LOOKS { database.replace_policy() } else { database.publish() };
    match force {
        Ok(Force::Now) => 0,
        Ok(Force::NotYet(_)) => blocked + 1,
        Err(error) => {
            tracing::error!(%error, "publishing failed");
            0
        }
    }
}
