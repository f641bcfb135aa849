//! The audit on each face: looked through, followed, taken away, and checked.

mod console;
mod forward;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::import::console::rows_of;
use crate::world::{ADMIN, Part, World};

pub(crate) const ALICE: &str = "alice@example.com";

/// The console's and the command's list of this filter, as pairs of action and target.
fn listed(world: &World, arguments: &[&str]) -> Vec<(String, String)> {
    let listed = world.gk_json(&[&["audit", "list", "--limit", "1000"], arguments].concat());
    let rows = listed["entries"].as_array().unwrap().iter();
    rows.map(|row| (row["action"].as_str().unwrap().to_owned(), row["target"].as_str().unwrap().to_owned())).collect()
}

fn had(all: &[(String, String)], action: &str, target: &str) -> bool {
    all.iter().any(|(done, to)| done == action && to == target)
}

#[test]
fn the_command_and_the_api_list_the_same_by_the_same_filters() {
    let world = World::start();
    world.grant(ALICE, "docs");
    let visitor = world.visitor();
    visitor.signs_in(ALICE, 1);
    let (ip, by_ip) = (visitor.address(), format!("ip={}", visitor.address()));
    let key = world.key_of("read", &[]);
    let api = |query: &str| world.with_key(&key, "GET", &format!("/admin/audit?limit=1000&{query}"), &Value::Null);
    for (query, arguments, some) in [
        ("action=login", vec!["--action", "login"], true),
        ("person=alice%40example.com", vec!["--person", ALICE], true),
        ("app=docs", vec!["--app", "docs"], true),
        ("actor=stranger", vec!["--actor", "stranger"], true),
        (by_ip.as_str(), vec!["--ip", ip], true),
        ("text=docs+alice", vec!["--text", "docs alice"], true),
        ("text=%22+OR+%28", vec!["--text", "\" OR ("], false),
        (
            "since=1d&action=login&person=alice%40example.com",
            vec!["--since", "1d", "--action", "login", "--person", ALICE],
            true,
        ),
        ("until=2020-01-01", vec!["--until", "2020-01-01"], false),
    ] {
        let told = api(query).json();
        assert_eq!(told["entries"].as_array().unwrap().is_empty(), !some, "{query}: {told}");
        let by_command = world.gk_json(&[&["audit", "list", "--limit", "1000"], &arguments[..]].concat());
        assert_eq!(told["entries"], by_command["entries"], "{query}");
    }
    for bad in ["ip=here", "since=soon", "app=%20%2F", "limit=0", "before=x"] {
        assert_eq!(api(bad).status, 422, "{bad}");
    }
    // A part at a time, by the number the last one ended with.
    let (mut ids, mut next) = (Vec::new(), json!(i64::MAX));
    while !next.is_null() {
        let part = world.with_key(&key, "GET", &format!("/admin/audit?limit=3&before={next}"), &Value::Null).json();
        ids.extend(part["entries"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()));
        next = part["next"].clone();
    }
    let all = (1..=ids[0]).rev().collect::<Vec<_>>();
    assert_eq!(ids, all);
    let one = world.with_key(&key, "GET", "/admin/audit/1", &Value::Null).json();
    assert_eq!((&one["action"], &one), (&json!("database_created"), &world.gk_json(&["audit", "show", "--id", "1"])));
    assert_eq!(world.with_key(&key, "GET", "/admin/audit/999999", &Value::Null).status, 404);
    let writer = world.key_of("write", &[]);
    assert_eq!(world.with_key(&writer, "GET", "/admin/audit", &Value::Null).status, 403);
    assert_eq!(world.visitor_as(ALICE).get("/api/v1/admin/audit").status, 403);
}

