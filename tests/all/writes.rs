//! Everything that changes something, on every face: never from another site, never for those who may not, and never
//! without a trace in the audit.

use std::collections::BTreeSet;

use rusqlite::Connection;
use serde_json::Value;

use crate::coverage::{API, PAGES};
use crate::world::{ADMIN, Answer, Request, Visitor, World};

const ALICE: &str = "alice@example.com";
const OWNER: &str = "owner@example.com";

/// Verbs of the command that only look, or that change no state of the installation.
const LOOKS: [&str; 58] = [
    "apps grants",
    "apps list",
    "apps nginx",
    "apps show",
    "apps who",
    "audit forwarding",
    "audit list",
    "audit show",
    "audit verify",
    "backup-key",
    "batch",
    "config get",
    "config list",
    "doctor",
    "directory list",
    "directory runs",
    "directory search",
    "directory test",
    "explain",
    "groups list",
    "groups show",
    "init-db",
    "invitations list",
    "keys list",
    "mail queue",
    "mail suppressed",
    "mail templates",
    "mail test",
    "ops healthcheck",
    "ops keys",
    "ops migrate",
    "ops publish",
    "panic list",
    "properties holders",
    "properties list",
    "properties types",
    "requests list",
    "sessions list",
    "users list",
    "users show",
    "users where",
    // Each of these is in the audit elsewhere, or needs a scene of its own: `backup`, `requests`, `grants`, `mail`, `import`, `exports`, `settings`.
    "apps give-back",
    "config clear-logo",
    "config export",
    "config import",
    "config set-logo",
    "mail drop",
    "mail retry",
    "mail suppress",
    "mail unsuppress",
    "ops move-policy",
    "requests approve",
    "requests reject",
    "directory cancel",
    "directory provision",
    "directory refresh",
    "ensure-admins",
    "restore",
];

/// Every other verb, in an order in which each can be done.
const WRITES: [&[&str]; 49] = [
    &["create-admin", "--username", "second", "--email", "second@example.com"],
    &["users", "add", "--email", ALICE],
    &["users", "approve", "--user", ALICE],
    &["panic", "deny", "--user", ALICE],
    &["panic", "lift", "--user", ALICE],
    &["users", "update", "--user", ALICE, "--name", "Alice"],
    &["users", "many", "--user", ALICE, "--disable"],
    &["users", "many", "--user", ALICE, "--enable"],
    &["apps", "add", "--slug", "docs", "--name", "Docs"],
    &["apps", "update", "--slug", "docs", "--name", "Papers"],
    &["apps", "grant", "--slug", "docs", "--email", ALICE],
    &["apps", "revoke", "--slug", "docs", "--email", ALICE],
    &["apps", "grant", "--slug", "docs", "--email", ALICE, "--role", "editor"],
    &["apps", "rename-role", "--slug", "docs", "--from", "editor", "--to", "author"],
    // Its grant is the second one.
    &["apps", "revoke", "--id", "2"],
    &["groups", "add", "--name", "crew"],
    &["groups", "describe", "--name", "crew", "--description", "at night"],
    &["groups", "join", "--name", "crew", "--user", ALICE],
    &["groups", "copy", "--from", ALICE, "--to", "second"],
    &["groups", "leave", "--name", "crew", "--user", ALICE],
    &["groups", "remove", "--name", "crew"],
    &["properties", "set", "--user", ALICE, "--app", "a", "--name", "k", "--value", "v"],
    &["properties", "rename", "--app", "a", "--name", "k", "--new-name", "l"],
    &["properties", "unset", "--user", ALICE, "--app", "a", "--name", "l"],
    &["properties", "set", "--user", ALICE, "--app", "a", "--name", "k"],
    &["properties", "remove", "--app", "a", "--name", "k"],
    &["invitations", "add", "--email", "guest@elsewhere.example"],
    &["invitations", "withdraw", "--id", "1"],
    &["sessions", "create", "--user", ALICE],
    &["sessions", "revoke", "--user", ALICE],
    &["login-link", "--user", ALICE],
    &["keys", "add", "--name", "nightly", "--scope", "read"],
    &["keys", "disable", "--id", "1"],
    &["keys", "enable", "--id", "1"],
    &["keys", "delete", "--id", "1"],
    &["generate-api-key", "--description", "first"],
    &["config", "set", "server.name", "Door"],
    &["config", "unset", "server.name"],
    &["directory", "add", "--domain", "corp", "--uri", "ldaps://dc.corp.example", "--base-dn", "dc=corp,dc=example"],
    &["directory", "update", "--domain", "CORP", "--disable"],
    &["directory", "remove", "--domain", "corp", "--yes"],
    &["export", "users"],
    &["ops", "rotate-signing-key"],
    &["ops", "rotate-app-salt", "--yes"],
    &["ops", "rotate-root-key"],
    &["backup", "--to", "backup.gkb", "--plain"],
    &["audit", "export", "--action", "login"],
    &["users", "reject", "--user", ALICE],
    &["users", "remove", "--user", ALICE, "--yes"],
];

