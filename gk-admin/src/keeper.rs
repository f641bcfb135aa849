//! What gk-admin does by itself: publish what another process left, tell of keys and grants that run out, and delete what did or is too old.

use std::sync::Arc;
use std::time::Duration;

use gk_service::service::sessions::{self, Pruned};
use gk_service::service::{Caller, Refusal, audit, grants, keys};
use gk_service::{Database, Force};
use gk_shared::model::ApiKeyId;
use gk_shared::time::Timestamp;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use crate::keys_used::KeysUsed;

const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often what ran out is deleted.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);
/// How often the last use of keys is written down.
const NOTE_EVERY: Duration = Duration::from_secs(30);
/// So many transactions delete what ran out; what is left then waits for the next time.
const MOST_PRUNINGS: usize = 20;
/// The same for the audit, which may have to catch up with years.
const MOST_SHORTENINGS: usize = 100;
/// A policy file that was blocked at this many looks in a row is exchanged for a new one.
const BLOCKED_LOOKS: u32 = 3;

/// Runs until the database is exchanged for another: then this process must not go on.
pub(crate) async fn keep(database: Arc<Database>, keys_used: KeysUsed) -> Refusal {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut count, mut blocked) = (0_u64, 0);
    loop {
        looks.tick().await;
        count = count.wrapping_add(1);
        let prune = count.is_multiple_of(looks_in(PRUNE_EVERY));
        // At the first look too: a server that is often restarted must not put it off for ever.
        let tell = count % looks_in(PRUNE_EVERY) == 1;
        let used = if count.is_multiple_of(looks_in(NOTE_EVERY)) { keys_used.take() } else { Vec::new() };
        let database = Arc::clone(&database);
        let look = spawn_blocking(move || {
            note_used(&database, &used);
            if tell && let Err(error) = tell_of_ends(&database) {
                tracing::error!(%error, "nobody could be told that keys and grants run out");
            }
            look(&database, blocked, prune)
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
fn look(database: &Database, blocked: u32, prune: bool) -> Result<u32, Refusal> {
    if prune && let Err(error) = prune_all(database) {
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

/// Deletes what ran out, in as many transactions as it takes.
fn prune_all(database: &Database) -> Result<(), Refusal> {
    for _ in 0..MOST_PRUNINGS {
        if database.write(&Caller::system("keeper"), sessions::prune)?.value == Pruned::Everything {
            break;
        }
    }
    shorten_audit(database)
}

/// Takes rows of the audit away that are older than the setting says.
fn shorten_audit(database: &Database) -> Result<(), Refusal> {
    for _ in 0..MOST_SHORTENINGS {
        if database.note(&Caller::system("keeper"), audit::prune)? == Pruned::Everything {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use gk_service::{KeyFile, Paths};

    use super::*;

    #[test]
    fn what_ran_out_is_deleted_however_much_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let paths = Paths { database: at("gatekeeper.sqlite3"), policy: None, key: KeyFile::at(at("gatekeeper.key")) };
        let database = Database::initialise(&paths).unwrap();
        let connection = rusqlite::Connection::open(&paths.database).unwrap();
        let many = "INSERT INTO user (username, email, status, login_salt, created_at, updated_at)
                    VALUES ('a@example.com', 'a@example.com', 'approved', randomblob(16), 1, 1);
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
                    INSERT INTO session (sid, user_id, method, created_at, last_seen_at, expires_at)
                    SELECT randomblob(16), u.id, 'api', 1, 1, 1 FROM n, user u;";
        connection.execute_batch(many).unwrap();
        prune_all(&database).unwrap();
        let left: i64 = connection.query_row("SELECT count(*) FROM session", [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0);
    }
}
