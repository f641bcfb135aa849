//! API keys on every face: the settings, the console, the JSON API and the command line.

use rusqlite::Connection;
use serde_json::Value;

use crate::account::assert_done;
use crate::api::raw;
use crate::world::{ADMIN, Answer, Request, Visitor, World, wait_until};

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";

/// Alice may enter docs, and there is wiki.
fn world() -> World {
    let world = World::start();
    world.grant(ALICE, "docs");
    world.registered("wiki");
    world
}

/// The key a page shows this once.
#[track_caller]
fn shown(answer: &Answer) -> String {
    let page = answer.text();
    let key = page.split("id=\"new-key\"").nth(1).and_then(|rest| rest.split(['>', '<']).nth(1));
    key.unwrap_or_else(|| panic!("no key: {answer:?}")).to_owned()
}

impl World {
    /// What gk-validate says to this key at an app.
    fn opens(&self, key: &str, app: &str) -> u16 {
        let request = Request::get("/api/v1/auth/validate").with("X-GK-App", app);
        self.ask_validate(&request.with("Authorization", &format!("Bearer {key}"))).status
    }

    fn a_day_passes(&self) {
        let database = Connection::open(self.database()).unwrap();
        database.execute("UPDATE session SET created_at = created_at - 86400", []).unwrap();
    }
}

/// A request of the API by a signed-in visitor.
#[track_caller]
fn call(visitor: &Visitor<'_>, method: &str, path: &str, body: &str) -> Answer {
    let request = Request { method: method.to_owned(), ..raw(&format!("/api/v1{path}"), body) };
    visitor.ask(request.with("Sec-Fetch-Site", "same-origin"))
}

#[test]
fn a_person_makes_a_key_of_their_own_sees_it_once_and_deletes_it() {
    let world = world();
    let alice = world.visitor_as(ALICE);
    let page = alice.get("/settings").text();
    assert!(page.contains("value=\"docs\"") && !page.contains("value=\"wiki\""), "only what they may enter");
    let made = alice.post("/settings/keys", &[("name", "my <script>"), ("days", "30"), ("app", "docs")]);
    let key = shown(&made);
    assert_eq!((made.status, world.opens(&key, "docs"), world.opens(&key, "wiki")), (200, 200, 403));
    let page = alice.get("/settings").text();
    assert!(page.contains("my &lt;script&gt;") && page.contains(&key[..11]) && !page.contains(&key), "{page}");
    for (fields, problem) in [
        (&[("name", "x")][..], "at least one app"),
        (&[("name", "x"), ("app", "wiki")], "may not enter"),
        (&[("name", " "), ("app", "docs")], "a name is one line"),
        (&[("name", "x"), ("app", "docs"), ("days", "0")], "1 to 3650 days"),
    ] {
        let refused = alice.post("/settings/keys", fields);
        assert!(refused.status == 422 && refused.text().to_lowercase().contains(problem), "{problem}: {refused:?}");
    }
    let id = world.gk_json(&["keys", "list"])["keys"][0]["id"].to_string();
    let bob = world.visitor_as(BOB);
    bob.post("/settings/keys/delete", &[("key", &id)]);
    assert_eq!(world.opens(&key, "docs"), 200, "another's key is not found");
    assert_done(&alice.post("/settings/keys/delete", &[("key", &id)]), "key-deleted");
    assert_eq!(world.opens(&key, "docs"), 401);
    world.a_day_passes();
    let stale = alice.post("/settings/keys", &[("name", "x"), ("app", "docs")]);
    assert!(stale.status == 403 && stale.text().contains("/signin/again"), "{stale:?}");
}

#[test]
fn an_administrator_may_switch_keys_of_ones_own_off_and_still_makes_them() {
    let world = world();
    world.gk(&["config", "set", "auth.personal_keys", "false"]).done();
    let (alice, admin) = (world.visitor_as(ALICE), world.visitor_as(ADMIN));
    assert!(!alice.get("/settings").text().contains("API keys"));
    assert_eq!(alice.post("/settings/keys", &[("name", "x"), ("app", "docs")]).status, 422);
    let fields = [("for", "person"), ("owner", ALICE), ("name", "for alice"), ("app", "docs")];
    assert_eq!(alice.post("/admin/keys", &fields).status, 403);
    let key = shown(&admin.post("/admin/keys", &fields));
    assert_eq!(world.opens(&key, "docs"), 200);
    assert!(alice.get("/settings").text().contains("for alice"), "they see it, and can delete it");
}

