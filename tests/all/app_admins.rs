//! Whoever administers one app: what they do there over the API, and that they reach nothing else, on any face.

use std::fmt::Write as _;

use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde_json::{Value, json};

use crate::world::{ADMIN, Answer, Request, Visitor, World, wait_until};

const OWNER: &str = "owner@elsewhere.example";
const EDITOR: &str = "editor@elsewhere.example";
const GUEST: &str = "guest@elsewhere.example";

/// docs and wiki, each with its owner; docs has an editor, and each app has a key of its own.
fn scene() -> World {
    let world = World::start();
    for slug in ["docs", "wiki"] {
        world
            .gk(&[
                "apps",
                "add",
                "--slug",
                slug,
                "--name",
                slug,
                "--roles",
                "viewer,editor,owner",
                "--admin-roles",
                "owner",
            ])
            .done();
    }
    for email in [OWNER, EDITOR, GUEST, "other@elsewhere.example"] {
        world.person(email);
    }
    for (slug, email, role) in
        [("docs", OWNER, "owner"), ("docs", EDITOR, "editor"), ("wiki", "other@elsewhere.example", "owner")]
    {
        world.gk(&["apps", "grant", "--slug", slug, "--email", email, "--role", role]).done();
    }
    world.gk(&["groups", "add", "--name", "crew"]).done();
    world
}

/// JSON by whoever is signed in.
#[track_caller]
fn call(visitor: &Visitor<'_>, method: &str, path: &str, body: &Value) -> Answer {
    let mut request = Request::new(method, &format!("/api/v1{path}")).with("Content-Type", "application/json");
    if method != "GET" {
        request.body = body.to_string().into_bytes();
    }
    visitor.ask(request.with("Sec-Fetch-Site", "same-origin"))
}

/// Every row there is, except when sessions and keys were last seen.
fn dump(world: &World) -> String {
    let database = Connection::open(world.database()).unwrap();
    let mut names = database
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
        .unwrap();
    let names = names.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap).collect::<Vec<_>>();
    assert!(names.len() > 15, "{names:?}");
    let mut dump = String::new();
    for name in names {
        let mut rows = database.prepare(&format!("SELECT * FROM \"{name}\" ORDER BY 1, 2")).unwrap();
        let columns = rows.column_names().map(str::to_owned).collect::<Vec<_>>();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for (place, column) in columns.iter().enumerate().filter(|(_, column)| !column.starts_with("last_")) {
                writeln!(dump, "{name}.{column}={:?}", row.get::<_, Cell>(place).unwrap()).unwrap();
            }
        }
    }
    dump
}

/// What is in only one of two dumps.
fn changed<'d>(before: &'d str, after: &'d str) -> Vec<&'d str> {
    let [one, other] = [before, after].map(|dump| dump.lines().collect::<std::collections::BTreeSet<_>>());
    one.symmetric_difference(&other).copied().collect()
}

/// What belongs to wiki, or to nobody's app.
struct Numbers {
    grant: String,
    own_grant: String,
    key: String,
    taking: String,
}

