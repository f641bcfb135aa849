//! Each row of the decision table, asked over HTTP as nginx asks. The scene is set with `gk`.

use std::sync::OnceLock;

use crate::world::{ADMIN, Answer, INTERNAL, Request, World, validation, wait_until};

/// Unregistered apps are denied: the default of a new database. Each test has people of its own.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let world = World::quiet(&[]);
        world.registered("docs");
        world.gk(&["apps", "add", "--slug", "wiki", "--name", "Wiki", "--roles", "viewer,editor,owner"]).done();
        world
    })
}

/// Unregistered apps are open to everybody who is signed in.
fn open_world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let world = World::quiet(&[("DEFAULT_APP_ACCESS", "allow")]);
        world.registered("docs");
        world
    })
}

#[track_caller]
fn assert_allowed(answer: &Answer, user: &str, role: Option<&str>) {
    assert_bare(answer, 200);
    assert_eq!(answer.all("x-auth-user"), [user]);
    assert_eq!(answer.header("x-auth-role"), role);
    assert_eq!(answer.header("x-gk-reason"), None);
}

#[track_caller]
fn assert_forbidden(answer: &Answer, reason: &str) {
    assert_bare(answer, 403);
    assert_eq!(answer.header("x-gk-reason"), Some(reason));
    assert_nameless(answer);
}

#[track_caller]
fn assert_unknown(answer: &Answer) {
    assert_bare(answer, 401);
    assert_nameless(answer);
}

#[track_caller]
fn assert_bare(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.body.is_empty(), "a body makes nginx drop the connection: {answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
    for name in ["set-cookie", "location", "www-authenticate"] {
        assert_eq!(answer.header(name), None, "{answer:?}");
    }
}

#[track_caller]
fn assert_nameless(answer: &Answer) {
    let named = answer.headers.iter().find(|(name, _)| name.to_ascii_lowercase().starts_with("x-auth"));
    assert!(named.is_none(), "no identity may come with {}: {answer:?}", answer.status);
}

fn grant(user: &str, slug: &str, more: &[&str]) {
    world().gk(&[&["apps", "grant", "--slug", slug, "--email", user], more].concat()).done();
}

#[test]
fn row_1_no_credential_gets_401() {
    assert_unknown(&world().validate(None, Some("docs")));
    assert_unknown(&world().validate(Some("theme=dark"), Some("docs")));
    assert_unknown(&world().validate(Some("gk_session="), Some("docs")));
}

#[test]
fn row_1_a_session_that_has_expired_gets_401() {
    world().grant("expired@example.com", "docs");
    let short = ["sessions", "create", "--user", "expired@example.com", "--lifetime", "2"];
    let cookie = world().gk(&short).done().trim_end().to_owned();
    assert_eq!(world().validate(Some(&cookie), Some("docs")).status, 200);
    wait_until("the session to expire", || world().validate(Some(&cookie), Some("docs")).status == 401);
    assert_unknown(&world().validate(Some(&cookie), Some("docs")));
}

#[test]
fn row_1_a_revoked_session_gets_401_and_the_others_stay() {
    world().grant("two@example.com", "docs");
    let (first, id) = world().known_session("two@example.com");
    let second = world().session("two@example.com");
    world().gk(&["sessions", "revoke", "--session", &id]).done();
    assert_unknown(&world().validate(Some(&first), Some("docs")));
    assert_allowed(&world().validate(Some(&second), Some("docs")), "two@example.com", None);
    let token = second.strip_prefix("gk_session=").unwrap();
    world().gk(&["sessions", "revoke", "--token", token]).done();
    assert_unknown(&world().validate(Some(&second), Some("docs")));
}

#[test]
fn row_1_ending_all_sessions_of_a_person_gets_401_for_each() {
    world().grant("all@example.com", "docs");
    let cookies = [world().session("all@example.com"), world().session("all@example.com")];
    world().gk(&["sessions", "revoke", "--user", "all@example.com"]).done();
    for cookie in &cookies {
        assert_unknown(&world().validate(Some(cookie), Some("docs")));
    }
    let new = world().session("all@example.com");
    assert_eq!(world().validate(Some(&new), Some("docs")).status, 200);
}

