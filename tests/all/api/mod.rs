//! The JSON API itself: who is let in, what is read of a request, and how problems are told.

mod console;
mod document;
mod people;

use serde_json::{Value, json};

use crate::one_time::code_in;
use crate::world::{ADMIN, Answer, Request, Visitor, World};

const RESOLVE: &str = "/api/v1/auth/resolve";
const ME: &str = "/api/v1/auth/me";
const ALICE: &str = "alice@example.com";

/// A POST of this text as JSON.
pub(crate) fn raw(path: &str, body: &str) -> Request {
    let mut request = Request::new("POST", path).with("Content-Type", "application/json");
    request.body = body.as_bytes().to_vec();
    request
}

impl World {
    /// A new key: its secret. `more` are further arguments of `gk keys add`.
    #[track_caller]
    pub(crate) fn key_of(&self, scope: &str, more: &[&str]) -> String {
        let add = ["keys", "add", "--name", "a program", "--scope", scope];
        self.gk(&[add.as_slice(), more].concat()).done().trim_end().to_owned()
    }

    /// A POST of JSON with a key.
    #[track_caller]
    pub(crate) fn call(&self, key: &str, path: &str, body: &Value) -> Answer {
        self.visitor().ask(raw(path, &body.to_string()).with("Authorization", &format!("Bearer {key}")))
    }
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

#[test]
fn one_key_in_one_header_is_let_in_and_nothing_else() {
    let world = World::start();
    let key = world.key_of("read", &[]);
    let body = json!({ "identifier": ADMIN }).to_string();
    let ask = |headers: &[(&str, &str)]| {
        let request = raw(RESOLVE, &body);
        world.visitor().ask(headers.iter().fold(request, |request, (name, value)| request.with(name, value)))
    };
    let bearer = format!("Bearer {key}");
    for good in [("Authorization", bearer.as_str()), ("authorization", &format!("bearer {key}")), ("X-API-Key", &key)] {
        let answer = ask(&[good]);
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{answer:?}");
        assert_eq!(answer.json()["email"], ADMIN);
        assert_eq!(answer.json()["is_ldap"], false);
    }
    let cut = &bearer[..bearer.len() - 1];
    let (tab, twice, padded) = (format!("Bearer\t{key}"), format!("Bearer {key},{bearer}"), format!("Bearer  {key}"));
    let bad: [&[(&str, &str)]; 12] = [
        &[],
        &[("Authorization", "")],
        &[("Authorization", "Bearer")],
        &[("Authorization", &key)],
        &[("Authorization", &format!("Basic {key}"))],
        &[("Authorization", cut)],
        &[("Authorization", &tab)],
        &[("Authorization", &twice)],
        &[("Authorization", &padded)],
        &[("Authorization", &bearer), ("X-API-Key", &key)],
        &[("Authorization", &bearer), ("Authorization", &bearer)],
        &[("X-API-Key", &key.to_uppercase())],
    ];
    for headers in bad {
        let answer = ask(headers);
        assert_eq!(answer.status, 401, "{headers:?}: {answer:?}");
        assert!(answer.json()["error"].is_string(), "{answer:?}");
    }
    // A key that is shown decides alone: a session beside it does not help.
    let session = world.session("admin");
    let both = ask(&[("Authorization", cut), ("Cookie", &session)]);
    assert_eq!(both.status, 401);
    assert!(world.stop_admin().success());
    assert!(world.gk_json(&["keys", "list"])["keys"][0]["last_used_at"].is_string(), "it is written down at the end");
}

#[test]
fn a_key_that_was_revoked_or_has_run_out_is_told_the_same_as_one_that_never_was() {
    let world = World::start();
    let revoked = world.key_of("read,write,mint", &[]);
    let body = json!({ "identifier": ADMIN });
    assert_eq!(world.call(&revoked, RESOLVE, &body).status, 200);
    let listed = world.gk_json(&["keys", "list"]);
    assert!(!listed.to_string().contains(&revoked) && listed.to_string().contains(&revoked[..11]), "{listed}");
    let id = listed["keys"][0]["id"].to_string();
    world.gk(&["keys", "revoke", "--id", &id]).done();
    let never = format!("gk_{}", "A".repeat(43));
    let told = [revoked.as_str(), &never].map(|key| {
        let answer = world.call(key, RESOLVE, &body);
        (answer.status, answer.text())
    });
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0].0, 401);
    let late = world.key_of("read", &["--expires", "2099-01-01T00:00:00Z"]);
    assert_eq!(world.call(&late, RESOLVE, &body).status, 200);
    let connection = rusqlite::Connection::open(world.database()).unwrap();
    assert_eq!(connection.execute("UPDATE api_key SET expires_at = 1 WHERE expires_at IS NOT NULL", []).unwrap(), 1);
    assert_eq!(world.call(&late, RESOLVE, &body).text(), told[0].1, "one that has run out");
    world.gk(&["keys", "add", "--name", "x", "--scope", "read", "--expires", "2020-01-01T00:00:00Z"]).refused(2);
    world.gk(&["keys", "add", "--name", "x", "--scope", "all"]).refused(2);
    let generated = world.gk(&["generate-api-key", "--description", "the old name"]).done();
    assert_eq!(world.call(generated.trim_end(), RESOLVE, &body).status, 200);
    let database = std::fs::read(world.database()).unwrap();
    assert!(!database.windows(43).any(|window| window == &generated.as_bytes()[3..46]), "the secret is not stored");
}