/// Everything an app admin or an app's key of docs tries to do beyond it.
fn attempts(of: &Numbers) -> Vec<(&'static str, String, Value)> {
    let Numbers { grant, own_grant, key, taking } = of;
    let wiki = |rest: &str| format!("/admin/apps/wiki{rest}");
    let docs = |rest: &str| format!("/admin/apps/docs{rest}");
    let none = json!({});
    vec![
        ("GET", wiki(""), none.clone()),
        ("PATCH", wiki(""), json!({ "name": "mine" })),
        ("DELETE", wiki(""), none.clone()),
        ("GET", wiki("/grants"), none.clone()),
        ("POST", wiki("/grants"), json!({ "email": GUEST })),
        ("PATCH", wiki(&format!("/grants/{grant}")), json!({ "role": "viewer" })),
        ("DELETE", wiki(&format!("/grants/{grant}")), none.clone()),
        ("PATCH", docs(&format!("/grants/{grant}")), json!({ "role": "viewer" })),
        ("DELETE", docs(&format!("/grants/{grant}")), none.clone()),
        ("GET", wiki("/users"), none.clone()),
        ("POST", wiki("/grant"), json!({ "email": GUEST })),
        ("DELETE", wiki("/revoke?email=other@elsewhere.example"), none.clone()),
        ("GET", wiki("/keys"), none.clone()),
        ("POST", wiki("/keys"), json!({ "name": "x", "scopes": "read" })),
        ("DELETE", wiki(&format!("/keys/{key}")), none.clone()),
        ("DELETE", docs(&format!("/keys/{key}")), none.clone()),
        ("GET", wiki("/audit"), none.clone()),
        ("GET", wiki("/requests"), none.clone()),
        ("POST", wiki("/rename-role"), json!({ "from": "viewer", "to": "reader" })),
        ("POST", "/admin/apps".into(), json!({ "slug": "mine", "name": "Mine" })),
        ("DELETE", docs(""), none.clone()),
        ("PATCH", docs(""), json!({ "slug": "wiki" })),
        ("PATCH", docs(""), json!({ "admin_roles": ["viewer", "owner"] })),
        ("PATCH", docs(""), json!({ "open_paths": ["/all/*"] })),
        ("PATCH", docs(""), json!({ "origins": ["https://evil.example"] })),
        ("PATCH", docs(""), json!({ "callbacks": ["https://evil.example/back"] })),
        ("PATCH", docs(""), json!({ "groups_header": true })),
        ("PATCH", docs(""), json!({ "roles": ["owner", "editor", "viewer"] })),
        ("POST", docs("/grants"), json!({ "group": "crew" })),
        ("POST", docs("/grants"), json!({ "group": "nobody-knows" })),
        ("PATCH", docs(&format!("/grants/{own_grant}")), json!({ "note": "for good", "role": "owner" })),
        ("POST", docs("/keys"), json!({ "name": "x", "scopes": "read,mint" })),
        ("POST", "/admin/grants/take".into(), json!({ "ids": [grant.parse::<i64>().unwrap()] })),
        ("POST", "/admin/grants/give-back".into(), json!({ "taking": taking.parse::<i64>().unwrap() })),
        ("POST", "/admin/users/grant-bulk".into(), json!({ "emails": [GUEST], "app_slugs": ["docs", "wiki"] })),
        ("GET", "/admin/keys".into(), none.clone()),
        ("POST", "/admin/keys".into(), json!({ "name": "x", "scopes": "read" })),
        ("PATCH", format!("/admin/keys/{key}"), json!({ "enabled": false })),
        ("GET", "/admin/users".into(), none.clone()),
        ("PATCH", "/admin/users/1".into(), json!({ "is_admin": false })),
        ("GET", "/users".into(), none.clone()),
        ("POST", "/groups".into(), json!({ "name": "x" })),
        ("POST", "/groups/admin/members".into(), json!({ "username": OWNER })),
        ("GET", "/admin/exports/users".into(), none.clone()),
        ("POST", "/system/rotate-app-salt".into(), none),
    ]
}

#[test]
fn nobody_who_administers_one_app_reaches_beyond_it_on_any_face() {
    let world = scene();
    let wiki_key = world.key_of("read,write", &["--app", "wiki"]);
    let docs_key = world.key_of("read,write", &["--app", "docs"]);
    let grants = |slug: &str| world.gk_json(&["apps", "grants", "--slug", slug])["grants"].clone();
    let own_grant =
        grants("docs").as_array().unwrap().iter().find(|grant| grant["email"] == OWNER).unwrap()["id"].to_string();
    let key = world.gk_json(&["keys", "list"])["keys"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["app"] == "wiki")
        .unwrap()["id"]
        .to_string();
    // Wiki took a grant and could give it back.
    world.gk(&["apps", "grant", "--slug", "wiki", "--email", EDITOR]).done();
    let extra =
        grants("wiki").as_array().unwrap().iter().find(|grant| grant["email"] == EDITOR).unwrap()["id"].to_string();
    let taking = world.gk_json(&["apps", "revoke", "--id", &extra])["taking"].to_string();
    let numbers = Numbers { grant: grants("wiki")[0]["id"].to_string(), own_grant, key, taking };
    let owner = world.visitor_as(OWNER);
    assert_eq!(owner.get("/api/v1/auth/me").json()["app_admin_apps"], json!(["docs"]));
    assert!(!wiki_key.is_empty());
    // What scenes have gk-admin send is sent before anything is compared.
    wait_until("no mail to wait", || world.gk_json(&["mail", "queue", "--state", "queued"])["mails"] == json!([]));
    let before = dump(&world);
    let mut refused = 0;
    for (method, path, body) in attempts(&numbers) {
        let by_session = call(&owner, method, &path, &body);
        let by_key = world.with_key(&docs_key, method, &path, &body);
        for (who, answer) in [("session", by_session), ("key", by_key)] {
            assert!(matches!(answer.status, 400 | 403 | 404 | 409 | 422), "{who}: {method} {path} {body}: {answer:?}");
            assert_eq!(
                changed(&before, &dump(&world)),
                Vec::<&str>::new(),
                "{who}: {method} {path} {body}: {answer:?}"
            );
            refused += 1;
        }
    }
    // Their own part of the console is the lists of apps and requests; the form of a new account is an empty one.
    let theirs = |path: &str| path == "/admin/requests";
    // With what each form could be sent, as far as it would be wiki's.
    let fields = [("format", "csv"), ("user", "1"), ("what", "disable"), ("sure", "yes")];
    let fields =
        [fields.as_slice(), &[("taking", &numbers.taking), ("grant", &numbers.grant), ("email", GUEST)]].concat();
    let their_apps = |path: &str| path.starts_with("/admin/apps") && !path.contains("{slug}");
    let pages = crate::coverage::PAGES.iter().filter(|(path, ..)| path.starts_with("/admin/"));
    for (path, get, post) in pages.filter(|(path, ..)| !theirs(path) && !their_apps(path)) {
        let path = path.replace("{slug}", "wiki").replace("{id}", "1").replace("{change}", "delete");
        let answers = [(*get != 405).then(|| owner.get(&path)), (*post != 405).then(|| owner.post(&path, &fields))];
        for answer in answers.into_iter().flatten() {
            assert!(matches!(answer.status, 400 | 403 | 404 | 422), "{path}: {answer:?}");
            assert_eq!(changed(&before, &dump(&world)), Vec::<&str>::new(), "{path}: {answer:?}");
            refused += 1;
        }
    }
    assert!(refused >= 100, "{refused}");
}

