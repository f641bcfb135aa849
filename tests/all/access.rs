//! Why somebody enters, who does, and where, at the command line and at the API; and what a change would do.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::world::{World, encode};

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@elsewhere.example";

/// Alice enters docs by a group as reader, Bob by his own grant as editor, and nobody enters wiki.
fn world() -> World {
    let world = World::bare(&[("ACCEPTED_DOMAINS", "")]);
    world.registered("docs");
    world.registered("wiki");
    world.person(ALICE);
    world.person(BOB);
    for command in [
        &["apps", "update", "--slug", "docs", "--roles", "reader,editor", "--admin-roles", "editor"][..],
        &["groups", "add", "--name", "crew"],
        &["groups", "join", "--name", "crew", "--user", ALICE],
        &[
            "apps",
            "grant",
            "--slug",
            "docs",
            "--group",
            "crew",
            "--role",
            "reader",
            "--expires",
            "2999-01-01T00:00:00Z",
        ],
        &["apps", "grant", "--slug", "docs", "--email", BOB, "--role", "editor", "--note", "runs it"],
    ] {
        world.gk(command).done();
    }
    world
}

fn texts<'v>(list: &'v Value, member: &str) -> Vec<&'v str> {
    list.as_array().unwrap().iter().map(|one| one[member].as_str().unwrap_or("-")).collect()
}

