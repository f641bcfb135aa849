//! Apps in the console, in real Chromium: from the form of a new app to walking into it, and out again.

use super::walks::sign_in;
use crate::world::{ADMIN, Browser, World, wait_until};

const ALICE: &str = "alice@example.com";

fn at(world: &World, path: &str) -> String {
    format!("{}{path}", world.auth_url())
}

/// Writes what the page shows into nginx's configuration, for this world's sockets, and loads it.
#[track_caller]
fn put_in_place(world: &World, browser: &Browser) {
    let (once, block) = (browser.run("return document.getElementById('once').textContent"), browser.text_of("#block"));
    let once = once.as_str().expect("it is text").to_owned();
    assert!(block.contains("X-GK-Block") && once.contains("server_name"), "{block}\n{once}");
    let socket = |name: &str| format!("unix:{}", world.folder().join(name).display());
    let all = format!("{once}\n{block}")
        .replace("unix:/run/gatekeeper/validate-1.sock", &socket("validate.sock"))
        .replace("unix:/run/gatekeeper/validate-2.sock", &socket("validate.sock"))
        .replace(&format!("listen {}", world.port()), &format!("listen 127.0.0.1:{}", world.port()))
        .replace("unix:/run/gatekeeper-admin/admin.sock", &socket("admin.sock"));
    assert!(all.contains(&socket("validate.sock")) && all.contains(&socket("admin.sock")), "{all}");
    let loopback = all.lines().filter(|line| !line.contains("listen [::]")).collect::<Vec<_>>().join("\n");
    world.start_nginx_with(&loopback);
}

/// Leaves pictures of the page in both themes, and sees that it fits.
#[track_caller]
fn looked_at(browser: &Browser, name: &str) {
    for (width, size) in [(1280, "wide"), (390, "narrow")] {
        for scheme in ["light", "dark"] {
            browser.looks(width, scheme);
            assert_eq!(browser.overflow(), 0, "{name}, {size}, {scheme}");
            browser.picture(&format!("{name}-{size}-{scheme}"));
        }
    }
    browser.looks(1280, "light");
}

