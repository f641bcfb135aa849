//! A process that is killed at any of the named points of writing, publishing, migrating, backing up, restoring and
//! exchanging the root key: nothing that was acknowledged is lost, and nothing is left torn.
//!
//! Fail points exist in debug builds only.
#![cfg(debug_assertions)]

mod scene;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use scene::{Left, Scene};

use crate::world::programs;

/// What is being done when the process dies.
#[derive(Clone, Copy, Debug)]
enum Doing {
    Writing,
    /// Publishing to a file that has to be made anew.
    NewPolicy,
    /// Publishing from a database that somebody has put an older copy in the place of.
    RolledBack,
    Migrating,
    BackingUp,
    Restoring,
    Rotating,
}

use Doing::{BackingUp, Migrating, NewPolicy, Restoring, RolledBack, Rotating, Writing};

/// Every point, what is done there, and what is left of it.
const POINTS: [(&str, Doing, Left); 29] = [
    ("before-commit", Writing, Left::Nothing),
    ("before-publish", Writing, Left::Everything),
    ("inside-publish", Writing, Left::Everything),
    ("after-publish", Writing, Left::Everything),
    ("before-policy-is-named", NewPolicy, Left::Everything),
    ("after-policy-is-named", NewPolicy, Left::Everything),
    ("inside-new-history", RolledBack, Left::Everything),
    ("after-new-history", RolledBack, Left::Everything),
    ("before-migration", Migrating, Left::Nothing),
    ("before-migration-copy-is-named", Migrating, Left::Nothing),
    ("copied-for-migration", Migrating, Left::Nothing),
    ("inside-migration", Migrating, Left::Nothing),
    ("before-migration-is-committed", Migrating, Left::Nothing),
    ("after-migration", Migrating, Left::Everything),
    ("inside-copy", BackingUp, Left::Nothing),
    ("after-copy", BackingUp, Left::Nothing),
    ("inside-backup-file", BackingUp, Left::Nothing),
    ("before-backup-is-named", BackingUp, Left::Nothing),
    ("after-backup-is-named", BackingUp, Left::Everything),
    ("inside-unpacking", Restoring, Left::Nothing),
    ("restore-looked-through", Restoring, Left::Nothing),
    ("restore-begun-again", Restoring, Left::Nothing),
    ("restore-kept", Restoring, Left::Nothing),
    ("restore-in-place", Restoring, Left::Everything),
    ("before-next-root-key", Rotating, Left::Nothing),
    ("next-root-key-written", Rotating, Left::Nothing),
    ("root-key-committed", Rotating, Left::Everything),
    ("old-root-key-kept", Rotating, Left::Everything),
    ("root-key-named", Rotating, Left::Everything),
];

#[test]
fn killed_50_times_over_every_point_nothing_acknowledged_is_lost_and_nothing_is_torn() {
    kills(50);
}

#[test]
#[ignore = "500 times: `make soak`"]
fn soak_killed_500_times_nothing_acknowledged_is_lost_and_nothing_is_torn() {
    kills(500);
}

/// So many kills, shared among a few installations that each go on through all of theirs.
fn kills(times: usize) {
    const SCENES: usize = 4;
    std::thread::scope(|scope| {
        for first in 0..SCENES {
            scope.spawn(move || {
                let mut scene = Scene::set();
                for turn in (first..times).step_by(SCENES) {
                    let (point, doing, left) = POINTS[turn % POINTS.len()];
                    match doing {
                        Writing => scene.writes(point, left),
                        NewPolicy => scene.makes_a_policy(point),
                        RolledBack => scene.is_rolled_back(point),
                        Migrating => scene::migrates(point, left),
                        BackingUp => scene.backs_up(point, left),
                        Restoring => scene.restores(point, left),
                        Rotating => scene.rotates(point, left),
                    }
                }
                scene.is_healthy();
            });
        }
    });
}

#[test]
fn every_fail_point_is_killed_at() {
    let mut found = BTreeSet::new();
    walk(&programs::project().join("gk-service/src"), &mut |text| {
        let named = text.split("fail_point(\"").skip(1).filter_map(|rest| rest.split('"').next());
        found.extend(named.map(str::to_owned));
    });
    assert_eq!(found, POINTS.iter().map(|(point, ..)| (*point).to_owned()).collect());
}

fn walk(folder: &Path, read: &mut dyn FnMut(&str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, read) } else { read(&fs::read_to_string(&path).unwrap_or_default()) }
    }
}