#[test]
fn sign_ins_and_what_came_to_nothing_are_in_it() {
    let world = World::start();
    world.person(ALICE);
    let visitor = world.visitor();
    visitor.ask_for_link(ALICE, "");
    let path = world.mailed_path(ALICE, 1);
    world.gk(&["users", "update", "--user", ALICE, "--disable"]).done();
    assert_ne!(visitor.post(&path, &[]).status, 303);
    world.visitor().signs_in(ADMIN, 1);
    let all = listed(&world, &[]);
    assert!(had(&all, "login", "admin"), "{all:?}");
    assert!(had(&all, "magic_link_sent", ALICE), "{all:?}");
    let bob = world.visitor();
    let (flow, _) = crate::one_time::asked_for_code(&world, &bob, ADMIN);
    for _ in 0..5 {
        bob.post("/signin/sent", &[("flow", &flow), ("code", "22222222")]);
    }
    assert!(had(&listed(&world, &["--action", "login_rejected"]), "login_rejected", ADMIN));
}

#[test]
fn whatever_is_done_to_the_file_is_found_and_named() {
    let world = World::start();
    for number in 0..20 {
        world.person(&format!("n{number}@example.com"));
    }
    let intact = world.gk_json(&["audit", "verify"]);
    assert_eq!(intact["broken"], 0, "{intact}");
    let key = world.key_of("read", &[]);
    let broken = |sql: &str| {
        let database = Connection::open(world.database()).unwrap();
        database
            .execute_batch(
                "BEGIN; DROP TRIGGER IF EXISTS audit_is_never_changed; DROP TRIGGER IF EXISTS audit_is_never_cut",
            )
            .unwrap();
        database.execute_batch(&format!("{sql}; COMMIT")).unwrap();
        let told = world.with_key(&key, "GET", "/admin/audit/verify", &Value::Null).json();
        let said = world.gk(&["audit", "verify"]).refused(1);
        let named = told["breaks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|named| named.as_str().unwrap().to_owned())
            .collect::<Vec<_>>();
        assert!(named.iter().all(|named| said.contains(named)), "{said}");
        named
    };
    assert_eq!(
        broken("UPDATE audit SET target = 'nobody' WHERE id = 5"),
        ["row 5 is not what was written there: it was edited, moved or put in"]
    );
    assert_eq!(broken("DELETE FROM audit WHERE id = 9").last().unwrap(), "row 9 was taken away");
    let cut = broken("DELETE FROM audit WHERE id >= (SELECT max(id) - 1 FROM audit)");
    assert!(cut.last().unwrap().contains("cut off"), "{cut:?}");
}

#[test]
fn it_leaves_as_every_kind_of_file_and_is_followed_as_it_happens() {
    let world = World::start();
    world.grant(ALICE, "docs");
    let admin = world.visitor_as(ADMIN);
    let take = |format: &str| admin.post("/admin/audit/export", &[("format", format), ("app", "docs")]);
    let xlsx = take("xlsx");
    assert_eq!(xlsx.header("content-disposition"), Some("attachment; filename=\"audit_log.xlsx\""), "{xlsx:?}");
    let rows = rows_of(&world, &xlsx);
    assert_eq!(rows[0][..5], ["ID", "At", "Actor Kind", "Actor", "Action"]);
    let lines = take("jsonl").text();
    let objects = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>();
    let listed = world.gk_json(&["audit", "list", "--app", "docs"]);
    assert_eq!(json!(objects), listed["entries"]);
    assert_eq!(rows.len(), objects.len() + 1);
    assert!(take("csv").text().starts_with("ID,At,Actor Kind,"));
    let file = world.folder().join("audit.jsonl");
    world.gk(&["audit", "export", "--to", file.to_str().unwrap()]).done();
    let all = std::fs::read_to_string(file).unwrap();
    assert!(all.lines().last().unwrap().contains("database_created"), "{all}");
    let mut follow = world.gk_command(&["audit", "list", "--follow", "--limit", "1", "--action", "group_created"]);
    let mut follow = Part::start("gk", &mut follow, world.folder().join("follow.log"));
    for group in ["first", "second"] {
        world.gk(&["groups", "add", "--name", group]).done();
        follow.word_after(&format!("group_created {group}"));
    }
    follow.stop();
}
