//! Who is an administrator by the configuration, and what an old session of one may not do.

use serde_json::{Value, json};

use crate::api::raw;
use crate::world::{ADMIN, World};

const BOSS: &str = "boss@example.com";

fn account(world: &World, email: &str) -> Option<Value> {
    let users = world.gk_json(&["users", "list"]);
    users["users"].as_array().unwrap().iter().find(|user| user["email"] == email).cloned()
}

#[test]
fn a_start_makes_those_of_the_list_administrators_and_revives_nobody() {
    let world = World::with(&[("AUTH_ADMIN_EMAILS", &format!("{BOSS}, second@example.com"))]);
    for email in [BOSS, "second@example.com"] {
        let made = account(&world, email).expect("the start made the account");
        assert_eq!(
            (&made["status"], &made["enabled"], &made["admin"]),
            (&json!("approved"), &json!(true), &json!(true))
        );
    }
    assert_eq!(world.visitor().signs_in(BOSS, 1).status, 303);
    world.gk(&["users", "update", "--user", BOSS, "--disable"]).done();
    world.stop_admin();
    world.start_admin();
    let boss = account(&world, BOSS).unwrap();
    assert_eq!((&boss["enabled"], &boss["admin"]), (&json!(false), &json!(true)), "a list revives nobody");
    world.gk(&["users", "update", "--user", "second@example.com", "--no-admin"]).done();
    let said = world.gk(&["ensure-admins"]).done();
    let lines = said.lines().collect::<Vec<_>>();
    assert!(lines[0].starts_with(&format!("{BOSS}: is an administrator, but may not sign in")), "{said}");
    assert_eq!(lines[1..], ["second@example.com: made an administrator", "Admin accounts ensured."], "{said}");
    assert!(world.gk(&["ensure-admins"]).done().contains("second@example.com: already an administrator"));
    assert_eq!(account(&world, BOSS).unwrap()["enabled"], json!(false));
    assert!(world.wait_for_mail("second@example.com", 1).contains("You're now a Super Admin"));
}

#[test]
fn an_administrators_old_session_changes_nothing_through_the_api() {
    let world = World::start();
    world.registered("docs");
    world.gk(&["apps", "update", "--slug", "docs", "--listed", "true"]);
    let (admin, alice) = (world.visitor_as(ADMIN), world.visitor_as("alice@example.com"));
    let own = |path: &str, body: &str| raw(path, body).with("Sec-Fetch-Site", "same-origin");
    let asked = alice.ask(own("/api/v1/auth/me/apps/docs/request", "{}"));
    assert_eq!(asked.status, 200, "{asked:?}");
    let waiting = || world.gk_json(&["requests", "list"])["requests"].clone();
    let (before, id) = (waiting(), waiting()[0]["id"].to_string());
    let database = rusqlite::Connection::open(world.database()).unwrap();
    let age = |seconds: i64| {
        database.execute("UPDATE session SET created_at = created_at - ?1", [seconds]).unwrap();
    };
    age(86_400);
    for verb in ["approve", "reject"] {
        let path = format!("/api/v1/admin/apps/docs/requests/{id}/{verb}");
        let refused = admin.ask(own(&path, "{}"));
        assert!(refused.status == 403 && refused.text().contains("sign in again"), "{refused:?}");
    }
    assert_eq!(waiting(), before, "nothing changed");
    assert_eq!(admin.get("/api/v1/admin/requests").status, 200, "looking is free");
    age(-86_400);
    let done = admin.ask(own(&format!("/api/v1/admin/apps/docs/requests/{id}/approve"), "{}"));
    assert_eq!(done.status, 200, "a fresh one does: {done:?}");
}
