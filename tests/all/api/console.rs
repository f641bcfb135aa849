//! People over the API by number, as consoles do it, and many at once.

use serde_json::{Value, json};

use crate::world::{ADMIN, Answer, Request, Visitor, World};

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";

/// JSON by a signed-in person.
#[track_caller]
fn call(visitor: &Visitor<'_>, method: &str, path: &str, body: &Value) -> Answer {
    let mut request =
        Request::new(method, &format!("/api/v1/admin/users{path}")).with("Content-Type", "application/json");
    request.body = body.to_string().into_bytes();
    visitor.ask(request)
}

#[track_caller]
fn id_of(visitor: &Visitor<'_>, email: &str) -> String {
    let found = visitor.get(&format!("/api/v1/admin/users?search={email}")).json();
    found["users"][0]["id"].as_str().unwrap_or_else(|| panic!("{found}")).to_owned()
}

#[test]
fn an_administrator_adds_decides_changes_and_deletes() {
    let world = World::start();
    let admin = world.visitor_as(ADMIN);
    let made = call(&admin, "POST", "", &json!({ "email": ALICE, "name": "Alice", "auto_approve": false }));
    assert_eq!((made.status, &made.json()["status"]), (201, &json!("pending")), "{made:?}");
    let twice = call(&admin, "POST", "", &json!({ "email": ALICE }));
    assert!(twice.status == 400 && twice.json()["detail"].is_string(), "{twice:?}");
    let waiting = admin.get("/api/v1/admin/users/pending").json();
    assert_eq!((&waiting["total"], &waiting["users"][0]["email"]), (&json!(1), &json!(ALICE)));
    let path = format!("/{}", made.json()["id"].as_str().unwrap());
    assert_eq!(call(&admin, "POST", &format!("{path}/approve"), &json!({})).json()["status"], "approved");
    assert_eq!(call(&admin, "POST", &format!("{path}/approve"), &json!({})).status, 400, "already");
    assert_eq!(call(&admin, "POST", &format!("{path}/reject"), &json!({})).json()["status"], "rejected");
    let both = call(&admin, "PATCH", &path, &json!({ "status": "approved", "is_admin": true, "username": "alice" }));
    let told = both.json();
    assert_eq!(
        (&told["status"], &told["is_admin"], &told["username"]),
        (&json!("approved"), &json!(true), &json!("alice"))
    );
    assert_eq!(call(&admin, "PATCH", &path, &json!({ "status": "pending" })).status, 400);
    assert_eq!(call(&admin, "PATCH", &path, &json!({ "status": "gone" })).status, 422);
    assert_eq!(call(&admin, "PATCH", &path, &json!({ "is_admin": "yes" })).status, 422);
    assert_eq!(call(&admin, "DELETE", &path, &json!({})).json(), json!({ "message": "User deleted successfully" }));
    assert_eq!(admin.get(&format!("/api/v1/admin/users{path}")).status, 404);
    for (path, status) in [("/0", 404), ("/x", 404), ("/-1", 404), ("/99999999999999999999", 404)] {
        assert_eq!(admin.get(&format!("/api/v1/admin/users{path}")).status, status, "{path}");
    }
}

#[test]
fn nobody_changes_themselves_and_the_last_administrator_stays() {
    let world = World::start();
    let admin = world.visitor_as(ADMIN);
    let own = format!("/{}", id_of(&admin, ADMIN));
    for (method, body) in [("PATCH", json!({ "is_admin": false })), ("DELETE", json!({}))] {
        let refused = call(&admin, method, &own, &body);
        assert!(
            refused.status == 400 && refused.json()["detail"].as_str().unwrap().contains("your own"),
            "{refused:?}"
        );
    }
    let list = json!({ "ids": [own[1..].to_owned()], "action": "disable" });
    assert_eq!(call(&admin, "POST", "/bulk", &list).status, 409, "the last administrator");
    assert_eq!(admin.get("/api/v1/auth/me").json()["status"], "approved");
}