#[test]
fn the_console_lists_disables_enables_and_deletes() {
    let world = world();
    let admin = world.visitor_as(ADMIN);
    assert!(admin.get("/admin/keys").text().contains("There are no keys"));
    let program = [("for", "program"), ("name", "reporting"), ("scope", "read"), ("scope", "mint"), ("app", "wiki")];
    let secret = shown(&admin.post("/admin/keys", &program));
    assert_eq!(world.opens(&secret, "wiki"), 401, "a program's key opens no app");
    let person = [("for", "person"), ("owner", ALICE), ("name", "backup"), ("app", "docs"), ("days", "7")];
    let key = shown(&admin.post("/admin/keys", &person));
    let page = admin.get("/admin/keys").text();
    for part in ["reporting", "read,mint", "backup", ALICE, "Delete backup", "Disable backup", &key[..11]] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains(&key) && !page.contains(&secret));
    for (verb, status) in [("disable", 401), ("enable", 200), ("delete", 401)] {
        let done = admin.post(&format!("/admin/keys/2/{verb}"), &[]);
        assert_eq!((done.status, world.opens(&key, "docs")), (303, status), "{verb}: {done:?}");
        assert!(admin.get(done.location()).text().contains("role=\"status\""), "{verb}");
    }
    assert_eq!(admin.post("/admin/keys/2/delete", &[]).status, 404);
    assert_eq!(admin.post("/admin/keys", &[("for", "program"), ("name", "x")]).status, 422);
    let nobody = [("for", "person"), ("owner", "nobody@example.com"), ("name", "kept"), ("app", "docs")];
    let refused = admin.post("/admin/keys", &nobody);
    assert!(refused.status == 404 && refused.field("owner") == "nobody@example.com", "{refused:?}");
    world.a_day_passes();
    assert_eq!(admin.get("/admin/keys").status, 200);
    let stale = admin.post("/admin/keys/1/delete", &[]);
    assert!(stale.status == 403 && stale.text().contains("/signin/again"), "{stale:?}");
}

