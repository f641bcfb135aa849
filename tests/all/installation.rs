//! What `gk` does with the files of an installation and with pinned settings: refused with a sentence, and nothing changed.

use crate::cli::{refused, state};
use crate::world::{PATIENCE, Part, Said, World, clean, ours};

#[test]
fn a_database_that_is_not_there_is_refused_and_not_made() {
    let world = World::empty(&[]);
    for command in [
        vec!["apps", "list"],
        vec!["users", "add", "--email", "a@example.com"],
        vec!["ops", "migrate"],
        vec!["sessions", "create", "--user", "a"],
    ] {
        refused(world.gk(&command));
    }
    assert!(!world.database().exists());
    let nowhere = world.folder().join("no/such/folder/gatekeeper.sqlite3");
    let elsewhere = |path: &std::path::Path| Said::by(clean(&ours("gk")).args(["apps", "list", "--db"]).arg(path));
    refused(elsewhere(&nowhere));
    refused(elsewhere(world.folder()));
    let text = world.folder().join("text");
    std::fs::write(&text, "not a database, but long enough to look at: ".repeat(100)).unwrap();
    refused(elsewhere(&text));
    assert!(std::fs::read_to_string(&text).unwrap().starts_with("not a database"));
    assert!(!nowhere.parent().unwrap().exists());
}

#[test]
fn another_policy_path_is_refused() {
    let world = World::bare(&[]);
    let other = world.folder().join("elsewhere.sqlite3");
    let before = state(&world);
    let said = world.gk(&["apps", "add", "--slug", "docs", "--name", "X", "--policy", other.to_str().unwrap()]);
    let sentence = refused(said);
    assert!(sentence.contains("policy"), "{sentence}");
    assert!(!other.exists());
    assert_eq!(state(&world), before);
}

#[test]
fn without_the_root_key_nothing_is_written_and_reading_goes_on() {
    let world = World::bare(&[]);
    let before = state(&world);
    let aside = world.folder().join("aside.key");
    std::fs::rename(world.key(), &aside).unwrap();
    let writing = [
        vec!["users", "add", "--email", "a@example.com"],
        vec!["sessions", "create", "--user", "admin"],
        vec!["login-link", "--user", "admin"],
        vec!["init-db"],
    ];
    for command in writing {
        let sentence = refused(world.gk(&command));
        assert!(sentence.contains("key"), "{command:?}: {sentence}");
    }
    assert!(!world.key().exists(), "a second key was made");
    assert_eq!(state(&world), before);
    assert!(!serves(&world).contains("listening"), "gk-admin runs without its key");
    std::fs::rename(&aside, world.key()).unwrap();
    world.person("a@example.com");
}

#[test]
fn a_foreign_root_key_is_refused() {
    let (world, other) = (World::bare(&[]), World::bare(&[]));
    let before = state(&world);
    let own = std::fs::read(world.key()).unwrap();
    let mut keys = vec![std::fs::read(other.key()).unwrap(), vec![], vec![b'x'; 7], own[..own.len() / 2].to_vec()];
    keys.push(own.iter().map(|byte| byte ^ 1).collect());
    for key in keys {
        std::fs::write(world.key(), &key).unwrap();
        for command in [
            vec!["users", "add", "--email", "a@example.com"],
            vec!["sessions", "create", "--user", "admin"],
            vec!["init-db"],
        ] {
            let sentence = refused(world.gk(&command));
            assert!(sentence.contains("key"), "{command:?}: {sentence}");
        }
        assert_eq!(std::fs::read(world.key()).unwrap(), key, "the key file was written to");
    }
    assert!(!serves(&world).contains("listening"), "gk-admin runs with a foreign key");
    std::fs::write(world.key(), own).unwrap();
    assert_eq!(state(&world), before);
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let world = World::bare(&[]);
    let before = state(&world);
    let version = |set: Option<i64>| {
        let database = rusqlite::Connection::open(world.database()).unwrap();
        if let Some(version) = set {
            database.pragma_update(None, "user_version", version).unwrap();
        }
        database.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).unwrap()
    };
    let known = version(None);
    version(Some(known + 1));
    let commands = [
        vec!["users", "add", "--email", "a@example.com"],
        vec!["users", "list"],
        vec!["init-db"],
        vec!["ops", "migrate"],
        vec!["sessions", "create", "--user", "admin"],
    ];
    for command in commands {
        let sentence = world.gk(&command).refused(1);
        assert!(sentence.contains("newer"), "{command:?}: {sentence}");
    }
    assert!(!serves(&world).contains("listening"), "gk-admin runs on a newer database");
    assert_eq!(version(None), known + 1);
    version(Some(known));
    assert_eq!(state(&world), before);
}

