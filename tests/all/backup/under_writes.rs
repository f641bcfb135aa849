//! Backups while others write as fast as they can: each is sound, and has everything that was acknowledged before it.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::file;
use crate::batch::Batch;
use crate::world::{Said, World, clean, ours};

#[test]
fn backups_under_writes_are_sound_and_lack_nothing() {
    backups(20);
}

#[test]
#[ignore = "200 of them: `make soak`"]
fn soak_200_backups_under_writes_are_sound_and_lack_nothing() {
    backups(200);
}

fn backups(times: usize) {
    let world = World::bare(&[]);
    world.person("alice@example.com");
    let (written, started) = (AtomicU64::new(0), Instant::now());
    std::thread::scope(|scope| {
        let taking = scope.spawn(|| {
            for turn in 0..times {
                let before = written.load(Ordering::Relaxed);
                let path = backup(&world, turn);
                // Restoring waits, for whoever follows the policy file; the next backup does not.
                let world = &world;
                scope.spawn(move || lacks_nothing(world, &path, turn, before));
            }
        });
        let mut batch = Batch::start(&world);
        while !taking.is_finished() {
            let next = written.load(Ordering::Relaxed) + 1;
            batch.verb(&format!("users update --user alice@example.com --name {next}"));
            written.store(next, Ordering::Relaxed);
        }
        let rate = f64::from(u32::try_from(written.load(Ordering::Relaxed)).unwrap()) / started.elapsed().as_secs_f64();
        eprintln!("{times} backups in {:?}, under {rate:.0} writes a second", started.elapsed());
    });
}

/// Takes one; gives the file.
fn backup(world: &World, turn: usize) -> String {
    let path = file(world, &format!("{turn}.gkb"));
    let started = Instant::now();
    world.gk(&["backup", "--to", &path, "--plain"]).done();
    assert!(started.elapsed() < Duration::from_secs(10), "writers make it begin anew");
    path
}

/// A backup has everything that was acknowledged before it began.
fn lacks_nothing(world: &World, backup: &str, turn: usize, before: u64) {
    let sql = "SELECT fullname FROM user WHERE email = 'alice@example.com'";
    let name: String = restored(world, backup, turn).query_row(sql, [], |row| row.get(0)).unwrap();
    let there: u64 = name.parse().unwrap_or(0);
    assert!(there >= before, "backup {turn} has {there}, and {before} was acknowledged before it began");
    fs::remove_file(backup).unwrap();
}

/// Restores a backup to where nothing is, beside a copy of the root key; gives the database, which is whole.
fn restored(world: &World, backup: &str, turn: usize) -> Connection {
    let at = |name: &str| world.folder().join(format!("restored-{turn}-{name}"));
    let (database, key) = (at("gatekeeper.sqlite3"), at("gatekeeper.key"));
    fs::copy(world.key(), &key).unwrap();
    let gk = |arguments: &[&str]| {
        let mut command = clean(&ours("gk"));
        command.args(arguments).arg("--db").arg(&database).arg("--key").arg(&key);
        Said::by(command.arg("--policy").arg(at("policy.sqlite3")))
    };
    let said = gk(&["restore", backup, "--yes", "--json"]).json();
    assert!(said["audit"].as_str().unwrap().starts_with("whole: "), "{said}");
    let restored = Connection::open(&database).unwrap();
    assert_eq!(restored.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).unwrap(), "ok");
    restored
}
