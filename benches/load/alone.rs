//! gk-validate by itself: what it takes while nobody asks, how much memory, and how soon after its start it answers, with
//! 100,000 people and with 1,000,000.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::generator::Address;
use crate::one_by_one;
use crate::processor;
use crate::scene::{self, Scene};
use crate::servers::Server;

const IDLE: Duration = Duration::from_secs(20);
const ROUNDS: usize = 5;

/// How many people, and the bars: MiB of memory, and seconds to the first answer.
const SIZES: [(i64, f64, f64); 2] = [(100_000, 24.0, 0.15), (1_000_000, 160.0, 2.5)];

/// Prints the figures; whether every bar is held.
pub(crate) fn run(scene: &Scene) -> bool {
    let processes = scene.validate.processes();
    let before = processor::used_by(&processes);
    std::thread::sleep(IDLE);
    let used = processor::used_by(&processes).saturating_sub(before);
    let share = used.as_secs_f64() / IDLE.as_secs_f64() * 100.0;
    println!("Idle for {IDLE:?}: {share:.4} % of a core  at most 0.02: {}", verdict(share <= 0.02));
    let mut holds = share <= 0.02;
    for (people, most_memory, most_time) in SIZES {
        let folder = scene.folder.path().join(format!("of-{people}"));
        fs::create_dir(&folder).unwrap();
        let policy = folder.join("policy.sqlite3");
        fs::copy(scene.folder.path().join("policy/policy.sqlite3"), &policy).unwrap();
        fill(&policy, people);
        let (mut times, mut memory) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let (time, resident) = started(scene, &policy, &folder.join(format!("{round}.sock")));
            times.push(time);
            memory.push(resident);
        }
        times.sort_by(f64::total_cmp);
        memory.sort_by(f64::total_cmp);
        let (time, memory) = (times[ROUNDS / 2], memory[ROUNDS / 2]);
        println!(
            "{people} people, {} grants, 100,000 sessions: {memory:.1} MB  at most {most_memory}: {}; first 200 after {time:.3} s \
             ({:.3}..{:.3})  at most {most_time}: {}",
            people * 3,
            verdict(memory <= most_memory),
            times[0],
            times[ROUNDS - 1],
            verdict(time <= most_time)
        );
        holds &= memory <= most_memory && time <= most_time;
    }
    println!();
    holds
}

fn verdict(holds: bool) -> &'static str {
    if holds { "yes" } else { "NO" }
}

/// Seconds to the first answer, and megabytes then.
fn started(scene: &Scene, policy: &Path, socket: &Path) -> (f64, f64) {
    let mut command = scene::product("gk-validate");
    command.arg("--policy").arg(policy).args(["--metrics", "off", "--activity", "off", "--listen"]);
    let address = Address::Unix(socket.to_owned());
    let begun = Instant::now();
    let server = Server::start(command.arg(format!("unix:{}", socket.display())), &[&address]);
    let question = scene.question(&address);
    // Until then the answer is 503, or waits.
    while one_by_one::status(&question) != 200 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let time = begun.elapsed().as_secs_f64();
    let status = fs::read_to_string(format!("/proc/{}/status", server.processes()[0])).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    (time, kib / 1000.0 * 1.024)
}

/// Adds people with three grants each, and 100,000 sessions whose last use is known, behind the back of the product.
fn fill(policy: &Path, people: i64) {
    let policy = rusqlite::Connection::open(policy).unwrap();
    let n = |count: i64| format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})");
    let (apps, groups, all, grants, sessions) = (n(100), n(500), n(people), n(3), n(100_000));
    policy
        .execute_batch(&format!(
            "PRAGMA synchronous = OFF; BEGIN;
             {apps} INSERT INTO app SELECT 100 + i, printf('app-%d', i), 'viewer,editor', 0, 0 FROM n;
             {groups} INSERT INTO groups SELECT 1000 + i, printf('group-%d', i), 'local' FROM n;
             {all} INSERT INTO user SELECT 10000 + i, printf('person%d@example.com', i), printf('Person Number %d', i), 1,
                 randomblob(8), 1000 + 1 + i % 500 FROM n;
             {grants} INSERT INTO access_grant SELECT NULL, 101 + (user.id * 31 + i * 33) % 100, user.id, NULL,
                 iif(i = 1, 'editor', 'viewer'), NULL, NULL FROM user, n WHERE user.id > 10000;
             {sessions} INSERT INTO seen_session SELECT i, randomblob(16), 1790000000 FROM n;
             COMMIT; PRAGMA wal_checkpoint(TRUNCATE);"
        ))
        .unwrap();
}
