//! A verb that says "done" is in force, whatever happened to the policy file or to the publisher before it.
//! "Saved, not yet in force" (exit 3) is the only other way to end; a wrong "done" is not.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::batch::Batch;
use crate::policy_files::{backup, beside, copy_as_found};
use crate::world::{World, wait_until};

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points exist in debug builds only")]
fn what_a_killed_publisher_left_is_published_by_the_next_verb() {
    let world = World::quiet(&[]);
    let scene = Scene::set(&world);
    for point in ["before-publish", "inside-publish", "after-publish"] {
        scene.give(ALICE);
        scene.give(BOB);
        let killed =
            world.gk_in(&[("GATEKEEPER_FAIL_POINT", point)], &["apps", "revoke", "--slug", "docs", "--email", ALICE]);
        assert_eq!(killed.code, 128, "{point} ends the process: {killed:?}");
        if point == "after-publish" {
            assert_eq!(scene.status(ALICE), 403, "{point}: it was published");
        } else {
            assert_eq!(scene.status(ALICE), 200, "{point}: nothing was published");
        }
        scene.take(BOB);
        assert_eq!((scene.status(ALICE), scene.status(BOB)), (403, 403), "{point}");
    }
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points exist in debug builds only")]
fn a_killed_verb_said_again_is_in_force_though_nothing_is_left_to_change() {
    let world = World::quiet(&[]);
    let scene = Scene::set(&world);
    let (cookie, session) = world.known_session(ALICE);
    let verbs: [(&[&str], &str, u16); 2] = [
        (&["sessions", "revoke", "--session", &session], &cookie, 401),
        (&["users", "update", "--user", BOB, "--disable"], &scene.bob, 401),
    ];
    for (verb, cookie, then) in verbs {
        let status = || world.validate(Some(cookie), Some("docs")).status;
        let killed = world.gk_in(&[("GATEKEEPER_FAIL_POINT", "before-publish")], verb);
        assert_eq!((killed.code, status()), (128, 200), "{verb:?}");
        world.gk(verb).done();
        assert_eq!(status(), then, "{verb:?}");
    }
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points exist in debug builds only")]
fn gk_admin_publishes_what_a_killed_publisher_left() {
    let world = World::start();
    let scene = Scene::set(&world);
    let killed = world
        .gk_in(&[("GATEKEEPER_FAIL_POINT", "before-publish")], &["apps", "revoke", "--slug", "docs", "--email", ALICE]);
    assert_eq!(killed.code, 128, "{killed:?}");
    wait_until("gk-admin to publish it", || scene.status(ALICE) == 403);
}

#[test]
fn two_publishers_at_once_each_publish_before_they_answer() {
    const TURNS: usize = 100;
    let world = World::quiet(&[]);
    let scene = Scene::set(&world);
    std::thread::scope(|scope| {
        for email in [ALICE, BOB] {
            let (world, scene) = (&world, &scene);
            scope.spawn(move || {
                let mut batch = Batch::start(world);
                for turn in 0..TURNS {
                    batch.verb(&format!("apps revoke --slug docs --email {email}"));
                    assert_eq!(scene.status(email), 403, "{email}, turn {turn}");
                    batch.verb(&format!("apps grant --slug docs --email {email}"));
                    assert_eq!(scene.status(email), 200, "{email}, turn {turn}");
                }
            });
        }
    });
}

#[test]
fn a_new_instance_beside_an_old_policy_file_takes_it_over() {
    let old = World::bare(&[]);
    old.grant(ALICE, "docs");
    let old_cookie = old.session(ALICE);
    for running in [false, true] {
        let world = World::empty(&[]);
        fs::create_dir(world.policy().parent().unwrap()).unwrap();
        copy_as_found(&old.policy(), &world.policy());
        if running {
            world.start_validate();
            let answer = world.validate(Some(&old_cookie), Some("docs"));
            assert_eq!(answer.status, 200, "the old policy is in force until there is a new one");
        }
        world.gk_in(&world.environment(), &["init-db"]).done();
        if !running {
            world.start_validate();
        }
        let old_one = world.validate(Some(&old_cookie), Some("docs"));
        assert_eq!(old_one.status, 401, "a session of another instance; running: {running}");
        let scene = Scene::set(&world);
        scene.take(ALICE);
        assert_eq!((scene.status(ALICE), scene.status(BOB)), (403, 200));
    }
}

#[test]
fn after_a_restore_beside_a_newer_policy_the_next_verb_is_in_force_and_old_sessions_are_not() {
    let world = World::quiet(&[]);
    let scene = Scene::set(&world);
    let (revoked, session) = world.known_session(ALICE);
    let copy = world.folder().join("backup.sqlite3");
    backup(&world.database(), &copy);
    world.gk(&["sessions", "revoke", "--session", &session]).done();
    let made_later = world.session(BOB);
    restore(&world, &copy);
    scene.take(BOB);
    for cookie in [&revoked, &made_later, &scene.alice, &scene.bob] {
        let answer = world.validate(Some(cookie), Some("docs"));
        assert_eq!(answer.status, 401, "every session from before the restore is over");
    }
    let again = Scene { alice: world.session(ALICE), bob: world.session(BOB), world: &world };
    assert_eq!((again.status(ALICE), again.status(BOB)), (200, 403));
    again.take(ALICE);
    assert_eq!(again.status(ALICE), 403);
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points exist in debug builds only")]
fn a_restored_copy_that_has_outgrown_the_policy_is_told_from_its_own_future() {
    let world = World::quiet(&[]);
    let scene = Scene::set(&world);
    let (revoked, session) = world.known_session(ALICE);
    let copy = world.folder().join("backup.sqlite3");
    backup(&world.database(), &copy);
    world.gk(&["sessions", "revoke", "--session", &session]).done();
    restore(&world, &copy);
    // Several changes that reach the main file only: its revision passes the policy's.
    for number in 0..5 {
        let name = format!("Alice {number}");
        let fail = [("GATEKEEPER_FAIL_POINT", "before-publish")];
        let killed = world.gk_in(&fail, &["users", "update", "--user", ALICE, "--name", &name]);
        assert_eq!(killed.code, 128, "{killed:?}");
    }
    scene.take(BOB);
    for cookie in [&revoked, &scene.alice, &scene.bob] {
        assert_eq!(world.validate(Some(cookie), Some("docs")).status, 401);
    }
}

#[test]
fn a_database_that_was_overwritten_by_an_older_copy_is_noticed_when_gk_admin_starts() {
    let world = World::start();
    let scene = Scene::set(&world);
    let (revoked, session) = world.known_session(ALICE);
    let copy = world.folder().join("older.sqlite3");
    backup(&world.database(), &copy);
    world.gk(&["sessions", "revoke", "--session", &session]).done();
    world.stop_admin();
    // The file keeps its inode, so that only what is in it can tell.
    fs::copy(&copy, world.database()).unwrap();
    world.start_admin();
    wait_until("it to be noticed", || scene.status(BOB) == 401);
    assert_eq!(world.validate(Some(&revoked), Some("docs")).status, 401, "a revoked session does not come back");
    assert!(world.admin_talk().contains("another history"), "{}", world.admin_talk());
    let again = Scene { alice: world.session(ALICE), bob: world.session(BOB), world: &world };
    assert_eq!((again.status(ALICE), again.status(BOB)), (200, 200));
}

#[test]
fn a_verb_after_a_restore_without_a_policy_file_is_in_force() {
    let world = World::quiet(&[]);
    let scene = Scene::set(&world);
    let copy = world.folder().join("backup.sqlite3");
    backup(&world.database(), &copy);
    for name in ["Alice", "Alicia"] {
        world.gk(&["users", "update", "--user", ALICE, "--name", name]).done();
        assert_eq!(scene.status(ALICE), 200);
    }
    restore(&world, &copy);
    for end in ["", "-wal", "-shm"] {
        fs::remove_file(beside(&world.policy(), end)).unwrap();
    }
    scene.take(BOB);
    assert_ne!(scene.status(BOB), 200, "the verb said done");
    let again = Scene { alice: world.session(ALICE), bob: world.session(BOB), world: &world };
    assert_eq!((again.status(ALICE), again.status(BOB)), (200, 403));
}

/// What may happen to the policy file under running processes.
#[derive(Clone, Copy, Debug)]
enum Mishap {
    MainFileRenamed,
    AllFilesRenamed,
    FolderRenamed,
    MainFileDeleted,
    AllFilesDeleted,
    /// By an older copy, renamed over it; -wal and -shm stay as they are.
    MainFileReplaced,
    AllFilesReplaced,
}

use Mishap::{
    AllFilesDeleted, AllFilesRenamed, AllFilesReplaced, FolderRenamed, MainFileDeleted, MainFileRenamed,
    MainFileReplaced,
};

#[test]
fn a_verb_after_the_policy_file_was_renamed_away_is_in_force_or_says_that_it_is_not() {
    mishaps(&[MainFileRenamed, AllFilesRenamed, FolderRenamed]);
}

#[test]
fn a_verb_after_the_policy_file_was_deleted_is_in_force_or_says_that_it_is_not() {
    mishaps(&[MainFileDeleted, AllFilesDeleted]);
}

#[test]
fn a_verb_after_the_policy_file_was_replaced_by_an_older_one_is_in_force_or_says_that_it_is_not() {
    mishaps(&[MainFileReplaced, AllFilesReplaced]);
}

fn mishaps(mishaps: &[Mishap]) {
    std::thread::scope(|scope| {
        for mishap in mishaps {
            // With gk-admin running, which has the file open, and with the command alone.
            scope.spawn(move || verb_after(*mishap, &World::start()));
            scope.spawn(move || verb_after(*mishap, &World::quiet(&[])));
        }
    });
}

/// Four people: one whose grant was taken before the mishap and is in no older copy, one who keeps it, one whose
/// grant the first verb after the mishap takes, and one whose grant the second takes.
fn verb_after(mishap: Mishap, world: &World) {
    let people = ["taken", "keeps", "next", "last"].map(|name| format!("{name}@example.com"));
    for email in &people {
        world.grant(email, "docs");
    }
    let mut cookies = people.each_ref().map(|email| world.session(email));
    let old = world.folder().join("old.sqlite3");
    backup(&world.policy(), &old);
    world.revoke(&people[0], "docs");
    let statuses =
        |cookies: &[String; 4]| cookies.each_ref().map(|cookie| world.validate(Some(cookie), Some("docs")).status);
    assert_eq!(statuses(&cookies), [403, 200, 200, 200]);

    happen(mishap, world, &old);
    assert_eq!(statuses(&cookies), [403, 200, 200, 200], "{mishap:?}: what is in memory still answers");
    for (email, cookie) in people.iter().zip(&cookies).skip(2) {
        let said = world.gk(&["apps", "revoke", "--slug", "docs", "--email", email]);
        let now = world.validate(Some(cookie), Some("docs")).status;
        match said.code {
            0 => assert!([401, 403].contains(&now), "{mishap:?}: {email} was taken, the verb said done: {now}"),
            3 => eprintln!("{mishap:?}: {email}: {}", said.err.trim()),
            _ => panic!("{mishap:?}: {said:?}"),
        }
    }
    if matches!(mishap, FolderRenamed) {
        // What tells one history from another went with the folder, so nobody's old session is believed.
        wait_until("every session to be over", || statuses(&cookies) == [401; 4]);
        cookies = people.each_ref().map(|email| world.session(email));
    }
    // However it was said: within the time the inode is looked at, all of it is in force, and stays so.
    wait_until(&format!("{mishap:?}: all of it to be in force"), || statuses(&cookies) == [403, 200, 403, 403]);
    let after = world.gk(&["apps", "grant", "--slug", "docs", "--email", &people[2]]);
    assert_eq!(after.code, 0, "{mishap:?}: it has healed: {after:?}");
    assert_eq!(statuses(&cookies), [403, 200, 200, 403], "{mishap:?}");
    std::thread::sleep(Duration::from_millis(1_200));
    assert_eq!(statuses(&cookies), [403, 200, 200, 403], "{mishap:?}: after another look at the inode");
    assert!(!world.validate_talk().contains("panicked"));
    assert!(!world.admin_talk().contains("panicked"));
}

fn happen(mishap: Mishap, world: &World, old: &Path) {
    let policy = world.policy();
    let folder = policy.parent().unwrap();
    let [wal, shm] = ["-wal", "-shm"].map(|end| beside(&policy, end));
    match mishap {
        MainFileRenamed => fs::rename(&policy, beside(&policy, ".away")).unwrap(),
        AllFilesRenamed => [&shm, &wal, &policy].into_iter().for_each(|path| {
            fs::rename(path, beside(path, ".away")).unwrap();
        }),
        FolderRenamed => fs::rename(folder, world.folder().join("elsewhere")).unwrap(),
        MainFileDeleted => fs::remove_file(&policy).unwrap(),
        AllFilesDeleted => [&shm, &wal, &policy].into_iter().for_each(|path| {
            fs::remove_file(path).unwrap();
        }),
        MainFileReplaced => fs::rename(old, &policy).unwrap(),
        AllFilesReplaced => {
            fs::remove_file(&shm).unwrap();
            fs::remove_file(&wal).unwrap();
            fs::rename(old, &policy).unwrap();
        }
    }
}

/// Alice and Bob may enter docs, and each has a session.
struct Scene<'a> {
    world: &'a World,
    alice: String,
    bob: String,
}

impl<'a> Scene<'a> {
    fn set(world: &'a World) -> Self {
        world.grant(ALICE, "docs");
        world.grant(BOB, "docs");
        let scene = Self { world, alice: world.session(ALICE), bob: world.session(BOB) };
        assert_eq!((scene.status(ALICE), scene.status(BOB)), (200, 200));
        scene
    }

    fn status(&self, email: &str) -> u16 {
        let cookie = if email == ALICE { &self.alice } else { &self.bob };
        self.world.validate(Some(cookie), Some("docs")).status
    }

    fn give(&self, email: &str) {
        self.world.grant(email, "docs");
    }

    fn take(&self, email: &str) {
        self.world.revoke(email, "docs");
    }
}

/// Puts the copy in the main file's place; nothing of ours has it open.
fn restore(world: &World, copy: &Path) {
    for end in ["-wal", "-shm"] {
        drop(fs::remove_file(beside(&world.database(), end)));
    }
    fs::rename(copy, world.database()).unwrap();
}
