//! Whether the time of an answer tells what kind of address was asked for.
//!
//! Medians of equal numbers of timings are compared: those of two runs of different classes, and those of two runs of
//! the same class. What differs more often than it would by chance is told.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::world::{Visitor, World};

/// So many runs of each class are compared with one another: with fewer, chance alone fails the test now and then.
const RUNS: usize = 10;
const ATTEMPTS: usize = 2;

const CLASSES: [&str; 5] = ["known", "unknown", "disabled", "pending", "limited"];
const PLACES: [&str; 3] = ["/signin", "/register", "/signin/sent"];

#[test]
fn the_time_of_the_answer_says_nothing_about_the_address() {
    compare(16);
}

#[test]
#[ignore = "10,000 timings of each of three pages take minutes: `make soak`"]
fn soak_the_time_of_the_answer_says_nothing_about_the_address() {
    compare(200);
}

/// Compares runs of so many timings each.
#[track_caller]
fn compare(timings: usize) {
    let world = World::start();
    for (setting, value) in [("mailbox_limit", "1000"), ("mailbox_limit_daily", "10000"), ("global_limit", "1000000")] {
        world.gk(&["config", "set", &format!("auth.{setting}"), value]).done();
    }
    let mut seen = Vec::new();
    while seen.len() < ATTEMPTS && !hold(&seen) {
        let domain = format!("attempt{}.example", seen.len());
        set_scene(&world, &domain);
        seen.push(measure(&world, &domain, timings));
        eprintln!("{timings} timings a run: {:?}", seen.last());
    }
    assert!(hold(&seen), "classes differ by more than a class does from itself: {seen:?}");
}

/// Whether each place has told nothing at least once.
fn hold(attempts: &[[Seen; PLACES.len()]]) -> bool {
    (0..PLACES.len()).all(|place| attempts.iter().any(|seen| seen[place].holds()))
}

/// An account of each class at this domain.
fn set_scene(world: &World, domain: &str) {
    let email = |class: &str| format!("{class}@{domain}");
    world.person(&email("known"));
    world.person(&email("disabled"));
    world.gk(&["users", "add", "--email", &email("pending")]).done();
    world.gk(&["users", "update", "--user", &email("disabled"), "--disable"]).done();
    let full = "INSERT INTO signin_attempt (at, mailbox, network)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
        SELECT unixepoch(), ?1, 'app 0' FROM n";
    Connection::open(world.database()).unwrap().execute(full, [email("limited")]).unwrap();
}

/// Has only the class that is over the limit stay there.
fn forget_asking(world: &World) {
    let others = "DELETE FROM signin_attempt WHERE mailbox NOT LIKE 'limited@%'";
    Connection::open(world.database()).unwrap().execute(others, []).unwrap();
}

/// What one measurement found at one place.
#[derive(Debug)]
struct Seen {
    /// The difference between a run of a class and one of another class; of the class where it is largest.
    between: Duration,
    /// The difference between two runs of the same class.
    within: Duration,
}

impl Seen {
    /// `medians` of each run of each class. Of many differences the one in the middle is taken.
    fn of(medians: &[[Duration; RUNS]; CLASSES.len()]) -> Self {
        let same = medians
            .iter()
            .flat_map(|runs| (0..RUNS).flat_map(move |one| (0..one).map(move |other| runs[one].abs_diff(runs[other]))));
        let others = |class: usize| {
            let others = medians.iter().enumerate().filter(move |(other, _)| *other != class);
            others.flat_map(|(_, runs)| runs)
        };
        let between = (0..CLASSES.len()).map(|class| {
            let runs = medians[class].iter();
            median(runs.flat_map(|one| others(class).map(|other| one.abs_diff(*other))).collect())
        });
        Self { between: between.max().unwrap(), within: median(same.collect()) }
    }

    fn holds(&self) -> bool {
        self.between.as_secs_f64() <= 1.5 * self.within.as_secs_f64()
    }
}

/// Times all runs of all classes, interleaved, so that whatever else the machine does meets all alike.
fn measure(world: &World, domain: &str, timings: usize) -> [Seen; PLACES.len()] {
    let turns = CLASSES.len() * RUNS;
    let mut times = PLACES.map(|_| vec![Vec::with_capacity(timings); turns]);
    for round in 0..timings {
        // A mailbox has at most 1,000.
        if round % 50 == 0 {
            forget_asking(world);
        }
        let visitors = (0..turns).map(|_| (world.visitor(), world.visitor())).collect::<Vec<_>>();
        let email = |turn: usize| format!("{}@{domain}", CLASSES[turn % CLASSES.len()]);
        let mut flows = vec![String::new(); turns];
        for turn in shuffled(turns, (round, 0)) {
            let (time, flow) = timed(&visitors[turn].0, "/signin", &[("email", &email(turn)), ("redirect", "")]);
            times[0][turn].push(time);
            flows[turn] = flow;
        }
        for turn in shuffled(turns, (round, 1)) {
            let (time, _) = timed(&visitors[turn].1, "/register", &[("email", &email(turn)), ("redirect", "")]);
            times[1][turn].push(time);
        }
        for turn in shuffled(turns, (round, 2)) {
            let wrong = [("flow", flows[turn].as_str()), ("code", "2222-2222")];
            times[2][turn].push(timed(&visitors[turn].0, "/signin/sent", &wrong).0);
        }
    }
    times.map(|times| {
        let mut medians = [[Duration::ZERO; RUNS]; CLASSES.len()];
        for (turn, times) in times.into_iter().enumerate() {
            medians[turn % CLASSES.len()][turn / CLASSES.len()] = median(times);
        }
        Seen::of(&medians)
    })
}

/// How long an answer takes, and the flow it begins.
#[track_caller]
fn timed(visitor: &Visitor<'_>, path: &str, fields: &[(&str, &str)]) -> (Duration, String) {
    let begun = Instant::now();
    let answer = visitor.post(path, fields);
    let time = begun.elapsed();
    assert!(matches!(answer.status, 303 | 422), "{path}: {answer:?}");
    let flow = answer.location().split_once("flow=").map(|(_, flow)| flow.chars().take(16).collect());
    (time, flow.unwrap_or_default())
}

/// Another order each time: what one request leaves behind must not always meet the same class.
fn shuffled(turns: usize, round: (usize, u8)) -> Vec<usize> {
    let mut order = (0..turns).collect::<Vec<_>>();
    order.sort_by_cached_key(|turn| {
        let mut hasher = DefaultHasher::new();
        (round, turn).hash(&mut hasher);
        hasher.finish()
    });
    order
}

fn median(mut timings: Vec<Duration>) -> Duration {
    timings.sort();
    timings[timings.len() / 2]
}