/// What gk-admin says when it is started and cannot: it has to end by itself.
#[track_caller]
fn serves(world: &World) -> String {
    let mut command = clean(&ours("gk-admin"));
    command.args(["serve", "--listen", &format!("unix:{}", world.folder().join("admin.sock").display()), "--db"]);
    let mut part = Part::start("gk-admin", command.arg(world.database()), world.folder().join("gk-admin.log"));
    let status = part.wait(PATIENCE);
    let said = part.talk();
    assert!(status.is_some_and(|status| !status.success()) && !said.contains("panicked"), "{status:?}: {said}");
    said
}

#[test]
fn another_shell_cannot_undo_a_pinned_setting() {
    let world = World::quiet(&[("DEFAULT_APP_ACCESS", "deny")]);
    let cookie = world.signed_in("alice@example.com");
    let before = state(&world);
    world.gk(&["config", "set", "access.default_app", "allow"]).refused(1);
    world.gk(&["config", "unset", "access.default_app"]).refused(1);
    for command in [
        vec!["users", "add", "--email", "b@example.com"],
        vec!["config", "set", "session.expiry_days", "3"],
        vec!["sessions", "create", "--user", "admin"],
    ] {
        let sentence = world.gk_in(&[("DEFAULT_APP_ACCESS", "allow")], &command).refused(1);
        assert!(
            sentence.contains("allow") && sentence.contains("deny"),
            "both values belong into the sentence: {sentence}"
        );
    }
    // Nor by making the installation again in a shell that names nothing.
    world.gk(&["init-db"]).done();
    world.gk(&["config", "set", "access.default_app", "allow"]).refused(1);
    assert_eq!(world.gk(&["config", "get", "access.default_app"]).done().trim(), "deny");
    assert_eq!(world.validate(Some(&cookie), Some("nowhere")).header("x-gk-reason"), Some("unregistered"));
    assert_eq!(state(&world), before);
    world.gk_in(&[("DEFAULT_APP_ACCESS", "deny")], &["users", "add", "--email", "b@example.com"]).done();
}

#[test]
fn a_setting_nobody_pinned_is_in_force_at_the_next_request() {
    let world = World::quiet(&[]);
    let cookie = world.signed_in("alice@example.com");
    assert_eq!(world.validate(Some(&cookie), Some("nowhere")).status, 403);
    world.gk(&["config", "set", "access.default_app", "allow"]).done();
    assert_eq!(world.validate(Some(&cookie), Some("nowhere")).status, 200);
    world.gk(&["config", "unset", "access.default_app"]).done();
    assert_eq!(world.validate(Some(&cookie), Some("nowhere")).status, 403);
}

#[test]
fn init_db_twice_changes_nothing() {
    let world = World::bare(&[]);
    let before = state(&world);
    let key = std::fs::read(world.key()).unwrap();
    world.gk_in(&world.environment(), &["init-db"]).done();
    assert_eq!(std::fs::read(world.key()).unwrap(), key);
    assert_eq!(state(&world), before);
}

#[test]
fn health_says_what_is_wrong() {
    let world = World::bare(&[]);
    world.gk(&["ops", "healthcheck"]).done();
    world.gk(&["config", "set", "mail.transport", "smtp"]).done();
    refused(world.gk(&["ops", "healthcheck"]));
    world.gk(&["config", "set", "mail.smtp_host", "mail.example.com"]).done();
    let sound = world.gk(&["ops", "healthcheck"]).done();
    assert!(sound.contains("by SMTP through mail.example.com:587"), "{sound}");
    world.gk(&["config", "set", "mail.smtp_security", "none"]).done();
    refused(world.gk(&["ops", "healthcheck"]));
    world.gk(&["config", "set", "mail.transport", "file"]).done();
    std::fs::remove_file(world.policy()).unwrap();
    refused(world.gk(&["ops", "healthcheck"]));
}

#[test]
fn a_second_init_db_says_that_there_is_a_database() {
    let world = World::bare(&[]);
    let again = world.gk_in(&world.environment(), &["init-db"]).done();
    assert!(again.contains("nothing was overwritten"), "{again}");
}
