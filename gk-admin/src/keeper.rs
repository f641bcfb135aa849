//! What gk-admin does by itself: publish what another process left, tell of keys and grants that run out, and delete what did or is too old.

use std::sync::Arc;
use std::time::Duration;

use gk_service::service::{Caller, Refusal, grants, keys};
use gk_service::{Database, Force};
use gk_shared::model::ApiKeyId;
use gk_shared::time::Timestamp;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use crate::janitor::Janitor;
use crate::keys_used::KeysUsed;

const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often what is over is deleted, and whoever is concerned told of what soon will be.
const CLEAN_EVERY: Duration = Duration::from_secs(3600);
/// After the start, when others have much to do.
const FIRST_CLEAN: Duration = Duration::from_secs(60);
/// How often the last use of keys is written down.
const NOTE_EVERY: Duration = Duration::from_secs(30);
/// A policy file that was blocked at this many looks in a row is exchanged for a new one.
const BLOCKED_LOOKS: u32 = 3;

/// Runs until the database is exchanged for another: then this process must not go on.
pub(crate) async fn keep(database: Arc<Database>, keys_used: KeysUsed, janitor: Janitor) -> Refusal {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut count, mut blocked) = (0_u64, 0);
    loop {
        looks.tick().await;
        count = count.wrapping_add(1);
        // Soon after the start too: a server that is often restarted must not put it off for ever.
        let clean = count % looks_in(CLEAN_EVERY) == looks_in(FIRST_CLEAN);
        let tell = count % looks_in(CLEAN_EVERY) == 1;
        let used = if count.is_multiple_of(looks_in(NOTE_EVERY)) { keys_used.take() } else { Vec::new() };
        let (database, janitor) = (Arc::clone(&database), janitor.clone());
        let look = spawn_blocking(move || {
            note_used(&database, &used);
            if tell && let Err(error) = tell_of_ends(&database) {
                tracing::error!(%error, "nobody could be told that keys and grants run out");
            }
            if clean {
                janitor.clean();
            }
            look(&database, blocked)
        })
        .await;
        match look {
            Ok(Ok(looks)) => blocked = looks,
            Ok(Err(exchanged)) => return exchanged,
            Err(error) => tracing::error!(%error, "a look ended in a panic"),
        }
    }
}

fn looks_in(span: Duration) -> u64 {
    span.as_secs() / LOOK_EVERY.as_secs()
}

/// Writes down when keys were last used.
pub(crate) fn note_used(database: &Database, used: &[(ApiKeyId, Timestamp)]) {
    if !used.is_empty()
        && let Err(error) = database.write(&Caller::system("keeper"), |op| keys::note_used(op, used))
    {
        tracing::error!(%error, "the last use of keys could not be written down");
    }
}

/// One look; gives at how many looks in a row the policy file was blocked.
fn look(database: &Database, blocked: u32) -> Result<u32, Refusal> {
    let force = if blocked >= BLOCKED_LOOKS { database.replace_policy() } else { database.keep_published() };
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

/// Has mails sent about keys and grants that run out soon. Most of the time there are none, and nothing is written.
fn tell_of_ends(database: &Database) -> Result<(), Refusal> {
    let keeper = Caller::system("keeper");
    while !database.read(&keeper, keys::running_out)?.is_empty() {
        database.write(&keeper, keys::tell_running_out)?;
    }
    while !database.read(&keeper, grants::running_out)?.is_empty() {
        database.write(&keeper, grants::tell_running_out)?;
    }
    Ok(())
}
