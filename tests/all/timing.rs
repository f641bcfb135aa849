//! Whether the time of the answer tells what kind of address was asked for.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use crate::world::{World, wait_until};

/// As many timings in each run of a class.
const TIMINGS: usize = 200;
/// Chance alone fails a comparison of medians now and then; a difference that is there fails it every time.
const ATTEMPTS: usize = 4;

const CLASSES: [&str; 5] = ["known", "unknown", "disabled", "pending", "limited"];

/// Both runs of one class.
type Runs = [Vec<Duration>; 2];

#[test]
fn the_time_of_the_answer_says_nothing_about_the_address() {
    let world = World::start();
    // As many as one attempt asks for in a class: only those of the last class are over the limit.
    let limit = (2 * TIMINGS).to_string();
    for (setting, value) in [("mailbox_limit", &*limit), ("mailbox_limit_daily", "10000"), ("global_limit", "1000000")]
    {
        world.gk(&["config", "set", &format!("auth.{setting}"), value]).done();
    }
    let mut seen = Vec::new();
    while seen.len() < ATTEMPTS && !seen.last().is_some_and(Seen::holds) {
        let domain = format!("attempt{}.example", seen.len());
        set_scene(&world, &domain);
        seen.push(measure(&world, &domain));
    }
    assert!(seen.last().is_some_and(Seen::holds), "classes differ by more than a class does from itself: {seen:?}");
}

/// An account of each class at this domain.
fn set_scene(world: &World, domain: &str) {
    let email = |class: &str| format!("{class}@{domain}");
    world.person(&email("known"));
    world.person(&email("disabled"));
    world.gk(&["users", "add", "--email", &email("pending")]).done();
    world.gk(&["users", "update", "--user", &email("disabled"), "--disable"]).done();
    let over = || world.admin_metric("gk_signin_requests_total{outcome=\"over-mailbox\"}").unwrap_or(0.0);
    let before = over();
    for _ in 0..2 * TIMINGS {
        world.visitor().ask_for_link(&email("limited"), "");
    }
    wait_until("the mailbox to be over its limit", || {
        world.visitor().ask_for_link(&email("limited"), "");
        over() > before
    });
}

/// What one measurement found.
#[derive(Debug)]
struct Seen {
    /// The largest difference between the medians of two classes.
    between: Duration,
    /// The largest difference between the medians of two runs of one class.
    within: Duration,
}

impl Seen {
    fn holds(&self) -> bool {
        self.between.as_secs_f64() <= 1.5 * self.within.as_secs_f64()
    }
}

/// Times all runs of all classes, interleaved, so that whatever else the machine does meets all alike.
fn measure(world: &World, domain: &str) -> Seen {
    let mut runs: [Runs; CLASSES.len()] = Default::default();
    for round in 0..TIMINGS {
        // Shuffled each round: what one request leaves behind must not always meet the same class.
        let mut turns = (0..CLASSES.len() * 2).collect::<Vec<_>>();
        turns.sort_by_cached_key(|turn| {
            let mut hasher = DefaultHasher::new();
            (round, turn, &runs[0][0]).hash(&mut hasher);
            hasher.finish()
        });
        for turn in turns {
            let (class, run) = (turn % CLASSES.len(), turn / CLASSES.len());
            let visitor = world.visitor();
            let email = format!("{}@{domain}", CLASSES[class]);
            let begun = Instant::now();
            visitor.ask_for_link(&email, "");
            runs[class][run].push(begun.elapsed());
        }
    }
    let medians = runs.iter().map(|runs| median(&runs.concat())).collect::<Vec<_>>();
    let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
    let within = runs.iter().map(|[first, second]| median(first).abs_diff(median(second))).max();
    Seen { between: most.abs_diff(*least), within: within.unwrap() }
}

fn median(timings: &[Duration]) -> Duration {
    let mut sorted = timings.to_vec();
    sorted.sort();
    sorted[sorted.len() / 2]
}
