//! People's API keys through nginx: what opens the app, and what of it the app sees.

use super::{alice, world};
use crate::world::{Answer, Request};

/// A new key: its secret and its number.
fn key_of(owner: &str, apps: &[&str]) -> (String, String) {
    let mut command = vec!["keys", "add", "--name", "a script", "--owner", owner];
    command.extend(apps.iter().flat_map(|app| ["--app", app]));
    let made = world().gk_json(&command);
    (made["key"].as_str().unwrap().to_owned(), made["id"].to_string())
}

fn ask(path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = Request::get(path);
    world().docs(&headers.iter().fold(request, |request, (name, value)| request.with(name, value)))
}

/// What the app saw of that header at that path.
fn seen(path: &str, header: &str) -> Vec<String> {
    let seen = world().app().seen_with(path);
    seen[0].all(header).into_iter().map(str::to_owned).collect()
}

#[test]
fn a_key_opens_the_app_and_stops_at_nginx() {
    let (key, _) = key_of("alice@example.com", &["docs", "closed"]);
    let words = ["Bearer", "bearer", "BEARER", "bEaReR"];
    for (number, word) in words.iter().enumerate() {
        let path = format!("/key-word-{number}");
        let answer = ask(&path, &[("Authorization", &format!("{word} {key}"))]);
        assert_eq!(answer.status, 200, "{word}: {answer:?}");
        assert_eq!(seen(&path, "authorization"), Vec::<String>::new(), "{word}");
        assert_eq!(seen(&path, "x-auth-user"), ["alice@example.com"]);
        assert_eq!(seen(&path, "x-auth-role"), ["editor"]);
    }
    for (number, spaces) in ["  ", "\t", " \t "].iter().enumerate() {
        let path = format!("/key-space-{number}");
        let answer = ask(&path, &[("Authorization", &format!("Bearer{spaces}{key}"))]);
        assert_eq!((answer.status, seen(&path, "authorization").len()), (200, 0), "{spaces:?}");
    }
    assert_eq!(ask("/key-own-header", &[("X-GK-Token", &key)]).status, 200);
    assert_eq!(seen("/key-own-header", "x-gk-token").len(), 0);
    assert_eq!(ask("/key-post-less", &[]).status, 401);
}

#[test]
fn another_authorization_is_the_apps_own_and_reaches_it_unchanged() {
    for (number, value) in
        ["Basic YWxpY2U6eA==", "Bearer eyJhbGciOiJ.x.y", "Bearer GK_x", "Digest a=\"gk_\""].iter().enumerate()
    {
        let path = format!("/own-authorization-{number}");
        assert_eq!(ask(&path, &[("Authorization", value)]).status, 401, "{value} lets nobody in");
        assert_eq!(ask(&path, &[("Authorization", value), ("Cookie", alice())]).status, 200);
        assert_eq!(seen(&path, "authorization"), [*value]);
    }
    // With a key in the header of its own, both kinds go together.
    let (key, _) = key_of("alice@example.com", &["docs"]);
    let both = [("Authorization", "Basic YWxpY2U6eA=="), ("X-GK-Token", key.as_str())];
    assert_eq!(ask("/own-beside-key", &both).status, 200);
    assert_eq!(seen("/own-beside-key", "authorization"), ["Basic YWxpY2U6eA=="]);
}

#[test]
fn a_key_that_is_shown_decides_alone() {
    let (key, id) = key_of("carol@example.com", &["docs"]);
    let bearer = format!("Bearer {key}");
    // Carol may not enter docs, whoever's cookie comes along.
    let carols = ask("/key-alone", &[("Authorization", &bearer), ("Cookie", alice())]);
    assert_eq!(carols.status, 403);
    let cut = &bearer[..bearer.len() - 1];
    for headers in [
        &[("Authorization", cut), ("Cookie", alice())][..],
        &[("Authorization", "Bearer gk_"), ("Cookie", alice())],
        &[("X-GK-Token", "nonsense"), ("Cookie", alice())],
        &[("Authorization", &bearer), ("X-GK-Token", &key)],
        &[("X-GK-Token", &key), ("X-GK-Token", &key), ("Authorization", &bearer)],
    ] {
        assert_eq!(ask("/key-alone", headers).status, 401, "{headers:?}");
    }
    // Two Authorization headers: nginx refuses them, joins them or takes the first, and none of that opens the app.
    let twice = ask("/key-alone", &[("Authorization", &bearer), ("Authorization", &bearer), ("Cookie", alice())]);
    assert_ne!(twice.status, 200, "{twice:?}");
    assert!(world().app().seen_with("/key-alone").is_empty());
    world().gk(&["keys", "delete", "--id", &id]).done();
}

