//! Signing in by mail, step by step over plain HTTP: who gets a link, who may use it, and how often.

use crate::world::{ADMIN, Answer, INTERNAL, Request, Visitor, World, wait_until};

const BUTTON: &str = "id=\"confirm-signin\"";

/// A visitor who asked for a link to `email`, and the link's path from the mail.
#[track_caller]
pub(crate) fn asked<'world>(world: &'world World, email: &str, redirect: &str) -> (Visitor<'world>, String) {
    let stored = email.trim().to_ascii_lowercase();
    let count = world.sign_in_mails_to(&stored).len() + 1;
    let visitor = world.visitor();
    let answer = visitor.ask_for_link(email, redirect);
    assert!(answer.status == 303 && answer.location().starts_with("/signin/sent?flow="), "{answer:?}");
    (visitor, world.mailed_path(&stored, count))
}

/// Status of each user by e-mail.
fn status_of(world: &World, email: &str) -> Option<String> {
    let users = world.gk_json(&["users", "list"]);
    let users = users.as_array().or_else(|| users["users"].as_array()).cloned().expect("a list of users");
    let user = users.into_iter().find(|user| user["email"] == email)?;
    Some(user["status"].as_str()?.to_owned())
}

#[test]
fn a_person_signs_in_from_the_protected_page_and_back() {
    let world = World::start();
    world.grant("alice@example.com", "docs");
    let target = format!("{}/a%2Fb+c?a=1&b=2&redirect=x", world.docs_url());
    let (visitor, path) = asked(&world, "alice@example.com", &target);
    let page = visitor.get(&path);
    assert_eq!(page.status, 200);
    assert!(page.text().contains(BUTTON) && page.header("set-cookie").is_none(), "{}", page.text());
    let done = visitor.post(&path, &[]);
    assert_eq!((done.status, done.location()), (303, target.as_str()), "{done:?}");
    let set = done.sets("gk_session").expect("a session cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Domain=gk.localhost"] {
        assert!(set.contains(part), "{part} is missing: {set}");
    }
    assert!(!set.contains("Secure"), "the public URL is http: {set}");
    assert_eq!(set.split(';').next().unwrap().len(), "gk_session=".len() + 200);
    assert_eq!(world.validate(visitor.session().as_deref(), Some("docs")).status, 200);
    assert!(visitor.get("/").text().contains("app-card"));
    let gone = visitor.get("/signout");
    assert_eq!(gone.status, 303, "{gone:?}");
    assert_eq!(visitor.session(), None);
    assert_eq!(world.validate(Some(set.split(';').next().unwrap()), Some("docs")).status, 401);
}

#[test]
fn cookies_that_another_host_planted_keep_no_session_alive() {
    let world = World::start();
    world.registered("docs");
    let session = world.session(ADMIN);
    let junk = "AQEA".repeat(50);
    let planted = (0..6).map(|number| format!("gk_session={number}{}; ", &junk[1..])).collect::<Vec<_>>().concat();
    let short = "gk_session=short; ".repeat(40);
    let again = format!("gk_session={junk}; ").repeat(40);
    assert_eq!(world.validate(Some(&session), Some("docs")).status, 200);
    let cookies = format!("{short}{again}{planted}{session}");
    assert_eq!(world.visitor().ask(Request::form("/signout", &[]).with("Cookie", &cookies)).location(), "/signin");
    assert_eq!(world.validate(Some(&session), Some("docs")).status, 401);
}

