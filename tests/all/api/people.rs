//! People, groups, properties and sessions over the API, by name as programs of apps do it.

use serde_json::{Value, json};

use crate::world::{ADMIN, Answer, Request, World, encode, validation};

const ALICE: &str = "alice@example.com";

/// A request with a key. Null is no body.
pub(crate) fn asked(method: &str, path: &str, key: &str, body: &Value) -> Request {
    let request = Request::new(method, &format!("/api/v1{path}")).with("X-API-Key", key);
    if body.is_null() {
        return request;
    }
    let mut request = request.with("Content-Type", "application/json");
    request.body = body.to_string().into_bytes();
    request
}

impl World {
    /// Asks with a key.
    #[track_caller]
    pub(crate) fn with_key(&self, key: &str, method: &str, path: &str, body: &Value) -> Answer {
        self.visitor().ask(asked(method, path, key, body))
    }
}

fn actions(world: &World) -> Vec<(String, String)> {
    let connection = rusqlite::Connection::open(world.database()).unwrap();
    let mut rows = connection.prepare("SELECT actor, action FROM audit ORDER BY id").unwrap();
    rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_program_adds_changes_and_deletes_people() {
    let world = World::start();
    let key = world.key_of("read,write", &[]);
    let call = |method: &str, path: &str, body: Value| world.with_key(&key, method, path, &body);
    let new = json!({ "username": " Corp\\JSmith ", "email": "J.Smith@Example.com", "fullname": "J. Smith" });
    let made = call("POST", "/users", new.clone());
    assert_eq!((made.status, &made.json()["username"]), (201, &json!("corp\\jsmith")), "{made:?}");
    assert_eq!(made.json()["email"], "j.smith@example.com");
    let twice = call("POST", "/users", new);
    assert!(twice.status == 409 && twice.json()["error"].is_string(), "{twice:?}");
    let groups = call("GET", "/users/corp%5Cjsmith/groups", Value::Null);
    assert_eq!(groups.json(), json!({ "username": "corp\\jsmith", "groups": ["standard"] }));
    for name in ["corp%5Cjsmith", "CORP%5CJSMITH", "j.smith%40example.com"] {
        assert_eq!(call("GET", &format!("/users/{name}"), Value::Null).json()["fullname"], "J. Smith", "{name}");
    }
    let changed = call("PATCH", "/users/corp%5Cjsmith", json!({ "title": "Head", "fullname": "", "enabled": false }));
    let told = changed.json();
    assert_eq!((&told["title"], &told["fullname"], &told["enabled"]), (&json!("Head"), &json!(""), &json!(false)));
    for (body, status) in [
        (json!({ "title": 1 }), 400),
        (json!({ "is_admin": true }), 400),
        (json!({ "email": "no address" }), 400),
        (json!({ "email": ADMIN }), 409),
        (json!([]), 400),
    ] {
        assert_eq!(call("PATCH", "/users/corp%5Cjsmith", body.clone()).status, status, "{body}");
    }
    let gone = call("DELETE", "/users/corp%5Cjsmith", Value::Null);
    assert_eq!(gone.json(), json!({ "status": "deleted", "username": "corp\\jsmith" }));
    assert_eq!(call("DELETE", "/users/corp%5Cjsmith", Value::Null).status, 404);
    assert_eq!(call("DELETE", "/users/admin", Value::Null).status, 409, "made at installation");
    assert_eq!(call("GET", "/users/%ff", Value::Null).status, 404);
    let mine = actions(&world).into_iter().filter(|(actor, _)| actor.starts_with("api_key:")).map(|(_, action)| action);
    assert_eq!(mine.collect::<Vec<_>>(), ["user_created", "user_updated", "user_deleted"]);
}

#[test]
fn a_list_is_filtered_and_its_total_too() {
    let world = World::start();
    let key = world.key_of("read", &[]);
    for name in ["anna", "berta", "a_c"] {
        world.person(&format!("{name}@example.com"));
    }
    world.gk(&["users", "update", "--user", "berta@example.com", "--disable"]).done();
    let list = |query: &str| world.with_key(&key, "GET", &format!("/users{query}"), &Value::Null);
    let names = |query: &str| {
        let told = list(query).json();
        let names = told["users"].as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned());
        (names.collect::<Vec<_>>().join(" "), told["total"].as_i64().unwrap())
    };
    let two = ("a_c@example.com admin".to_owned(), 4);
    assert_eq!(names("?limit=2"), two);
    assert_eq!(names("?search=a_c"), ("a_c@example.com".into(), 1), "an underscore is one");
    assert_eq!(names("?search=anna%00").1, 0, "no name has a NUL");
    assert_eq!(names("?enabled_only=true&limit=1").1, 3);
    assert_eq!(names("?enabled=false"), ("berta@example.com".into(), 1));
    assert_eq!(names("?admin=true").0, "admin");
    assert_eq!(names("?internal=true").1, 0);
    assert_eq!(names("?group=admin&status=approved").1, 1);
    assert_eq!(names("?status=pending&directory=false").1, 0);
    assert_eq!(names("?sort=email&order=desc&limit=1").0, "berta@example.com");
    assert_eq!(names("?offset=3&limit=1").0, "berta@example.com");
    assert_eq!(list("?limit=100000").json()["limit"], 500);
    for bad in [
        "limit=x",
        "limit=0",
        "limit=-1",
        "offset=-1",
        "limit=9999999999999999999",
        "enabled=maybe",
        "sort=id",
        "order=up",
        "status=gone",
        "group=",
        "limit=1&limit=2",
        "limit=",
    ] {
        let answer = list(&format!("?{bad}"));
        assert!(answer.status == 400 && answer.json()["error"].is_string(), "{bad}: {answer:?}");
    }
}

