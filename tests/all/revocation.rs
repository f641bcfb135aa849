//! "Revoked" means in force: when a verb has returned, the very next answer of gk-validate, another process, is
//! no older than it. However the write-ahead log is checkpointed meanwhile, and whoever dies while writing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rusqlite::Connection;

use crate::batch::{Batch, Reply};
use crate::world::World;

/// How many revocations, by whom.
struct Size {
    /// Each by a `gk` process of its own.
    by_commands: usize,
    /// By two long-lived `gk batch`, each killed in the middle of every 50th verb.
    by_batches: usize,
}

const VERBS_BEFORE_A_KILL: usize = 50;
/// Revocations come in turns of this many.
const KINDS: usize = 8;

#[test]
fn a_revocation_is_in_force_when_its_verb_returns() {
    revoke_under_disturbance(&Size { by_commands: 500, by_batches: 1_500 });
}

#[test]
#[ignore = "20,000 revocations take minutes: `make soak`"]
fn soak_20_000_revocations_are_in_force_when_their_verbs_return() {
    revoke_under_disturbance(&Size { by_commands: 2_000, by_batches: 18_000 });
}

#[test]
fn ending_all_sessions_of_a_person_ends_each_of_them() {
    let world = World::quiet(&[]);
    world.grant("alice@example.com", "docs");
    world.grant("bob@example.com", "docs");
    let [first, second] = [1, 2].map(|_| world.session("alice@example.com"));
    let others = world.session("bob@example.com");
    for cookie in [&first, &second, &others] {
        assert_eq!(world.validate(Some(cookie), Some("docs")).status, 200);
    }
    world.gk(&["sessions", "revoke", "--user", "alice@example.com"]).done();
    for cookie in [&first, &second] {
        assert_eq!(world.validate(Some(cookie), Some("docs")).status, 401);
    }
    assert_eq!(world.validate(Some(&others), Some("docs")).status, 200);
    let later = world.session("alice@example.com");
    assert_eq!(world.validate(Some(&later), Some("docs")).status, 200);
}

fn revoke_under_disturbance(size: &Size) {
    let world = World::quiet(&[]);
    world.registered("docs");
    let (stale, enough) = (AtomicUsize::new(0), AtomicBool::new(false));
    let checkpoints = std::thread::scope(|scope| {
        let checkpoints = scope.spawn(|| checkpoint_until(&world, &enough));
        let mut writers = vec![scope.spawn(|| by_commands(&world, size.by_commands, &stale))];
        for name in ["first", "second"] {
            let (world, stale) = (&world, &stale);
            writers.push(scope.spawn(move || by_batch(world, name, size.by_batches / 2, stale)));
        }
        let ended: Vec<bool> = writers.into_iter().map(|writer| writer.join().is_ok()).collect();
        enough.store(true, Ordering::Relaxed);
        assert!(ended.iter().all(|ended| *ended), "a writer failed");
        checkpoints.join().unwrap()
    });
    assert_eq!(stale.into_inner(), 0, "answers older than a verb that had returned");
    for mode in CHECKPOINTS {
        assert!(checkpoints.contains_key(mode), "no {mode} checkpoint came through: {checkpoints:?}");
    }
    assert!(!world.validate_talk().contains("panicked"));
}

/// Every kind of revocation in turn, each by a process of its own.
fn by_commands(world: &World, count: usize, stale: &AtomicUsize) {
    let mut batch = Batch::start(world);
    let person = Person::new(&mut batch, "commands@example.com");
    for number in 0..count {
        let revocation = person.prepare(&mut batch, number);
        revocation.before(world);
        let verb: Vec<&str> = revocation.verb.split(' ').collect();
        world.gk(&verb).done();
        revocation.after(world, stale);
    }
}

