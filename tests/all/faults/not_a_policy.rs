//! Something else stands where the policy file should: before a start nobody is let in, while running the last
//! good snapshot answers, and the next verb puts a policy file there again.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::{KEEPS, NO_SNAPSHOT, NOBODY, RIGHT, Scene, assert_sound};
use crate::policy_files::beside;
use crate::world::{World, wait_until};

/// How it comes there.
#[derive(Clone, Copy, Debug)]
enum How {
    /// Written over the file, which keeps its inode.
    InPlace,
    /// Another file, renamed to its name.
    Renamed,
}

/// Puts something that is no policy file at a path.
type Write = fn(&Path);

#[test]
fn whatever_stands_instead_of_a_policy_opens_nothing_and_the_next_verb_replaces_it() {
    let contents: [(How, Write); 5] = [
        (How::InPlace, zeros),
        (How::InPlace, noise),
        (How::Renamed, text),
        (How::Renamed, nothing),
        (How::Renamed, another_database),
    ];
    std::thread::scope(|scope| {
        for (how, write) in contents {
            scope.spawn(move || stands_instead(how, write));
        }
    });
}

fn stands_instead(how: How, write: Write) {
    let world = World::quiet(&[]);
    let scene = Scene::set(&world);
    assert_eq!(scene.statuses(&world), RIGHT);
    put(&world, how, write);
    assert_eq!(scene.statuses(&world), RIGHT, "the last snapshot answers");
    answers_stay(&world, &scene, Duration::from_millis(1_500));
    a_verb_heals(&world, &scene, ("revoke", NOBODY));

    world.stop_validate();
    put(&world, how, write);
    world.start_validate();
    assert_eq!(scene.statuses(&world), NO_SNAPSHOT);
    assert_eq!(world.metrics_page("/readyz").status, 503);
    a_verb_heals(&world, &scene, ("grant", RIGHT));
    world.wait_until_ready();
    assert_sound(&world);
}

fn put(world: &World, how: How, write: Write) {
    let policy = world.policy();
    match how {
        How::InPlace => write(&policy),
        How::Renamed => {
            let other = beside(&policy, ".other");
            write(&other);
            fs::rename(other, policy).unwrap();
        }
    }
}

/// For longer than the second between two looks at the inode.
fn answers_stay(world: &World, scene: &Scene, time: Duration) {
    let started = Instant::now();
    while started.elapsed() < time {
        assert_eq!(scene.statuses(world), RIGHT, "the last snapshot answers");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn a_verb_heals(world: &World, scene: &Scene, (verb, then): (&str, [u16; 3])) {
    let said = world.gk(&["apps", verb, "--slug", "docs", "--email", KEEPS]);
    match said.code {
        0 => assert_eq!(scene.statuses(world), then, "{said:?}"),
        3 => (),
        _ => panic!("{said:?}"),
    }
    wait_until("the change to be in force", || scene.statuses(world) == then);
}

fn zeros(path: &Path) {
    fs::write(path, vec![0; 80_000]).unwrap();
}

/// After the usual first bytes, so that SQLite looks further.
fn noise(path: &Path) {
    let mut bytes = b"SQLite format 3\0".to_vec();
    let mut state = 1_u32;
    bytes.extend((0..80_000).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    }));
    fs::write(path, bytes).unwrap();
}

fn text(path: &Path) {
    fs::write(path, "not a database\n".repeat(2_000)).unwrap();
}

fn nothing(path: &Path) {
    fs::write(path, "").unwrap();
}

fn another_database(path: &Path) {
    let connection = Connection::open(path).unwrap();
    let sql = "PRAGMA journal_mode = WAL; CREATE TABLE policy (id, format); INSERT INTO policy VALUES (1, 1)";
    connection.execute_batch(sql).unwrap();
}
