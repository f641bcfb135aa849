//! `gk` refuses what it should with a sentence and the right exit code, and then nothing has changed.

use serde_json::{Value, json};

use crate::batch::{Batch, Reply};
use crate::world::{ADMIN, PATIENCE, Part, Said, World, clean, ours};

/// Everything an operator can see.
fn state(world: &World) -> Value {
    let list = |noun: &str| world.gk_json(&[noun, "list"]);
    let apps = list("apps");
    let slugs = apps["apps"].as_array().into_iter().flatten().map(|app| app["slug"].as_str().unwrap());
    let shown: Vec<Value> = slugs.map(|slug| world.gk_json(&["apps", "show", "--slug", slug])).collect();
    json!({ "users": list("users"), "apps": apps, "shown": shown, "groups": list("groups"), "config": list("config") })
}

/// Runs commands that must all be refused with 1 or 2, in a sentence, and leave everything as it was.
#[track_caller]
fn all_refused(world: &World, commands: &[Vec<&str>]) {
    let before = state(world);
    for command in commands {
        refused(world.gk(command));
    }
    assert_eq!(state(world), before);
}

#[track_caller]
fn refused(said: Said) -> String {
    let code = if said.code == 2 { 2 } else { 1 };
    said.refused(code)
}

#[test]
fn a_bad_slug_is_refused() {
    let world = World::bare(&[]);
    world.registered("docs");
    world.person("alice@example.com");
    let long = "a".repeat(64);
    let slugs = [
        "Docs",
        "do cs",
        "docs/",
        "",
        "d\u{f6}cs",
        "docs\n",
        "../docs",
        &long,
        "docs;drop",
        "DOCS",
        "docs_1",
        "docs.example",
        "%00",
        " docs",
        "'; --",
    ];
    let mut commands = Vec::new();
    for slug in slugs {
        commands.push(vec!["apps", "add", "--slug", slug, "--name", "X"]);
        commands.push(vec!["apps", "grant", "--slug", slug, "--email", "alice@example.com"]);
    }
    commands.push(vec!["apps", "add", "--slug", "docs", "--name", "There already"]);
    commands.push(vec!["apps", "add", "--slug", "-x", "--name"]);
    all_refused(&world, &commands);
}

#[test]
fn a_bad_address_is_refused() {
    let world = World::bare(&[]);
    world.registered("docs");
    world.person("alice@example.com");
    let emails = [
        "",
        "alice",
        "@example.com",
        "alice@",
        "alice@@example.com",
        "alice@evil.example@example.com",
        "a b@example.com",
        "\"alice\"@example.com",
        "alice@example.com,bob@example.com",
        "alice@example.com;",
        "<alice@example.com>",
        "alice@exa mple.com",
        "al\u{ed}ce@example.com",
        "alice@example.com\nBcc: x@example.com",
        "alice(x)@example.com",
        "alice@-example-.com",
        "alice@example..com",
        "alice@[127.0.0.1]",
        "alice@\u{0}x.com",
    ];
    let mut commands = Vec::new();
    for email in emails.into_iter().filter(|email| !email.contains('\0')) {
        commands.push(vec!["users", "add", "--email", email, "--approved"]);
        commands.push(vec!["apps", "grant", "--slug", "docs", "--email", email]);
        commands.push(vec!["create-admin", "--username", "other", "--email", email]);
    }
    for taken in ["alice@example.com", "ALICE@Example.COM", ADMIN] {
        commands.push(vec!["users", "add", "--email", taken]);
        commands.push(vec!["users", "add", "--email", "new@example.com", "--username", taken]);
    }
    all_refused(&world, &commands);
}

