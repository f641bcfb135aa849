//! Exchanging keys and salts while everything runs: who stays signed in, and what still opens.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::batch::Batch;
use crate::world::{ADMIN, World};

const ALICE: &str = "alice@example.com";

#[test]
fn a_new_signing_key_signs_nobody_out_not_even_for_one_request() {
    let world = World::start();
    world.grant(ALICE, "docs");
    let early = world.session(ALICE);
    let entered = |cookie: &str| world.validate(Some(cookie), Some("docs")).status;
    let enough = AtomicBool::new(false);
    let late = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut asked = 0;
            while !enough.load(Ordering::Relaxed) {
                assert_eq!(entered(&early), 200, "request {asked}");
                asked += 1;
            }
            asked
        });
        let late = [1, 2].map(|_| {
            world.gk(&["ops", "rotate-signing-key"]).done();
            world.session(ALICE)
        });
        enough.store(true, Ordering::Relaxed);
        assert!(watcher.join().unwrap() > 10);
        late
    });
    assert_eq!([&early, &late[0], &late[1]].map(|cookie| entered(cookie)), [200; 3]);
    // gk-admin as well.
    let visitor = world.visitor();
    visitor.remember(&early);
    assert_eq!(visitor.get("/settings").status, 200);
    let keys = world.gk_json(&["ops", "keys"]);
    let believed = keys["signing_keys"].as_array().unwrap();
    assert_eq!(believed.iter().map(|key| key["until"].is_null()).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!((&keys["sessions"], &keys["people"]), (&3.into(), &1.into()));
}

#[test]
fn a_new_app_salt_signs_everybody_out_once_it_is_confirmed() {
    let world = World::quiet(&[]);
    world.grant(ALICE, "docs");
    let cookies = [ALICE, ADMIN].map(|email| world.session(email));
    world.gk(&["ops", "rotate-signing-key"]).done();
    let entered = || cookies.each_ref().map(|cookie| world.validate(Some(cookie), Some("docs")).status);
    let sentence = world.gk(&["ops", "rotate-app-salt"]).refused(1);
    assert!(sentence.contains("2 sessions of 2 people"), "{sentence}");
    assert_eq!(entered(), [200; 2]);
    assert_eq!(world.gk_json(&["ops", "rotate-app-salt", "--yes"])["ended"], 2);
    assert_eq!(entered(), [401; 2]);
    let keys = world.gk_json(&["ops", "keys"]);
    assert_eq!(keys["signing_keys"].as_array().unwrap().len(), 1, "nobody is left whom an older key has signed in");
    assert_eq!(world.validate(Some(&world.session(ALICE)), Some("docs")).status, 200);
}

#[test]
fn a_new_root_key_is_noticed_by_nobody_and_opens_what_was_sealed() {
    let world = World::start();
    world.grant(ALICE, "docs");
    let cookie = world.session(ALICE);
    world.gk(&["config", "set", "mail.smtp_password", "sealed once"]).done();
    let backup = world.folder().join("backup.gkb");
    let backup = backup.to_str().unwrap();
    world.gk(&["backup", "--to", backup, "--plain"]).done();
    let mut batch = Batch::start(&world);
    batch.verb("users list");
    let old = fs::read(world.key()).unwrap();

    let rotated = world.gk_json(&["ops", "rotate-root-key"]);
    assert_ne!(fs::read(world.key()).unwrap(), old);
    let kept = rotated["kept"].as_str().unwrap();
    assert_eq!(fs::read(kept).unwrap(), old);
    // Whoever has been running all along goes on: a command, and gk-admin with its pages and mails.
    batch.verb("config set mail.smtp_password sealed-again");
    assert_eq!(world.validate(Some(&cookie), Some("docs")).status, 200);
    let visitor = world.visitor();
    visitor.remember(&cookie);
    assert_eq!(visitor.get("/settings").status, 200);
    assert_eq!(world.visitor().signs_in(ALICE, 1).status, 303);
    world.gk(&["ops", "healthcheck"]).done();

    // And an older backup says which key it needs.
    let sentence = world.gk(&["restore", backup, "--verify"]).refused(1);
    assert!(sentence.contains(rotated["old_root_key"].as_str().unwrap()), "{sentence}");
    world.gk(&["restore", backup, "--verify", "--key", kept]).done();
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points exist in debug builds only")]
fn a_root_key_whose_rotation_was_killed_at_any_step_still_opens_everything() {
    let world = World::quiet(&[]);
    world.gk(&["config", "set", "mail.smtp_password", "sealed once"]).done();
    let points =
        ["before-next-root-key", "next-root-key-written", "root-key-committed", "old-root-key-kept", "root-key-named"];
    for point in points {
        let before = fs::read(world.key()).unwrap();
        let killed = world.gk_in(&[("GATEKEEPER_FAIL_POINT", point)], &["ops", "rotate-root-key"]);
        assert_eq!(killed.code, 128, "{point}: {killed:?}");
        // The session needs the signing key, the change of a setting the audit's.
        world.session(ADMIN);
        world.gk(&["config", "set", "server.name", point]).done();
        let fresh = fs::read(world.key()).unwrap() != before;
        assert_eq!(fresh, !["before-next-root-key", "next-root-key-written"].contains(&point), "{point}");
    }
    world.gk(&["ops", "rotate-root-key"]).done();
    assert!(!world.folder().join("gatekeeper.key.next").exists());
    world.gk(&["ops", "healthcheck"]).done();
}