#[test]
fn row_1_a_removed_person_is_unknown() {
    world().grant("removed@example.com", "docs");
    let cookie = world().session("removed@example.com");
    world().gk(&["users", "remove", "--user", "removed@example.com", "--yes"]).done();
    assert_unknown(&world().validate(Some(&cookie), Some("docs")));
}

#[test]
fn row_1_disabling_ends_sessions_and_enabling_revives_none() {
    world().grant("asleep@example.com", "docs");
    let cookie = world().session("asleep@example.com");
    world().gk(&["users", "update", "--user", "asleep@example.com", "--disable"]).done();
    assert_unknown(&world().validate(Some(&cookie), Some("docs")));
    world().gk(&["users", "update", "--user", "asleep@example.com", "--enable"]).done();
    assert_unknown(&world().validate(Some(&cookie), Some("docs")));
}

#[test]
fn row_1_two_different_session_cookies_get_401() {
    world().grant("both@example.com", "docs");
    let (first, second) = (world().session("both@example.com"), world().session("both@example.com"));
    assert_unknown(&world().validate(Some(&format!("{first}; {second}")), Some("docs")));
    let apart = validation(Some(&first), Some("docs")).with("Cookie", &second);
    assert_unknown(&world().ask_validate(&apart));
}

#[test]
fn row_2_a_session_bound_to_an_app_opens_only_that_app() {
    world().registered("docs");
    world().signed_in(&format!("bound@{INTERNAL}"));
    let bound = ["sessions", "create", "--user", &format!("bound@{INTERNAL}"), "--app", "docs"];
    let cookie = world().gk(&bound).done().trim_end().to_owned();
    assert_allowed(&world().validate(Some(&cookie), Some("docs")), &format!("bound@{INTERNAL}"), None);
    for app in [None, Some("wiki"), Some("nowhere"), Some("Docs"), Some("")] {
        assert_unknown(&world().validate(Some(&cookie), app));
    }
    let twice = validation(Some(&cookie), Some("docs")).with("X-GK-App", "docs");
    assert_unknown(&world().ask_validate(&twice));
}

#[test]
fn row_3_a_pending_person_is_forbidden_and_unnamed() {
    world().gk(&["users", "add", "--email", "pending@example.com"]).done();
    grant("pending@example.com", "docs", &[]);
    let cookie = world().session("pending@example.com");
    for app in [Some("docs"), Some("Docs"), Some("nowhere"), None] {
        assert_forbidden(&world().validate(Some(&cookie), app), "not-approved");
    }
    world().gk(&["users", "approve", "--user", "pending@example.com"]).done();
    assert_eq!(world().validate(Some(&cookie), Some("docs")).status, 200);
}

#[test]
fn row_4_a_malformed_app_is_never_taken_for_an_unregistered_one() {
    let cookie = open_world().signed_in("forms@example.com");
    let long = "a".repeat(64);
    for app in ["Docs", "", &long, "do cs", "docs/", "d\u{f6}cs", "docs,docs", "docs\tx"] {
        assert_forbidden(&open_world().validate(Some(&cookie), Some(app)), "bad-app");
    }
    let twice = validation(Some(&cookie), Some("docs")).with("X-GK-App", "docs");
    assert_forbidden(&open_world().ask_validate(&twice), "bad-app");
    let longest = "a".repeat(63);
    assert_allowed(&open_world().validate(Some(&cookie), Some(&longest)), "forms@example.com", None);
}

#[test]
fn row_5_without_an_app_the_default_decides() {
    assert_forbidden(&world().validate(Some(&world().session(ADMIN)), None), "no-app");
    open_world().gk(&["users", "add", "--email", "plain@example.com", "--name", "Plain Person", "--approved"]).done();
    let cookie = open_world().session("plain@example.com");
    let answer = open_world().validate(Some(&cookie), None);
    assert_allowed(&answer, "plain@example.com", None);
    assert_eq!(answer.header("x-auth-name"), Some("Plain Person"));
    assert_allowed(&open_world().validate(Some(&open_world().session(ADMIN)), None), ADMIN, None);
}

