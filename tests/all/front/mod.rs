//! Through real nginx with the shipped templates: who reaches the app, and what the app is told.

mod auth_host;
mod keys;

use std::sync::OnceLock;

use crate::redirect::judge::written_out;
use crate::world::{Answer, INTERNAL, Line, Request, World, wait_until};

/// nginx, gk-validate and gk-admin; alice may open docs and wiki, carol neither. Tests tell their requests apart by path.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let world = World::start();
        world.gk(&["users", "add", "--email", "alice@example.com", "--name", "Älice", "--approved"]).done();
        world.registered("docs");
        let wiki = world.docs_url().replace("docs", "wiki");
        world.gk(&["apps", "add", "--slug", "wiki", "--name", "wiki", "--origin", &wiki, "--noindex"]).done();
        world.gk(&["apps", "add", "--slug", "closed", "--name", "closed"]).done();
        for app in ["docs", "wiki"] {
            world.gk(&["apps", "grant", "--slug", app, "--email", "alice@example.com", "--role", "editor"]).done();
        }
        world.person("carol@example.com");
        world.start_nginx();
        world
    })
}

fn alice() -> &'static str {
    static COOKIE: OnceLock<String> = OnceLock::new();
    COOKIE.get_or_init(|| world().session("alice@example.com"))
}

fn carol() -> &'static str {
    static COOKIE: OnceLock<String> = OnceLock::new();
    COOKIE.get_or_init(|| world().session("carol@example.com"))
}

/// A page opened as a browser opens it.
fn page(path: &str) -> Request {
    Request::get(path).with("Accept", "text/html,*/*;q=0.8").with("Sec-Fetch-Mode", "navigate")
}

#[track_caller]
fn assert_sent_to_sign_in(answer: &Answer, path: &str) {
    assert_eq!(answer.status, 302, "{answer:?}");
    let expected = format!("{}/signin?redirect={}{path}", world().auth_url(), world().docs_url());
    assert_eq!(answer.location(), expected);
}

#[test]
fn the_app_is_reached_only_with_a_valid_session() {
    assert_sent_to_sign_in(&world().docs(&page("/closed-door")), "/closed-door");
    let broken = alice().replace("gk_session=AQ", "gk_session=AR");
    assert_sent_to_sign_in(&world().docs(&page("/closed-door").with("Cookie", &broken)), "/closed-door");
    assert!(world().app().seen_with("/closed-door").is_empty());
    let answer = world().docs(&page("/open-door").with("Cookie", alice()));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.text().starts_with("the app answers"));
    let seen = &world().app().seen_with("/open-door")[0];
    assert_eq!(seen.all("x-auth-user"), ["alice@example.com"]);
    assert_eq!(seen.all("x-auth-role"), ["editor"]);
    assert_eq!(seen.all("x-auth-name"), ["%C3%84lice"]);
}

#[test]
fn an_address_survives_the_way_to_sign_in_and_back() {
    let paths = [
        "/way?a=1&b=2&redirect=x",
        "/way/a%2Fb",
        "/way/a+b?q=c+d",
        "/way/%C3%BC",
        "/way/\u{fc}/\u{5f20}?\u{e9}=1",
        "/way//%20?x=%26",
    ];
    for (number, path) in paths.iter().enumerate() {
        let email = format!("way{number}@{INTERNAL}");
        let sent = world().docs(&page(path));
        let sign_in = sent.location().strip_prefix(&world().auth_url()).expect("sign-in is on the auth host");
        let form = world().auth(&page(sign_in));
        let visitor = world().visitor();
        visitor.ask_for_link(&email, &form.field("redirect"));
        let done = visitor.post(&world().mailed_path(&email, 1), &[]);
        let back = done.location().strip_prefix(&world().docs_url()).unwrap_or_else(|| panic!("{path}: {done:?}"));
        assert_eq!(written_out(back), written_out(path));
        let answer = world().docs(&page(back).with("Cookie", &visitor.session().unwrap()));
        assert_eq!(answer.status, 200, "{answer:?}");
        let line = &world().app().seen_with("/way").pop().unwrap().line;
        assert_eq!(written_out(line), format!("GET {} HTTP/1.1", written_out(path)));
    }
}

