//! Behind https: what cookies carry, and where a sign-in leads. gk-admin is asked as nginx asks it.

use crate::world::{ADMIN, Answer, Request, Visitor, World};

const AUTH: &str = "https://auth.example.org";

/// A world behind https whose sessions live for a week.
#[track_caller]
fn world() -> World {
    World::with(&[
        ("GATEKEEPER_PUBLIC_URL", AUTH),
        ("COOKIE_DOMAIN", "example.org"),
        ("SESSION_EXPIRY_DAYS", "7"),
        ("AUTH_MAGIC_LINK_EXPIRY_SECONDS", "600"),
    ])
}

#[track_caller]
fn post(visitor: &Visitor<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let own = [("Host", "auth.example.org"), ("Origin", AUTH), ("Sec-Fetch-Site", "same-origin")];
    visitor.ask(own.iter().fold(Request::form(path, fields), |request, (name, value)| request.with(name, value)))
}

/// Asks for a link, and gives its path from the mail of this number.
#[track_caller]
fn asked(world: &World, visitor: &Visitor<'_>, redirect: &str, count: usize) -> (Answer, String) {
    let sent = post(visitor, "/signin", &[("email", ADMIN), ("redirect", redirect)]);
    assert_eq!(sent.status, 303, "{sent:?}");
    let link = world.mailed_link(ADMIN, count);
    (sent, link.strip_prefix(AUTH).expect("the link is on the auth host").to_owned())
}

#[track_caller]
fn assert_has(cookie: &str, parts: &[&str]) {
    for part in parts {
        assert!(cookie.split("; ").any(|one| one == *part), "{part} is missing: {cookie}");
    }
}

#[test]
fn a_sign_in_over_https_sets_secure_cookies_that_no_other_host_can_plant() {
    let world = world();
    world.registered("docs");
    let visitor = world.visitor();
    let target = "https://docs.example.org/guide?a=1";
    let (sent, path) = asked(&world, &visitor, target, 1);
    let flow = sent.all("set-cookie").concat();
    assert!(flow.starts_with("__Host-gk_flow_") && !flow.contains("Domain"), "{flow}");
    assert_has(&flow, &["Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"]);
    let waits = visitor.get(sent.location());
    assert!(waits.text().contains("id=\"code\""), "{waits:?}");
    assert!(visitor.get(&path).text().contains("id=\"confirm-signin\""));

    let done = post(&visitor, &path, &[]);
    assert_eq!((done.status, done.location()), (303, target), "{done:?}");
    let session = done.sets("gk_session").expect("a session").to_owned();
    assert_has(&session, &["Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Domain=example.org", "Max-Age=604800"]);
    let device = done.sets("__Host-gk_device").expect("the browser is known from now on");
    assert_has(device, &["Secure", "HttpOnly", "Path=/"]);
    assert!(!device.contains("Domain"), "{device}");
    for cookie in done.all("set-cookie") {
        assert_has(cookie, &["Secure"]);
    }
    let session = session.split(';').next();
    assert_eq!(world.validate(session, Some("docs")).status, 200);

    let out = post(&visitor, "/signout", &[]);
    assert!(out.all("set-cookie").iter().any(|cookie| cookie.contains("Domain=example.org")), "{out:?}");
    for cookie in out.all("set-cookie") {
        assert_has(cookie, &["Secure", "Max-Age=0"]);
    }
    assert_eq!(world.validate(session, Some("docs")).status, 401);
}

#[test]
fn a_pending_sign_in_that_was_planted_without_the_host_prefix_counts_for_nothing() {
    let world = world();
    let visitor = world.visitor();
    let (sent, path) = asked(&world, &visitor, "", 1);
    let flow = sent.all("set-cookie").concat();
    let kept = flow.split(';').next().unwrap();
    let victim = world.visitor();
    victim.remember(kept.strip_prefix("__Host-").unwrap());
    let used = post(&victim, &path, &[]);
    assert_eq!((used.status, used.sets("gk_session")), (403, None), "{used:?}");
    victim.remember(kept);
    assert_eq!(post(&victim, &path, &[]).status, 303);
}

#[test]
fn nobody_is_led_from_https_to_http_nor_to_a_form_of_another_origin() {
    let world = world();
    for (number, wanted) in
        ["http://docs.example.org/", "https://evil.example/", "https://docs.example.org:8443/"].into_iter().enumerate()
    {
        let visitor = world.visitor();
        let (_, path) = asked(&world, &visitor, wanted, number + 1);
        if number == 0 {
            let foreign = Request::form(&path, &[]).with("Origin", "http://auth.example.org");
            assert_eq!(visitor.ask(foreign).status, 403, "the same host over http is another origin");
        }
        assert_eq!(post(&visitor, &path, &[]).location(), "/", "{wanted}");
    }
}