/// How many rows the audit has.
fn traces(world: &World) -> i64 {
    let database = Connection::open(world.database()).unwrap();
    database.query_row("SELECT count(*) FROM audit", [], |row| row.get(0)).unwrap()
}

fn real(path: &str) -> String {
    let token = "A".repeat(43);
    let names = [("{token}", token.as_str()), ("{id}", "2"), ("{change}", "delete"), ("{slug}", "docs")];
    let path = names.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
    path.replace("{username}", ALICE).replace("{table}", "users").replace(['{', '}'], "")
}

#[test]
fn every_verb_that_changes_something_is_in_the_audit() {
    let world = World::start();
    for arguments in WRITES {
        let before = traces(&world);
        world.gk(arguments).done();
        assert!(traces(&world) > before, "{arguments:?} left no trace");
    }
    world.gk(&["apps", "remove", "--slug", "docs", "--yes"]).done();
    let list = world.folder().join("list.csv");
    std::fs::write(&list, "username,email,fullname\nb,b@example.com,B\n").unwrap();
    for verb in [&["users", "import"][..], &["import-users"]] {
        let before = traces(&world);
        world.gk(&[verb, &[list.to_str().unwrap()]].concat()).done();
        assert!(traces(&world) > before, "{verb:?} left no trace");
    }
    let more = ["apps remove", "users import", "import-users"].map(str::to_owned);
    let name = |arguments: &&[&str]| match arguments[0] {
        "create-admin" | "login-link" | "generate-api-key" | "export" | "backup" => arguments[0].to_owned(),
        noun => format!("{noun} {}", arguments[1]),
    };
    let looks = LOOKS.map(str::to_owned).into_iter();
    let known = WRITES.iter().map(name).chain(more).chain(looks).collect::<BTreeSet<_>>();
    let listed = include_str!("verbs.txt").lines().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(known, listed, "each verb either leaves a trace, or is listed as one that only looks");
}

/// Verbs that look, each as it can be done with nobody there but the administrator.
pub(crate) const LOOKED: [&[&str]; 23] = [
    &["apps", "list"],
    &["audit", "forwarding"],
    &["audit", "list", "--text", "secret-of-the-filter"],
    &["audit", "show", "--id", "1"],
    &["audit", "verify"],
    &["config", "get", "server.name"],
    &["config", "list"],
    &["explain", "--user", ADMIN],
    &["groups", "list"],
    &["groups", "show", "--name", "admin"],
    &["invitations", "list"],
    &["keys", "list"],
    &["mail", "queue"],
    &["mail", "suppressed"],
    &["ops", "healthcheck"],
    &["ops", "publish"],
    &["properties", "list", "--user", ADMIN],
    &["properties", "types"],
    &["requests", "list"],
    &["sessions", "list", "--user", ADMIN],
    &["users", "list"],
    &["users", "show", "--user", ADMIN],
    &["config", "set", "server.name", "secret-of-the-trial", "--dry-run"],
];

/// The newest row of a command: what was asked, what came of it, and who did.
fn newest_command(world: &World) -> (String, String, String) {
    let database = Connection::open(world.database()).unwrap();
    let sql = "SELECT target, after, actor FROM audit WHERE action = 'command' ORDER BY id DESC LIMIT 1";
    database.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
}