#[test]
fn the_session_cookie_stops_at_nginx_and_the_others_pass() {
    let cookies = [
        (alice().to_owned(), vec![]),
        (format!("theme=dark; {}", alice()), vec!["theme=dark"]),
        (format!("{}; theme=dark", alice()), vec!["theme=dark"]),
        (format!("a=1; {}; xgk_session=2; b=3", alice()), vec!["a=1; xgk_session=2; b=3"]),
    ];
    for (number, (sent, expected)) in cookies.iter().enumerate() {
        let path = format!("/cookies-{number}");
        assert_eq!(world().docs(&page(&path).with("Cookie", sent)).status, 200);
        let seen = &world().app().seen_with(&path)[0];
        assert_eq!(&seen.all("cookie"), expected, "sent {sent}");
    }
}

#[test]
fn headers_a_client_invents_change_nothing() {
    let lies = [
        ("X-Auth-User", "admin@example.com"),
        ("X-Auth-Role", "admin"),
        ("X-Auth-Name", "Administrator"),
        ("X-Auth-Groups", "admin"),
        ("X-Auth-Email", "admin@example.com"),
        ("X_Auth_User", "admin@example.com"),
        ("X_GK_App", "docs"),
        ("X-GK-App", "docs"),
        ("X-GK-Reason", "none"),
        ("X-Original-URI", "/public"),
        ("X-Original-Method", "OPTIONS"),
        ("X-Forwarded-For", "10.0.0.1"),
        ("X-Forwarded-Uri", "/public"),
        ("Remote-User", "admin@example.com"),
        ("Connection", "X-Auth-User"),
    ];
    for (number, (name, value)) in lies.iter().enumerate() {
        let path = format!("/lie-{number}-end");
        assert_sent_to_sign_in(&world().docs(&page(&path).with(name, value)), &path);
        let carols = world().docs(&page(&path).with("Cookie", carol()).with(name, value));
        assert!(carols.location().contains("/request-access?app=docs&"), "{name}: {carols:?}");
        assert!(world().app().seen_with(&path).is_empty(), "{name} opened the app");
        assert_eq!(world().docs(&page(&path).with("Cookie", alice()).with(name, value)).status, 200, "{name}");
        let seen = world().app().seen_with(&path).remove(0);
        assert_eq!(seen.all("x-auth-user"), ["alice@example.com"], "{name}");
        assert_eq!(seen.all("x-auth-role"), ["editor"], "{name}");
        assert_eq!(seen.all("x-auth-name"), ["%C3%84lice"], "{name}");
        assert_eq!(seen.all("x-forwarded-for"), ["127.0.0.1"], "{name}");
        for gone in
            ["x-auth-groups", "x-auth-email", "x_auth_user", "x_gk_app", "x-gk-app", "x-original-uri", "remote-user"]
        {
            assert!(seen.all(gone).is_empty(), "{name}: {gone} reached the app");
        }
    }
}

#[test]
fn a_role_an_earlier_request_had_is_not_left_over() {
    let plain = "plain@example.com";
    world().grant(plain, "docs");
    let cookie = world().session(plain);
    let lie = page("/without-role").with("Cookie", &cookie).with("X-Auth-Role", "admin").with("X-Auth-Name", "Boss");
    assert_eq!(world().docs(&lie).status, 200);
    let seen = &world().app().seen_with("/without-role")[0];
    assert!(seen.all("x-auth-role").is_empty() && seen.all("x-auth-name").is_empty(), "{seen:?}");
}

#[test]
fn a_post_of_two_megabytes_passes() {
    let mut request = Request::new("POST", "/upload").with("Cookie", alice());
    request.body = vec![b'x'; 2 << 20];
    assert_eq!(world().docs(&request).status, 200);
    assert_eq!(world().app().seen_with("/upload")[0].body_length, 2 << 20);
}

