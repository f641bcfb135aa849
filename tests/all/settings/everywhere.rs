//! A change on one face is in force in every process at its next request, without a restart.

use serde_json::{Value, json};

use super::{audited, value};
use crate::world::{ADMIN, Answer, Request, Visitor, World};

const ALL: &str = "/api/v1/admin/settings";

/// A request of JSON of a signed-in administrator.
fn ask(admin: &Visitor<'_>, (method, path): (&str, &str), body: &Value, tag: Option<&str>) -> Answer {
    let request =
        Request::new(method, path).with("Content-Type", "application/json").with("Sec-Fetch-Site", "same-origin");
    let mut request = tag.into_iter().fold(request, |request, tag| request.with("If-Match", tag));
    request.body = body.to_string().into_bytes();
    admin.ask(request)
}

#[test]
fn a_setting_changed_by_a_command_counts_at_the_next_request_of_both_services() {
    let world = World::with(&[("ACCEPTED_DOMAINS", "")]);
    world.registered("docs");
    let (alice, visitor) = (world.signed_in("alice@elsewhere.example"), world.visitor());
    let set = |key: &str, value: &str| world.gk(&["config", "set", key, value]).done();
    let status = |app: &str| world.validate(Some(&alice), Some(app)).status;
    for round in ["One", "Two"] {
        set("server.name", round);
        assert!(visitor.get("/signin").text().contains(&format!("· {round}</title>")), "gk-admin");
        assert_eq!((status("docs"), status("unregistered")), (403, 403));
        set("access.accepted_domains", "elsewhere.example");
        assert_eq!((status("docs"), status("unregistered")), (200, 403), "gk-validate");
        set("access.default_app", "allow");
        assert_eq!((status("docs"), status("unregistered")), (200, 200), "gk-validate");
        for key in ["access.default_app", "access.accepted_domains"] {
            world.gk(&["config", "unset", key]).done();
        }
    }
    let owner = world.visitor_as(ADMIN);
    assert_eq!(owner.get("/").status, 200);
    set("session.idle_days", "1");
    let database = rusqlite::Connection::open(world.database()).unwrap();
    let old = "UPDATE session SET created_at = created_at - 172800, last_seen_at = last_seen_at - 172800";
    database.execute(old, []).unwrap();
    assert!(owner.get("/").location().starts_with("/signin"), "gk-admin");
}

#[test]
fn the_api_lists_and_changes_settings_and_refuses_what_was_looked_at_too_long_ago() {
    let world = World::with(&[("ACCEPTED_DOMAINS", "")]);
    world.registered("docs");
    let alice = world.signed_in("alice@elsewhere.example");
    let admin = world.visitor_as(ADMIN);
    let listed = admin.get(ALL);
    let (all, tag) = (listed.json()["settings"].as_array().unwrap().len(), listed.header("etag").unwrap().to_owned());
    assert_eq!(all, world.gk_json(&["config", "list"])["settings"].as_array().unwrap().len());
    let several =
        json!({ "settings": { "access.accepted_domains": "elsewhere.example", "mail.smtp_password": "canary" } });
    let dry = ask(&admin, ("PATCH", &format!("{ALL}?dry_run=true")), &several, Some(&tag)).json();
    assert_eq!((dry["changed"].as_array().unwrap().len(), dry["effects"].is_object()), (2, true), "{dry}");
    assert_eq!(world.validate(Some(&alice), Some("docs")).status, 403);
    let made = ask(&admin, ("PATCH", ALL), &several, Some(&tag));
    assert!(made.status == 200 && !made.text().contains("canary"), "{made:?}");
    assert_eq!(world.validate(Some(&alice), Some("docs")).status, 200, "gk-validate");
    assert_eq!(ask(&admin, ("PATCH", ALL), &several, Some(&tag)).status, 412);
    let one = format!("{ALL}/server.name");
    let set = ask(&admin, ("PUT", &one), &json!({ "value": "Door" }), None);
    assert_eq!((set.json()["value"].clone(), set.json()["source"].clone()), (json!("Door"), json!("database")));
    let tag = set.header("etag").unwrap();
    assert_eq!(ask(&admin, ("DELETE", &one), &json!({}), Some(tag)).json()["value"], "Gatekeeper");
    assert_eq!(ask(&admin, ("PUT", &one), &json!({ "value": "Late" }), Some(tag)).status, 412);
    assert_eq!(ask(&admin, ("PUT", &format!("{ALL}/auth.pending_limit")), &json!({ "value": "x" }), None).status, 400);
    assert_eq!(admin.get(&format!("{ALL}/no.such")).status, 404);
    assert_eq!(
        (value(&world, "server.name").as_str(), audited(&world, "setting_changed", "canary")),
        ("Gatekeeper", 0)
    );
    let png = json!({ "picture": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==" });
    assert_eq!(ask(&admin, ("PUT", "/api/v1/admin/logo"), &png, None).json()["type"], "image/png");
    assert_eq!(ask(&admin, ("PUT", "/api/v1/admin/logo"), &json!({ "picture": "PHN2Zz4=" }), None).status, 400);
    assert_eq!(ask(&admin, ("DELETE", "/api/v1/admin/logo"), &json!({}), None).status, 200);
}
