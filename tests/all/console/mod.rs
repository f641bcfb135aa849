//! The console's pages about people, groups and properties: what can be done there, with and without scripts.

mod apps;
mod commands;
mod exports;
mod names;
mod pages;
mod walks;

use serde_json::Value;

use crate::world::{ADMIN, Answer, Visitor, World};

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";

/// The number of somebody.
fn id_of(world: &World, email: &str) -> i64 {
    account(world, email).unwrap()["id"].as_i64().unwrap()
}

fn account(world: &World, email: &str) -> Option<Value> {
    let users = world.gk_json(&["users", "list"]);
    users["users"].as_array().unwrap().iter().find(|user| user["email"] == email).cloned()
}

/// Does something to somebody on their page.
#[track_caller]
fn change(admin: &Visitor<'_>, id: i64, what: &str, fields: &[(&str, &str)]) -> Answer {
    admin.post(&format!("/admin/users/{id}/{what}"), fields)
}

/// The version that a person's page was made from.
fn version(page: &str) -> String {
    let (_, after) = page.split_once("name=\"version\" value=\"").expect("the form has a version");
    after.split('"').next().unwrap().to_owned()
}

#[test]
fn somebody_is_added_changed_and_deleted_on_their_page() {
    let world = World::start();
    world.registered("docs");
    world.gk(&["groups", "add", "--name", "crew"]).done();
    let admin = world.visitor_as(ADMIN);
    let added =
        admin.post("/admin/users", &[("email", " Alice@Example.com "), ("fullname", "Alice"), ("approved", "yes")]);
    let id = id_of(&world, ALICE);
    assert_eq!(added.location(), format!("/admin/users/{id}?done=added"));
    let again = admin.post("/admin/users", &[("email", "ALICE@example.com"), ("fullname", "Other")]);
    assert_eq!(again.status, 409);
    assert!(
        again.text().contains("already belongs to the account") && again.text().contains("Other"),
        "{}",
        again.text()
    );

    for (what, fields) in [
        ("join", &[("group", "crew")][..]),
        ("grant", &[("app", "docs"), ("role", "editor"), ("until", "2999-12-31")]),
        ("set-property", &[("app", "reports"), ("key", "floor"), ("value", "=2<b>")]),
        ("promote", &[]),
    ] {
        assert_eq!(change(&admin, id, what, fields).location(), format!("/admin/users/{id}?done={what}"), "{what}");
    }
    let page = admin.get(&format!("/admin/users/{id}")).text();
    for shown in ["crew", "editor", "reports/floor", "=2&lt;b&gt;", "administrator", "user_property_set", "grant_given"]
    {
        assert!(page.contains(shown), "{shown} is not on the page: {page}");
    }
    let session = world.session(ALICE);
    assert_eq!(world.validate(Some(&session), Some("docs")).header("x-auth-role"), Some("editor"));
    for (what, fields) in [
        ("demote", &[][..]),
        ("leave", &[("group", "crew")]),
        ("revoke", &[("app", "docs")]),
        ("unset-property", &[("app", "reports"), ("key", "floor")]),
        ("disable", &[]),
    ] {
        assert_eq!(change(&admin, id, what, fields).status, 303, "{what}");
    }
    assert_eq!(world.validate(Some(&session), Some("docs")).status, 401, "signed out at once");
    assert_eq!(change(&admin, id, "enable", &[]).status, 303);
    assert_eq!(change(&admin, id, "delete", &[("name", "alice")]).status, 422, "only by typing the address");
    assert_eq!(change(&admin, id, "delete", &[("name", ALICE)]).location(), "/admin/users?done=deleted");
    assert_eq!(admin.get(&format!("/admin/users/{id}")).status, 404);
    assert_eq!(change(&admin, id_of(&world, ADMIN), "disable", &[]).status, 409, "the last administrator stays");
}

#[test]
fn the_second_of_two_who_edit_somebody_is_told_and_nothing_is_lost() {
    let world = World::start();
    world.person(ALICE);
    let id = id_of(&world, ALICE);
    let (first, second) = (world.visitor_as(ADMIN), world.visitor_as(ADMIN));
    let seen = [&first, &second].map(|admin| version(&admin.get(&format!("/admin/users/{id}")).text()));
    let edit = |admin: &Visitor<'_>, version: &str, name: &str| {
        change(admin, id, "edit", &[("version", version), ("fullname", name), ("email", ALICE), ("username", ALICE)])
    };
    assert_eq!(edit(&first, &seen[0], "Alice One").status, 303);
    let told = edit(&second, &seen[1], "Alice Two");
    assert_eq!(told.status, 409);
    let page = told.text();
    assert!(page.contains("somebody else has changed this meanwhile") && page.contains("Alice Two"), "{page}");
    assert_eq!(account(&world, ALICE).unwrap()["fullname"], "Alice One");
    assert_eq!(edit(&second, &version(&page), "Alice Two").status, 303, "looked at again, it is theirs to decide");
    assert_eq!(edit(&second, "", "Alice Three").status, 409, "a form without a version changes nothing");
}