#[test]
fn a_websocket_opens_with_a_session_and_not_without() {
    let upgrade = |path: &str| {
        let request = Request::get(path).with("Connection", "Upgrade").with("Upgrade", "websocket");
        request.with("Sec-WebSocket-Version", "13").with("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
    };
    let mut line = world().front_line();
    let answer = line.ask(&upgrade("/socket").with("Cookie", alice()), &world().docs_host()).unwrap();
    assert_eq!(answer.status, 101, "{answer:?}");
    line.send(b"hello, both ways").unwrap();
    assert_eq!(line.raw(16).unwrap(), b"hello, both ways");
    assert_eq!(world().docs(&upgrade("/shut-socket")).status, 401);
    assert!(world().app().seen_with("/shut-socket").is_empty());
}

#[test]
fn a_thousand_requests_need_at_most_ten_connections() {
    let opened = || world().metric("gk_connections_total").expect("gk-validate counts its connections");
    let before = opened();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut line = world().front_line();
                for _ in 0..250 {
                    let request = page("/many").with("Cookie", alice());
                    let answer = line.ask(&request, &world().docs_host()).unwrap();
                    assert_eq!(answer.status, 200);
                }
            });
        }
    });
    let opened = opened() - before;
    assert!(opened <= 10.0, "{opened} connections");
}

#[test]
fn only_a_person_opening_a_page_is_sent_to_sign_in() {
    let html = ("Accept", "text/html");
    let bare: [(&str, &[(&str, &str)]); 9] = [
        ("POST", &[html]),
        ("PUT", &[html]),
        ("DELETE", &[]),
        ("OPTIONS", &[("Origin", "http://elsewhere.example"), ("Access-Control-Request-Method", "POST")]),
        ("GET", &[html, ("X-Requested-With", "XMLHttpRequest")]),
        ("GET", &[html, ("Sec-Fetch-Mode", "cors")]),
        ("GET", &[("Accept", "image/png"), ("Sec-Fetch-Mode", "no-cors")]),
        ("GET", &[("Accept", "application/json")]),
        ("GET", &[]),
    ];
    for (method, headers) in bare {
        let request =
            headers.iter().fold(Request::new(method, "/bare"), |request, (name, value)| request.with(name, value));
        let answer = world().docs(&request);
        assert_eq!((answer.status, answer.location(), answer.body.len()), (401, "", 0), "{method} {headers:?}");
        let denied = world().docs(&request.with("Cookie", carol()));
        assert_eq!((denied.status, denied.location()), (403, ""), "{method} {headers:?}");
    }
    for method in ["GET", "HEAD"] {
        let mut request = Request::new(method, "/page").with("Accept", "text/html");
        assert_sent_to_sign_in(&world().docs(&request), "/page");
        request = page("/page");
        request.method = method.to_owned();
        assert_sent_to_sign_in(&world().docs(&request), "/page");
    }
}

#[test]
fn htmx_is_told_where_to_go() {
    let request = Request::get("/part").with("Accept", "text/html").with("HX-Request", "true");
    let answer = world().docs(&request);
    assert_eq!((answer.status, answer.location()), (401, ""));
    let target = answer.header("hx-redirect").unwrap_or_default();
    assert!(
        target.starts_with(&format!("{}/signin?redirect={}/", world().auth_url(), world().docs_url())),
        "{answer:?}"
    );
    let current = "http://evil.example/whole?page=1";
    let answer = world().docs(&request.with("HX-Current-URL", current));
    let target = answer.header("hx-redirect").unwrap_or_default();
    assert!(!target.contains("evil.example"), "{answer:?}");
}

#[test]
fn a_person_without_access_is_sent_to_ask_for_it() {
    let answer = world().docs(&page("/wanted?x=1").with("Cookie", carol()));
    assert_eq!(answer.status, 302);
    let expected = format!("{}/request-access?app=docs&redirect={}/wanted?x=1", world().auth_url(), world().docs_url());
    assert_eq!(answer.location(), expected);
    let asked = world()
        .auth(&Request::get(answer.location().strip_prefix(&world().auth_url()).unwrap()).with("Cookie", carol()));
    assert_eq!(asked.status, 200);
    assert!(asked.text().contains("carol@example.com") && asked.text().contains("docs"), "{}", asked.text());
}

#[test]
fn search_engines_are_kept_out_where_the_app_says_so() {
    let wiki = world().docs_host().replace("docs", "wiki");
    let answer = world().docs(&page("/noindex").with("Host", &wiki).with("Cookie", alice()));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.header("x-robots-tag").is_some_and(|value| value.contains("noindex")), "{answer:?}");
    assert_eq!(world().docs(&page("/index").with("Cookie", alice())).header("x-robots-tag"), None);
}

