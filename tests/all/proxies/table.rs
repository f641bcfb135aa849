//! What must hold behind every server, in one go: starting a server costs more than asking it.

use super::Front;
use super::asking::*;
use super::headers::*;
use crate::world::{Answer, Request};

/// The whole table; the last rows change what is there.
pub(super) fn run(front: &mut Front) {
    strangers_are_sent_to_sign_in(front);
    a_person_with_a_grant_is_in(front);
    lies_change_nothing(front);
    no_header_can_be_taken_away(front);
    the_session_stops_at_the_server(front);
    keys_stop_at_the_server(front);
    others_get_a_bare_answer(front);
    htmx_is_told_where_to_go(front);
    bodies_and_sockets_pass(front);
    the_apps_own_answers_pass(front);
    signing_out_leads_through_the_auth_host(front);
    no_spelling_gets_past_the_check(front);
    only_what_counts_is_asked(front);
    a_revocation_counts_at_the_next_request(front);
    without_gk_validate_it_is_closed(front);
    front.server.take().unwrap().stop();
}

pub(super) fn page(path: &str) -> Request {
    Request::get(path).with("Accept", "text/html,*/*;q=0.8").with("Sec-Fetch-Mode", "navigate")
}

pub(super) fn with(request: Request, headers: &[(&str, &str)]) -> Request {
    headers.iter().fold(request, |request, (name, value)| request.with(name, value))
}

impl Front {
    pub(super) fn sign_in(&self, path: &str) -> String {
        format!("{}/signin?redirect={}{path}", self.world.auth_url(), self.world.docs_url())
    }

    pub(super) fn request_access(&self, path: &str) -> String {
        format!("{}/request-access?app=docs&redirect={}{path}", self.world.auth_url(), self.world.docs_url())
    }

    /// What the app saw of that header at that path, the last time.
    pub(super) fn seen(&self, path: &str, header: &str) -> Vec<String> {
        let seen = self.world.app().seen_with(path).pop().unwrap_or_else(|| panic!("{path} did not reach the app"));
        seen.all(header).into_iter().map(str::to_owned).collect()
    }
}

#[track_caller]
pub(super) fn assert_led_to(answer: &Answer, target: &str) {
    assert_eq!((answer.status, answer.location()), (302, target), "{answer:?}");
    assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")), "{answer:?}");
}

fn strangers_are_sent_to_sign_in(front: &Front) {
    let broken = front.alice.replace("gk_session=AQ", "gk_session=AR");
    assert_ne!(broken, front.alice);
    for path in ["/shut?a=1&b=2&redirect=x", "/shut/%C3%BC?x=%26+%0d%0aY:z"] {
        assert_led_to(&front.world.docs(&page(path)), &front.sign_in(path));
        assert_led_to(&front.world.docs(&page(path).with("Cookie", &broken)), &front.sign_in(path));
        let carols = front.world.docs(&page(path).with("Cookie", &front.carol));
        assert_led_to(&carols, &front.request_access(path));
        let said_so = Request::get(path).with("Accept", "text/html");
        assert_led_to(&front.world.docs(&said_so), &front.sign_in(path));
    }
    assert!(front.world.app().seen_with("/shut").is_empty());
}

fn a_person_with_a_grant_is_in(front: &Front) {
    let path = "/open/%C3%BC?a=1&b=2&x=%26+%0d%0aY:z";
    let answer = front.world.docs(&page(path).with("Cookie", &front.alice));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.text().starts_with("the app answers"), "{answer:?}");
    assert_eq!(answer.all("cache-control"), ["private, no-cache"]);
    let seen = front.world.app().seen_with("/open").remove(0);
    assert_eq!(seen.line, format!("GET {path} HTTP/1.1"));
    assert_eq!(seen.all("x-auth-user"), ["alice@example.com"]);
    assert_eq!(seen.all("x-auth-name"), ["%C3%84lice"]);
    assert_eq!(seen.all("x-auth-role"), ["editor"]);
    assert_eq!(seen.all("host"), [front.world.docs_host()]);
    assert_eq!(seen.all("x-forwarded-host"), [front.world.docs_host()]);
    assert_eq!(seen.all("x-forwarded-proto"), ["http"]);
    assert_eq!(seen.all("x-real-ip"), ["127.0.0.1"]);
}

