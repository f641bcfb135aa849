//! The policy file and its -wal cut at every 512 bytes, before a start and under a running gk-validate.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rusqlite::Connection;

use super::{KEEPS, NOBODY, RIGHT, Scene, assert_right_or_none, assert_sound};
use crate::batch::{Batch, Reply};
use crate::policy_files::{beside, copy_as_found, cut, cuts};
use crate::world::{Line, Part, Place, World, clean, ours, validation, wait_until};

#[test]
fn a_policy_cut_anywhere_before_the_start_opens_nothing() {
    let world = World::quiet(&[]);
    let scene = Scene::set(&world);
    fill_wal(&world);
    let good = world.folder().join("good.sqlite3");
    copy_as_found(&world.policy(), &good);
    // Two gk-validates at a time: as many as there are cores to start them on.
    at_each(every_cut(&good).collect(), 2, |number, place| {
        starts_with(&good, place, &world.folder().join(format!("cut-{number}")), &scene);
    });
}

#[test]
fn a_policy_cut_anywhere_under_a_running_gk_validate_changes_no_answer() {
    let world = World::quiet(&[]);
    let scene = Scene::set(&world);
    fill_wal(&world);
    assert_eq!(scene.statuses(&world), RIGHT);
    for end in ["-wal", ""] {
        let path = beside(&world.policy(), end);
        for length in cuts(&path).into_iter().rev() {
            cut(&path, length);
            assert_eq!(scene.statuses(&world), RIGHT, "`{end}` cut to {length}");
        }
    }
    let said = world.gk(&["apps", "revoke", "--slug", "docs", "--email", KEEPS]);
    match said.code {
        0 => assert_eq!(scene.statuses(&world), NOBODY, "{said:?}"),
        3 => (),
        _ => panic!("{said:?}"),
    }
    wait_until("a new policy file to be in force", || scene.statuses(&world) == NOBODY);
    assert_sound(&world);
}

/// A damaged file is looked at until gk-validate gives up, so here a few cuts stand for all.
#[test]
fn verbs_after_a_cut_under_a_running_gk_validate_open_nothing() {
    cut_and_change(5);
}

#[test]
#[ignore = "every cut takes a second or two: `make soak`"]
fn soak_verbs_after_a_cut_anywhere_under_a_running_gk_validate_open_nothing() {
    cut_and_change(usize::MAX);
}

/// One file of the pair, and what is left of it.
#[derive(Clone, Copy, Debug)]
struct Cut {
    end: &'static str,
    length: u64,
}

fn every_cut(good: &Path) -> impl Iterator<Item = Cut> {
    ["", "-wal"].into_iter().flat_map(|end| {
        let lengths = cuts(&beside(good, end)).into_iter();
        lengths.map(move |length| Cut { end, length })
    })
}

/// Does something at each place, some at a time.
fn at_each(places: Vec<Cut>, at_a_time: usize, act: impl Fn(usize, Cut) + Sync) {
    let places = Mutex::new(places.into_iter().enumerate());
    std::thread::scope(|scope| {
        for _ in 0..at_a_time {
            scope.spawn(|| {
                while let Some((number, place)) = { places.lock().unwrap().next() } {
                    act(number, place);
                }
            });
        }
    });
}

/// A gk-validate of its own on a cut copy.
fn starts_with(good: &Path, place: Cut, folder: &Path, scene: &Scene) {
    fs::create_dir(folder).unwrap();
    let policy = folder.join("policy.sqlite3");
    copy_as_found(good, &policy);
    cut(&beside(&policy, place.end), place.length);

    let socket = folder.join("validate.sock");
    let mut command = clean(&ours("gk-validate"));
    command.arg("--policy").arg(&policy).args(["--metrics", "off"]);
    command.arg("--listen").arg(format!("unix:{}", socket.display()));
    let mut part = Part::start("gk-validate", &mut command, folder.join("log"));
    part.word_after("listening on unix:");
    let statuses = ask(socket, scene);
    let talk = part.talk();
    part.kill();
    assert_right_or_none(statuses, &format!("{place:?}"));
    assert!(!talk.contains("panicked"), "{place:?}: {talk}");
}

fn ask(socket: PathBuf, scene: &Scene) -> [u16; 3] {
    let mut line = Line::connect(&Place::Unix(socket)).unwrap();
    scene.cookies().map(|cookie| {
        let request = validation(Some(cookie), Some("docs"));
        line.ask(&request, "auth.gk.localhost").unwrap().status
    })
}

/// `most` cuts, spread evenly, each in a world of its own, and each followed by verbs.
fn cut_and_change(most: usize) {
    let places: Vec<Cut> = {
        let world = World::quiet(&[]);
        Scene::set(&world);
        fill_wal(&world);
        every_cut(&world.policy()).collect()
    };
    let step = (places.len() / most).max(1);
    // Many at a time: nearly all of it is waiting.
    at_each(places.into_iter().step_by(step).collect(), 8, |number, place| {
        verbs_after(place, if number.is_multiple_of(2) { Writer::New } else { Writer::Long });
    });
}

/// Who publishes after the cut.
#[derive(Clone, Copy, Debug)]
enum Writer {
    /// A process that opens the file as it now is.
    New,
    /// One that has had it open, and knows pages that are gone.
    Long,
}

fn verbs_after(place: Cut, writer: Writer) {
    let world = World::quiet(&[]);
    let scene = Scene::set(&world);
    let mut batch = Batch::start(&world);
    batch.verb(&format!("users update --user {KEEPS} --name Before"));
    let when = format!("{place:?}, {writer:?}");
    fill_wal(&world);
    assert_eq!(scene.statuses(&world), RIGHT);
    cut(&beside(&world.policy(), place.end), place.length);

    let mut say = |verb: &str| match writer {
        Writer::New => world.gk(&verb.split(' ').collect::<Vec<_>>()).code,
        Writer::Long => {
            if matches!(batch.try_verb(verb), Reply::Done(_)) {
                0
            } else {
                3
            }
        }
    };
    let code = say(&format!("users update --user {KEEPS} --name After"));
    assert!([0, 3].contains(&code), "{when}: {code}");
    assert_right_or_none(asked_together(&world, &scene), &format!("{when}, a change"));
    let code = say(&format!("apps revoke --slug docs --email {KEEPS}"));
    let [keeps, ..] = asked_together(&world, &scene);
    assert!(code == 3 || [403, 503].contains(&keeps), "{when}, a revocation with exit {code}: {keeps}");
    assert_sound(&world);
    world.stop_validate();
    world.start_validate();
    let [keeps, ..] = asked_together(&world, &scene);
    assert!(code == 3 || [403, 503].contains(&keeps), "{when}, a revocation with exit {code}, a start: {keeps}");
    assert_sound(&world);
}

/// All three at once: each may have to wait for as long as gk-validate tries.
fn asked_together(world: &World, scene: &Scene) -> [u16; 3] {
    std::thread::scope(|scope| {
        let asked =
            scene.cookies().map(|cookie| scope.spawn(move || world.validate(Some(cookie), Some("docs")).status));
        asked.map(|asked| asked.join().unwrap())
    })
}

/// Leaves something to cut in the -wal, as a writer does that dies before it has emptied it.
fn fill_wal(world: &World) {
    // gk-validate has the file open, so closing this does not empty the -wal.
    // It rewrites the first page and means nothing to anybody.
    Connection::open(world.policy()).unwrap().pragma_update(None, "user_version", 7).unwrap();
    assert_ne!(cuts(&beside(&world.policy(), "-wal")), [0; 0]);
}
