//! One installation that is killed again and again, and what it must be afterwards.

use std::fs;

use rusqlite::Connection;

use crate::backup::older;
use crate::policy_files::{backup, beside};
use crate::world::World;

const ALICE: &str = "alice@example.com";

/// What is left of what was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    Nothing,
    Everything,
}

pub(super) struct Scene {
    world: World,
    /// Alice's name, as it was last acknowledged: a number that grows.
    acknowledged: u64,
    /// What it was when the backup was taken that is restored.
    backed_up: u64,
    backup: String,
}

impl Scene {
    pub(super) fn set() -> Self {
        let world = World::quiet(&[]);
        world.grant(ALICE, "docs");
        let backup = world.folder().join("backup.gkb").to_str().unwrap().to_owned();
        let mut scene = Self { world, acknowledged: 0, backed_up: 0, backup };
        scene.write();
        scene.world.gk(&["backup", "--to", &scene.backup, "--plain"]).done();
        scene.backed_up = scene.acknowledged;
        scene
    }

    /// The verb that is killed: Alice gets the next name.
    pub(super) fn writes(&mut self, point: &str, left: Left) {
        let next = self.acknowledged + 1;
        self.kill(point, &["users", "update", "--user", ALICE, "--name", &next.to_string()]);
        assert_eq!(self.name() == next, left == Left::Everything, "{point}");
        self.goes_on(point);
    }

    pub(super) fn makes_a_policy(&mut self, point: &str) {
        let cookie = self.world.session(ALICE);
        for end in ["", "-wal", "-shm"] {
            drop(fs::remove_file(beside(&self.world.policy(), end)));
        }
        self.kill(point, &["users", "update", "--user", ALICE, "--name", "0"]);
        self.goes_on(point);
        assert_eq!(self.enters(&cookie), 200, "{point}: a policy file that was merely deleted ends no session");
    }

    /// Somebody puts an older copy in the place of the database, and what tells of it is killed.
    pub(super) fn is_rolled_back(&mut self, point: &str) {
        let copy = self.world.folder().join("older.sqlite3");
        backup(&self.world.database(), &copy);
        let (before, cookie) = (self.acknowledged, self.world.session(ALICE));
        self.write();
        for end in ["-wal", "-shm"] {
            drop(fs::remove_file(beside(&self.world.database(), end)));
        }
        fs::rename(&copy, self.world.database()).unwrap();
        self.acknowledged = before;
        self.kill(point, &["users", "update", "--user", ALICE, "--name", "0"]);
        self.goes_on(point);
        assert_eq!(self.enters(&cookie), 401, "{point}: what was revoked since is not known");
    }

    pub(super) fn backs_up(&mut self, point: &str, left: Left) {
        let file = self.world.folder().join("killed.gkb");
        drop(fs::remove_file(&file));
        let backup = ["backup", "--to", "killed.gkb", "--plain"];
        self.kill(point, &backup);
        assert_eq!(file.exists(), left == Left::Everything, "{point}: what has its name is whole");
        if left == Left::Nothing {
            self.world.gk(&backup).done();
        }
        let verified = self.world.gk_json(&["restore", "killed.gkb", "--verify"]);
        assert!(verified["audit"].as_str().unwrap().starts_with("whole: "), "{point}: {verified}");
        self.goes_on(point);
    }

    pub(super) fn restores(&mut self, point: &str, left: Left) {
        self.write();
        let cookie = self.world.session(ALICE);
        let restore = ["restore", &self.backup.clone(), "--yes"];
        self.kill(point, &restore);
        if left == Left::Everything {
            self.acknowledged = self.backed_up;
        }
        assert_eq!(self.name(), self.acknowledged, "{point}");
        self.goes_on(point);
        assert_eq!(self.enters(&cookie), if left == Left::Everything { 401 } else { 200 }, "{point}");
        self.world.gk(&restore).done();
        self.acknowledged = self.backed_up;
        assert_eq!((self.name(), self.enters(&cookie)), (self.acknowledged, 401), "{point}, restored again");
        self.goes_on(point);
    }

    pub(super) fn rotates(&mut self, point: &str, left: Left) {
        self.world.gk(&["config", "set", "mail.smtp_password", "sealed"]).done();
        let before = self.world.gk_json(&["ops", "keys"])["root_key"].clone();
        self.kill(point, &["ops", "rotate-root-key"]);
        let changed = self.world.gk_json(&["ops", "keys"])["root_key"] != before;
        assert_eq!(changed, left == Left::Everything, "{point}");
        self.goes_on(point);
        // The backup needs the key of its time.
        self.world.gk(&["backup", "--to", &self.backup, "--plain", "--force"]).done();
        self.backed_up = self.acknowledged;
    }

    pub(super) fn is_healthy(&self) {
        self.world.gk(&["ops", "healthcheck"]).done();
        assert!(!self.world.validate_talk().contains("panicked"));
    }

    /// The database is sound, and the next verb is done and in force, for somebody who signs in now.
    fn goes_on(&mut self, point: &str) {
        sound(&self.world, point);
        self.world.gk(&["audit", "verify"]).done();
        self.write();
        assert_eq!(self.name(), self.acknowledged, "{point}");
        assert_eq!(self.enters(&self.world.session(ALICE)), 200, "{point}");
        self.world.revoke(ALICE, "docs");
        assert_eq!(self.enters(&self.world.session(ALICE)), 403, "{point}");
        self.world.grant(ALICE, "docs");
    }

    fn write(&mut self) {
        self.acknowledged += 1;
        self.world.gk(&["users", "update", "--user", ALICE, "--name", &self.acknowledged.to_string()]).done();
    }

    fn kill(&self, point: &str, verb: &[&str]) {
        let killed = self.world.gk_in(&[("GATEKEEPER_FAIL_POINT", point)], verb);
        assert_eq!(killed.code, 128, "{point} is on the way of {verb:?}: {killed:?}");
    }

    fn name(&self) -> u64 {
        let shown = self.world.gk_json(&["users", "show", "--user", ALICE]);
        shown["fullname"].as_str().unwrap().parse().unwrap()
    }

    fn enters(&self, cookie: &str) -> u16 {
        self.world.validate(Some(cookie), Some("docs")).status
    }
}

/// An older database whose migration is killed, and done then.
pub(super) fn migrates(point: &str, left: Left) {
    let world = World::empty(&[]);
    older(&world);
    let killed = world.gk_in(&[("GATEKEEPER_FAIL_POINT", point)], &["ops", "migrate"]);
    assert_eq!(killed.code, 128, "{point}: {killed:?}");
    let listed = world.gk(&["users", "list", "--json"]);
    assert_eq!(listed.code == 0, left == Left::Everything, "{point}: {listed:?}");
    sound(&world, point);
    world.gk(&["ops", "migrate"]).done();
    sound(&world, point);
    assert_eq!(world.gk_json(&["users", "list"])["users"].as_array().unwrap().len(), 3, "{point}");
}

fn sound(world: &World, point: &str) {
    let database = Connection::open(world.database()).unwrap();
    let whole: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok", "{point}");
    assert!(!database.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap(), "{point}");
}