#[test]
fn the_api_makes_lists_changes_and_deletes_keys() {
    let world = world();
    let (alice, admin) = (world.visitor_as(ALICE), world.visitor_as(ADMIN));
    let made = call(&alice, "POST", "/auth/me/keys", r#"{"name": "mine", "apps": ["docs"]}"#);
    assert_eq!(made.status, 201, "{made:?}");
    let key = made.json()["key"].as_str().unwrap().to_owned();
    let seen = alice.get("/api/v1/auth/me/keys").json();
    assert_eq!((seen["keys"][0]["owner"].as_str(), seen["keys"][0]["key"].as_str()), (Some(ALICE), None));
    let bodies = [
        (r#"{"name": "p", "scopes": "read,write"}"#, 201),
        (r#"{"name": "q", "owner": "alice@example.com", "apps": ["wiki"], "expires_at": "2099-01-01T00:00:00Z"}"#, 201),
        (r#"{"name": "r", "scopes": "read", "owner": "alice@example.com"}"#, 400),
        (r#"{"name": "r", "scopes": "all"}"#, 400),
        (r#"{"name": "r", "owner": "alice@example.com", "apps": []}"#, 400),
        (r#"{"name": "r", "owner": "alice@example.com", "apps": ["none"]}"#, 404),
        (r#"{"name": "r", "scopes": "read", "expires_at": "2001-01-01T00:00:00Z"}"#, 400),
        (r#"{"scopes": "read"}"#, 422),
    ];
    for (body, status) in bodies {
        let answer = call(&admin, "POST", "/admin/keys", body);
        assert_eq!(answer.status, status, "{body}: {answer:?}");
    }
    assert_eq!(call(&alice, "POST", "/admin/keys", bodies[0].0).status, 403);
    let listed = admin.get("/api/v1/admin/keys?skip=1&limit=1").json();
    assert_eq!((listed["total"].as_i64(), listed["keys"][0]["name"].as_str()), (Some(3), Some("p")));
    assert_eq!(alice.get("/api/v1/admin/keys").status, 403);
    let off = call(&admin, "PATCH", "/admin/keys/1", r#"{"enabled": false}"#);
    assert_eq!((off.status, off.json()["enabled"].as_bool(), world.opens(&key, "docs")), (200, Some(false), 401));
    call(&admin, "PATCH", "/admin/keys/1", r#"{"enabled": true}"#);
    assert_eq!(world.opens(&key, "docs"), 200);
    assert_eq!(call(&alice, "DELETE", "/auth/me/keys/2", "").status, 404, "a program's is not hers");
    assert_eq!(call(&alice, "DELETE", "/auth/me/keys/1", "").status, 200);
    assert_eq!((world.opens(&key, "docs"), call(&admin, "DELETE", "/admin/keys/3", "").status), (401, 200));
    let actions = audited(&world);
    for action in ["api_key_generated", "api_key_disabled", "api_key_enabled", "api_key_deleted"] {
        assert!(actions.iter().any(|found| found == action), "{action}: {actions:?}");
    }
}

fn audited(world: &World) -> Vec<String> {
    let database = Connection::open(world.database()).unwrap();
    let mut statement = database.prepare("SELECT action FROM audit WHERE action LIKE 'api_key%'").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_persons_key_is_none_to_the_api() {
    let world = world();
    let key = world.gk(&["keys", "add", "--name", "x", "--owner", ALICE, "--app", "docs"]).done();
    let answer = world.call(key.trim_end(), "/api/v1/auth/resolve", &serde_json::json!({ "identifier": ALICE }));
    assert_eq!(answer.status, 401);
}

#[test]
fn the_command_knows_both_kinds_and_the_old_names() {
    let world = world();
    let add = |more: &[&str]| world.gk(&[&["keys", "add", "--name", "x"], more].concat());
    add(&["--owner", ALICE]).refused(2);
    add(&["--owner", ALICE, "--app", "docs", "--scope", "read"]).refused(2);
    add(&["--scope", "read", "--app", "docs", "--app", "wiki"]).refused(2);
    add(&["--owner", "nobody@example.com", "--app", "docs"]).refused(1);
    let key = add(&["--owner", ALICE, "--app", "docs", "--app", "wiki"]).done();
    assert_eq!((world.opens(key.trim_end(), "docs"), world.opens(key.trim_end(), "wiki")), (200, 403));
    world.gk(&["bootstrap-key", "--description", "the older name"]).done();
    let listed = world.gk_json(&["keys", "list"]);
    let one = |number: usize, name: &str| listed["keys"][number][name].clone();
    assert_eq!((one(0, "apps"), one(0, "scopes")), (serde_json::json!(["docs", "wiki"]), Value::Null));
    assert_eq!((one(1, "scopes"), one(1, "owner")), ("read,write,mint".into(), Value::Null));
    world.gk(&["keys", "revoke", "--id", "1"]).done();
    assert_eq!(world.opens(key.trim_end(), "docs"), 401);
    world.gk(&["keys", "enable", "--id", "1"]).done();
    assert_eq!(world.opens(key.trim_end(), "docs"), 200);
    world.gk(&["keys", "delete", "--id", "1"]).done();
    world.gk(&["keys", "delete", "--id", "1"]).refused(1);
    assert_eq!(world.opens(key.trim_end(), "docs"), 401);
}

#[test]
fn gk_validate_tells_when_a_key_was_used() {
    let world = World::quiet(&[]);
    world.grant(ALICE, "docs");
    let key = world.gk(&["keys", "add", "--name", "x", "--owner", ALICE, "--app", "docs"]).done();
    assert_eq!(world.opens(key.trim_end(), "docs"), 200);
    world.start_admin();
    wait_until("the use to be stored", || world.gk_json(&["keys", "list"])["keys"][0]["last_used_at"].is_string());
}
