//! Deletes what is over: a table of jobs, each of which says what it deletes and how long that was kept.

use gk_shared::policy::ChangeKind;
use gk_shared::time::Timestamp;

use super::op::Op;
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use super::rotation;
use super::{audit, devices};
use crate::store::sessions::Ended;
use crate::store::{app_codes, challenges, email_changes, figures, invitations, mail, sessions};

const DAY: i64 = 86_400;
/// So many sessions go in one transaction: other writers wait meanwhile.
const MOST: u16 = 1000;

/// One of [`JOBS`].
pub struct Job {
    /// Its name in metrics.
    pub name: &'static str,
    /// What it deletes, for people.
    pub what: &'static str,
    work: fn(&Op<'_>) -> Result<usize, Refusal>,
}

/// All of them, in the order they run in.
pub const JOBS: [Job; 10] = [
    job("sign-ins", "Sign-ins that were begun and ran out, after a day", |op| {
        Ok(challenges::delete_old(op.transaction, op.now)?)
    }),
    job("devices", "Browsers that nobody used for 400 days", devices::prune),
    job("addresses", "Changes of address that ran out", |op| Ok(email_changes::delete_old(op.transaction, op.now)?)),
    job("app-codes", "Codes of apps, after a week", |op| Ok(app_codes::delete_old(op.transaction, ago(op, 7))?)),
    job("invitations", "Invitations that ran out, after 90 days", |op| {
        Ok(invitations::delete_old(op.transaction, ago(op, 90))?)
    }),
    job("mail", "Mails: sent after a week, given up after a month", |op| Ok(mail::delete_old(op.transaction, op.now)?)),
    job("figures", "Figures by the hour, after 31 days", |op| {
        Ok(figures::delete_before(op.transaction, ago(op, 31).0 / 3600, op.now)?)
    }),
    job("audit", "Rows of the audit, after as many days as audit.keep_days says", audit::prune),
    job("sessions", "Sessions that ran out, after a week", |op| forget(op, Ended::ByTime)),
    job("revoked", "Revoked sessions, a week after they would have run out", |op| forget(op, Ended::Early)),
];

const fn job(name: &'static str, what: &'static str, work: fn(&Op<'_>) -> Result<usize, Refusal>) -> Job {
    Job { name, what, work }
}

/// Whether a job is through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    Nothing,
    /// There was more than goes in one transaction.
    More,
}

/// What a job did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removed {
    pub rows: usize,
    pub rest: Rest,
}

/// Does one job, or as much of it as goes in one transaction.
pub fn run(op: &Op<'_>, job: &Job) -> Result<Removed, Refusal> {
    permit(op.standing, Verb::Housekeep)?;
    let rows = (job.work)(op)?;
    // Only sessions and rows of the audit are deleted by so many, or more.
    Ok(Removed { rows, rest: if rows < usize::from(MOST) { Rest::Nothing } else { Rest::More } })
}

/// Believes no token any more of a key whose last has run out.
pub fn retire_keys(op: &Op<'_>) -> Result<(), Refusal> {
    permit(op.standing, Verb::Housekeep)?;
    rotation::retire(op)
}

fn ago(op: &Op<'_>, days: i64) -> Timestamp {
    op.now.plus(-days * DAY)
}

/// Deletes sessions, here and from what gk-validate reads.
fn forget(op: &Op<'_>, ended: Ended) -> Result<usize, Refusal> {
    let deleted = sessions::delete_expired(op.transaction, ended, ago(op, 7), MOST)?;
    for session in deleted.iter().filter(|session| session.published) {
        op.changed(ChangeKind::Session, session.row)?;
    }
    Ok(deleted.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::sessions as verbs;
    use crate::service::trial::{Trial, name};

    fn run_all(trial: &Trial) -> Vec<(&'static str, usize)> {
        JOBS.iter().map(|job| (job.name, trial.run(|op| run(op, job)).unwrap().rows)).filter(|(_, n)| *n > 0).collect()
    }

    #[test]
    fn each_job_deletes_what_is_over_and_nothing_else() {
        let trial = Trial::new();
        let now = trial.database.now().0;
        for (days, id) in [(-1, 1), (2, 2), (8, 3), (40, 4), (100, 5), (500, 6)] {
            let at = now - days * DAY;
            trial.change(&format!(
                "INSERT INTO signin_attempt (mailbox, network, at) VALUES ('a{id}@b.c', 'x', {at});
                 INSERT INTO device (user_id, device_hash, created_at, used_at) VALUES (1, randomblob(32), {at}, {at});
                 INSERT INTO mail (uuid, kind, recipient, language, state, next_try_at, give_up_at, created_at, settled_at)
                 VALUES ('{id}', 'x', 'a@b.c', 'en', 'sent', 1, 1, {at}, {at});
                 INSERT INTO tally VALUES ('allow', {at} / 3600, 1);
                 INSERT INTO session (sid, user_id, method, created_at, last_seen_at, expires_at, ended_at)
                 VALUES (randomblob(16), 1, 'link', 1, 1, {at}, NULL), (randomblob(16), 1, 'link', 1, 1, {at}, 5);"
            ));
        }
        let wanted = [("sign-ins", 5), ("devices", 1), ("mail", 4), ("figures", 8), ("sessions", 4), ("revoked", 4)];
        assert_eq!(run_all(&trial), wanted);
        assert_eq!(run_all(&trial), []);
    }

    #[test]
    fn a_revoked_session_leaves_what_gk_validate_reads_once_it_is_deleted() {
        let trial = Trial::new();
        let new = trial.run(|op| verbs::create(op, &name("admin@example.com"), None, None)).unwrap();
        trial.run(|op| verbs::end(op, new.session.id)).unwrap();
        let revoked = || {
            let policy = rusqlite::Connection::open(trial.database.policy_path()).unwrap();
            policy.query_row::<i64, _, _>("SELECT count(*) FROM revoked_session", [], |row| row.get(0)).unwrap()
        };
        assert_eq!(revoked(), 1);
        run_all(&trial);
        assert_eq!(revoked(), 1);
        trial.change("UPDATE session SET expires_at = 1");
        run_all(&trial);
        assert_eq!((revoked(), trial.count("SELECT count(*) FROM session")), (0, 0));
    }
}