#[test]
fn the_second_of_two_who_change_somebody_is_told() {
    let world = World::start();
    world.person(ALICE);
    let key = world.key_of("read,write", &[]);
    let seen = world.with_key(&key, "GET", "/users/alice%40example.com", &Value::Null);
    let tag = seen.header("etag").expect("an account has a version").to_owned();
    assert!(tag.starts_with("\"v") && tag.ends_with('"'), "{tag}");
    let change = |tag: Option<&str>, name: &str| {
        let request = asked("PATCH", "/users/alice%40example.com", &key, &json!({ "fullname": name }));
        world.visitor().ask(tag.into_iter().fold(request, |request, tag| request.with("If-Match", tag)))
    };
    let first = change(Some(&tag), "First");
    assert_eq!(first.status, 200);
    let second = change(Some(&tag), "Second");
    assert!(second.status == 412 && second.json()["error"].as_str().unwrap().contains("somebody else"), "{second:?}");
    assert_eq!(change(Some(first.header("etag").unwrap()), "Third").json()["fullname"], "Third");
    assert_eq!(change(None, "Fourth").status, 200);
    assert_eq!(change(Some("*"), "Fifth").status, 200);
    assert_eq!(change(Some("\"other\""), "Sixth").status, 412);
}

#[test]
fn properties_are_set_and_deleted_singly_and_together() {
    let world = World::start();
    world.person(ALICE);
    let key = world.key_of("read,write", &[]);
    let call = |method: &str, path: &str, body: Value| {
        world.with_key(&key, method, &format!("/users/alice%40example.com/properties/{path}"), &body)
    };
    let set = call("PUT", "reports", json!({ "properties": { "theme": "dark", "seen": null } }));
    assert_eq!(set.json()["properties"], json!({ "theme": "dark", "seen": null }), "{set:?}");
    let more = call("PUT", "reports", json!({ "properties": { "a/b": "=1+1" } }));
    assert_eq!(more.json()["properties"], json!({ "theme": "dark", "seen": null, "a/b": "=1+1" }));
    assert_eq!(call("GET", "reports/a%2Fb", Value::Null).json()["value"], "=1+1");
    assert_eq!(call("PUT", "reports/seen", json!({ "value": null })).json()["value"], Value::Null);
    for bad in [json!({}), json!({ "value": 1 }), json!({ "value": "x".repeat(4001) })] {
        assert_eq!(call("PUT", "reports/seen", bad.clone()).status, 400, "{bad}");
    }
    assert_eq!(call("GET", "reports/none", Value::Null).json()["error"], "Property not found");
    assert_eq!(call("DELETE", "reports/seen", Value::Null).status, 200);
    assert_eq!(call("DELETE", "reports/seen", Value::Null).status, 404);
    assert_eq!(call("DELETE", "reports", Value::Null).json(), json!({ "status": "deleted", "count": 2 }));
    assert_eq!(call("GET", "reports", Value::Null).json()["properties"], json!({}));
}