#[test]
fn both_names_of_signing_out_lead_through_the_auth_host() {
    for path in ["/logout", "/signout"] {
        let answer = world().docs(&page(path));
        assert_eq!(answer.status, 302);
        assert_eq!(answer.location(), format!("{}/signout?redirect={}/", world().auth_url(), world().docs_url()));
    }
    let cookie = world().session("alice@example.com");
    let answer = world().auth(&page(&format!("/signout?redirect={}/", world().docs_url())).with("Cookie", &cookie));
    assert_eq!((answer.status, answer.location()), (303, format!("{}/", world().docs_url()).as_str()));
    assert_sent_to_sign_in(&world().docs(&page("/after").with("Cookie", &cookie)), "/after");
}

#[test]
fn the_apps_own_refusals_pass_untouched() {
    for status in [401, 403, 404, 500, 503] {
        let answer = world().docs(&page(&format!("/status/{status}")).with("Cookie", alice()));
        assert_eq!(answer.status, status);
        assert!(answer.text().starts_with("the app answers"), "{answer:?}");
    }
}

#[test]
fn a_host_that_is_not_ours_reaches_nothing() {
    for host in ["evil.example", "docs.gk.localhost.evil.example", "xdocs.gk.localhost", ""] {
        let answer = world().docs(&page("/foreign").with("Host", host).with("Cookie", alice()));
        assert!(matches!(answer.status, 400 | 421), "{host}: {answer:?}");
    }
    let mut absolute = page("http://evil.example/foreign").with("Cookie", alice());
    absolute = absolute.with("Host", &world().docs_host());
    assert!(matches!(world().docs(&absolute).status, 400 | 421));
    assert!(world().app().seen_with("/foreign").is_empty());
    let upper = world().docs_host().to_ascii_uppercase();
    assert_sent_to_sign_in(&world().docs(&page("/upper").with("Host", &upper)), "/upper");
}

#[test]
fn no_spelling_of_a_path_gets_past_the_check() {
    let paths = [
        "/_gk/validate",
        "/_gk/validate/",
        "/%5fgk/validate",
        "//_gk/validate",
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
        "/logout?odd/../x",
        "/SIGNOUT/odd",
    ];
    let before = world().app().seen_with("odd").len();
    for path in paths {
        let mut line = world().front_line();
        let Ok(answer) = line.ask(&page(path), &world().docs_host()) else { continue };
        assert!(!answer.text().contains("the app answers") && answer.status != 200, "{path}: {answer:?}");
    }
    assert_eq!(world().app().seen_with("odd").len(), before);
}

#[test]
fn without_gk_validate_there_is_a_503_page_and_never_the_app() {
    let world = World::quiet(&[]);
    world.grant("alice@example.com", "docs");
    let cookie = world.session("alice@example.com");
    world.start_nginx();
    let ask = |path: &str| world.docs(&page(path).with("Cookie", &cookie));
    assert_eq!(ask("/before").status, 200);
    world.validate_part().as_ref().unwrap().freeze();
    assert_down(&ask("/hanging"));
    world.validate_part().as_ref().unwrap().signal("CONT");
    wait_until("gk-validate to answer again", || ask("/again").status == 200);
    world.stop_validate();
    assert_down(&ask("/stopped"));
    world.start_validate();
    wait_until("nginx to find gk-validate again", || ask("/again").status == 200);
    world.kill_validate();
    assert_down(&ask("/killed"));
    let seen: Vec<String> = world.app().seen().into_iter().map(|seen| seen.line).collect();
    assert!(seen.iter().all(|line| line.contains("/before") || line.contains("/again")), "{seen:?}");
}

#[track_caller]
fn assert_down(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.text().contains("<h1>") && !answer.text().contains("the app answers"), "{answer:?}");
}

#[test]
fn a_client_may_send_two_hundred_headers_and_three_long_cookies() {
    let many =
        (0..200).fold(page("/heavy").with("Cookie", alice()), |request, n| request.with(&format!("X-Filler-{n}"), "x"));
    assert_eq!(world().docs(&many).status, 200);
    let long = format!("{}; a={}", alice(), "x".repeat(7_000));
    assert_eq!(world().docs(&page("/heavy").with("Cookie", &long)).status, 200);
    let mut line: Line = world().front_line();
    let three = page("/heavy").with("Cookie", &long).with("Cookie", &format!("b={}", "y".repeat(7_000)));
    assert_eq!(line.ask(&three, &world().docs_host()).unwrap().status, 200);
}