#[test]
fn a_link_works_once() {
    let world = World::start();
    world.person("once@example.com");
    let (visitor, path) = asked(&world, "once@example.com", "");
    for _ in 0..50 {
        let answers =
            [visitor.get(&path), visitor.head(&path), world.visitor().get(&path), world.visitor().head(&path)];
        for answer in answers {
            assert_eq!((answer.status, answer.sets("gk_session")), (200, None));
        }
    }
    let first = visitor.post(&path, &[]);
    assert_eq!(first.status, 303, "{first:?}");
    assert!(first.sets("gk_session").is_some());
    let again = visitor.post(&path, &[]);
    assert_eq!((again.status, again.sets("gk_session")), (410, None), "{again:?}");
    let stranger = world.visitor().post(&path, &[]);
    assert!(matches!(stranger.status, 403 | 410) && stranger.sets("gk_session").is_none(), "{stranger:?}");
    assert!(!visitor.get(&path).text().contains(BUTTON));
}

#[test]
fn a_link_and_a_session_survive_a_restart_of_gk_admin() {
    let world = World::start();
    world.registered("docs");
    let (visitor, path) = asked(&world, ADMIN, "");
    assert!(world.stop_admin().success());
    world.start_admin();
    assert_eq!(visitor.post(&path, &[]).status, 303);
    world.kill_admin();
    assert_eq!(world.validate(visitor.session().as_deref(), Some("docs")).status, 200);
    world.start_admin();
    assert_eq!(visitor.get("/").status, 200);
}

#[test]
fn another_browser_cannot_use_the_link() {
    let world = World::start();
    world.person("bound@example.com");
    let (visitor, path) = asked(&world, "bound@example.com", "");
    let stranger = world.visitor();
    let page = stranger.get(&path);
    assert_eq!(page.status, 200);
    assert!(!page.text().contains(BUTTON), "{}", page.text());
    let refused = stranger.post(&path, &[]);
    assert_eq!((refused.status, refused.sets("gk_session")), (403, None), "{refused:?}");
    let own_request = world.visitor();
    own_request.ask_for_link("somebody@else.example", "");
    assert_eq!(own_request.post(&path, &[]).status, 403, "a cookie of another sign-in is not enough");
    assert_eq!(visitor.post(&path, &[]).status, 303, "the asking browser still can");
}

#[test]
fn a_form_of_another_site_cannot_use_the_link() {
    let world = World::start();
    world.person("forged@example.com");
    let (visitor, path) = asked(&world, "forged@example.com", "");
    let foreign = [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
    ];
    for (name, value) in foreign {
        let answer = visitor.ask(Request::form(&path, &[]).with(name, value));
        assert_eq!((answer.status, answer.sets("gk_session")), (403, None), "{name}: {value}");
    }
    assert_eq!(visitor.post(&path, &[]).status, 303);
}

#[test]
fn a_made_up_link_is_gone() {
    let world = World::start();
    let token = "A".repeat(43);
    for tail in [token.as_str(), "x", "", "..%2f..", &"A".repeat(4_000), "%00", "A/B"] {
        let answer = world.visitor().post(&format!("/signin/link/{tail}"), &[]);
        assert!((400..500).contains(&answer.status) && answer.sets("gk_session").is_none(), "{tail}: {answer:?}");
    }
}

#[test]
fn an_unknown_internal_address_becomes_an_approved_account_when_its_link_is_used() {
    let world = World::start();
    world.registered("docs");
    let email = format!("new.colleague@{INTERNAL}");
    let (visitor, path) = asked(&world, &format!(" New.Colleague@{} ", INTERNAL.to_uppercase()), "");
    visitor.get(&path);
    assert_eq!(status_of(&world, &email), None, "asking makes no account");
    assert_eq!(visitor.post(&path, &[]).status, 303);
    assert_eq!(status_of(&world, &email).as_deref(), Some("approved"));
    let answer = world.validate(visitor.session().as_deref(), Some("docs"));
    assert_eq!((answer.status, answer.header("x-auth-user")), (200, Some(email.as_str())));
}