#[test]
fn groups_are_made_filled_and_deleted() {
    let world = World::start();
    world.person(ALICE);
    let key = world.key_of("read,write", &[]);
    let call = |method: &str, path: &str, body: Value| world.with_key(&key, method, &format!("/groups{path}"), &body);
    let made = call("POST", "", json!({ "name": "R&D / Labs", "description": "who builds" }));
    assert_eq!((made.status, &made.json()["source"]), (201, &json!("gatekeeper")), "{made:?}");
    assert_eq!(call("POST", "", json!({ "name": "R&D / Labs" })).status, 409);
    assert_eq!(call("POST", "", json!({ "name": "x", "source": "ldap" })).status, 400);
    let path = format!("/{}", encode("R&D / Labs"));
    assert_eq!(call("PATCH", &path, json!({ "description": "" })).json()["description"], "");
    let members = format!("{path}/members");
    let member = json!({ "username": ALICE });
    let added = call("POST", &members, member.clone());
    assert_eq!((added.status, &added.json()["status"]), (201, &json!("added")));
    assert_eq!(call("POST", &members, member).status, 409);
    assert_eq!(call("POST", &members, json!({ "username": "nobody" })).status, 404);
    let listed = call("GET", &members, Value::Null).json();
    assert_eq!(listed, json!({ "group": "R&D / Labs", "members": [ALICE], "total": 1 }));
    assert_eq!(call("GET", "/standard/members?limit=1&offset=1", Value::Null).json()["total"], 2);
    let one = format!("{members}/{}", encode(ALICE));
    assert_eq!(call("DELETE", &one, Value::Null).json()["status"], "removed");
    assert_eq!(call("DELETE", &one, Value::Null).status, 404);
    assert_eq!(call("DELETE", "/admin/members/admin", Value::Null).status, 403, "no key unmakes an administrator");
    assert_eq!(call("DELETE", "/admin", Value::Null).status, 400, "built in");
    assert_eq!(call("DELETE", &path, Value::Null).json()["status"], "deleted");
    let listed = call("GET", "", Value::Null).json();
    assert_eq!(listed["groups"].as_array().map(Vec::len), Some(2), "{listed}");
}

#[test]
fn the_salt_is_told_to_nobody_and_rotating_it_signs_everybody_out() {
    let world = World::start();
    world.grant(ALICE, "docs");
    let key = world.key_of("read,write", &[]);
    let refused = world.with_key(&key, "GET", "/system/app-salt", &Value::Null);
    assert!(refused.status == 403 && refused.json()["error"].as_str().unwrap().contains("verify-token"), "{refused:?}");
    assert_eq!(world.with_key(&key, "POST", "/system/rotate-app-salt", &Value::Null).status, 403, "no key");
    assert_eq!(world.with_key(&key, "POST", "/users/admin/rotate-salt", &Value::Null).status, 403, "no key");
    let (admin, alice) = (world.visitor_as(ADMIN), world.signed_in(ALICE));
    let enters = |cookie: &str| world.ask_validate(&validation(Some(cookie), Some("docs"))).status;
    let post = |path: &str| admin.ask(super::raw(&format!("/api/v1{path}"), "{}"));
    assert_eq!(enters(&alice), 200);
    assert_eq!(post("/users/alice%40example.com/rotate-salt").json()["username"], ALICE);
    assert_eq!(enters(&alice), 401);
    let again = world.signed_in(ALICE);
    let rotated = post("/system/rotate-app-salt");
    assert_eq!((rotated.status, rotated.json()), (200, json!({ "status": "rotated" })));
    assert_eq!(enters(&again), 401);
    assert_eq!(post("/system/rotate-app-salt").status, 401, "whoever asked for it is out too");
    let after = world.signed_in(ALICE);
    assert_eq!(enters(&after), 200);
    assert!(
        actions(&world)
            .iter()
            .any(|(actor, action)| (actor.as_str(), action.as_str()) == ("admin", "app_salt_rotated"))
    );
}

#[test]
fn a_key_does_what_its_scopes_say_and_one_of_an_app_nothing_here() {
    let world = World::start();
    world.person(ALICE);
    world.registered("docs");
    let user = "/users/alice%40example.com";
    let reads = [
        ("GET", "/users"),
        ("GET", user),
        ("GET", "/groups"),
        ("GET", "/admin/users"),
        ("GET", "/admin/users/pending"),
    ];
    let writes = [("PATCH", user, json!({ "title": "x" })), ("POST", "/groups", json!({ "name": "x" }))];
    let statuses = |key: &str| {
        let read = reads.iter().map(|(method, path)| world.with_key(key, method, path, &Value::Null).status);
        let wrote = writes.iter().map(|(method, path, body)| world.with_key(key, method, path, body).status);
        (read.collect::<Vec<_>>(), wrote.collect::<Vec<_>>())
    };
    assert_eq!(statuses(&world.key_of("read", &[])), (vec![200; 5], vec![403; 2]));
    assert_eq!(statuses(&world.key_of("write", &[])), (vec![403; 5], vec![200, 201]));
    assert_eq!(statuses(&world.key_of("mint", &[])), (vec![403; 5], vec![403; 2]));
    assert_eq!(statuses(&world.key_of("read,write,mint", &["--app", "docs"])), (vec![403; 5], vec![403; 2]));
    let alice = world.visitor_as(ALICE);
    assert_eq!(alice.get("/api/v1/users").status, 403);
    assert_eq!(alice.get("/api/v1/admin/users").status, 403);
}
