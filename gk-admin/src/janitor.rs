//! The jobs that delete what is over, and what each did the last time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gk_service::Database;
use gk_service::service::janitor::{self, JOBS, Job, Rest};
use gk_service::service::{Caller, Refusal};
use gk_shared::time::Timestamp;

use crate::metrics::Metrics;

/// So many transactions a job has; what is left then waits for the next time.
const MOST_ROUNDS: usize = 20;

/// Shared by the keeper and the pages; cheap to clone.
#[derive(Clone)]
pub(crate) struct Janitor {
    database: Arc<Database>,
    metrics: Arc<Metrics>,
    last: Arc<Mutex<[Option<Ran>; JOBS.len()]>>,
}

/// What a job did the last time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ran {
    pub(crate) at: Timestamp,
    pub(crate) took: Duration,
    /// How much it deleted; `None`: it failed.
    pub(crate) rows: Option<usize>,
}

impl Janitor {
    pub(crate) fn new(database: Arc<Database>, metrics: Arc<Metrics>) -> Self {
        Self { database, metrics, last: Arc::default() }
    }

    /// Does every job. One that fails is no reason to leave out the others.
    pub(crate) fn clean(&self) {
        if let Err(error) = self.database.write(&Caller::system("keeper"), janitor::retire_keys) {
            tracing::error!(%error, "keys that are over could not be retired");
        }
        for (place, job) in JOBS.iter().enumerate() {
            let ran = self.run(job);
            self.metrics.cleaned(job, ran);
            if let Some(last) = self.last.lock().unwrap_or_else(PoisonError::into_inner).get_mut(place) {
                *last = Some(ran);
            }
        }
    }

    /// What each did the last time; `None` for one that this process has not run yet.
    pub(crate) fn last(&self) -> [Option<Ran>; JOBS.len()] {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, job: &Job) -> Ran {
        let (at, begun) = (self.database.now(), Instant::now());
        let rows = self.rounds(job).inspect_err(|error| tracing::error!(job = job.name, %error, "a job failed")).ok();
        Ran { at, took: begun.elapsed(), rows }
    }

    fn rounds(&self, job: &Job) -> Result<usize, Refusal> {
        let mut rows = 0;
        for _ in 0..MOST_ROUNDS {
            let removed = self.database.write(&Caller::system("keeper"), |op| janitor::run(op, job))?.value;
            rows += removed.rows;
            if removed.rest == Rest::Nothing {
                break;
            }
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use gk_service::{KeyFile, Paths};

    use super::*;

    fn janitor(folder: &std::path::Path) -> (Janitor, rusqlite::Connection) {
        let at = |name: &str| folder.join(name);
        let paths = Paths { database: at("gatekeeper.sqlite3"), policy: None, key: KeyFile::at(at("gatekeeper.key")) };
        let database = Arc::new(Database::initialise(&paths).unwrap());
        let connection = rusqlite::Connection::open(&paths.database).unwrap();
        (Janitor::new(database, Arc::new(Metrics::new().unwrap())), connection)
    }

    #[test]
    fn what_ran_out_is_deleted_however_much_it_is_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let (janitor, connection) = janitor(folder.path());
        let many = "INSERT INTO user (username, email, status, login_salt, created_at, updated_at)
                    VALUES ('a@example.com', 'a@example.com', 'approved', randomblob(16), 1, 1);
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
                    INSERT INTO session (sid, user_id, method, created_at, last_seen_at, expires_at)
                    SELECT randomblob(16), u.id, 'api', 1, 1, 1 FROM n, user u;";
        connection.execute_batch(many).unwrap();
        assert!(janitor.last().iter().all(Option::is_none));
        janitor.clean();
        let left: i64 = connection.query_row("SELECT count(*) FROM session", [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0);
        let place = JOBS.iter().position(|job| job.name == "sessions").unwrap();
        assert_eq!(janitor.last()[place].unwrap().rows, Some(2500));
        let text = janitor.metrics.text(&janitor.database).unwrap();
        assert!(text.contains("gk_job_removed_total{task=\"sessions\"} 2500"), "{text}");
        assert!(text.contains("gk_job_seconds_count{task=\"sessions\"} 1"), "{text}");
    }

    #[test]
    fn a_job_that_fails_is_said_to_have_and_the_others_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let (janitor, connection) = janitor(folder.path());
        let broken = "INSERT INTO signin_attempt VALUES (1, 'a', 'b');
                      CREATE TRIGGER broken BEFORE DELETE ON signin_attempt BEGIN SELECT raise(ABORT, 'broken'); END";
        connection.execute_batch(broken).unwrap();
        janitor.clean();
        let failed = JOBS.iter().zip(janitor.last()).filter(|(_, ran)| ran.unwrap().rows.is_none());
        assert_eq!(failed.map(|(job, _)| job.name).collect::<Vec<_>>(), ["sign-ins"]);
        let text = janitor.metrics.text(&janitor.database).unwrap();
        assert!(text.contains("gk_job_failures_total{task=\"sign-ins\"} 1"), "{text}");
        assert!(text.contains("gk_job_failures_total{task=\"mail\"} 0"), "{text}");
    }
}
