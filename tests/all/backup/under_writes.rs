//! Backups while others write as fast as they can: each is sound, and has everything that was acknowledged before it.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::file;
use crate::batch::Batch;
use crate::world::World;

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
        let taking = scope.spawn(|| (0..times).for_each(|turn| backup(&world, turn, &written)));
        let mut batch = Batch::start(&world);
        while !taking.is_finished() {
            let next = written.load(Ordering::Relaxed) + 1;
            batch.verb(&format!("users update --user alice@example.com --name {next}"));
            written.store(next, Ordering::Relaxed);
        }
    });
    let rate = f64::from(u32::try_from(written.into_inner()).unwrap()) / started.elapsed().as_secs_f64();
    eprintln!("{times} backups in {:?}, under {rate:.0} writes a second", started.elapsed());
    world.gk(&["restore", &file(&world, "last.gkb"), "--yes"]).done();
}

fn backup(world: &World, turn: usize, written: &AtomicU64) {
    let path = file(world, "last.gkb");
    let before = written.load(Ordering::Relaxed);
    let started = Instant::now();
    world.gk(&["backup", "--to", &path, "--plain", "--force"]).done();
    assert!(started.elapsed() < Duration::from_secs(10), "writers make it begin anew");
    let verified = world.gk_json(&["restore", &path, "--verify"]);
    assert!(verified["audit"].as_str().unwrap().starts_with("whole: "), "{verified}");
    let content = fs::read(&path).unwrap();
    let line = content.iter().position(|byte| *byte == b'\n').unwrap();
    let copy = world.folder().join("content.sqlite3");
    fs::write(&copy, &content[line + 1..]).unwrap();
    let sql = "SELECT fullname FROM user WHERE email = 'alice@example.com'";
    let name: String = Connection::open(&copy).unwrap().query_row(sql, [], |row| row.get(0)).unwrap();
    let there: u64 = name.parse().unwrap_or(0);
    assert!(there >= before, "backup {turn} has {there}, and {before} was acknowledged before it began");
}