#[test]
fn a_decision_is_explained_with_its_facts_and_with_what_would_change_it() {
    let world = world();
    let said = world.gk_json(&["explain", "--user", ALICE, "--app", "docs"]);
    assert_eq!(
        (&said["status"], &said["reason"], &said["role"]),
        (&json!(200), &json!("group-grant"), &json!("reader"))
    );
    assert_eq!(texts(&said["facts"], "fact"), ["account", "super-admin", "domain", "app", "grant"]);
    let grant = &said["facts"][4];
    assert_eq!((&grant["group"], &grant["weight"]), (&json!("crew"), &json!("counts")));
    assert_eq!(texts(&said["changes"], "change"), ["take-grant", "disable", "ends"]);
    assert_eq!(said["changes"][2]["at"], "2999-01-01T00:00:00Z");
    assert_eq!(said["changes"][2]["then"]["status"], 403);
    let later = world.gk_json(&["explain", "--user", ALICE, "--app", "docs", "--at", "2999-01-01T00:00:00Z"]);
    assert_eq!((&later["status"], &later["reason"]), (&json!(403), &json!("no-grant")));
    let text = world.gk(&["explain", "--user", BOB, "--app", "docs"]).done();
    for part in ["200 allow (own-grant)", "It rests on", "runs it", "this one counts", "What would change it"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let refused = world.gk(&["explain", "--user", BOB, "--app", "wiki"]).done();
    assert!(refused.contains("give a grant of wiki") && refused.contains("add elsewhere.example"), "{refused}");
}

#[test]
fn who_enters_and_where_to_are_listed_and_leave_as_csv() {
    let world = world();
    let who = |more: &[&str]| world.gk_json(&[&["apps", "who", "--slug", "docs"], more].concat());
    let all = who(&[]);
    assert_eq!(texts(&all["entrants"], "reason"), ["super-admin", "group-grant", "own-grant"]);
    assert_eq!(texts(&who(&["--role", "editor"])["entrants"], "user"), [BOB]);
    assert_eq!(texts(&who(&["--search", "CREW"])["entrants"], "user"), [ALICE]);
    assert_eq!(texts(&who(&["--reason", "own-grant"])["entrants"], "user"), [BOB]);
    let part = who(&["--limit", "1", "--offset", "1"]);
    assert_eq!((texts(&part["entrants"], "user"), &part["total"]), (vec![ALICE], &json!(3)));
    let csv = world.gk(&["apps", "who", "--slug", "docs", "--role", "reader", "--csv"]).done();
    let line = format!("{ALICE},,reader,group-grant,crew,2999-01-01T00:00:00Z");
    assert_eq!(
        csv.lines().map(|line| line.trim_start_matches('\u{feff}')).collect::<Vec<_>>(),
        ["Email,Full Name,Role,Reason,Group,Until", &line]
    );
    let places = |more: &[&str]| world.gk_json(&[&["users", "where", "--user", BOB], more].concat());
    assert_eq!(texts(&places(&[])["destinations"], "app"), ["docs"]);
    assert_eq!(texts(&places(&["--all"])["destinations"], "reason"), ["own-grant", "no-grant"]);
    assert_eq!(texts(&places(&["--all", "--reason", "no-grant"])["destinations"], "app"), ["wiki"]);
    let csv = world.gk(&["users", "where", "--user", BOB, "--csv"]).done();
    assert!(csv.contains("docs,") && csv.contains(",allow,editor,own-grant,,") && !csv.contains("wiki"), "{csv}");
    world.gk(&["apps", "who", "--slug", "nowhere", "--csv"]).refused(1);
}

#[test]
fn the_api_says_the_same_and_an_apps_administrator_hears_of_that_app_alone() {
    let world = world();
    world.start_admin();
    let key = world.key_of("read", &[]);
    let get = |path: &str| world.with_key(&key, "GET", path, &Value::Null);
    let explain = |user: &str, app: &str| format!("/admin/explain?user={}&app={app}", encode(user));
    assert_eq!(get(&explain(ALICE, "docs")).json()["reason"], "group-grant");
    assert_eq!(get(&format!("{}&at=2999-01-01T00:00:00Z", explain(ALICE, "docs"))).json()["reason"], "no-grant");
    assert_eq!(get(&explain("nobody@example.com", "docs")).status, 404);
    assert_eq!(get("/admin/explain?app=docs").status, 422);
    let who = get("/admin/apps/docs/who?role=reader").json();
    assert_eq!((texts(&who["entrants"], "user"), &who["total"]), (vec![ALICE], &json!(1)));
    assert_eq!(get("/admin/apps/docs/who?reason=luck").status, 422);
    let id = who["entrants"][0]["id"].as_i64().unwrap();
    let places = get(&format!("/admin/users/{id}/where?all=true")).json();
    assert_eq!(texts(&places["destinations"], "reason"), ["group-grant", "no-grant"]);
    let csv = get("/admin/exports/entrants?app=docs&search=bob");
    assert!(csv.header("content-type").unwrap().starts_with("text/csv") && csv.text().contains(BOB), "{csv:?}");
    assert!(get(&format!("/admin/exports/destinations?user={id}")).text().contains("docs"));
    assert_eq!(get("/admin/exports/entrants").status, 422);
    let database = Connection::open(world.database()).unwrap();
    let sql = "SELECT count(*) FROM audit WHERE action IN ('entrants_exported', 'destinations_exported')";
    assert_eq!(database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap(), 2);
    let bob = world.visitor_as(BOB);
    let asked = |path: &str| bob.get(&format!("/api/v1{path}")).status;
    assert_eq!((asked(&explain(ALICE, "docs")), asked("/admin/apps/docs/who")), (200, 200));
    assert_eq!(asked("/admin/exports/entrants?app=docs"), 200);
    let elsewhere = format!("/admin/users/{id}/where");
    for path in [&*explain(ALICE, "wiki"), "/admin/apps/wiki/who", &elsewhere, "/admin/exports/entrants?app=wiki"] {
        assert_eq!(asked(path), 403, "{path}");
    }
    let alice = world.visitor_as(ALICE);
    assert_eq!(alice.get("/api/v1/admin/apps/docs/who").status, 403);
    let mint = world.key_of("mint", &[]);
    assert_eq!(world.with_key(&mint, "GET", "/admin/apps/docs/who", &Value::Null).status, 403);
}

#[test]
fn a_dry_run_says_who_would_gain_and_who_would_lose_and_changes_nothing() {
    let world = world();
    let state =
        || (world.gk_json(&["apps", "who", "--slug", "docs"]), world.gk_json(&["apps", "show", "--slug", "docs"]));
    let before = state();
    let tried = |command: &[&str]| world.gk_json(&[command, &["--dry-run"]].concat())["effects"].clone();
    let accepted = tried(&["config", "set", "access.accepted_domains", "elsewhere.example"]);
    assert_eq!((&accepted["gain"], &accepted["lose"]), (&json!(1), &json!(0)), "{accepted}");
    assert_eq!(accepted["places"][0]["app"], "wiki");
    assert_eq!(accepted["places"][0]["gain"]["people"][0]["user"], BOB);
    assert_eq!(accepted["places"][0]["gain"]["people"][0]["before"]["reason"], "no-grant");
    assert_eq!(accepted["places"][0]["gain"]["people"][0]["after"]["reason"], "internal");
    let role = tried(&["apps", "grant", "--slug", "docs", "--group", "crew", "--role", "editor"]);
    assert_eq!((&role["other_role"], &role["gain"]), (&json!(1), &json!(0)), "{role}");
    assert_eq!(role["places"][0]["administer"]["people"][0]["user"], ALICE);
    let admins = tried(&["apps", "update", "--slug", "docs", "--no-admin-roles"]);
    assert_eq!(admins["places"][0]["administer_no_longer"]["people"][0]["user"], BOB);
    let all = tried(&["config", "set", "access.default_app", "allow"]);
    assert_eq!((&all["gain"], texts(&all["places"], "app")), (&json!(6), vec!["-", "-"]), "{all}");
    let text = world.gk(&["config", "set", "access.accepted_domains", "elsewhere.example", "--dry-run"]).done();
    assert!(text.contains("1 would gain entry") && text.contains(&format!("{BOB}: may not enter → enters")), "{text}");
    let none = world.gk(&["apps", "update", "--slug", "docs", "--name", "Papers", "--dry-run"]).done();
    assert!(none.contains("Nobody would gain or lose"), "{none}");
    assert_eq!(state(), before);
    assert_eq!(world.gk_json(&["config", "get", "access.default_app"])["value"], "deny");
}