#[test]
fn every_use_of_the_command_leaves_one_row_and_nothing_that_was_said_to_it() {
    let world = World::start();
    let done = r#"{"outcome":"done"}"#;
    for arguments in LOOKED {
        let before = traces(&world);
        world.gk(arguments).done();
        assert_eq!(traces(&world), before + 1, "{arguments:?}");
        let (name, outcome, who) = newest_command(&world);
        let asked = arguments.join(" ").replace(" --dry-run", "");
        assert!(asked.starts_with(&name.replace(" --dry-run", "")) && !who.is_empty(), "{asked}: {name}");
        assert_eq!(outcome, done, "{asked}");
    }
    assert_eq!(newest_command(&world).0, "config set --dry-run");
    let before = traces(&world);
    world.gk(&["users", "show", "--user", "secret-of-nobody@example.com"]).refused(1);
    assert_eq!((traces(&world), newest_command(&world).1.as_str()), (before + 1, r#"{"outcome":"refused"}"#));
    let told = world.gk(&["--json", "audit", "list", "--limit", "1000"]).done();
    assert!(!told.contains("secret-of"), "{told}");
}

#[test]
fn who_only_looks_is_shown_it_also_where_nothing_can_be_noted() {
    let world = World::start();
    let key = world.folder().join("no.key");
    let before = traces(&world);
    let list = world.gk(&["--key", key.to_str().unwrap(), "users", "list"]).done();
    assert!(list.contains(ADMIN) && traces(&world) == before);
}

/// Sends something that would change something, as a page of another site could have it sent.
fn from_elsewhere(visitor: &Visitor<'_>, method: &str, path: &str, kind: &str) -> Answer {
    let mut request = Request::new(method, path).with("Content-Type", kind).with("Sec-Fetch-Site", "cross-site");
    request.body = b"{}".to_vec();
    visitor.ask(request)
}

#[test]
fn nothing_that_another_site_has_sent_changes_anything() {
    let world = World::start();
    world.grant(ALICE, "docs");
    let admin = world.visitor_as(ADMIN);
    let before = traces(&world);
    let form = "application/x-www-form-urlencoded";
    for (path, _, post) in PAGES.iter().filter(|(_, _, post)| *post != 405) {
        let answer = from_elsewhere(&admin, "POST", &real(path), form);
        assert_eq!(answer.status, 403, "{path} ({post} for a stranger): {answer:?}");
    }
    for (path, ..) in API {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            for kind in ["application/json", "text/plain", "text/csv", form] {
                let answer = from_elsewhere(&admin, method, &format!("/api{}", real(path)), kind);
                assert_eq!(answer.status, 403, "{method} {path} as {kind}: {answer:?}");
            }
        }
    }
    assert_eq!(traces(&world), before);
}

/// Whoever asks the API.
enum Actor<'w> {
    Visitor(Visitor<'w>),
    Key(String),
}

#[test]
fn every_operation_of_the_api_is_for_those_alone_whom_its_document_names() {
    let world = World::start();
    world.grant(ALICE, "docs");
    world
        .gk(&["apps", "add", "--slug", "wiki", "--name", "Wiki", "--roles", "reader,owner", "--admin-roles", "owner"])
        .done();
    world.person(OWNER);
    world.gk(&["apps", "grant", "--slug", "wiki", "--email", OWNER, "--role", "owner"]).done();
    let key = |scope: &str| Actor::Key(world.key_of(scope, &[]));
    let actors = [
        ("nobody", Actor::Visitor(world.visitor())),
        ("a person", Actor::Visitor(world.visitor_as(ALICE))),
        ("an app admin", Actor::Visitor(world.visitor_as(OWNER))),
        ("a key of scope read", key("read")),
        ("a key of scope write", key("write")),
        ("a key of scope mint", key("mint")),
        ("a key of one app", Actor::Key(world.key_of("read,write,mint", &["--app", "docs"]))),
    ];
    let document = world.visitor().get("/api/v1/openapi.json").json();
    let operations = document["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, about)| (path.as_str(), method.as_str(), about))
    });
    let mut refused = 0;
    for (path, method, about) in operations {
        let whom = about["description"].as_str().unwrap();
        for (name, actor) in &actors {
            if may(whom, name, (method, path)) {
                continue;
            }
            let before = traces(&world);
            let answer = ask(actor, method, &real(path), &world);
            assert!(!(200..400).contains(&answer.status), "{method} {path} ({whom}) for {name}: {answer:?}");
            assert_eq!(traces(&world), before, "{method} {path} for {name}");
            refused += 1;
        }
    }
    assert!(refused > 200, "{refused}");
}

const APPS: &str = "/api/v1/admin/apps";

/// Whether the words of the document take this actor.
fn may(whom: &str, actor: &str, (method, path): (&str, &str)) -> bool {
    if whom.starts_with("Anybody.") {
        return true;
    }
    // Lists hold what the caller may see.
    let own = path.contains("/auth/") || path.ends_with("/admin/requests") || (method, path) == ("get", APPS);
    let docs = path.contains("/apps/") || path.contains("/admin/grants/");
    match actor {
        "nobody" => false,
        "a person" => whom.starts_with("A signed-in person."),
        // They decide about their own app.
        "an app admin" => whom.starts_with("A signed-in person.") || own,
        "a key of one app" => (own || docs) && whom.contains("key") && !whom.contains("no key"),
        key => {
            let its_scope = whom.contains(&format!("scope {}", key.rsplit(' ').next().unwrap()));
            (its_scope && !whom.contains("key of its own")) || (path.contains("/auth/") && whom.contains("key"))
        }
    }
}

fn ask(actor: &Actor<'_>, method: &str, path: &str, world: &World) -> Answer {
    let mut request = Request::new(&method.to_uppercase(), path).with("Content-Type", "application/json");
    if method != "get" {
        request.body = Value::Object(serde_json::Map::new()).to_string().into_bytes();
    }
    match actor {
        Actor::Visitor(visitor) => visitor.ask(request.with("Sec-Fetch-Site", "same-origin")),
        Actor::Key(key) => world.visitor().ask(request.with("X-API-Key", key)),
    }
}

#[test]
fn nobody_but_administrators_changes_anything_in_the_console() {
    let world = World::start();
    world.grant(ALICE, "docs");
    let alice = world.visitor_as(ALICE);
    let before = traces(&world);
    for (path, get, post) in PAGES.iter().filter(|(path, ..)| path.starts_with("/admin")) {
        if *get != 405 {
            assert!(matches!(alice.get(&real(path)).status, 403 | 404), "{path}");
        }
        if *post != 405 {
            let answer =
                alice.post(&real(path), &[("format", "csv"), ("user", "1"), ("what", "disable"), ("sure", "yes")]);
            assert!(matches!(answer.status, 400 | 403 | 404 | 422), "{path}: {answer:?}");
        }
    }
    assert_eq!(traces(&world), before);
}