#[test]
fn a_printed_link_signs_its_user_in_once_and_is_never_mailed() {
    let world = World::start();
    let link = world.gk(&["login-link", "--user", "admin"]).done();
    let path = link.trim_end().strip_prefix(&world.auth_url()).expect("the link is on the auth host").to_owned();
    let visitor = world.visitor();
    assert!(visitor.get(&path).text().contains(BUTTON));
    assert_eq!(visitor.post(&path, &[]).status, 303);
    assert_eq!(world.visitor().post(&path, &[]).status, 410);
    world.registered("docs");
    assert_eq!(world.validate(visitor.session().as_deref(), Some("docs")).header("x-auth-user"), Some(ADMIN));
    assert_eq!(world.letters_to(ADMIN), 0);
}

#[test]
fn the_answer_says_nothing_about_the_address_and_mail_goes_only_where_it_is_due() {
    let world = World::start();
    for email in ["known@example.com", "disabled@example.com", "limited@example.com"] {
        world.person(email);
    }
    world.gk(&["users", "add", "--email", "pending@example.com"]).done();
    world.gk(&["users", "update", "--user", "disabled@example.com", "--disable"]).done();
    for count in 1..=3 {
        world.visitor().ask_for_link("limited@example.com", "");
        world.wait_for_mail("limited@example.com", count);
    }
    let silent = [
        "unknown@example.com",
        "disabled@example.com",
        "limited@example.com",
        "not an address",
        "",
        "@",
        "known@example.com,evil@example.net",
        "known@example.com\r\nBcc: evil@example.net",
        "\"known\"@example.com",
        "evil@evil.example@inside.example",
        "kn\u{f6}wn@example.com",
    ];
    let expected = shape(&world, "known@example.com");
    let mut others = vec!["pending@example.com", "admin"];
    others.extend(silent);
    for email in others {
        assert_eq!(shape(&world, email), expected, "{email}");
    }
    world.wait_for_mail("known@example.com", 1);
    shape(&world, ADMIN); // mail leaves in order, so what is before this one has left
    world.wait_for_mail(ADMIN, 2);
    assert_eq!(world.mails_to("known@example.com").len(), 1);
    assert_eq!(world.mails_to("limited@example.com").len(), 3);
    for email in ["unknown@example.com", "disabled@example.com", "evil@"] {
        assert_eq!(world.letters_to(email), 0, "mail to {email}");
    }
}

/// What an onlooker can tell from asking for a link: both pages, without what is random or the address typed.
#[track_caller]
fn shape(world: &World, email: &str) -> (Vec<String>, Vec<String>) {
    let visitor = world.visitor();
    let answer = visitor.ask_for_link(email, "");
    let sent = visitor.get(answer.location());
    let flow = answer.location().rsplit('=').next().unwrap();
    // A wrong code tells no more than the page does.
    let wrong = visitor.post("/signin/sent", &[("flow", flow), ("code", "2222-2222")]);
    assert_eq!(wrong.status, 422);
    let without_flow = |answer: &Answer| lines(answer, email).iter().map(|line| line.replace(flow, "FLOW")).collect();
    (without_flow(&answer), [without_flow(&sent), without_flow(&wrong)].concat())
}

fn lines(answer: &Answer, email: &str) -> Vec<String> {
    let mut lines = vec![answer.status.to_string()];
    lines.extend(
        answer
            .headers
            .iter()
            .filter(|(name, _)| name != "date")
            .map(|(name, value)| format!("{name}: {}", plain(value))),
    );
    let mut body = answer.text();
    if email.len() > 5 {
        body = body.replace(email, "ADDRESS");
    }
    lines.push(body);
    lines
}

