//! What must hold behind every server, in one go: starting a server costs more than asking it.

use super::Front;
use crate::world::{Answer, Request, wait_until};

/// Header names that say who somebody is, or what was asked; none of them may reach the app from outside.
const LIES: [(&str, &str); 22] = [
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

fn page(path: &str) -> Request {
    Request::get(path).with("Accept", "text/html,*/*;q=0.8").with("Sec-Fetch-Mode", "navigate")
}

fn with(request: Request, headers: &[(&str, &str)]) -> Request {
    headers.iter().fold(request, |request, (name, value)| request.with(name, value))
}

impl Front {
    fn sign_in(&self, path: &str) -> String {
        format!("{}/signin?redirect={}{path}", self.world.auth_url(), self.world.docs_url())
    }

    fn request_access(&self, path: &str) -> String {
        format!("{}/request-access?app=docs&redirect={}{path}", self.world.auth_url(), self.world.docs_url())
    }

    /// What the app saw of that header at that path, the last time.
    fn seen(&self, path: &str, header: &str) -> Vec<String> {
        let seen = self.world.app().seen_with(path).pop().unwrap_or_else(|| panic!("{path} did not reach the app"));
        seen.all(header).into_iter().map(str::to_owned).collect()
    }

    #[track_caller]
    fn assert_led_to(&self, answer: &Answer, target: &str) {
        assert_eq!((answer.status, answer.location()), (302, target), "{answer:?}");
        assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")), "{answer:?}");
    }
}

fn strangers_are_sent_to_sign_in(front: &Front) {
    let broken = front.alice.replace("gk_session=AQ", "gk_session=AR");
    assert_ne!(broken, front.alice);
    for path in ["/shut?a=1&b=2&redirect=x", "/shut/%C3%BC?x=%26+%0d%0aY:z"] {
        front.assert_led_to(&front.world.docs(&page(path)), &front.sign_in(path));
        front.assert_led_to(&front.world.docs(&page(path).with("Cookie", &broken)), &front.sign_in(path));
        let carols = front.world.docs(&page(path).with("Cookie", &front.carol));
        front.assert_led_to(&carols, &front.request_access(path));
        let said_so = Request::get(path).with("Accept", "text/html");
        front.assert_led_to(&front.world.docs(&said_so), &front.sign_in(path));
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

fn lies_change_nothing(front: &Front) {
    let liar = with(page("/lies"), &LIES);
    front.assert_led_to(&front.world.docs(&liar), &front.sign_in("/lies"));
    front.assert_led_to(&front.world.docs(&liar.clone().with("Cookie", &front.carol)), &front.request_access("/lies"));
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
fn no_header_can_be_taken_away(front: &Front) {
    for name in ["X-Auth-User", "close, X-GK-App", "Cookie, X-GK-Block, Host", "Upgrade, X-Auth-Role"] {
        let request = page("/taken").with("Connection", name);
        front.assert_led_to(&front.world.docs(&request), &front.sign_in("/taken"));
        let carols = front.world.docs(&request.clone().with("Cookie", &front.carol));
        front.assert_led_to(&carols, &front.request_access("/taken"));
        assert_eq!(front.world.docs(&request.with("Cookie", &front.alice)).status, 200, "{name}");
        assert_eq!(front.seen("/taken", "x-auth-user"), ["alice@example.com"], "{name}");
        assert_eq!(front.seen("/taken", "x-auth-role"), ["editor"], "{name}");
        assert_eq!(front.seen("/taken", "cookie"), Vec::<String>::new(), "{name}");
    }
}

fn the_session_stops_at_the_server(front: &Front) {
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

fn keys_stop_at_the_server(front: &Front) {
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
    head.method = "HEAD".to_owned();
    front.assert_led_to(&front.world.docs(&head), &front.sign_in("/bare"));
    let web_view = page("/bare").with("X-Requested-With", "com.example.browser");
    front.assert_led_to(&front.world.docs(&web_view), &front.sign_in("/bare"));
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
        let request = current.into_iter().fold(part.clone(), |request, current| request.with("HX-Current-URL", current));
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
        front.assert_led_to(&front.world.docs(&page(path)), &target);
    }
}

fn no_spelling_gets_past_the_check(front: &Front) {
    let paths = [
        "//odd",
        "/./odd",
        "/../odd",
        "/%2e%2e/odd",
        "/odd/..%2f..",
        "/%c0%afodd",
        "/odd%00",
        "/odd%0d%0aX-Auth-User:%20admin",
        "/odd;x=1",
        "/odd\\",
        "/logout/odd",
        "/logout%2fodd",
        "/logout;odd",
        "/signout/../odd",
        "/odd\u{fc}",
        "/odd%23logout",
        "/health?odd",
        "/api/v1/auth/validate?odd",
        "/.well-known/odd",
        "http://odd.example/odd",
        "*",
    ];
    for path in paths {
        let mut line = front.world.front_line();
        let Ok(answer) = line.ask(&page(path), &front.world.docs_host()) else { continue };
        assert!(!answer.text().contains("the app answers") && !(answer.status == 200 && path.starts_with('/')), "{path}: {answer:?}");
    }
    for host in ["evil.example", "docs.gk.localhost.evil.example", "xdocs.gk.localhost"] {
        let answer = front.world.docs(&page("/odd").with("Host", host).with("Cookie", &front.alice));
        assert!(!answer.text().contains("the app answers"), "{host}: {answer:?}");
    }
    assert!(front.world.app().seen_with("odd").is_empty());
    let upper = front.world.docs_host().to_ascii_uppercase();
    front.assert_led_to(&front.world.docs(&page("/upper").with("Host", &upper)), &front.sign_in("/upper"));
}

/// Of what the client sends, gk-validate gets the cookies and keys.
fn only_what_counts_is_asked(front: &Front) {
    let host = front.wiki();
    let mut request = with(Request::new("POST", "/asked?a=1"), &LIES).with("Host", &host).with("Connection", "X-GK-App");
    request = request.with("Cookie", "gk_session=x; a=1").with("X-GK-Token", "gk_t").with("Authorization", "Basic x");
    request.body = b"what the app gets".to_vec();
    let answer = front.world.docs(&with(request, &[("X-Filler", "x"), ("Range", "bytes=0-1")]));
    assert_eq!((answer.status, answer.all("x-robots-tag")), (200, vec!["noindex, nofollow"]), "{answer:?}");
    let asked = front.asked.seen().pop().unwrap();
    assert_eq!(asked.line, "GET /api/v1/auth/validate HTTP/1.1");
    let expected = [
        ("host", "auth.gk.localhost"),
        ("x-gk-app", "wiki"),
        ("x-gk-block", "1-0f3a9c2e"),
        ("cookie", "gk_session=x; a=1"),
        ("x-gk-token", "gk_t"),
        ("authorization", "Basic x"),
    ];
    for (name, value) in expected {
        assert_eq!(asked.all(name), [value], "{name}: {asked:?}");
    }
    for gone in ["x-filler", "range", "x_gk_app", "x-auth-user", "x-original-uri", "content-length", "transfer-encoding"] {
        assert!(asked.all(gone).is_empty() || asked.all(gone) == ["0"], "{gone} reached gk-validate: {asked:?}");
    }
    assert_eq!(asked.body_length, 0);
    // The stub lets everybody in and names nobody.
    let seen = front.world.app().seen_with("/asked").remove(0);
    assert_eq!((seen.body_length, seen.all("x-auth-user"), seen.all("x-gk-app")), (17, vec![], vec![]));
}

fn a_revocation_counts_at_the_next_request(front: &Front) {
    let ask = || front.world.docs(&page("/revoked").with("Cookie", &front.alice));
    assert_eq!(ask().status, 200);
    front.world.revoke("alice@example.com", "docs");
    front.assert_led_to(&ask(), &front.request_access("/revoked"));
    front.world.gk(&["apps", "grant", "--slug", "docs", "--email", "alice@example.com"]).done();
    assert_eq!(ask().status, 200);
    assert_eq!(front.seen("/revoked", "x-auth-role"), Vec::<String>::new(), "the role she had is gone");
}

fn without_gk_validate_it_is_closed(front: &Front) {
    let ask = |path: &str| front.world.docs(&page(path).with("Cookie", &front.alice));
    front.world.validate_part().as_ref().unwrap().freeze();
    assert_closed(&ask("/hanging"));
    front.world.validate_part().as_ref().unwrap().signal("CONT");
    wait_until("gk-validate to answer again", || ask("/again").status == 200);
    front.world.stop_validate();
    assert_closed(&ask("/stopped"));
    let mut upload = Request::new("POST", "/stopped").with("Cookie", &front.alice);
    upload.body = b"x".to_vec();
    assert_closed(&front.world.docs(&upload));
    front.world.start_validate();
    wait_until("the server to find gk-validate again", || ask("/again").status == 200);
    for path in ["/hanging", "/stopped"] {
        assert!(front.world.app().seen_with(path).is_empty(), "{path}");
    }
}

#[track_caller]
fn assert_closed(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.text().contains("<h1>") && !answer.text().contains("the app answers"), "{answer:?}");
    assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")), "{answer:?}");
}