#[test]
fn no_second_authorization_carries_a_key_to_the_app() {
    let (key, _) = key_of("alice@example.com", &["docs"]);
    let bearer = format!("Bearer {key}");
    for (number, values) in [["Basic x", &bearer], [&bearer, "Basic x"]].iter().enumerate() {
        let path = format!("/key-second-{number}");
        let [first, second] = values.map(|value| ("Authorization", value));
        let answer = ask(&path, &[first, second, ("Cookie", alice())]);
        for seen in world().app().seen_with(&path) {
            assert!(seen.headers.iter().all(|(_, value)| !value.contains("gk_")), "{answer:?} {seen:?}");
        }
    }
    let joined = format!("Basic x, {bearer}");
    assert_eq!(ask("/key-joined", &[("Authorization", &joined), ("Cookie", alice())]).status, 200);
    assert_eq!(seen("/key-joined", "authorization").len(), 0);
}

#[test]
fn what_ends_a_key_ends_it_at_the_very_next_request() {
    world().gk(&["users", "add", "--email", "keys@example.com", "--approved"]).done();
    world().gk(&["apps", "grant", "--slug", "docs", "--email", "keys@example.com"]).done();
    let user = ["--user", "keys@example.com"];
    let (key, id) = key_of("keys@example.com", &["docs"]);
    let status = || ask("/key-ends", &[("X-GK-Token", &key)]).status;
    let enable = ["keys", "enable", "--id", &id];
    let steps: [(&[&str], u16, &[&str]); 2] = [
        (&["keys", "disable", "--id", &id], 401, &enable),
        (
            &["apps", "revoke", "--slug", "docs", "--email", user[1]],
            403,
            &["apps", "grant", "--slug", "docs", "--email", user[1]],
        ),
    ];
    for (end, expected, begin) in steps {
        assert_eq!(status(), 200, "before {end:?}");
        world().gk(end).done();
        assert_eq!(status(), expected, "after {end:?}");
        world().gk(begin).done();
    }
    // What shuts the owner out takes the key out of use: neither revives with the account.
    for (end, begin) in
        [("--disable", &["--enable"][..]), ("--new-email=moved@example.com", &["--new-email=keys@example.com"])]
    {
        assert_eq!(status(), 200, "before {end}");
        let change =
            |who: &str, what: &[&str]| world().gk(&[&["users", "update", "--user", who], what].concat()).done();
        change(user[1], &[end]);
        assert_eq!(status(), 401, "after {end}");
        change(if end == "--disable" { user[1] } else { "moved@example.com" }, begin);
        assert_eq!(status(), 401, "the account is as it was, the key is not");
        world().gk(&enable).done();
    }
    assert_eq!(status(), 200);
    world().gk(&["users", "remove", user[0], user[1], "--yes"]).done();
    assert_eq!(status(), 401, "the owner is gone");
}

#[test]
fn a_key_is_for_the_apps_it_names() {
    let (key, _) = key_of("alice@example.com", &["wiki"]);
    let bearer = format!("Bearer {key}");
    assert_eq!(ask("/key-elsewhere", &[("Authorization", &bearer)]).status, 403);
    let asked = |app: Option<&str>| {
        let request = Request::get("/api/v1/auth/validate").with("Authorization", &bearer);
        let request = app.into_iter().fold(request, |request, app| request.with("X-GK-App", app));
        let answer = world().ask_validate(&request);
        (answer.status, answer.header("x-gk-reason").unwrap_or_default().to_owned())
    };
    assert_eq!(asked(Some("wiki")), (200, String::new()));
    for app in [Some("docs"), Some("nowhere"), Some("Wiki"), None] {
        assert_eq!(asked(app), (403, "wrong-app".to_owned()), "{app:?}");
    }
}