fn others_get_a_bare_answer(front: &Front) {
    let html = ("Accept", "text/html");
    let bare: [(&str, &[(&str, &str)]); 8] = [
        ("POST", &[html]),
        ("DELETE", &[]),
        ("OPTIONS", &[("Origin", "http://elsewhere.example"), ("Access-Control-Request-Method", "POST")]),
        ("GET", &[html, ("X-Requested-With", "XMLHttpRequest")]),
        ("GET", &[html, ("Sec-Fetch-Mode", "navigate"), ("X-Requested-With", "xmlhttprequest")]),
        ("GET", &[html, ("Sec-Fetch-Mode", "cors")]),
        ("GET", &[("Accept", "application/json")]),
        ("GET", &[]),
    ];
    for (method, headers) in bare {
        let request = with(Request::new(method, "/bare"), headers);
        for (status, request) in [(401, request.clone()), (403, request.with("Cookie", &front.carol))] {
            let answer = front.world.docs(&request);
            assert_eq!((answer.status, answer.location(), answer.body.len()), (status, "", 0), "{method} {headers:?}");
        }
    }
    let mut head = page("/bare");
    head.method = "HEAD".into();
    assert_led_to(&front.world.docs(&head), &front.sign_in("/bare"));
    let web_view = page("/bare").with("X-Requested-With", "com.example.browser");
    assert_led_to(&front.world.docs(&web_view), &front.sign_in("/bare"));
    assert!(front.world.app().seen_with("/bare").is_empty());
}

fn htmx_is_told_where_to_go(front: &Front) {
    let part = page("/part").with("HX-Request", "true");
    let pages = [
        (None, "/part"),
        (Some("http://evil.example/whole?page=1&x=2#here"), "/whole?page=1&x=2"),
        (Some("http://evil.example"), "/"),
        (Some("nonsense"), "/part"),
    ];
    for (current, path) in pages {
        let request =
            current.into_iter().fold(part.clone(), |request, current| request.with("HX-Current-URL", current));
        let answer = front.world.docs(&request);
        let told = (answer.status, answer.location(), answer.header("hx-redirect").unwrap_or_default());
        assert_eq!(told, (401, "", front.sign_in(path).as_str()), "{current:?}");
        let answer = front.world.docs(&request.with("Cookie", &front.carol));
        let told = (answer.status, answer.location(), answer.header("hx-redirect").unwrap_or_default());
        assert_eq!(told, (403, "", front.request_access(path).as_str()), "{current:?}");
    }
}

fn bodies_and_sockets_pass(front: &Front) {
    let mut upload = Request::new("POST", "/upload").with("Cookie", &front.alice);
    upload.body = vec![b'x'; 2 << 20];
    assert_eq!(front.world.docs(&upload).status, 200);
    assert_eq!(front.world.app().seen_with("/upload")[0].body_length, 2 << 20);
    let upgrade = |path: &str, what: &str| {
        let request = Request::get(path).with("Connection", "keep-alive, Upgrade").with("Upgrade", what);
        request.with("Sec-WebSocket-Version", "13").with("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
    };
    let mut line = front.world.front_line();
    let request = upgrade("/socket", "websocket").with("Cookie", &front.alice);
    let answer = line.ask(&request, &front.world.docs_host()).unwrap();
    assert_eq!(answer.status, 101, "{answer:?}");
    line.send(b"hello, both ways").unwrap();
    assert_eq!(line.raw(16).unwrap(), b"hello, both ways");
    assert_eq!(front.seen("/socket", "x-auth-user"), ["alice@example.com"]);
    assert_eq!(front.world.docs(&upgrade("/shut-socket", "websocket")).status, 401);
    assert!(front.world.app().seen_with("/shut-socket").is_empty());
    front.world.docs(&upgrade("/other-protocol", "h2c").with("Cookie", &front.alice));
    for seen in front.world.app().seen_with("/other-protocol") {
        assert!(seen.all("upgrade").is_empty(), "{seen:?}");
    }
}

fn the_apps_own_answers_pass(front: &Front) {
    for status in [401, 403, 404, 500, 503] {
        let answer = front.world.docs(&page(&format!("/status/{status}")).with("Cookie", &front.alice));
        assert_eq!(answer.status, status);
        assert!(answer.text().starts_with("the app answers"), "{answer:?}");
    }
}

fn signing_out_leads_through_the_auth_host(front: &Front) {
    let target = format!("{}/signout?redirect={}/", front.world.auth_url(), front.world.docs_url());
    for path in ["/logout", "/signout", "/logout?x=1"] {
        assert_led_to(&front.world.docs(&page(path)), &target);
    }
}
