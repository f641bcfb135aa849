//! `gk apps add` and `gk apps update`: what can be said of an app, and what the app then hears.

use serde_json::{Value, json};

use crate::world::World;

const ALICE: &str = "alice@example.com";

#[test]
fn an_app_that_asks_for_groups_hears_their_names() {
    let world = World::quiet(&[]);
    world.grant(ALICE, "docs");
    let cookie = world.signed_in(ALICE);
    for group in ["painters", "readers"] {
        world.gk(&["groups", "add", "--name", group]).done();
        world.gk(&["groups", "join", "--name", group, "--user", ALICE]).done();
    }
    let groups = |app: &str| {
        let answer = world.validate(Some(&cookie), Some(app));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.header("x-auth-groups").map(str::to_owned)
    };
    assert_eq!(groups("docs"), None);
    world.gk(&["apps", "update", "--slug", "docs", "--groups-header"]).done();
    let names = groups("docs").expect("the app asked for it");
    let mut names = names.split(',').collect::<Vec<_>>();
    names.sort_unstable();
    assert_eq!(names, ["painters", "readers", "standard"]);
    world.gk(&["groups", "leave", "--name", "painters", "--user", ALICE]).done();
    assert!(!groups("docs").expect("it still asks").contains("painters"));
    world.gk(&["apps", "update", "--slug", "docs", "--no-groups-header"]).done();
    assert_eq!(groups("docs"), None);
    world.gk(&["apps", "add", "--slug", "wiki", "--name", "Wiki", "--groups-header"]).done();
    world.gk(&["apps", "grant", "--slug", "wiki", "--email", ALICE]).done();
    assert!(groups("wiki").expect("it asked from the start").contains("readers"));
}

#[test]
fn everything_about_an_app_but_its_slug_can_be_changed() {
    let world = World::bare(&[]);
    world.registered("docs");
    let update = |flags: &[&str]| world.gk(&[&["apps", "update", "--slug", "docs"], flags].concat());
    let flags = ["--name", "Manuals", "--description", "What we know", "--contact", "it@example.com", "--noindex"];
    update(&flags).done();
    let origins = ["--origin", "https://docs.example.com", "--origin", "https://manuals.example.com"];
    update(&[&origins, ["--roles", "viewer,owner", "--admin-roles", "owner"].as_slice()].concat()).done();
    let shown = world.gk_json(&["apps", "show", "--slug", "docs"]);
    for (field, value) in [
        ("name", json!("Manuals")),
        ("description", json!("What we know")),
        ("contact", json!("it@example.com")),
        ("noindex", json!(true)),
        ("origins", json!(["https://docs.example.com", "https://manuals.example.com"])),
        ("roles", json!(["viewer", "owner"])),
        ("role_list", json!("closed")),
        ("admin_roles", json!(["owner"])),
    ] {
        assert_eq!(shown[field], value, "{field}: {shown}");
    }
    let database = rusqlite::Connection::open(world.database()).unwrap();
    let sql = "SELECT before, after FROM audit WHERE action = 'app_updated' ORDER BY id DESC LIMIT 1";
    let noted = database.query_row(sql, [], |row| Ok([row.get::<_, String>(0)?, row.get::<_, String>(1)?])).unwrap();
    let [before, after] = noted.map(|text| serde_json::from_str::<Value>(&text).unwrap());
    assert_eq!((&before["admin_roles"], &after["admin_roles"]), (&json!([]), &json!(["owner"])), "{before} {after}");
    assert_eq!((&before["contact"], &after["origins"]), (&json!("it@example.com"), &shown["origins"]));
    assert!(update(&["--any-role"]).refused(2).contains("admin roles"));
    update(&["--any-role", "--no-admin-roles", "--no-origins", "--no-noindex"]).done();
    let shown = world.gk_json(&["apps", "show", "--slug", "docs"]);
    assert_eq!(
        (&shown["role_list"], &shown["origins"], &shown["noindex"]),
        (&json!("open"), &json!([]), &json!(false))
    );
    update(&["--name", " "]).refused(2);
    assert!(update(&["--origin", "https://docs.example.com/guide"]).refused(2).contains("without a path"));
    update(&[]).refused(2);
}

#[test]
fn a_role_that_somebody_holds_stays_in_the_list() {
    let world = World::quiet(&[]);
    let add = ["apps", "add", "--slug", "wiki", "--name", "Wiki", "--roles", "viewer,editor,owner"];
    world.gk(&[add.as_slice(), &["--admin-roles", "owner"]].concat()).done();
    let cookie = world.signed_in(ALICE);
    world.gk(&["apps", "grant", "--slug", "wiki", "--email", ALICE, "--role", "editor"]).done();
    let update = |flags: &[&str]| world.gk(&[&["apps", "update", "--slug", "wiki"], flags].concat());
    assert!(update(&["--roles", "viewer,owner"]).refused(1).contains("1 grant has the role `editor`"));
    assert!(update(&["--roles", "viewer,editor"]).refused(2).contains("admin role `owner`"));
    update(&["--roles", "editor,owner,chief"]).done();
    // What is published follows: the strongest of two groups' roles is told.
    for (group, role) in [("first", "owner"), ("second", "chief")] {
        world.gk(&["groups", "add", "--name", group]).done();
        world.gk(&["groups", "join", "--name", group, "--user", ALICE]).done();
        world.gk(&["apps", "grant", "--slug", "wiki", "--group", group, "--role", role]).done();
    }
    world.gk(&["apps", "revoke", "--slug", "wiki", "--email", ALICE]).done();
    let role = || world.validate(Some(&cookie), Some("wiki")).header("x-auth-role").map(str::to_owned);
    assert_eq!(role().as_deref(), Some("chief"));
    update(&["--roles", "chief,owner"]).done();
    assert_eq!(role().as_deref(), Some("owner"));
}