#[test]
fn what_is_done_to_many_is_asked_back_and_then_done_to_all_of_them() {
    let world = World::start();
    let emails = [1, 2, 3].map(|number| format!("n{number}@elsewhere.example"));
    for email in &emails {
        world.gk(&["users", "add", "--email", email]).done();
    }
    let admin = world.visitor_as(ADMIN);
    let ids = emails.each_ref().map(|email| id_of(&world, email).to_string());
    let mut fields = ids.iter().map(|id| ("user", id.as_str())).collect::<Vec<_>>();
    fields.push(("what", "approve"));
    let asked = admin.post("/admin/users/many", &fields);
    let page = asked.text();
    assert!(page.contains("Approve 3 people?") && emails.iter().all(|email| page.contains(email)), "{page}");
    assert_eq!(account(&world, &emails[0]).unwrap()["status"], "pending", "asked back, and nothing done yet");
    fields.push(("sure", "yes"));
    assert_eq!(admin.post("/admin/users/many", &fields).location(), "/admin/users?done=approve&count=3");
    assert_eq!(account(&world, &emails[2]).unwrap()["status"], "approved");
    let none = admin.post("/admin/users/many", &[("what", "approve")]);
    assert!(none.status == 409 && none.text().contains("Tick the people"), "{none:?}");
    // One who cannot be changed has everything refused.
    let own = id_of(&world, ADMIN).to_string();
    let all = [("user", ids[0].as_str()), ("user", own.as_str()), ("what", "disable"), ("sure", "yes")];
    let refused = admin.post("/admin/users/many", &all);
    assert!(refused.status == 409 && refused.text().contains("last administrator"), "{refused:?}");
    assert_eq!(account(&world, &emails[0]).unwrap()["enabled"], true);
}

#[test]
fn groups_and_properties_are_kept_on_their_pages() {
    let world = World::start();
    world.person(ALICE);
    world.person(BOB);
    let admin = world.visitor_as(ADMIN);
    let made = admin.post("/admin/groups", &[("name", "Night crew"), ("description", "at night")]);
    let group = made.location().to_owned();
    assert_eq!(admin.post(&format!("{group}/join"), &[("user", ALICE)]).location(), format!("{group}?done=join"));
    let page = admin.get(&format!("{group}?user=bob")).text();
    assert!(page.contains(ALICE) && page.contains(&format!("<option value=\"{BOB}\">")), "{page}");
    assert_eq!(change(&admin, id_of(&world, BOB), "copy-groups", &[("from", ALICE)]).status, 303);
    assert!(admin.get(&group).text().contains(BOB));
    assert_eq!(admin.post(&format!("{group}/describe"), &[("description", "by day")]).status, 303);
    assert_eq!(admin.post(&format!("{group}/leave"), &[("user", ALICE)]).status, 303);
    assert_eq!(admin.post(&format!("{group}/delete"), &[]).location(), "/admin/groups?done=delete");
    let built_in = admin.get("/admin/groups").text();
    assert!(built_in.contains("standard") && !built_in.contains("Night crew"), "{built_in}");
    assert_eq!(admin.post("/admin/groups/1/delete", &[]).status, 409, "built-in groups stay");

    let set = [("app", "reports"), ("key", "floor/2"), ("user", ALICE), ("value", "two")];
    let kind = admin.post("/admin/properties", &set).location().to_owned();
    assert!(admin.get(&kind).text().contains("two"));
    let named = [("app", "reports"), ("key", "floor/2")];
    let renamed = [&named[..], &[("new_app", "reports"), ("new_key", "room")]].concat();
    assert_eq!(admin.post("/admin/properties/of/rename", &renamed).status, 303);
    assert!(admin.get("/admin/properties").text().contains("reports/room"));
    assert_eq!(admin.post("/admin/properties/of/delete", &named).status, 404);
    assert_eq!(admin.post("/admin/properties/of/delete", &[("app", "reports"), ("key", "room")]).status, 303);
}

#[test]
fn nobody_but_a_fresh_administrator_sees_or_changes_people() {
    let world = World::start();
    world.person(ALICE);
    let id = id_of(&world, ALICE);
    let paths = ["/admin/users", "/admin/users/new", "/admin/groups", "/admin/groups/1", "/admin/properties"];
    let alice = world.visitor_as(ALICE);
    for path in paths {
        assert_eq!(alice.get(path).status, 403, "{path}");
    }
    assert_eq!(alice.get(&format!("/admin/users/{id}")).status, 403);
    assert_eq!(change(&alice, id, "promote", &[]).status, 403);
    assert_eq!(account(&world, ALICE).unwrap()["admin"], false);
    let stale = world.visitor_as(ADMIN);
    let database = rusqlite::Connection::open(world.database()).unwrap();
    database.execute("UPDATE session SET created_at = created_at - 7200", []).unwrap();
    assert_eq!(stale.get("/admin/users").status, 200, "looking is open");
    let refused = change(&stale, id, "disable", &[]);
    assert!(refused.status == 403 && refused.text().contains("Sign in again"), "{refused:?}");
    assert_eq!(account(&world, ALICE).unwrap()["enabled"], true);
}