#[test]
fn an_app_is_added_protected_asked_for_entered_and_closed_in_a_browser() {
    let world = World::start();
    world.start_nginx();
    world.person(ALICE);
    let upstream = format!("http://{}", world.app().address());
    let wiki = format!("http://wiki.gk.localhost:{}", world.port());
    let (owner, alice) = (world.browser(), world.browser());

    sign_in(&world, &owner);
    owner.goto(&at(&world, "/admin/add-app"));
    owner.write("#slug", "auth");
    wait_until("the slug to be refused", || owner.text_of("#slug-said").contains("reserved"));
    owner.run("document.getElementById('slug').value = ''");
    owner.write("#slug", "wiki");
    wait_until("the slug to be free", || owner.text_of("#slug-said").contains("It is free"));
    owner.write("#name", "Wiki");
    owner.write("#origins", &wiki);
    owner.run("document.getElementById('upstream').value = ''");
    owner.write("#upstream", &upstream);
    owner.write("#roles", "reader, writer");
    owner.click("input[name=listed]");
    looked_at(&owner, "app-new");
    owner.click("main form button[type=submit]");
    owner.wait_for_url("the configuration", |url| url.contains("/admin/apps/wiki/setup?done=added"));
    assert!(owner.text_of("main").contains("No check has come"), "{}", owner.text());
    looked_at(&owner, "app-setup");
    put_in_place(&world, &owner);

    let link = world.gk(&["login-link", "--user", ALICE]).done();
    alice.goto(link.trim());
    alice.click("#confirm-signin");
    alice.wait_for_url("the home page", |url| url == at(&world, "/"));
    alice.goto(&format!("{wiki}/first"));
    alice.wait_for_url("the way to ask", |url| url.contains("/request-access?app=wiki"));
    alice.click("form[action=\"/request-access\"] button");
    assert!(alice.text_of(".notice").contains("Your request waits"));

    owner.goto(&at(&world, "/admin/requests"));
    owner.click("form[action$='/approve'] button[type=submit]");
    assert!(owner.text_of(".notice.good").contains("may enter"));
    alice.goto(&format!("{wiki}/second"));
    assert_eq!(alice.url(), format!("{wiki}/second"), "{}", alice.text());
    assert_eq!(world.app().seen_with("/second").len(), 1);
    assert_eq!(world.app().seen_with("/first").len(), 0, "only who may enter reaches the app");

    owner.goto(&at(&world, "/admin/apps/wiki"));
    looked_at(&owner, "app-grants");
    owner.click("form[action$='/grants/take'] button");
    owner.wait_for_url("the grants", |url| url.contains("taking="));
    alice.goto(&format!("{wiki}/third"));
    alice.wait_for_url("the way to ask", |url| url.contains("/request-access?app=wiki"));
    owner.click("form.undo button");
    owner.wait_for_url("the grants", |url| url.ends_with("/admin/apps/wiki?done=back"));
    alice.goto(&format!("{wiki}/fourth"));
    assert_eq!(alice.url(), format!("{wiki}/fourth"), "what was taken is given back");

    // It asks gk-validate what was seen as it starts, so that nobody waits half a minute here.
    assert!(world.stop_admin().success());
    world.start_admin();
    owner.goto(&at(&world, "/admin/apps"));
    assert!(owner.text_of("main table").contains("in place"), "{}", owner.text());
    world.gk(&["apps", "update", "--slug", "wiki", "--open", "/health"]).done();
    owner.goto(&at(&world, "/admin/apps"));
    assert!(owner.text_of("main table").contains("out of date"), "its block does not open that path yet");
    looked_at(&owner, "apps");
    for (path, name) in [
        ("/admin/apps/wiki/people?user=alice@example.com&why=yes", "app-people"),
        ("/admin/users/2/places?why=wiki", "user-places"),
        ("/admin/apps/wiki/settings", "app-settings"),
        ("/admin/apps/wiki/keys", "app-keys"),
        ("/admin/apps/wiki/history", "app-history"),
        ("/admin/grants", "grants"),
        ("/admin/grants/many", "grants-many"),
    ] {
        owner.goto(&at(&world, path));
        looked_at(&owner, name);
    }
    assert!(!world.admin_talk().contains("panicked"));
}

#[test]
fn an_apps_settings_keys_and_many_grants_go_through_their_forms() {
    let world = World::start();
    for (email, slug) in [(ALICE, "docs"), ("bob@example.com", "wiki")] {
        world.grant(email, slug);
    }
    world.gk(&["apps", "update", "--slug", "docs", "--roles", "viewer,editor"]).done();
    let admin = world.visitor_as(ADMIN);
    let docs = |path: &str| format!("/admin/apps/docs{path}");
    let page = admin.get(&docs("/settings"));
    let version = page.field("version");
    let save = |version: &str, name: &str| {
        let fields = [("version", version), ("name", name), ("roles", "viewer, editor"), ("admin_roles", "editor")];
        admin.post(&docs("/settings"), &fields)
    };
    assert_eq!(save(&version, "Handbook").location(), docs("/settings?done=saved"));
    let outdated = save(&version, "Over it");
    assert_eq!(outdated.status, 409, "{outdated:?}");
    assert!(outdated.text().contains("Over it"), "what was typed stays");
    assert_eq!(save(&outdated.field("version"), "Over it").status, 409, "until the other's change was looked at");
    let renamed = admin.post(&docs("/rename-role"), &[("role", "viewer"), ("new_name", "reader")]);
    assert_eq!(renamed.location(), docs("/settings?done=renamed"));
    assert!(admin.get(&docs("/history")).text().contains("app_role_renamed"));

    let many = [("people", "alice@example.com\nbob@example.com\ngroup:standard"), ("app", "docs"), ("app", "wiki")];
    let plan = admin.post("/admin/grants/many", &many);
    assert!(plan.status == 200 && plan.text().contains("4 grants are new"), "{plan:?}");
    assert_eq!(world.gk_json(&["apps", "grants"])["grants"].as_array().unwrap().len(), 2, "nothing is done yet");
    let wrong = admin.post("/admin/grants/many", &[("people", "nobody@example.com"), ("app", "docs"), ("sure", "yes")]);
    assert!(wrong.status == 422 && wrong.text().contains("nobody@example.com"), "{wrong:?}");
    admin.post("/admin/grants/many", &[&many[..], &[("sure", "yes")]].concat());
    assert_eq!(world.gk_json(&["apps", "grants"])["grants"].as_array().unwrap().len(), 6);

    let key = admin.post(&docs("/keys"), &[("name", "a script"), ("scope", "read")]);
    assert!(key.status == 200 && key.text().contains("gk_"), "{key:?}");
    assert_eq!(admin.post("/admin/apps/wiki/keys/1/delete", &[]).status, 404, "another app's key is not found there");
    assert_eq!(admin.post(&docs("/keys/1/disable"), &[]).location(), docs("/keys?done=disable"));

    assert_eq!(admin.post(&docs("/remove"), &[("slug", "wiki")]).status, 422);
    assert_eq!(admin.post(&docs("/remove"), &[("slug", "docs")]).location(), "/admin/apps?done=removed");
    assert_eq!(admin.get("/admin/apps/docs").status, 404);
}