#[test]
fn a_key_neither_makes_an_administrator_nor_touches_one() {
    let world = World::start();
    world.person("alice@example.com");
    world.gk(&["users", "add", "--email", "second@example.com", "--approved", "--admin"]).done();
    let admin = world.visitor_as(ADMIN);
    let [alice, second] = ["alice@example.com", "second@example.com"].map(|email| id_of(&admin, email));
    let key = world.key_of("read,write,mint", &[]);
    for (method, path, body) in [
        ("POST", "/admin/users".to_owned(), json!({ "email": "evil@example.com", "is_admin": true })),
        ("PATCH", format!("/admin/users/{alice}"), json!({ "is_admin": true })),
        ("PATCH", format!("/admin/users/{second}"), json!({ "is_admin": false })),
        ("PATCH", format!("/admin/users/{second}"), json!({ "email": "evil@example.com" })),
        ("PATCH", "/users/second@example.com".into(), json!({ "email": "evil@example.com" })),
        ("PATCH", "/users/second@example.com".into(), json!({ "enabled": false })),
        ("DELETE", "/users/second@example.com".into(), json!(null)),
        ("POST", format!("/admin/users/{second}/reject"), json!({})),
        ("POST", "/admin/users/bulk".into(), json!({ "ids": [alice], "action": "join", "group": "admin" })),
        ("POST", "/admin/users/bulk".into(), json!({ "ids": [second], "action": "disable" })),
        ("POST", "/groups/admin/members".into(), json!({ "username": "alice@example.com" })),
        ("DELETE", "/groups/admin/members/second@example.com".into(), json!(null)),
    ] {
        let refused = world.with_key(&key, method, &path, &body);
        assert_eq!(refused.status, 403, "{method} {path} {body}: {refused:?}");
    }
    let list = world.gk_json(&["users", "list", "--admins"]);
    assert_eq!(list["total"], 2, "{list}");
    // People it does change.
    let renamed = world.with_key(&key, "PATCH", "/users/alice@example.com", &json!({ "fullname": "Alice" }));
    assert_eq!(renamed.status, 200, "{renamed:?}");
}

#[test]
fn several_people_are_let_into_several_apps_and_keep_what_they_have() {
    let world = World::start();
    for email in ["a@example.com", "b@example.com"] {
        world.person(email);
    }
    for slug in ["docs", "wiki"] {
        world.registered(slug);
    }
    world.gk(&["apps", "grant", "--slug", "docs", "--email", "a@example.com", "--role", "owner"]).done();
    let key = world.key_of("write", &[]);
    let give = |emails: &[&str], apps: &[&str]| {
        let body = json!({ "emails": emails, "app_slugs": apps, "role": "reader" });
        world.with_key(&key, "POST", "/admin/users/grant-bulk", &body)
    };
    let refused = give(&["a@example.com", "nobody@example.com"], &["docs", "nothing"]);
    assert_eq!(refused.status, 400, "{refused:?}");
    assert!(refused.text().contains("nothing, nobody@example.com"), "{refused:?}");
    let done = give(&["A@example.com", "b@example.com"], &["docs", "wiki"]);
    assert_eq!(done.json()["message"], "Created 3 access grant(s) for 2 user(s) across 2 app(s)");
    let shown = world.gk(&["users", "show", "--user", "a@example.com"]).done();
    assert!(shown.contains("Enters docs as owner") && shown.contains("Enters wiki as reader"), "{shown}");
}

#[test]
fn everything_about_somebody_and_every_kind_of_property_is_told_and_changed() {
    let world = World::start();
    world.grant("a@example.com", "docs");
    world.person("b@example.com");
    world.gk(&["groups", "add", "--name", "crew"]).done();
    world.gk(&["groups", "join", "--name", "crew", "--user", "a@example.com"]).done();
    let session = world.known_session("a@example.com").1;
    let key = world.key_of("read,write", &[]);
    let call = |method: &str, path: &str, body: serde_json::Value| world.with_key(&key, method, path, &body);
    call("PUT", "/users/a@example.com/properties/reports/floor", json!({ "value": "2" }));
    let about = call("GET", "/users/a@example.com/about", json!(null)).json();
    assert_eq!(
        (&about["groups"], &about["grants"][0]["app"]),
        (&json!(["crew", "standard"]), &json!("docs")),
        "{about}"
    );
    assert_eq!((&about["sessions"][0]["session"], &about["properties"][0]["value"]), (&json!(session), &json!("2")));
    assert!(about["audit"].to_string().contains("user_property_set"), "{about}");
    let copied = call("POST", "/users/b@example.com/copy-groups", json!({ "from": "a@example.com" }));
    assert_eq!(copied.json()["copied"], json!(["crew"]));
    let admin = world.visitor_as(ADMIN);
    let path = format!("/api/v1/sessions/{session}");
    assert_eq!(call("DELETE", &format!("/sessions/{session}"), json!(null)).status, 403, "for administrators");
    let end = crate::world::Request::new("DELETE", &path).with("Content-Type", "application/json");
    assert_eq!(admin.ask(end.with("Sec-Fetch-Site", "same-origin")).json()["status"], "ended");
    let kinds = call("GET", "/properties", json!(null)).json();
    assert_eq!(kinds["types"], json!([{ "app": "reports", "key": "floor", "people": 1 }]));
    assert_eq!(call("PATCH", "/properties/reports/floor", json!({ "key": "room" })).json()["key"], "room");
    let holders = call("GET", "/properties/reports/room?limit=5", json!(null)).json();
    assert_eq!((&holders["total"], &holders["people"][0]["email"]), (&json!(1), &json!("a@example.com")), "{holders}");
    assert_eq!(call("DELETE", "/properties/reports/room", json!(null)).json()["count"], 1);
    assert_eq!(call("DELETE", "/properties/reports/room", json!(null)).status, 404);
}

