//! Backups that gk-admin takes by itself: when it is time, to where the settings say, and no more than they say.

use std::fs;
use std::process::Command;
use std::time::UNIX_EPOCH;

use super::{Keys, file};
use crate::world::{World, wait_until};

/// What is in the folder of backups, the oldest first.
fn stored(folder: &str) -> Vec<String> {
    let found = fs::read_dir(folder).map(|found| found.map(|entry| entry.unwrap().file_name().into_string().unwrap()));
    let mut names = found.into_iter().flatten().filter(|name| !name.ends_with(".sha256")).collect::<Vec<_>>();
    names.sort();
    names
}

#[test]
fn gk_admin_takes_one_when_it_is_time_and_keeps_the_newest() {
    let world = World::bare(&[]);
    let keys = Keys::make(&world, "identity.txt");
    let folder = file(&world, "backups");
    fs::create_dir(&folder).unwrap();
    for day in 1..=4 {
        fs::write(format!("{folder}/gatekeeper-2026010{day}T000000Z.age"), "old").unwrap();
    }
    for (key, value) in [("folder", folder.as_str()), ("recipient", &keys.recipient), ("keep", "3")] {
        world.gk(&["config", "set", &format!("backup.{key}"), value]).done();
    }
    world.start_admin();
    wait_until("a backup to be there", || stored(&folder).len() == 3 && !stored(&folder)[2].contains("2026010"));
    let names = stored(&folder);
    assert_eq!(names[..2], ["gatekeeper-20260103T000000Z.age", "gatekeeper-20260104T000000Z.age"]);
    let newest = format!("{folder}/{}", names[2]);
    world.gk(&["restore", &newest, "--verify", "--identity", &keys.identity]).done();
    // Its sum lies beside it, in a form that other programs read.
    let mut check = Command::new("sha256sum");
    check.args(["--check", &format!("{}.sha256", names[2])]).current_dir(&folder);
    assert!(check.output().unwrap().status.success());
    assert_eq!(world.admin_metric("gk_backups_total{outcome=\"taken\"}"), Some(1.0));
    // How old it is, for whoever is to be told when none is taken any more.
    assert_eq!(world.admin_metric("gk_backup_interval_seconds"), Some(24.0 * 3600.0));
    let made = world.admin_metric("gk_backup_last_timestamp_seconds").unwrap();
    let written = fs::metadata(&newest).unwrap().modified().unwrap().duration_since(UNIX_EPOCH).unwrap();
    assert!((made - written.as_secs_f64()).abs() < 600.0, "{made}");
    // It is not time again when it starts again.
    world.stop_admin();
    world.start_admin();
    assert_eq!(world.admin_metric("gk_backups_total{outcome=\"failed\"}"), Some(0.0));
    assert_eq!(stored(&folder), names);
}

#[test]
fn a_backup_that_cannot_be_taken_is_logged_and_counted() {
    let world = World::bare(&[]);
    world.gk(&["config", "set", "backup.folder", &file(&world, "backups")]).done();
    world.start_admin();
    wait_until("it to be counted", || world.admin_metric("gk_backups_total{outcome=\"failed\"}") == Some(1.0));
    assert!(world.admin_talk().contains("backup.recipient"), "{}", world.admin_talk());
    assert_eq!(stored(&file(&world, "backups")), [""; 0], "nothing that is not sealed");
    assert_eq!(world.admin_metric("gk_backup_interval_seconds"), Some(0.0));
}