#[test]
fn whoever_administers_an_app_sees_to_it_over_the_api() {
    let world = scene();
    let owner = world.visitor_as(OWNER);
    let listed = call(&owner, "GET", "/admin/apps", &json!({})).json();
    assert_eq!((&listed["total"], &listed["apps"][0]["slug"]), (&json!(1), &json!("docs")));
    let path = "/admin/apps/docs";
    let seen = call(&owner, "GET", path, &json!({}));
    let tag = seen.header("etag").unwrap().to_owned();
    assert_eq!(seen.json()["users"].as_array().unwrap().len(), 2);
    let change = |name: &str, tag: &str| {
        let mut request = Request::new("PATCH", "/api/v1/admin/apps/docs").with("Content-Type", "application/json");
        request.body = json!({ "name": name }).to_string().into_bytes();
        owner.ask(request.with("If-Match", tag).with("Sec-Fetch-Site", "same-origin"))
    };
    assert_eq!((change("Papers", &tag).status, change("Books", &tag).status), (200, 412));
    let given = call(
        &owner,
        "POST",
        "/admin/apps/docs/grants",
        &json!({ "email": GUEST, "role": "viewer", "expires_at": "2999-01-01T00:00:00Z" }),
    );
    assert_eq!((given.status, &given.json()["role"]), (201, &json!("viewer")), "{given:?}");
    let one = format!("{path}/grants/{}", given.json()["id"]);
    let edited = call(&owner, "PATCH", &one, &json!({ "role": null, "note": "a guest" })).json();
    assert_eq!((&edited["role"], &edited["expires_at"]), (&json!(null), &json!("2999-01-01T00:00:00Z")), "{edited}");
    assert_eq!(call(&owner, "GET", &format!("{path}/grants?expiring=30d"), &json!({})).json()["total"], 0);
    assert_eq!(call(&owner, "GET", &format!("{path}/grants?unused=90d&expiring=1d"), &json!({})).status, 400);
    let taken = call(&owner, "POST", "/admin/grants/take", &json!({ "ids": [given.json()["id"]] })).json();
    assert_eq!(taken["revoked"][0]["email"], GUEST, "{taken}");
    let back = call(&owner, "POST", "/admin/grants/give-back", &json!({ "taking": taken["taking"] })).json();
    assert_eq!(back["given_back"][0]["note"], "a guest", "{back}");
    assert_eq!(call(&owner, "DELETE", &one, &json!({})).status, 200);
    let same = json!({ "email": EDITOR, "role": "editor" });
    assert_eq!(call(&owner, "POST", "/admin/apps/docs/grant", &same).status, 400, "identical already");
    assert_eq!(
        call(&owner, "DELETE", "/admin/apps/docs/revoke?email=editor@elsewhere.example", &json!({})).status,
        200
    );
    assert_eq!(
        call(&owner, "DELETE", "/admin/apps/docs/revoke?email=editor@elsewhere.example", &json!({})).status,
        404
    );
    let made = call(&owner, "POST", "/admin/apps/docs/keys", &json!({ "name": "deploy", "scopes": "read,write" }));
    let key = made.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(made.status, 201);
    let granted = world.with_key(&key, "POST", "/admin/apps/docs/grant", &json!({ "email": EDITOR, "role": "editor" }));
    assert_eq!(granted.status, 200, "{granted:?}");
    let renamed = world.with_key(
        &world.key_of("write", &["--app", "docs"]),
        "POST",
        "/admin/apps/docs/rename-role",
        &json!({ "from": "editor", "to": "author" }),
    );
    assert_eq!(renamed.status, 403, "a key changes no roles: {renamed:?}");
    let renamed =
        call(&owner, "POST", "/admin/apps/docs/rename-role", &json!({ "from": "editor", "to": "author" })).json();
    assert_eq!((&renamed["grants"], &renamed["roles"][1]), (&json!(1), &json!("author")), "{renamed}");
    let gone = format!("{path}/keys/{}", made.json()["id"]);
    assert_eq!(call(&owner, "DELETE", &gone, &json!({})).status, 200);
    assert_eq!(world.with_key(&key, "GET", "/admin/apps/docs", &json!({})).status, 401);
    let past = call(&owner, "GET", "/admin/apps/docs/audit?limit=2", &json!({})).json();
    assert_eq!(past["entries"][0]["action"], "api_key_deleted", "{past}");
    assert!(past["total"].as_i64().unwrap() > 8 && past["entries"].as_array().unwrap().len() == 2, "{past}");
    let admin = world.visitor_as(ADMIN);
    let new = json!({ "slug": "lab", "name": "Lab", "roles": "admin,user", "app_url": "https://lab.example.com" });
    let made = call(&admin, "POST", "/admin/apps", &new);
    assert_eq!((made.status, &made.json()["roles"]), (201, &json!(["admin", "user"])), "{made:?}");
    assert_eq!(call(&admin, "POST", "/admin/apps", &new).status, 400, "there is one");
    assert_eq!(call(&admin, "DELETE", "/admin/apps/lab", &json!({})).status, 200);
    assert_eq!(call(&admin, "GET", "/admin/apps/lab", &json!({})).status, 404);
}

