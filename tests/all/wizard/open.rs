//! Paths that are open without sign-in: they, as they are written, and nothing beside them.

use super::scene::{Door, alice, carol, page, scene};
use super::table::assert_sent_to_sign_in;
use crate::world::Request;

/// Everything a client could claim or show.
fn lying(path: &str) -> Request {
    let lies =
        [("X-Auth-User", "admin@example.com"), ("X-Auth-Role", "admin"), ("X-Auth-Name", "B"), ("X-Auth-Groups", "g")];
    let request =
        page(path).with("Cookie", &format!("a=1; {}", alice())).with("X-GK-Token", "gk_x").with("Remote-User", "a");
    let request = request.with("X-Forwarded-For", "10.0.0.1").with("Authorization", "Bearer gk_x");
    lies.iter().fold(request, |request, (name, value)| request.with(name, value))
}

#[track_caller]
fn assert_open(door: &Door, path: &str) {
    for request in [page(path), Request::new("POST", path), lying(path)] {
        let answer = door.ask(&request);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        let told = answer.text();
        let line = told.lines().nth(1).unwrap_or_default().to_owned();
        assert!(line.ends_with(&format!(" {path} HTTP/1.1")), "{told}");
        for gone in ["x-auth-", "gk_session", "gk_x", "x-gk-", "remote-user", "10.0.0.1"] {
            assert!(!told.to_ascii_lowercase().contains(gone), "{path}: {gone} reached the app: {told}");
        }
        assert!(told.contains(&format!("Host: {}", door.host())), "{told}");
    }
}

/// Checked like any other: not for strangers, and as it was sent for alice.
#[track_caller]
fn assert_checked(door: &Door, path: &str) {
    let Ok(answer) = door.line().ask(&page(path), door.host()) else { return };
    if answer.status == 400 {
        return;
    }
    let shown =
        answer.location().strip_prefix(&format!("{}/signin?redirect={}", scene().world.auth_url(), door.origin));
    assert!(answer.status == 302 && shown.is_some(), "{path}: {answer:?}");
    let posted = door.line().ask(&Request::new("POST", path), door.host()).unwrap();
    assert_eq!((posted.status, posted.body.len()), (401, 0), "{path}");
    let alices = door.line().ask(&page(path).with("Cookie", alice()), door.host()).unwrap();
    assert_eq!(alices.status, 200, "{path}: {alices:?}");
    assert!(alices.text().contains("X-Auth-User: alice@example.com"), "{path}: {alices:?}");
    assert!(alices.text().contains(&format!("GET {path} HTTP/1.1")), "{path}: {alices:?}");
}

#[test]
fn an_open_path_is_open_as_it_is_written() {
    let door = scene().door("open");
    for path in [
        "/alive",
        "/alive?x=/../y&%2e%2e",
        "/static/",
        "/static/a.css",
        "/static/.well/a..b/.c",
        "/static/a/b/c~d@e+f,g=h:i!j$k'l(m)*&.js?v=1",
        "/static/a%20b",
        "/static/deep/",
        "/folder/",
        "/both",
        "/both/",
    ] {
        assert_open(door, path);
    }
    let long = format!("/static/{}", "a/".repeat(3_900));
    assert_open(door, &long);
    let socket = Request::get("/static/socket").with("Connection", "Upgrade").with("Upgrade", "websocket");
    assert_eq!(door.line().ask(&socket, door.host()).unwrap().status, 101);
}

#[test]
fn no_other_spelling_opens_an_open_path_or_leaves_it() {
    let door = scene().door("open");
    for path in [
        "/alive/",
        "/alive/x",
        "/alivex",
        "/aliv",
        "/Alive",
        "/%61live",
        "//alive",
        "/./alive",
        "/x/../alive",
        "/alive;x",
        "/alive%3bx",
        "/alive%3f",
        "/alive%2f",
        "/alive/.",
        "/alive/../alive",
        "/alive%20",
        "/static",
        "/staticx",
        "/static..",
        "/static../x",
        "/static;/x",
        "/STATIC/x",
        "/static/../x",
        "/static/..",
        "/static/.",
        "/static/./x",
        "/static/%2e%2e/x",
        "/static/.%2e/x",
        "/static/%2e/x",
        "/static/a/../../x",
        "/static/a//../../x",
        "/static//",
        "/static//x",
        "//static/x",
        "/static/a//b",
        "/static/..;/x",
        "/static/..%2fx",
        "/static/..%5cx",
        "/static/..\\x",
        "/static\\x",
        "/static/%252e%252e/x",
        "/static/%2e%2e%2fx",
        "/static/..%00/x",
        "/static/%c0%ae%c0%ae/x",
        "/static/%ef%bc%8e/x",
        "/static/x%2fy",
        "/static/x;y",
        "/static/x%0d%0ay",
        "/static/x\u{fc}",
        "/static/..css",
        "/static/...",
        "/static/.../x",
        "/static%2fx",
        "/%73tatic/x",
        "/x/..//static/x",
        "/static/a%20/../../x",
    ] {
        assert_checked(door, path);
    }
    // One that is narrower lies within one that is wider.
    assert_checked(door, "/static/private/x");
    assert_checked(door, "/static/private");
    // And one of a page is not one of what is below it, nor of the same without a slash.
    for path in ["/folder", "/folder/x", "/bothx"] {
        assert_checked(door, path);
    }
}

#[test]
fn a_path_is_open_to_its_networks_and_everybody_else_signs_in() {
    let door = scene().door("near");
    for path in ["/metrics", "/metrics?a=b", "/inside/", "/inside/a/b"] {
        assert_open(door, path);
    }
    for path in [
        "/outside/",
        "/outside/x",
        "/inside",
        "/outside",
        "/inside/..;/x",
        "/inside/%2e%2e/x",
        "/inside//x",
        "/metrics/",
        "/x/../metrics",
    ] {
        assert_checked(door, path);
    }
    for (name, value) in [("X-Forwarded-For", "10.0.0.1"), ("X-Real-IP", "10.0.0.1"), ("Forwarded", "for=10.0.0.1")] {
        assert_sent_to_sign_in(door, &door.ask(&page("/outside/x").with(name, value)), "/outside/x");
    }
    let denied = door.ask(&page("/outside/x").with("Cookie", carol()));
    let expected = format!("{}/request-access?app=near&redirect={}/outside/x", scene().world.auth_url(), door.origin);
    assert_eq!((denied.status, denied.location()), (302, expected.as_str()), "{denied:?}");
    let htmx = door.ask(&Request::get("/outside/x").with("HX-Request", "true"));
    assert!(htmx.status == 401 && htmx.header("hx-redirect").is_some(), "{htmx:?}");
}
