//! Asking for access and deciding over the JSON API, by people and by keys.

use super::{ALICE, OWNER, ask, audit, entry, number, signed_in, world};
use crate::api::raw;
use crate::world::{Answer, Request, Visitor};

/// A POST of JSON by a signed-in visitor, or with a key.
#[track_caller]
fn call(visitor: &Visitor<'_>, path: &str, body: &str) -> Answer {
    visitor.ask(raw(&format!("/api/v1{path}"), body).with("Sec-Fetch-Site", "same-origin"))
}

#[test]
fn the_api_asks_lists_and_decides() {
    let world = world();
    let (alice, owner) = (signed_in(&world, ALICE), signed_in(&world, OWNER));
    let asked = call(&alice, "/auth/me/apps/docs/request", r#"{"message": "please"}"#);
    assert_eq!((asked.status, asked.json()["message"].as_str()), (200, Some("Access request submitted")), "{asked:?}");
    let again = call(&alice, "/auth/me/apps/docs/request", "{}");
    assert_eq!(
        (again.status, again.json()["detail"].as_str()),
        (400, Some("You already have a pending request for this app."))
    );
    assert_eq!(
        call(&owner, "/auth/me/apps/docs/request", "{}").json()["detail"],
        "You already have access to this app."
    );
    let unknown = call(&alice, "/auth/me/apps/nothing/request", "{}");
    assert_eq!((unknown.status, unknown.json()["detail"].as_str()), (404, Some("App not found.")));
    let long = format!(r#"{{"message": "{}"}}"#, "x".repeat(501));
    assert_eq!(call(&alice, "/auth/me/apps/wiki/request", &long).status, 422);
    assert_eq!(call(&alice, "/auth/me/apps/wiki/request", "").status, 200, "the body may be left out");

    let seen = owner.get("/api/v1/admin/requests").json();
    let one = &seen.as_array().expect("a list")[..];
    assert_eq!(
        (one.len(), one[0]["user_email"].as_str(), one[0]["message"].as_str()),
        (1, Some(ALICE), Some("please"))
    );
    assert_eq!((one[0]["app_slug"].as_str(), one[0]["status"].as_str()), (Some("docs"), Some("pending")));
    assert_eq!(owner.get("/api/v1/admin/apps/wiki/requests").status, 403);
    assert_eq!(owner.get("/api/v1/admin/apps/docs/requests?status_filter=odd").status, 422);
    assert_eq!(alice.get("/api/v1/admin/requests").status, 403);
    assert_eq!(
        call(&owner, "/admin/apps/docs/requests/x/reject", "{}").json()["detail"],
        "there is nothing at this address"
    );

    let path = |app: &str, verb: &str| format!("/admin/apps/{app}/requests/{}/{verb}", one[0]["id"]);
    assert_eq!(call(&alice, &path("docs", "approve"), "{}").status, 403);
    assert_eq!(call(&owner, &path("wiki", "approve"), "{}").status, 404, "the number is of another app");
    assert_eq!(call(&owner, &path("docs", "reject"), r#"{"reason": "no"}"#).json()["status"], "rejected");
    let twice = call(&owner, &path("docs", "approve"), r#"{"role": "viewer"}"#);
    assert!(twice.status == 400 && twice.text().contains("already rejected"), "{twice:?}");
    let past = owner.get("/api/v1/admin/apps/docs/requests?status_filter=rejected").json();
    assert_eq!((past[0]["reason"].as_str(), past[0]["reviewed_by"].as_str()), (Some("no"), Some(OWNER)));
    assert_eq!(entry(&world, &alice, "docs").0, 403);
}

#[test]
fn a_key_decides_as_far_as_it_reaches() {
    let world = world();
    let alice = signed_in(&world, ALICE);
    for app in ["docs", "wiki"] {
        ask(&alice, app, "");
    }
    let all = world.key_of("write", &[]);
    let reads = world.key_of("read", &["--app", "docs"]);
    let writes = world.key_of("write", &["--app", "docs"]);
    let with = |key: &str, app: &str, verb: &str, body: &str| {
        let path = format!("/api/v1/admin/apps/{app}/requests/{}/{verb}", number(&world, app));
        world.visitor().ask(raw(&path, body).with("X-API-Key", key))
    };
    let list = Request::get("/api/v1/admin/requests").with("X-API-Key", &reads);
    let seen = world.visitor().ask(list).json();
    assert_eq!((seen.as_array().map(Vec::len), seen[0]["app_slug"].as_str()), (Some(1), Some("docs")));
    assert_eq!(with(&reads, "docs", "reject", "{}").status, 403);
    assert_eq!(with(&writes, "wiki", "reject", "{}").status, 403);
    assert_eq!(
        with(&writes, "docs", "approve", r#"{"role": "owner"}"#).status,
        403,
        "an app's key makes no app admins"
    );
    let body = r#"{"role": "editor", "expires_at": "2999-01-01T00:00:00Z"}"#;
    let approved = with(&writes, "docs", "approve", body);
    assert_eq!((approved.status, approved.json()["role"].as_str()), (200, Some("editor")), "{approved:?}");
    assert_eq!(entry(&world, &alice, "docs"), (200, Some("editor".into())));
    assert_eq!(with(&all, "wiki", "reject", "").status, 200);
    let rows = audit(&world, "docs");
    assert!(
        rows.iter().any(|(actor, action)| actor.starts_with("api_key:") && action == "access_request_approved"),
        "{rows:?}"
    );
}