#[test]
fn what_is_not_there_is_refused() {
    let world = World::bare(&[]);
    world.registered("docs");
    world.gk(&["apps", "add", "--slug", "wiki", "--name", "Wiki", "--roles", "viewer,editor"]).done();
    world.person("alice@example.com");
    let id = "0".repeat(32);
    let commands = [
        vec!["apps", "grant", "--slug", "nowhere", "--email", "alice@example.com"],
        vec!["apps", "grant", "--slug", "docs", "--email", "stranger@example.com"],
        vec!["apps", "grant", "--slug", "docs", "--group", "strangers"],
        vec!["apps", "grant", "--slug", "wiki", "--email", "alice@example.com", "--role", "owner"],
        vec!["apps", "grant", "--slug", "docs", "--email", "alice@example.com", "--expires", "tomorrow"],
        vec![
            "apps",
            "grant",
            "--slug",
            "docs",
            "--email",
            "alice@example.com",
            "--starts-at",
            "2031-01-01T00:00:00Z",
            "--expires",
            "2030-01-01T00:00:00Z",
        ],
        vec!["apps", "grant", "--slug", "docs", "--email", "alice@example.com", "--role", "x", "--clear-role"],
        vec!["apps", "grant", "--slug", "docs"],
        vec!["apps", "show", "--slug", "nowhere"],
        vec!["apps", "remove", "--slug", "nowhere", "--force"],
        vec!["apps", "remove", "--slug", "docs"],
        vec!["apps", "add", "--slug", "x", "--name", "X", "--origin", "javascript:alert(1)"],
        vec!["apps", "add", "--slug", "x", "--name", "X", "--origin", "https://user@x.example/path"],
        vec!["apps", "add", "--slug", "x", "--name", "X", "--roles", "viewer", "--admin-roles", "owner"],
        vec!["users", "remove", "--user", "stranger@example.com"],
        vec!["users", "remove", "--user", ADMIN],
        vec!["users", "remove", "--user", ADMIN, "--yes"],
        vec!["users", "remove", "--user", "alice@example.com"],
        vec!["users", "update", "--user", ADMIN, "--no-admin"],
        vec!["users", "update", "--user", ADMIN, "--disable"],
        vec!["users", "reject", "--user", ADMIN],
        vec!["groups", "remove", "--name", "admin"],
        vec!["groups", "leave", "--name", "admin", "--user", ADMIN],
        vec!["groups", "add", "--name", "admin"],
        vec!["groups", "join", "--name", "nobody", "--user", ADMIN],
        vec!["sessions", "create", "--user", "stranger@example.com"],
        vec!["sessions", "create", "--user", ADMIN, "--app", "nowhere"],
        vec!["sessions", "create", "--user", ADMIN, "--lifetime", "0"],
        vec!["sessions", "create", "--user", ADMIN, "--lifetime", "-5"],
        vec!["sessions", "create", "--user", ADMIN, "--lifetime", "99999999999999999999"],
        vec!["sessions", "revoke", "--session", &id],
        vec!["sessions", "revoke", "--session", "xyz"],
        vec!["sessions", "revoke", "--token", "xyz"],
        vec!["login-link", "--user", "stranger@example.com"],
        vec!["config", "set", "no.such.key", "1"],
        vec!["config", "get", "no.such.key"],
        vec!["config", "set", "session.expiry_days", "many"],
        vec!["config", "set", "session.expiry_days", "-1"],
        vec!["config", "set", "access.default_app", "perhaps"],
        vec!["explain", "--user", "stranger@example.com", "--app", "docs"],
    ];
    all_refused(&world, &commands);
}

#[test]
fn what_takes_much_away_has_to_be_meant() {
    let world = World::bare(&[]);
    world.grant("alice@example.com", "docs");
    let app = ["apps", "remove", "--slug", "docs"];
    assert!(world.gk(&app).refused(1).contains("with its 1 grant? Say --yes"));
    let person = ["users", "remove", "--user", "alice@example.com"];
    assert!(world.gk(&person).refused(1).contains("Say --yes"));
    let mut batch = Batch::start(&world);
    assert!(matches!(batch.try_verb(&app.join(" ")), Reply::Otherwise(line) if line.contains("Say --yes")));
    world.gk(&[app.as_slice(), &["--yes"]].concat()).done();
    world.gk(&[person.as_slice(), &["--yes"]].concat()).done();
    let left = world.gk(&["users", "list"]).done();
    assert!(left.contains("1 user (1 approved)"), "{left}");
}

#[test]
fn a_command_nobody_knows_is_a_question_of_usage() {
    let world = World::bare(&[]);
    for command in [
        vec![],
        vec!["apps"],
        vec!["nonsense"],
        vec!["apps", "explode"],
        vec!["apps", "add"],
        vec!["apps", "list", "--colour"],
    ] {
        world.gk(&command).refused(2);
    }
    assert_eq!(world.gk(&["--help"]).code, 0);
}

#[test]
fn with_json_every_refusal_is_json() {
    let world = World::bare(&[]);
    let error = |command: &[&str], code| -> Value {
        let said = world.gk(command).refused(code);
        serde_json::from_str::<Value>(&said).unwrap_or_else(|_| panic!("no JSON: {said}"))["error"].clone()
    };
    let misused: [&[&str]; 4] =
        [&["--json", "nonsense"], &["apps", "--json"], &["apps", "add", "--json"], &["--json", "users", "show"]];
    for command in misused {
        let said = error(command, 2);
        assert_eq!(said["code"], "usage", "{command:?}: {said}");
        assert!(!said["message"].as_str().unwrap().contains("Usage:"), "{said}");
    }
    assert_eq!(error(&["apps", "show", "--slug", "nowhere", "--json"], 1)["code"], "refused");
    assert!(world.gk(&["--json", "--help"]).done().contains("Usage:"));
}

#[test]
fn a_batch_with_json_answers_each_line_with_one_object() {
    let world = World::bare(&[]);
    let mut batch = Batch::start_with(&world, &["--json", "batch"]);
    let made = batch.object("groups add --name painters");
    assert_eq!(made["result"]["name"], "painters", "{made}");
    assert_eq!(batch.object("groups add --name painters")["error"]["code"], "refused");
    assert_eq!(batch.object("groups explode")["error"]["code"], "usage");
}

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
