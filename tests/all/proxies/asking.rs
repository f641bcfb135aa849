//! What gk-validate is asked, and that without its answer nobody is in.

use super::Front;
use super::headers::LIES;
use super::table::{assert_led_to, page, with};
use crate::world::{Answer, Request, wait_until};

pub(super) fn no_spelling_gets_past_the_check(front: &Front) {
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
        assert!(
            !answer.text().contains("the app answers") && (answer.status != 200 || !path.starts_with('/')),
            "{path}: {answer:?}"
        );
    }
    for host in ["evil.example", "docs.gk.localhost.evil.example", "xdocs.gk.localhost"] {
        let answer = front.world.docs(&page("/odd").with("Host", host).with("Cookie", &front.alice));
        assert!(!answer.text().contains("the app answers"), "{host}: {answer:?}");
    }
    assert!(front.world.app().seen_with("odd").is_empty());
    let upper = front.world.docs_host().to_ascii_uppercase();
    assert_led_to(&front.world.docs(&page("/upper").with("Host", &upper)), &front.sign_in("/upper"));
}

/// Of what the client sends, gk-validate gets the cookies and keys.
pub(super) fn only_what_counts_is_asked(front: &Front) {
    let host = front.wiki();
    let mut request =
        with(Request::new("POST", "/asked?a=1"), &LIES).with("Host", &host).with("Connection", "X-GK-App");
    request = request.with("Cookie", "gk_session=x; a=1").with("X-GK-Token", "gk_t").with("Authorization", "Basic x");
    request.body = b"what the app gets".to_vec();
    let answer = front.world.docs(&with(request, &[("Range", "bytes=0-1")]));
    // Apache itself cuts a range out of what the app gives whole.
    assert!(matches!(answer.status, 200 | 206), "{answer:?}");
    assert_eq!(answer.all("x-robots-tag"), ["noindex, nofollow, noarchive"], "{answer:?}");
    let asked = front.asked.seen().pop().unwrap();
    assert_eq!(asked.line, "GET /api/v1/auth/validate HTTP/1.1");
    let expected = [
        ("host", "auth.gk.localhost"),
        ("x-gk-app", "wiki"),
        ("x-gk-block", front.wiki_mark.as_str()),
        ("cookie", "gk_session=x; a=1"),
        ("x-gk-token", "gk_t"),
        ("authorization", "Basic x"),
    ];
    for (name, value) in expected {
        assert_eq!(asked.all(name), [value], "{name}: {asked:?}");
    }
    for gone in ["range", "x_gk_app", "x-auth-user", "x-original-uri", "content-length", "transfer-encoding"] {
        assert!(asked.all(gone).is_empty() || asked.all(gone) == ["0"], "{gone} reached gk-validate: {asked:?}");
    }
    assert_eq!(asked.body_length, 0);
    // The stub lets everybody in and names nobody.
    let seen = front.world.app().seen_with("/asked").remove(0);
    assert_eq!((seen.body_length, seen.all("x-auth-user"), seen.all("x-gk-app")), (17, vec![], vec![]));
}

pub(super) fn a_revocation_counts_at_the_next_request(front: &Front) {
    let ask = || front.world.docs(&page("/revoked").with("Cookie", &front.alice));
    assert_eq!(ask().status, 200);
    front.world.revoke("alice@example.com", "docs");
    assert_led_to(&ask(), &front.request_access("/revoked"));
    front.world.gk(&["apps", "grant", "--slug", "docs", "--email", "alice@example.com"]).done();
    assert_eq!(ask().status, 200);
    assert_eq!(front.seen("/revoked", "x-auth-role"), Vec::<String>::new(), "the role she had is gone");
}

pub(super) fn without_gk_validate_it_is_closed(front: &Front) {
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
