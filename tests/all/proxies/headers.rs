//! What the client says reaches neither the decision nor the app, but for what is the app's own.

use super::Front;
use super::table::{assert_led_to, page, with};
use crate::world::Request;

/// Header names that say who somebody is, or what was asked; none of them may reach the app from outside.
pub(super) const LIES: [(&str, &str); 22] = [
    ("X-Auth-User", "admin@example.com"),
    ("X-Auth-Name", "Administrator"),
    ("X-Auth-Role", "admin"),
    ("X-Auth-Groups", "admin"),
    ("X-Auth-Email", "admin@example.com"),
    ("X-Auth-Request-User", "admin@example.com"),
    ("X_Auth_User", "admin@example.com"),
    ("X-Auth_Role", "admin"),
    ("X_GK_App", "docs"),
    ("X-GK-App", "lie"),
    ("X-GK-Block", "9-ffffffff"),
    ("X-GK-Reason", "none"),
    ("X-WebAuth-User", "admin@example.com"),
    ("Remote-User", "admin@example.com"),
    ("X-Remote-User", "admin@example.com"),
    ("X-Forwarded-User", "admin@example.com"),
    ("X-Forwarded-Uri", "/public"),
    ("X-Original-URI", "/public"),
    ("X-Original-Method", "OPTIONS"),
    ("X-Rewrite-URL", "/public"),
    ("Forwarded", "for=10.0.0.1"),
    ("X-Forwarded-For", "10.0.0.1"),
];

pub(super) fn lies_change_nothing(front: &Front) {
    let liar = with(page("/lies"), &LIES);
    assert_led_to(&front.world.docs(&liar), &front.sign_in("/lies"));
    assert_led_to(&front.world.docs(&liar.clone().with("Cookie", &front.carol)), &front.request_access("/lies"));
    assert!(front.world.app().seen_with("/lies").is_empty());
    assert_eq!(front.world.docs(&liar.with("Cookie", &front.alice)).status, 200);
    let kept = ["x-auth-user", "x-auth-name", "x-auth-role", "x-forwarded-for"];
    for (name, _) in LIES.map(|(name, value)| (name.to_ascii_lowercase(), value)) {
        let expected: &[&str] = match name.as_str() {
            "x-auth-user" => &["alice@example.com"],
            "x-auth-name" => &["%C3%84lice"],
            "x-auth-role" => &["editor"],
            "x-forwarded-for" => &["127.0.0.1"],
            _ => &[],
        };
        assert_eq!(front.seen("/lies", &name), expected, "{name}, of which only {kept:?} are known");
    }
}

/// "Connection" names headers that are for the next server only.
pub(super) fn no_header_can_be_taken_away(front: &Front) {
    for name in ["X-Auth-User", "close, X-GK-App", "X-GK-Block, Host", "Upgrade, X-Auth-Role"] {
        let request = page("/taken").with("Connection", name);
        assert_led_to(&front.world.docs(&request), &front.sign_in("/taken"));
        let carols = front.world.docs(&request.clone().with("Cookie", &front.carol));
        assert_led_to(&carols, &front.request_access("/taken"));
        assert_eq!(front.world.docs(&request.with("Cookie", &front.alice)).status, 200, "{name}");
        assert_eq!(front.seen("/taken", "x-auth-user"), ["alice@example.com"], "{name}");
        assert_eq!(front.seen("/taken", "x-auth-role"), ["editor"], "{name}");
        assert_eq!(front.seen("/taken", "cookie"), Vec::<String>::new(), "{name}");
    }
    // Traefik takes out even the cookie, which makes the sender a stranger.
    let request = page("/taken-cookie").with("Connection", "Cookie").with("Cookie", &front.carol);
    let target = front.world.docs(&request).location().to_owned();
    assert!([front.sign_in("/taken-cookie"), front.request_access("/taken-cookie")].contains(&target), "{target}");
}

pub(super) fn the_session_stops_at_the_server(front: &Front) {
    let alice = &front.alice;
    let cookies = [
        (alice.clone(), vec![]),
        (format!("theme=dark; {alice}"), vec!["theme=dark"]),
        (format!("{alice};theme=dark"), vec!["theme=dark"]),
        (format!("a=1; {alice}; xgk_session=2; b=3"), vec!["a=1; xgk_session=2; b=3"]),
        (format!("{alice}; {alice}; a=1;  {alice} ; {alice}; {alice}"), vec!["a=1"]),
    ];
    for (number, (sent, expected)) in cookies.iter().enumerate() {
        let path = format!("/cookies-{number}");
        assert_eq!(front.world.docs(&page(&path).with("Cookie", sent)).status, 200, "{sent}");
        assert_eq!(&front.seen(&path, "cookie"), expected, "sent {sent}");
    }
    // Several Cookie lines, which browsers do not send: some servers join them so that none counts.
    for lines in [["a=1", alice], [alice, "a=1"], [alice, alice], [alice, &format!("a=1; {alice}")]] {
        let request = with(page("/cookie-lines"), &lines.map(|line| ("Cookie", line)));
        front.world.docs(&request);
        for seen in front.world.app().seen_with("/cookie-lines") {
            assert!(seen.all("cookie").iter().all(|value| !value.contains("gk_session")), "{lines:?}: {seen:?}");
        }
    }
}

pub(super) fn keys_stop_at_the_server(front: &Front) {
    let ask = |path: &str, headers: &[(&str, &str)]| front.world.docs(&with(Request::get(path), headers)).status;
    let key = front.key.as_str();
    for (number, word) in ["Bearer ", "bearer  ", "BEARER\t"].iter().enumerate() {
        let path = format!("/key-{number}");
        assert_eq!(ask(&path, &[("Authorization", &format!("{word}{key}"))]), 200, "{word}");
        assert_eq!(front.seen(&path, "authorization"), Vec::<String>::new(), "{word}");
    }
    assert_eq!(ask("/key-own-header", &[("X-GK-Token", key), ("Authorization", "Basic YTpi")]), 200);
    assert_eq!(front.seen("/key-own-header", "x-gk-token"), Vec::<String>::new());
    assert_eq!(front.seen("/key-own-header", "authorization"), ["Basic YTpi"]);
    assert_eq!(ask("/key-wrong", &[("X-GK-Token", "gk_no"), ("Cookie", &front.alice)]), 401);
    for value in ["Basic YTpi", "Bearer eyJhbGciOiJ.x.y", "Digest a=\"gk_\""] {
        assert_eq!(ask("/key-wrong", &[("Authorization", value)]), 401, "{value}");
        assert_eq!(ask("/own", &[("Authorization", value), ("Cookie", &front.alice)]), 200, "{value}");
        assert_eq!(front.seen("/own", "authorization"), [value]);
    }
    let bearer = format!("Bearer {key}");
    for values in [["Basic x", &bearer], [&bearer, "Basic x"], ["Basic x, Bearer gk_a", "Basic y"]] {
        let twice = with(page("/key-twice"), &values.map(|value| ("Authorization", value)));
        front.world.docs(&twice.with("Cookie", &front.alice));
        for seen in front.world.app().seen_with("/key-twice") {
            assert!(seen.headers.iter().all(|(_, value)| !value.contains("gk_")), "{values:?}: {seen:?}");
        }
    }
    assert!(front.world.app().seen_with("/key-wrong").is_empty());
}