#[test]
fn a_body_is_one_json_object_with_its_members_and_no_others() {
    let world = World::start();
    let key = world.key_of("read", &[]);
    let bearer = format!("Bearer {key}");
    for body in [
        "",
        "{",
        "{}",
        "[]",
        r#"["admin@example.com"]"#,
        r#"{"identifier": ["admin@example.com"]}"#,
        r#"{"identifier": {"a": 1}}"#,
        r#"{"identifier": 1}"#,
        r#"{"identifier": null}"#,
        r#"{"identifier": ""}"#,
        r#"{"identifier": "admin@example.com", "identifier": "x"}"#,
        r#"{"identifier": "admin@example.com", "other": 1}"#,
        r#"{"identifier": "admin@example.com"} {}"#,
    ] {
        let answer = world.visitor().ask(raw(RESOLVE, body).with("Authorization", &bearer));
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
        assert!(answer.json()["error"].as_str().is_some_and(|told| told.len() > 5), "{answer:?}");
    }
    let large = format!(r#"{{"identifier": "{}"}}"#, "a".repeat(70_000));
    assert_eq!(world.visitor().ask(raw(RESOLVE, &large).with("X-API-Key", &key)).status, 413);
    let form = Request::form(RESOLVE, &[("identifier", ADMIN)]).with("X-API-Key", &key);
    assert_eq!(world.visitor().ask(form).status, 415);
    for (name, told) in [("nobody@example.com", "email"), ("nobody", "username"), ("a b", "username")] {
        let answer = world.call(&key, RESOLVE, &json!({ "identifier": name }));
        assert_eq!(answer.status, 404);
        assert!(answer.json()["error"].as_str().unwrap().contains(told), "{answer:?}");
    }
}

#[test]
fn what_is_not_there_is_told_in_json() {
    let world = World::start();
    for (method, path, status) in [
        ("GET", "/api", 404),
        ("GET", "/api/", 404),
        ("GET", "/api/v1/nowhere", 404),
        ("POST", "/api/v1/auth/nowhere", 404),
        ("GET", RESOLVE, 405),
        ("PUT", ME, 405),
    ] {
        let answer = world.visitor().ask(Request::new(method, path));
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        assert!(!answer.json()["error"].is_null(), "{answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[test]
fn a_person_sees_the_own_account_and_apps() {
    let world = World::start();
    world.grant(ALICE, "docs");
    world.gk(&["apps", "add", "--slug", "wiki", "--name", "Wiki", "--listed"]).done();
    world.gk(&["apps", "add", "--slug", "secret", "--name", "Secret"]).done();
    let visitor = world.visitor();
    visitor.remember(&world.signed_in(ALICE));
    let me = visitor.get(ME).json();
    assert_eq!((&me["email"], &me["status"], &me["is_admin"]), (&json!(ALICE), &json!("approved"), &json!(false)));
    assert!(me["created_at"].as_str().unwrap().ends_with('Z'), "{me}");
    let own = visitor.get("/api/v1/auth/me/apps").json();
    assert_eq!((own.as_array().unwrap().len(), &own[0]["app_slug"]), (1, &json!("docs")));
    let granted = own[0]["granted_at"].as_str().expect("by a grant");
    assert!(granted.len() == 20 && granted.ends_with('Z'), "{own}");
    let others = visitor.get("/api/v1/auth/apps/private").json();
    assert_eq!((others.as_array().unwrap().len(), &others[0]["slug"]), (1, &json!("wiki")));
    world.gk(&["users", "add", "--email", "pending@elsewhere.example"]).done();
    let waits = world.visitor();
    waits.remember(&world.session("pending@elsewhere.example"));
    let pending = waits.get("/api/v1/auth/apps/private");
    assert_eq!((pending.status, pending.json()), (200, json!([])), "which apps there are is not for who waits");
    assert_eq!(world.visitor().get("/api/v1/auth/apps/public").json(), json!([]));
    let stranger = world.visitor().get(ME);
    assert_eq!((stranger.status, &stranger.json()["detail"]), (401, &json!("Not authenticated")));
    let key = world.key_of("read", &[]);
    assert_eq!(visitor.ask(Request::get(ME).with("X-API-Key", &key)).status, 403, "a key is no person");
    assert_eq!(visitor.ask(Request::get(ME).with("X-API-Key", "gk_x")).status, 401, "and a bad one decides alone");
}

#[test]
fn apps_are_listed_by_name_and_whoever_enters_without_a_grant_has_none() {
    let world = World::start();
    for (slug, name) in [("a", "zebra"), ("b", "Äpfel"), ("c", "Apples"), ("d", "bees")] {
        world.gk(&["apps", "add", "--slug", slug, "--name", name]).done();
    }
    let visitor = world.visitor_as("inside@inside.example");
    let own = visitor.get("/api/v1/auth/me/apps").json();
    let names = own.as_array().unwrap().iter().map(|app| app["app_name"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(names, ["Apples", "bees", "zebra", "Äpfel"]);
    assert_eq!(own[0]["granted_at"], Value::Null);
    let home = visitor.get("/").text();
    let places = names.iter().map(|name| home.find(&format!("<strong>{name}</strong>")).unwrap()).collect::<Vec<_>>();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn a_person_changes_and_deletes_the_own_account() {
    let world = World::start();
    let visitor = world.visitor();
    visitor.remember(&world.signed_in(ALICE));
    let change = |visitor: &Visitor<'_>, method: &str, body: &str| {
        let mut request = Request::new(method, ME).with("Content-Type", "application/json");
        request.body = body.as_bytes().to_vec();
        visitor.ask(request)
    };
    let named = change(&visitor, "PATCH", r#"{"name": "Alice", "notify_private_app_requests": true}"#);
    assert_eq!((named.status, &named.json()["name"]), (200, &json!("Alice")), "{named:?}");
    assert_eq!(visitor.get(ME).json()["notify_private_app_requests"], false, "she is no administrator");
    assert_eq!(change(&visitor, "PATCH", r#"{"name": ""}"#).json()["name"], Value::Null);
    assert_eq!(change(&visitor, "PATCH", r#"{"email": "x@example.com"}"#).status, 422);
    assert_eq!(change(&visitor, "PATCH", r#"{"name": ["x"]}"#).status, 422);
    let admin = world.visitor();
    admin.remember(&world.session("admin"));
    assert_eq!(
        change(&admin, "PATCH", r#"{"notify_private_app_requests": true}"#).json()["notify_private_app_requests"],
        true
    );
    let seeded = change(&admin, "DELETE", "");
    assert_eq!((seeded.status, &seeded.json()["detail"]), (400, &json!("Cannot delete seeded admin account.")));
    assert_eq!(visitor.ask(Request::new("DELETE", ME)).status, 415, "without saying that it is JSON");
    let gone = change(&visitor, "DELETE", "");
    assert_eq!((gone.status, visitor.session()), (200, None), "{gone:?}");
    let users = world.gk_json(&["users", "list"]).to_string();
    assert!(!users.contains(ALICE), "{users}");
}

#[test]
fn what_a_cookie_changes_must_be_json_and_from_here() {
    let world = World::start();
    let visitor = world.visitor();
    visitor.remember(&world.session("admin"));
    let body = json!({ "identifier": ADMIN }).to_string();
    let mut plain = raw(RESOLVE, &body);
    plain.headers[0].1 = "text/plain".to_owned();
    assert_eq!(visitor.ask(plain).status, 415);
    assert_eq!(visitor.ask(raw(RESOLVE, &body).with("Sec-Fetch-Site", "cross-site")).status, 403);
    assert_eq!(visitor.ask(raw(RESOLVE, &body).with("Origin", "http://evil.example")).status, 403);
    assert_eq!(visitor.ask(raw(RESOLVE, &body)).status, 403, "a person is no key with the scope read");
}

/// POST of JSON by somebody without a key.
#[track_caller]
fn post_json(visitor: &Visitor<'_>, path: &str, body: &Value) -> Answer {
    visitor.ask(raw(path, &body.to_string()))
}

#[test]
fn pages_that_speak_json_sign_in_register_and_sign_out() {
    let world = World::start();
    world.person(ALICE);
    let visitor = world.visitor();
    let asked = post_json(&visitor, "/api/v1/auth/signin", &json!({ "email": ALICE }));
    assert_eq!((asked.status, &asked.json()["message"]), (200, &json!("Verification code sent")));
    let unknown = post_json(&world.visitor(), "/api/v1/auth/signin", &json!({ "email": "unknown@example.com" }));
    assert_eq!((unknown.status, unknown.text()), (200, asked.text()));
    let code = code_in(&world.wait_for_mail(ALICE, 1));
    let enter = |who: &Visitor<'_>, code: &str| {
        post_json(who, "/api/v1/auth/signin/verify", &json!({ "email": ALICE, "code": code }))
    };
    let wrong = enter(&visitor, "2222-2222");
    let stolen = enter(&world.visitor(), &code);
    assert_eq!((wrong.status, stolen.status), (400, 400));
    assert_eq!(wrong.text(), stolen.text());
    assert!(wrong.json()["detail"].is_string());
    let done = enter(&visitor, &code);
    assert_eq!((done.status, &done.json()["user"]["email"]), (200, &json!(ALICE)), "{done:?}");
    assert_eq!(visitor.get("/api/v1/auth/me").status, 200);
    let out = post_json(&visitor, "/api/v1/auth/signout", &json!({}));
    assert_eq!((out.status, visitor.session()), (200, None));
    assert_eq!(post_json(&visitor, "/api/v1/auth/signout", &json!({})).status, 200);
    let newcomer = world.visitor();
    let email = "new@elsewhere.example";
    assert_eq!(post_json(&newcomer, "/api/v1/auth/register", &json!({ "email": email })).text(), asked.text());
    let code = code_in(&world.wait_for_mail(email, 1));
    let body = json!({ "email": email, "code": code });
    let waits = post_json(&newcomer, "/api/v1/auth/register/verify", &body);
    assert_eq!(waits.json(), json!({ "message": "Registration pending approval", "user": null }));
    assert_eq!(newcomer.get("/api/v1/auth/me").json()["status"], "pending");
    assert_eq!(post_json(&newcomer, "/api/v1/auth/signin", &json!({ "email": [ALICE] })).status, 422);
}