/// The flow cookie without its random name and value.
fn plain(value: &str) -> String {
    let Some(rest) = value.strip_prefix("gk_flow_") else { return value.to_owned() };
    let (name, rest) = rest.split_once('=').expect("a cookie has a name");
    let (secret, attributes) = rest.split_once(';').expect("and attributes");
    assert!(name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{value}");
    assert_eq!(secret.len(), 43, "{value}");
    format!("gk_flow_NAME=SECRET;{attributes}")
}

#[test]
fn the_link_leads_to_the_configured_host_whatever_the_request_says() {
    let world = World::start();
    world.person("host@example.com");
    let lies =
        [("X-Forwarded-Host", "evil.example"), ("Forwarded", "host=evil.example"), ("X-Forwarded-Proto", "https")];
    let request = Request::form("/signin", &[("email", "host@example.com"), ("redirect", "")]);
    let answer = world.visitor().ask(lies.iter().fold(request, |request, (name, value)| request.with(name, value)));
    assert_eq!(answer.status, 303);
    assert!(world.mailed_link("host@example.com", 1).starts_with(&format!("{}/signin/link/", world.auth_url())));
    let evil = Request::form("/signin", &[("email", ADMIN), ("redirect", "")]).with("Host", "evil.example");
    // A server that answers by any name is as good as one that knows its own, if the mail does not follow the name.
    assert_eq!(world.visitor().ask(evil).status, 303);
    assert!(world.mailed_link(ADMIN, 1).starts_with(&format!("{}/signin/link/", world.auth_url())));
}

#[test]
fn without_a_session_home_leads_to_sign_in() {
    let world = World::start();
    let answer = world.visitor().get("/");
    assert_eq!(answer.status, 303);
    assert!(answer.location().starts_with("/signin"), "{answer:?}");
    let page = world.visitor().get("/signin").text();
    assert!(page.contains("name=\"email\"") && page.contains("<main") && page.contains("<h1"), "{page}");
}

#[test]
fn a_forged_or_revoked_session_opens_no_page() {
    let world = World::start();
    let (cookie, id) = world.known_session(ADMIN);
    let visitor = world.visitor();
    visitor.remember(&cookie);
    assert_eq!(visitor.get("/").status, 200);
    world.gk(&["sessions", "revoke", "--session", &id]).done();
    wait_until("the home page to close", || visitor.get("/").status == 303);
    visitor.remember(&format!("gk_session={}", "A".repeat(200)));
    assert_eq!(visitor.get("/").status, 303);
}

#[test]
fn a_window_that_waits_tells_nobody_whether_there_is_an_account() {
    let world = World::start();
    world.person("known@example.com");
    world.person("curious@example.com");
    let (visitor, path) = asked(&world, "curious@example.com", "");
    assert_eq!(visitor.post(&path, &[]).status, 303);
    let pages = ["known@example.com", "unknown@example.com"].map(|email| {
        let sent = visitor.ask_for_link(email, "").location().to_owned();
        let flow = sent.rsplit('=').next().unwrap().to_owned();
        world.wait_for_mail("known@example.com", 1);
        let wrong = || visitor.post("/signin/sent", &[("flow", &flow), ("code", "2222-2222")]);
        let codes = (0..6).map(|_| wrong().status).collect::<Vec<_>>();
        let page = visitor.get(&sent);
        (codes, page.status, page.text().replace(&flow, "FLOW"))
    });
    assert_eq!(pages[0], pages[1]);
    assert!(pages[0].2.contains("If there is an account"), "{}", pages[0].2);
    let registers = ["known@example.com", "unknown2@example.com"].map(|email| {
        let sent = visitor.post("/register", &[("email", email)]).location().to_owned();
        let flow = sent.strip_prefix("/signin/sent?flow=").unwrap().strip_suffix("&for=register").unwrap();
        let wrong = visitor.post("/signin/sent", &[("flow", flow), ("for", "register"), ("code", "2222-2222")]);
        [visitor.get(&sent), wrong].map(|page| (page.status, page.text().replace(flow, "FLOW")))
    });
    assert_eq!(registers[0], registers[1]);
    for (_, page) in &registers[0] {
        assert!(!page.contains("If there is an account") && !page.contains("first."), "{page}");
    }
}

#[test]
fn a_window_without_a_sign_in_says_that_nothing_waits() {
    let world = World::start();
    let visitor = world.visitor();
    for path in ["/signin/sent", "/signin/sent?flow=0123456789abcdef", "/signin/sent?flow=x&for=register"] {
        let page = visitor.get(path).text();
        assert!(page.contains("Nothing waits here") && !page.contains("on its way"), "{path}: {page}");
        assert!(page.contains("href=\"/signin\""), "{path}: {page}");
    }
    let typed = visitor.post("/signin/sent", &[("flow", "0123456789abcdef"), ("code", "2222-2222")]);
    assert!(typed.status == 422 && typed.text().contains("Nothing waits here"), "{typed:?}");
}

#[test]
fn a_page_for_what_went_wrong_shows_who_is_signed_in_and_offers_them_no_sign_in() {
    let world = World::start();
    let alice = world.visitor_as("alice@example.com");
    let foreign = Request::form("/settings/name", &[]).with("Sec-Fetch-Site", "cross-site");
    let answers = [alice.get("/nowhere"), alice.get("/settings/name"), alice.get("/admin"), alice.ask(foreign)];
    for (answer, status) in answers.iter().zip([404, 405, 403, 403]) {
        let page = answer.text();
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(page.contains("alice@example.com") && page.contains("action=\"/signout\""), "{page}");
        assert!(page.contains(">Home</a>") && !page.contains("href=\"/signin\""), "{page}");
        assert!(answer.header("content-security-policy").unwrap().contains("default-src 'none'"), "{answer:?}");
    }
    let stranger = world.visitor().get("/nowhere").text();
    assert!(stranger.contains("href=\"/signin\"") && !stranger.contains("/signout"), "{stranger}");
}

#[test]
fn somebody_from_outside_registers_waits_and_is_approved() {
    let world = World::start();
    let email = "new@elsewhere.example";
    world.gk(&["users", "update", "--user", ADMIN, "--notify"]).done();
    let visitor = world.visitor();
    let answer = visitor.ask(Request::form("/register", &[("email", email), ("redirect", "")]));
    assert!(answer.status == 303 && answer.location().starts_with("/signin/sent?flow="), "{answer:?}");
    assert_eq!(visitor.post(&world.mailed_path(email, 1), &[]).status, 303);
    assert_eq!(status_of(&world, email).as_deref(), Some("pending"));
    assert!(visitor.get("/").text().contains("Your account waits"));
    let app = world.validate(visitor.session().as_deref(), Some("docs"));
    assert_eq!((app.status, app.header("x-gk-reason")), (403, Some("not-approved")));
    world.wait_for_mail(ADMIN, 1);
    world.gk(&["users", "approve", "--user", email]).done();
    world.wait_for_mail(email, 3);
    let app = world.validate(visitor.session().as_deref(), Some("docs"));
    assert_eq!(app.header("x-gk-reason"), Some("unregistered"), "the same session, now approved");
    // Whoever is known gets the same answer and the same mail as at sign-in.
    let known = world.visitor();
    known.ask(Request::form("/register", &[("email", email), ("redirect", "")]));
    assert_eq!(known.post(&world.mailed_path(email, 2), &[]).status, 303);
    world.gk(&["config", "set", "auth.self_registration", "false"]).done();
    assert!(world.visitor().get("/register").text().contains("closed"));
}

#[test]
fn every_page_carries_a_strict_policy() {
    let world = World::start();
    let visitor = world.visitor();
    for path in ["/signin", "/register", "/signin/sent", "/nowhere"] {
        let answer = visitor.get(path);
        let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{path}: {answer:?}"));
        assert!(policy.contains("default-src") && policy.contains("frame-ancestors"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(!answer.text().contains("<script>") && !answer.text().contains(" style="), "{path}");
    }
    for path in ["/livez", "/readyz", "/health"] {
        assert_eq!(visitor.get(path).status, 200, "{path}");
    }
    assert!(visitor.get("/health").text().contains("\"healthy\""));
}
