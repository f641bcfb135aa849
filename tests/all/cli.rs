//! `gk` refuses what it should with a sentence and the right exit code, and then nothing has changed.

use serde_json::{Value, json};

use crate::batch::{Batch, Reply};
use crate::world::{ADMIN, Said, World};

/// Everything an operator can see.
pub(crate) fn state(world: &World) -> Value {
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
pub(crate) fn refused(said: Said) -> String {
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
fn the_list_of_people_as_csv_is_text_under_its_headings() {
    let world = World::start();
    world.gk(&["users", "add", "--email", "sum@example.com", "--name", "=1+1, \"two\"", "--approved"]).done();
    let said = world.gk(&["users", "list", "--csv", "--search", "sum@"]).done();
    let (headings, row) = said.split_once('\n').unwrap();
    assert_eq!(headings.trim_end(), "email,name,status,admin,created");
    assert!(row.starts_with("sum@example.com,\"'=1+1, \"\"two\"\"\",approved,no,2"), "{row}");
    assert_eq!(row.trim_end().lines().count(), 1, "the search counts");
    let admins = world.gk(&["users", "list", "--csv", "--admins-only"]).done();
    assert!(admins.contains(",approved,yes,"), "{admins}");
}