#[test]
fn row_6_an_unregistered_app_is_closed_even_to_administrators() {
    assert_forbidden(&world().validate(Some(&world().session(ADMIN)), Some("nowhere")), "unregistered");
    let internal = world().signed_in(&format!("row6@{INTERNAL}"));
    assert_forbidden(&world().validate(Some(&internal), Some("nowhere")), "unregistered");
}

#[test]
fn row_7_an_unregistered_app_is_open_where_the_default_says_so() {
    let cookie = open_world().signed_in("row7@example.com");
    assert_allowed(&open_world().validate(Some(&cookie), Some("nowhere")), "row7@example.com", None);
    let admin = open_world().session(ADMIN);
    assert_allowed(&open_world().validate(Some(&admin), Some("nowhere")), ADMIN, Some("admin"));
    assert_forbidden(&open_world().validate(Some(&cookie), Some("docs")), "no-grant");
}

#[test]
fn row_8_an_own_grant_opens_the_app_with_its_role() {
    let cookie = world().signed_in("own@example.com");
    grant("own@example.com", "wiki", &[]);
    assert_allowed(&world().validate(Some(&cookie), Some("wiki")), "own@example.com", None);
    grant("own@example.com", "wiki", &["--role", "editor"]);
    assert_allowed(&world().validate(Some(&cookie), Some("wiki")), "own@example.com", Some("editor"));
    grant("own@example.com", "wiki", &[]);
    assert_allowed(&world().validate(Some(&cookie), Some("wiki")), "own@example.com", Some("editor"));
    grant("own@example.com", "wiki", &["--clear-role"]);
    assert_allowed(&world().validate(Some(&cookie), Some("wiki")), "own@example.com", None);
    world().revoke("own@example.com", "wiki");
    assert_forbidden(&world().validate(Some(&cookie), Some("wiki")), "no-grant");
}

#[test]
fn row_8_a_grant_holds_only_between_its_times() {
    let cookie = world().signed_in("times@example.com");
    grant("times@example.com", "wiki", &["--starts-at", "2999-01-01T00:00:00Z"]);
    assert_forbidden(&world().validate(Some(&cookie), Some("wiki")), "no-grant");
    world().revoke("times@example.com", "wiki");
    grant("times@example.com", "wiki", &["--starts-at", "2001-01-01T00:00:00Z", "--expires", "2999-01-01T00:00:00Z"]);
    assert_allowed(&world().validate(Some(&cookie), Some("wiki")), "times@example.com", None);
}

#[test]
fn row_8_comes_before_the_administrator_bypass() {
    world().gk(&["users", "add", "--email", "chief@example.com", "--approved", "--admin"]).done();
    let cookie = world().session("chief@example.com");
    assert_allowed(&world().validate(Some(&cookie), Some("wiki")), "chief@example.com", Some("admin"));
    grant("chief@example.com", "wiki", &["--role", "viewer"]);
    assert_allowed(&world().validate(Some(&cookie), Some("wiki")), "chief@example.com", Some("viewer"));
}

#[test]
fn row_9_the_best_role_of_several_groups_counts_and_an_own_grant_wins() {
    let cookie = world().signed_in("member@example.com");
    for (group, role) in [("readers", None), ("owners", Some("owner")), ("viewers", Some("viewer"))] {
        world().gk(&["groups", "add", "--name", group]).done();
        world().gk(&["groups", "join", "--name", group, "--user", "member@example.com"]).done();
        let role = role.map_or(Vec::new(), |role| vec!["--role", role]);
        world().gk(&[&["apps", "grant", "--slug", "wiki", "--group", group], &role[..]].concat()).done();
    }
    assert_allowed(&world().validate(Some(&cookie), Some("wiki")), "member@example.com", Some("owner"));
    world().gk(&["groups", "leave", "--name", "owners", "--user", "member@example.com"]).done();
    assert_allowed(&world().validate(Some(&cookie), Some("wiki")), "member@example.com", Some("viewer"));
    world().gk(&["apps", "revoke", "--slug", "wiki", "--group", "viewers"]).done();
    assert_allowed(&world().validate(Some(&cookie), Some("wiki")), "member@example.com", None);
    grant("member@example.com", "wiki", &["--role", "editor"]);
    assert_allowed(&world().validate(Some(&cookie), Some("wiki")), "member@example.com", Some("editor"));
    world().revoke("member@example.com", "wiki");
    world().gk(&["groups", "remove", "--name", "readers"]).done();
    assert_forbidden(&world().validate(Some(&cookie), Some("wiki")), "no-grant");
}