#[test]
fn who_gains_and_who_loses_is_said_before_it_is_saved_and_why_anybody_enters() {
    let world = World::start();
    world.grant(ALICE, "docs");
    world.person("bob@example.com");
    world.gk(&["apps", "update", "--slug", "docs", "--roles", "viewer,editor"]).done();
    world.gk(&["apps", "grant", "--slug", "docs", "--email", ALICE, "--role", "editor"]).done();
    let admin = world.visitor_as(ADMIN);
    let bob = || world.gk_json(&["explain", "--user", "bob@example.com", "--app", "docs"])["verdict"].clone();

    let group = [("group", "standard"), ("role", "viewer")];
    let foretold = admin.post("/admin/apps/docs/grants/give", &group);
    assert!(foretold.status == 200 && foretold.text().contains("bob@example.com"), "{foretold:?}");
    assert!(foretold.text().contains("may not enter → enters as viewer"), "{foretold:?}");
    assert_eq!(bob(), "forbid", "nothing is done yet");
    let given = admin.post("/admin/apps/docs/grants/give", &[&group[..], &[("sure", "yes")]].concat());
    assert_eq!((given.location(), bob()), ("/admin/apps/docs?done=give", "allow".into()));

    let version = admin.get("/admin/apps/docs/settings").field("version");
    let fields =
        [("version", version.as_str()), ("name", "Docs"), ("roles", "viewer, editor"), ("admin_roles", "editor")];
    let foretold = admin.post("/admin/apps/docs/settings", &fields);
    assert!(foretold.status == 200 && foretold.text().contains("Begin to administer"), "{foretold:?}");
    assert_eq!(world.gk_json(&["apps", "show", "--slug", "docs"])["admin_roles"], serde_json::json!([]));
    let saved = admin.post("/admin/apps/docs/settings", &[&fields[..], &[("sure", "yes")]].concat());
    assert_eq!(saved.location(), "/admin/apps/docs/settings?done=saved");

    let people = admin.get("/admin/apps/docs/people?search=standard&user=bob@example.com&why=yes").text();
    assert!(people.contains("It rests on") && people.contains("the group standard"), "{people}");
    assert!(people.contains("enters as viewer") && people.contains("enters as editor"), "{people}");
    let unknown = admin.get("/admin/apps/docs/people?user=nobody@example.com&why=yes");
    assert_eq!(unknown.status, 404, "{unknown:?}");
    let id = world.gk_json(&["users", "show", "--user", "bob@example.com"])["id"].clone();
    let places = admin.get(&format!("/admin/users/{id}/places?why=docs")).text();
    assert!(places.contains("It rests on") && places.contains("the group standard"), "{places}");
}