#[test]
fn a_key_of_an_app_admins_is_refused_at_the_next_request_after_they_were_put_out() {
    let world = scene();
    let owner = world.visitor_as(OWNER);
    let made = call(&owner, "POST", "/admin/apps/docs/keys", &json!({ "name": "spare", "scopes": "read,write" }));
    let (key, id) = (made.json()["key"].as_str().unwrap().to_owned(), made.json()["id"].to_string());
    let asks = || world.with_key(&key, "POST", "/admin/apps/docs/grants", &json!({ "email": GUEST })).status;
    assert_eq!(asks(), 201);
    world.gk(&["apps", "revoke", "--slug", "docs", "--email", OWNER]).done();
    assert_eq!(asks(), 401);
    assert!(world.gk(&["keys", "list"]).done().contains("maker left"));
    let page = world.visitor_as(ADMIN).get("/admin/keys").text();
    assert!(page.contains("maker left") && page.contains("Enable spare"), "{page}");
    world.gk(&["keys", "enable", "--id", &id]).done();
    assert_eq!(asks(), 200, "it is the installation's now");
}

#[test]
fn another_role_or_other_admin_roles_give_and_take_the_rights_at_once() {
    let world = scene();
    let (admin, owner, editor) = (world.visitor_as(ADMIN), world.visitor_as(OWNER), world.visitor_as(EDITOR));
    let rights = |visitor: &Visitor<'_>| {
        let own = visitor.get("/api/v1/auth/me").json()["app_admin_apps"] == json!(["docs"]);
        assert_eq!(call(visitor, "GET", "/admin/apps/docs/grants", &json!({})).status == 200, own);
        own
    };
    let both = || (rights(&owner), rights(&editor));
    assert_eq!(both(), (true, false));
    let roles = |roles: Value| {
        let changed = call(&admin, "PATCH", "/admin/apps/docs", &json!({ "admin_roles": roles }));
        assert_eq!(changed.status, 200, "{changed:?}");
    };
    roles(json!(["editor", "owner"]));
    assert_eq!(both(), (true, true));
    roles(json!(["editor"]));
    assert_eq!(both(), (false, true));
    let grant = |email: &str, role: &str| {
        let given = call(&admin, "POST", "/admin/apps/docs/grant", &json!({ "email": email, "role": role }));
        assert_eq!(given.status, 200, "{given:?}");
    };
    grant(EDITOR, "viewer");
    assert_eq!(both(), (false, false));
    grant(OWNER, "editor");
    assert_eq!(both(), (true, false));
    let gone = call(&admin, "DELETE", &format!("/admin/apps/docs/revoke?email={OWNER}"), &json!({}));
    assert_eq!((gone.status, both()), (200, (false, false)));
}