#[test]
fn row_10_an_administrator_passes_every_registered_app_as_admin() {
    assert_allowed(&world().validate(Some(&world().session(ADMIN)), Some("docs")), ADMIN, Some("admin"));
}

#[test]
fn row_11_an_internal_person_passes_every_registered_app_without_a_role() {
    let insider = format!("row11@{INTERNAL}");
    let cookie = world().signed_in(&insider);
    assert_allowed(&world().validate(Some(&cookie), Some("docs")), &insider, None);
    for outside in [format!("x@sub.{INTERNAL}"), format!("x@evil{INTERNAL}")] {
        let cookie = world().signed_in(&outside);
        assert_forbidden(&world().validate(Some(&cookie), Some("docs")), "no-grant");
    }
}

#[test]
fn row_12_everybody_else_is_forbidden() {
    let cookie = world().signed_in("nobody@example.com");
    assert_forbidden(&world().validate(Some(&cookie), Some("docs")), "no-grant");
}

#[test]
fn a_head_request_is_decided_as_a_get() {
    let cookie = world().signed_in(&format!("head@{INTERNAL}"));
    let mut request = validation(Some(&cookie), Some("docs"));
    request.method = "HEAD".to_owned();
    assert_allowed(&world().ask_validate(&request), &format!("head@{INTERNAL}"), None);
    request = validation(None, Some("docs"));
    request.method = "HEAD".to_owned();
    assert_unknown(&world().ask_validate(&request));
}

#[test]
fn other_paths_and_methods_are_never_allowed() {
    let cookie = world().signed_in(&format!("paths@{INTERNAL}"));
    for path in ["/", "/api/v1/auth/validate/", "/api/v1/auth/Validate", "/api/v1/auth//validate", "/metrics", "/livez"]
    {
        let request = Request::get(path).with("Cookie", &cookie).with("X-GK-App", "docs");
        let answer = world().ask_validate(&request);
        assert_eq!((answer.status, answer.body.len()), (404, 0), "{path}");
    }
    for method in ["PUT", "DELETE", "OPTIONS", "PATCH", "get"] {
        let request = Request::new(method, "/api/v1/auth/validate").with("Cookie", &cookie).with("X-GK-App", "docs");
        let answer = world().ask_validate(&request);
        assert!(matches!(answer.status, 400 | 401 | 405), "{method}: {answer:?}");
    }
}

#[test]
fn a_query_behind_the_path_changes_nothing() {
    let cookie = world().signed_in(&format!("query@{INTERNAL}"));
    let mut request = validation(Some(&cookie), Some("docs"));
    request.path.push_str("?app=nowhere&user=admin");
    let status = world().ask_validate(&request).status;
    assert!(matches!(status, 200 | 404), "{status}");
}

#[test]
fn a_name_in_any_script_arrives_percent_encoded() {
    let name = "Zoë \u{5f20} 100% O'Neil\u{1f600}";
    world().gk(&["users", "add", "--email", "zoe@example.com", "--name", name, "--approved"]).done();
    grant("zoe@example.com", "docs", &[]);
    let answer = world().validate(Some(&world().session("zoe@example.com")), Some("docs"));
    assert_eq!(answer.header("x-auth-name"), Some("Zo%C3%AB %E5%BC%A0 100%25 O'Neil%F0%9F%98%80"));
}
