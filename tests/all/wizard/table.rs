//! The negative table: who does not get in, and what does not get through, at every shape.

use super::scene::{Door, alice, carol, page, scene};
use crate::world::{Answer, Request};

#[track_caller]
pub(super) fn assert_sent_to_sign_in(door: &Door, answer: &Answer, path: &str) {
    let expected = format!("{}/signin?redirect={}{path}", scene().world.auth_url(), door.origin);
    assert_eq!((answer.status, answer.location()), (302, expected.as_str()), "{} {path}: {answer:?}", door.shape.slug);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

/// What the app saw at this path.
fn seen(path: &str) -> Vec<crate::world::Seen> {
    scene().world.app().seen_with(path)
}

#[test]
fn only_a_valid_session_of_somebody_with_access_opens_any_shape() {
    for door in &scene().doors {
        let path = door.path("closed");
        let broken = alice().replace("gk_session=AQ", "gk_session=AR");
        for cookie in ["", "a=b", "gk_session=", "gk_session=x", &broken, &format!("{}; {}", alice(), carol())] {
            assert_sent_to_sign_in(door, &door.ask(&page(&path).with("Cookie", cookie)), &path);
        }
        let denied = door.ask(&page(&path).with("Cookie", carol()));
        let expected = format!(
            "{}/request-access?app={}&redirect={}{path}",
            scene().world.auth_url(),
            door.shape.slug,
            door.origin
        );
        assert_eq!((denied.status, denied.location()), (302, expected.as_str()));
        assert!(seen(&path).is_empty(), "{}", door.shape.slug);
        let answer = door.ask(&page(&path).with("Cookie", alice()));
        assert_eq!(answer.status, 200, "{}: {answer:?}", door.shape.slug);
        assert_eq!(seen(&path)[0].all("x-auth-user"), ["alice@example.com"]);
        assert_eq!(seen(&path)[0].all("x-auth-role"), ["editor"]);
        assert_eq!(seen(&path)[0].all("host"), [door.host()]);
    }
}

#[test]
fn no_header_a_client_invents_reaches_any_shape() {
    let lies = [
        ("X-Auth-User", "admin@example.com"),
        ("X-Auth-Role", "admin"),
        ("X-Auth-Name", "Boss"),
        ("X-Auth-Groups", "admin"),
        ("X-Auth-Email", "admin@example.com"),
        ("X_Auth_User", "admin@example.com"),
        ("X-GK-App", "plain"),
        ("X_GK_App", "plain"),
        ("X-GK-Block", "1-00000000"),
        ("X-GK-Reason", "none"),
        ("X-Original-URI", "/public"),
        ("X-Original-Method", "OPTIONS"),
        ("X-Forwarded-For", "10.0.0.1"),
        ("X-Forwarded-Uri", "/public"),
        ("X-Forwarded-User", "admin"),
        ("X-Real-IP", "10.0.0.1"),
        ("Remote-User", "admin@example.com"),
        ("User-Agent", "GoogleHC/1.0"),
    ];
    for door in &scene().doors {
        let path = door.path("lies");
        for connection in ["X-Auth-User", "close, X-Auth-User, X-Auth-Role"] {
            let lying = page(&path).with("Connection", connection);
            let lying = lies.iter().fold(lying, |request, (name, value)| request.with(name, value));
            assert_sent_to_sign_in(door, &door.ask(&lying), &path);
            assert!(door.ask(&lying.clone().with("Cookie", carol())).location().contains("/request-access?"));
            assert_eq!(door.ask(&lying.with("Cookie", alice())).status, 200, "{}", door.shape.slug);
        }
        let told = seen(&path);
        assert_eq!(told.len(), 2, "{}", door.shape.slug);
        for told in told {
            assert_eq!(told.all("x-auth-user"), ["alice@example.com"]);
            assert_eq!(told.all("x-auth-name"), ["%C3%84lice"]);
            assert_eq!(told.all("x-forwarded-for"), ["127.0.0.1"]);
            assert_eq!(told.all("x-real-ip"), ["127.0.0.1"]);
            let groups = if door.shape.slug == "grouped" { &["standard"][..] } else { &[] };
            assert_eq!(told.all("x-auth-groups"), groups, "{}", door.shape.slug);
            for gone in ["x-auth-email", "x_auth_user", "x-gk-app", "x_gk_app", "x-gk-block", "x-gk-reason", "cookie"]
                .into_iter()
                .chain(["x-original-uri", "x-original-method", "x-forwarded-uri", "x-forwarded-user", "remote-user"])
            {
                assert!(told.all(gone).is_empty(), "{}: {gone} reached the app", door.shape.slug);
            }
        }
    }
}

#[test]
fn whoever_is_no_person_at_a_page_gets_a_bare_refusal_at_any_shape() {
    for door in &scene().doors {
        let path = door.path("bare");
        for request in [
            Request::new("POST", &path).with("Accept", "text/html"),
            Request::new("DELETE", &path),
            Request::new("OPTIONS", &path)
                .with("Origin", "http://a.example")
                .with("Access-Control-Request-Method", "POST"),
            Request::get(&path).with("Accept", "application/json"),
            page(&path).with("X-Requested-With", "XMLHttpRequest").with("Sec-Fetch-Mode", "cors"),
        ] {
            let answer = door.ask(&request);
            assert_eq!((answer.status, answer.location(), answer.body.len()), (401, "", 0), "{}", door.shape.slug);
            let denied = door.ask(&request.with("Cookie", carol()));
            assert_eq!((denied.status, denied.location(), denied.body.len()), (403, "", 0), "{}", door.shape.slug);
        }
        let htmx = Request::get(&path).with("HX-Request", "true").with("HX-Current-URL", "http://evil.example/whole");
        let answer = door.ask(&htmx);
        let expected = format!("{}/signin?redirect={}/whole", scene().world.auth_url(), door.origin);
        assert_eq!((answer.status, answer.header("hx-redirect")), (401, Some(expected.as_str())));
        assert!(seen(&path).is_empty(), "{}", door.shape.slug);
    }
}

#[test]
fn no_spelling_of_a_path_gets_past_the_check_at_any_shape() {
    let paths = [
        "/_gk/validate?odd",
        "/_gk/validate/odd",
        "/%5fgk/validate?odd",
        "//_gk/validate?odd",
        "/_gk/../odd",
        "/\\odd",
        "//odd",
        "/./odd",
        "/../odd",
        "/%2e%2e/odd",
        "/odd/..%2f..",
        "/%c0%afodd",
        "/odd%00",
        "/odd%0d%0aX-Auth-User:%20admin",
        "/odd;x=1",
        "/odd?x=/logout",
        "/logout/odd",
        "/logout%2fodd",
        "/signout/../odd",
        "/odd\u{fc}",
        "/odd#logout",
        "/odd%23logout",
        "/favicon.ico?odd",
        "/robots.txt?odd",
        "/health?odd",
        "/api/v1/auth/validate?odd",
        "/odd.css",
        "/.well-known/odd",
        "/odd?x=/alive",
        "/odd/alive",
        "/odd?/static/x",
        "/alive/../odd",
        "/static/../odd",
        "/@gk_checked?odd",
        "/odd/metrics",
        "/inside/../odd",
    ];
    let before = scene().world.app().seen_with("odd").len();
    for door in &scene().doors {
        for path in paths {
            let Ok(answer) = door.line().ask(&page(path), door.host()) else { continue };
            let told = answer.text().contains("the app answers");
            assert!(!told && answer.status != 200, "{} {path}: {answer:?}", door.shape.slug);
        }
        let absolute = page("http://evil.example/odd").with("Cookie", alice());
        assert!(matches!(door.ask(&absolute).status, 400 | 421), "{}", door.shape.slug);
        for host in ["evil.example", "", "xx.gk.localhost"] {
            let answer = door.ask(&page("/odd").with("Host", host).with("Cookie", alice()));
            assert!(matches!(answer.status, 400 | 421), "{} {host}: {answer:?}", door.shape.slug);
        }
    }
    assert_eq!(scene().world.app().seen_with("odd").len(), before);
}

#[test]
fn what_could_be_read_as_two_requests_is_refused_at_any_shape() {
    let broken: [&[u8]; 7] = [
        b"Host: evil.example\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: +5\r\n",
        b"X-Auth-User : x\r\n",
        b"X-A: b\0c\r\n",
        b" X-Folded: x\r\n",
    ];
    for door in &scene().doors {
        let path = door.path("broken");
        for lines in broken {
            let head = format!("POST {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n", door.host(), alice());
            let mut line = door.line();
            line.send(&[head.as_bytes(), lines, b"\r\n0\r\n\r\n"].concat()).unwrap();
            let status = line.answer("POST").map(|answer| answer.status);
            let lines = String::from_utf8_lossy(lines);
            assert!(matches!(status, Ok(400 | 501) | Err(_)), "{} {lines}: {status:?}", door.shape.slug);
        }
        assert!(seen(&path).is_empty(), "{}", door.shape.slug);
    }
}

#[test]
fn cookies_keys_and_the_apps_own_sign_in_are_told_apart_at_any_shape() {
    let made = scene()
        .world
        .gk_json(&[&["keys", "add", "--name", "all", "--owner", "alice@example.com"][..], &named()].concat());
    let bearer = format!("Bearer {}", made["key"].as_str().unwrap());
    for door in &scene().doors {
        let path = door.path("own");
        let own = page(&path).with("Cookie", &format!("a=1; {}; b=2", alice())).with("Authorization", "Basic YTpi");
        assert_eq!(door.ask(&own).status, 200);
        assert_eq!(door.ask(&page(&path).with("Authorization", &bearer)).status, 200, "{}", door.shape.slug);
        assert_eq!(door.ask(&Request::get(&path).with("Authorization", "Basic YTpi")).status, 401);
        let told = seen(&path);
        assert_eq!((told[0].all("cookie"), told[0].all("authorization")), (vec!["a=1; b=2"], vec!["Basic YTpi"]));
        assert!(told[1].all("authorization").is_empty(), "{}", door.shape.slug);
        let long = page(&path).with("Cookie", &format!("{}; a={}", alice(), "x".repeat(7_000)));
        let long = long.with("Cookie", &format!("b={}", "y".repeat(7_000)));
        assert_eq!(door.ask(&long).status, 200, "{}", door.shape.slug);
        let many = (0..200)
            .fold(page(&path).with("Cookie", alice()), |request, n| request.with(&format!("X-Filler-{n}"), "x"));
        assert_eq!(door.ask(&many).status, 200, "{}", door.shape.slug);
    }
}

/// Flags that name every shape.
fn named() -> Vec<&'static str> {
    super::shapes::SHAPES.iter().flat_map(|shape| ["--app", shape.slug]).collect()
}

#[test]
fn the_apps_own_refusals_pass_and_every_shape_has_its_way_out() {
    for door in &scene().doors {
        for status in [401, 403, 404, 418, 500, 503] {
            let answer = door.ask(&page(&format!("/status/{status}")).with("Cookie", alice()));
            assert_eq!(answer.status, status, "{}", door.shape.slug);
            assert!(answer.text().starts_with("the app answers"), "{answer:?}");
        }
        for path in ["/logout", "/signout"] {
            let answer = door.ask(&page(path));
            let out = format!("{}/signout?redirect={}/", scene().world.auth_url(), door.origin);
            assert_eq!((answer.status, answer.location()), (302, out.as_str()));
        }
        let shown = door.ask(&page(&door.path("robots")).with("Cookie", alice()));
        let hidden = shown.header("x-robots-tag").is_some_and(|value| value.contains("noindex"));
        assert_eq!(hidden, door.shape.slug == "hidden", "{shown:?}");
        assert_eq!(shown.header("cache-control"), Some("private, no-cache"), "{}", door.shape.slug);
    }
}