/// The same by a long-lived writer, killed now and then in the middle of a verb.
fn by_batch(world: &World, name: &str, count: usize, stale: &AtomicUsize) {
    let mut batch = Batch::start(world);
    let person = Person::new(&mut batch, &format!("{name}@example.com"));
    for number in 0..count {
        let revocation = person.prepare(&mut batch, number);
        revocation.before(world);
        if (number + 1).is_multiple_of(VERBS_BEFORE_A_KILL) {
            batch = killed_during(world, batch, &revocation.verb, number);
        }
        // After a kill the verb may have been done or not; asking again must work and be in force either way.
        match batch.try_verb(&revocation.verb) {
            Reply::Done(_) => revocation.after(world, stale),
            Reply::Otherwise(line) => {
                assert!(revocation.is_gone(&line), "`{}`: {line}", revocation.verb);
                batch.verb(&format!("users update --user {} --name N{number}", person.email));
                revocation.after(world, stale);
            }
        }
    }
}

/// Kills the writer somewhere within the verb: at once, or up to about two milliseconds later.
fn killed_during(world: &World, mut batch: Batch, verb: &str, number: usize) -> Batch {
    batch.send(verb);
    let spread = u64::try_from(number / VERBS_BEFORE_A_KILL).unwrap();
    std::thread::sleep(Duration::from_micros(spread * 170 % 2_000));
    batch.kill();
    Batch::start(world)
}

/// Whose access is taken, again and again.
struct Person {
    email: String,
}

/// One revocation, ready to be made.
struct Revocation {
    cookie: String,
    verb: String,
    /// What gk-validate says from then on.
    status: u16,
}

impl Person {
    fn new(batch: &mut Batch, email: &str) -> Self {
        batch.verb(&format!("users add --email {email} --approved"));
        Self { email: email.to_owned() }
    }

    /// Gives access in a way that can be taken: by grant, session, all sessions, or account.
    fn prepare(&self, batch: &mut Batch, number: usize) -> Revocation {
        let email = &self.email;
        if number.is_multiple_of(KINDS) {
            // The last kind of the round before disabled the account.
            batch.verb(&format!("users update --user {email} --enable"));
        }
        batch.verb(&format!("apps grant --slug docs --email {email}"));
        let (cookie, session) = batch.session(email);
        let (verb, status) = match number % KINDS {
            0..4 => (format!("sessions revoke --session {session}"), 401),
            4..6 => (format!("apps revoke --slug docs --email {email}"), 403),
            6 => (format!("sessions revoke --user {email}"), 401),
            _ => (format!("users update --user {email} --disable"), 401),
        };
        Revocation { cookie, verb, status }
    }
}

impl Revocation {
    fn before(&self, world: &World) {
        let answer = world.validate(Some(&self.cookie), Some("docs"));
        assert_eq!(answer.status, 200, "before `{}`: {answer:?}", self.verb);
    }

    /// Asks at once; an answer from before the verb is counted, anything else unexpected fails.
    fn after(&self, world: &World, stale: &AtomicUsize) {
        let answer = world.validate(Some(&self.cookie), Some("docs"));
        if answer.status == 200 {
            stale.fetch_add(1, Ordering::Relaxed);
            eprintln!("stale after `{}`", self.verb);
        } else {
            assert_eq!(answer.status, self.status, "after `{}`: {answer:?}", self.verb);
        }
    }

    /// Whether a refusal says that the killed writer had done it already.
    fn is_gone(&self, line: &str) -> bool {
        line.starts_with("error:") && self.verb.contains(" revoke ")
    }
}

const CHECKPOINTS: [&str; 3] = ["PASSIVE", "FULL", "TRUNCATE"];

/// Checkpoints the policy file in every way, as fast as it lets; how many of each were complete.
fn checkpoint_until(world: &World, enough: &AtomicBool) -> BTreeMap<&'static str, usize> {
    let connection = Connection::open(world.policy()).unwrap();
    connection.busy_timeout(Duration::from_millis(20)).unwrap();
    let mut complete = BTreeMap::new();
    for mode in CHECKPOINTS.iter().cycle() {
        if enough.load(Ordering::Relaxed) {
            break;
        }
        let sql = format!("PRAGMA wal_checkpoint({mode})");
        let busy = connection.query_row(&sql, [], |row| row.get::<_, i64>(0));
        if busy.is_ok_and(|busy| busy == 0) {
            *complete.entry(*mode).or_default() += 1;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    complete
}
