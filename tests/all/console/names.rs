//! Names as people type them, through every way an account can come about; and the last administrator, through every
//! way one can go.

use serde_json::json;

use super::{ALICE, account, change, id_of};
use crate::world::{ADMIN, World};

#[test]
fn however_a_name_is_typed_and_wherever_it_ends_as_one_account_in_standard() {
    let world = World::start();
    let admin = world.visitor_as(ADMIN);
    let key = world.key_of("read,write", &[]);
    let typed = |way: &str| format!("  {}@Elsewhere.EXAMPLE ", way.to_uppercase());
    let stored = |way: &str| format!("{way}@elsewhere.example");

    admin.post("/admin/users", &[("email", &typed("console")), ("approved", "yes")]);
    world.gk(&["users", "add", "--email", &typed("command"), "--approved"]).done();
    world.gk(&["create-admin", "--username", "  OPS ", "--email", &typed("created")]).done();
    let body = json!({ "username": typed("named"), "email": typed("named") });
    assert_eq!(world.with_key(&key, "POST", "/users", &body).status, 201);
    let body = json!({ "email": typed("numbered"), "auto_approve": true });
    assert_eq!(world.with_key(&key, "POST", "/admin/users", &body).status, 201);
    let list = world.folder().join("list.csv");
    std::fs::write(&list, format!("username,email,fullname\n{0},{0},Imported\n", typed("imported"))).unwrap();
    world.gk(&["users", "import", list.to_str().unwrap()]).done();
    let invited = world.gk_json(&["invitations", "add"])["link"].as_str().unwrap().to_owned();
    let invited = invited.strip_prefix(&world.auth_url()).unwrap().to_owned();
    let guest = world.visitor();
    guest.post(&invited, &[("email", &typed("invited"))]);
    assert_eq!(guest.post(&world.mailed_path(&stored("invited"), 1), &[]).status, 303);
    let outsider = world.visitor();
    outsider.post("/register", &[("email", &typed("registered")), ("redirect", "")]);
    assert_eq!(outsider.post(&world.mailed_path(&stored("registered"), 1), &[]).status, 303);
    world.gk(&["users", "approve", "--user", &typed("registered")]).done();
    let ways = ["console", "command", "created", "named", "numbered", "imported", "invited", "registered"];
    for way in ways {
        let email = stored(way);
        assert_eq!(account(&world, &email).map(|found| found["status"].clone()), Some("approved".into()), "{way}");
        let shown = world.gk_json(&["users", "show", "--user", &typed(way)]);
        let groups = shown["groups"].as_array().unwrap();
        assert!(groups.iter().any(|group| group == "standard"), "{way}: {shown}");
        // The same once more, typed otherwise: it is the same account, and no second one comes about.
        world.gk(&["users", "add", "--email", &email.to_uppercase()]).refused(1);
        assert_eq!(admin.post("/admin/users", &[("email", &typed(way))]).status, 409, "{way}");
    }
    assert_eq!(world.gk_json(&["users", "list", "--search", "elsewhere"])["total"], ways.len());
}

#[test]
fn the_last_administrator_stays_on_every_face() {
    let world = World::start();
    let (admin, key) = (world.visitor_as(ADMIN), world.key_of("read,write", &[]));
    let id = id_of(&world, ADMIN);
    for what in ["demote", "disable", "reject"] {
        assert_eq!(change(&admin, id, what, &[]).status, 409, "{what}");
    }
    assert_eq!(change(&admin, id, "delete", &[("name", ADMIN)]).status, 409);
    assert_eq!(admin.post("/admin/groups/1/leave", &[("user", ADMIN)]).status, 409);
    let many = [("user", id.to_string()), ("what", "disable".into()), ("sure", "yes".into())];
    let many = many.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(admin.post("/admin/users/many", &many).status, 409);
    for (method, path, body) in [
        ("PATCH", format!("/users/{ADMIN}"), json!({ "enabled": false })),
        ("DELETE", format!("/users/{ADMIN}"), json!(null)),
        ("DELETE", format!("/groups/admin/members/{ADMIN}"), json!(null)),
        ("PATCH", format!("/admin/users/{id}"), json!({ "is_admin": false })),
        ("PATCH", format!("/admin/users/{id}"), json!({ "status": "rejected" })),
        ("POST", format!("/admin/users/{id}/reject"), json!({})),
        ("DELETE", format!("/admin/users/{id}"), json!(null)),
        ("POST", "/admin/users/bulk".into(), json!({ "users": [id.to_string()], "action": "disable" })),
    ] {
        let answer = world.with_key(&key, method, &path, &body);
        assert!((400..500).contains(&answer.status), "{method} {path}: {answer:?}");
    }
    for arguments in [
        &["users", "update", "--user", ADMIN, "--no-admin"][..],
        &["users", "update", "--user", ADMIN, "--disable"],
        &["users", "reject", "--user", ADMIN],
        &["users", "remove", "--user", ADMIN, "--force"],
        &["users", "many", "--user", ADMIN, "--disable"],
        &["groups", "leave", "--name", "admin", "--user", ADMIN],
    ] {
        world.gk(arguments).refused(1);
    }
    let still = account(&world, ADMIN).unwrap();
    assert_eq!(
        (&still["admin"], &still["enabled"], &still["status"]),
        (&true.into(), &true.into(), &"approved".into())
    );
}

#[test]
fn of_two_administrators_who_end_each_other_at_once_one_stays() {
    let world = World::start();
    for _ in 0..10 {
        world.person(ALICE);
        world.gk(&["users", "update", "--user", ALICE, "--admin", "--enable"]).done();
        let ids = [ADMIN, ALICE].map(|email| id_of(&world, email));
        let (one, other) = (world.visitor_as(ADMIN), world.visitor_as(ALICE));
        let what = ["disable", "demote"];
        std::thread::scope(|scope| {
            scope.spawn(|| change(&one, ids[1], what[0], &[]));
            scope.spawn(|| change(&other, ids[0], what[1], &[]));
        });
        let usable = ["--admins", "--enabled", "--status", "approved"];
        let left = world.gk_json(&[&["users", "list"], &usable[..]].concat());
        assert_ne!(left["total"], 0, "nobody administers any more");
        for email in [ADMIN, ALICE] {
            world.gk(&["users", "update", "--user", email, "--admin", "--enable"]).done();
        }
    }
}