#[test]
fn a_page_is_counted_and_filtered_and_what_is_no_page_is_refused() {
    let world = World::start();
    let admin = world.visitor_as(ADMIN);
    for name in ["a", "b", "c"] {
        world.gk(&["users", "add", "--email", &format!("{name}@example.com")]).done();
    }
    let page = |query: &str| admin.get(&format!("/api/v1/admin/users?{query}"));
    let told = page("status_filter=pending&page=2&page_size=2").json();
    assert_eq!((&told["total"], &told["page"], &told["page_size"]), (&json!(3), &json!(2), &json!(2)));
    assert_eq!(told["users"].as_array().map(Vec::len), Some(1));
    assert_eq!(page("").json()["users"][0]["email"], "c@example.com", "the newest first");
    assert_eq!(page("page=1000000").json()["users"], json!([]));
    for bad in ["page=0", "page=x", "page_size=0", "page_size=101", "page_size=-1", "status_filter=odd", "admin=1"] {
        let refused = page(bad);
        assert!(refused.status == 422 && refused.json()["detail"].is_string(), "{bad}: {refused:?}");
    }
}

#[test]
fn a_change_of_an_outdated_version_is_not_done() {
    let world = World::start();
    world.person(ALICE);
    let admin = world.visitor_as(ADMIN);
    let path = format!("/api/v1/admin/users/{}", id_of(&admin, ALICE));
    let tag = admin.get(&path).header("etag").unwrap().to_owned();
    let change = |body: Value| {
        let mut request = Request::new("PATCH", &path).with("Content-Type", "application/json").with("If-Match", &tag);
        request.body = body.to_string().into_bytes();
        admin.ask(request)
    };
    assert_eq!(change(json!({ "name": "Alice" })).status, 200);
    let second = change(json!({ "status": "rejected" }));
    assert!(second.status == 412 && second.json()["detail"].is_string(), "{second:?}");
    assert_eq!(admin.get(&path).json()["status"], "approved");
}

#[test]
fn many_are_changed_at_once_or_none() {
    let world = World::start();
    let admin = world.visitor_as(ADMIN);
    world.registered("docs");
    world.gk(&["groups", "add", "--name", "staff"]).done();
    for email in [ALICE, BOB] {
        world.gk(&["users", "add", "--email", email]).done();
    }
    let (alice, bob) = (id_of(&admin, ALICE), id_of(&admin, BOB));
    let many = |action: Value| {
        let mut body = json!({ "ids": [alice, bob.parse::<i64>().unwrap()] });
        body.as_object_mut().unwrap().extend(action.as_object().unwrap().clone());
        call(&admin, "POST", "/bulk", &body)
    };
    let both = json!([alice, bob]);
    for action in [
        json!({ "action": "approve" }),
        json!({ "action": "join", "group": "staff" }),
        json!({ "action": "grant", "app": "docs", "role": "editor", "expires_at": "2999-01-01T00:00:00Z" }),
        json!({ "action": "disable" }),
        json!({ "action": "enable" }),
    ] {
        let done = many(action.clone());
        assert_eq!((done.status, done.json()["changed"].clone()), (200, both.clone()), "{action}: {done:?}");
        assert_eq!(many(action.clone()).json()["unchanged"], both, "{action}");
    }
    for (action, status) in [
        (json!({ "action": "join" }), 422),
        (json!({ "action": "enable", "group": "staff" }), 422),
        (json!({ "action": "delete" }), 422),
        (json!({ "action": "join", "group": "none" }), 404),
        (json!({ "action": "grant", "app": "none" }), 404),
        (json!({ "action": "enable", "ids": [] }), 400),
        (json!({ "action": "enable", "ids": ["x"] }), 422),
    ] {
        let refused = many(action.clone());
        assert!(refused.status == status && refused.json()["detail"].is_string(), "{action}: {refused:?}");
    }
    let with_nobody = json!({ "ids": [alice, "999999"], "action": "disable" });
    assert_eq!(call(&admin, "POST", "/bulk", &with_nobody).status, 404);
    let path = format!("/api/v1/admin/users/{alice}");
    assert_eq!(admin.get(&path).json()["enabled"], true, "nobody was disabled");
}
