//! The whole walk in real Chromium, through nginx: protected page, sign-in, the mail's link, back, sign out.

use crate::world::{Browser, World, wait_until};

const EMAIL: &str = "alice@example.com";

fn world() -> World {
    let world = World::start();
    world.grant(EMAIL, "docs");
    world.start_nginx();
    world
}

/// From the protected page to the page that says a mail is on its way.
#[track_caller]
fn ask_for_link(world: &World, browser: &Browser, page: &str) {
    browser.goto(&format!("{}{page}", world.docs_url()));
    let sign_in = format!("{}/signin", world.auth_url());
    assert!(browser.url().starts_with(&sign_in), "{}", browser.url());
    assert!(!browser.text().contains("the app answers"));
    browser.write("input[name=email]", EMAIL);
    browser.click("main button[type=submit]");
    browser.wait_for_url("the page that says to look at one's mail", |url| url.contains("/signin/sent?flow="));
}

#[test]
fn from_the_page_to_sign_in_and_back_and_out_again() {
    let world = world();
    let browser = world.browser();
    let page = "/guide/%C3%BCber%2Funs?a=1&b=2&redirect=x+y";
    ask_for_link(&world, &browser, page);
    browser.goto(&world.mailed_link(EMAIL, 1));
    assert!(browser.text().contains("docs"), "the page says where one signs in: {}", browser.text());
    browser.click("button[type=submit]#confirm-signin");
    let target = format!("{}{page}", world.docs_url());
    browser.wait_for_url(&target, |url| url == target);
    assert!(browser.text().contains("the app answers"), "{}", browser.text());
    assert!(browser.text().contains("X-Auth-User: alice@example.com"));
    let seen = world.app().seen_with("/guide/");
    assert_eq!(seen[0].line, format!("GET {page} HTTP/1.1"));
    assert!(seen[0].all("cookie").iter().all(|cookie| !cookie.contains("gk_")), "{seen:?}");
    assert!(browser.cookies().iter().any(|(name, value)| name == "gk_session" && value.len() == 200));
    browser.goto(&format!("{}/", world.auth_url()));
    assert!(browser.find("a.app-card").is_some(), "{}", browser.source());
    browser.click("form[action=\"/signout\"] button");
    wait_until("the session cookie to be gone", || browser.cookies().iter().all(|(name, _)| name != "gk_session"));
    browser.goto(&target);
    assert!(browser.url().starts_with(&format!("{}/signin", world.auth_url())), "{}", browser.url());
    assert_eq!(world.app().seen_with("/guide/").len(), seen.len(), "the page is closed again");
}

#[test]
fn a_code_read_on_the_phone_is_typed_where_the_mail_was_asked_for() {
    let world = world();
    let desktop = world.browser();
    ask_for_link(&world, &desktop, "/far");
    let waiting = desktop.url();
    let phone = world.browser();
    phone.goto(&world.mailed_link(EMAIL, 1));
    let code = phone.text_of("p.code");
    assert_eq!(code.len(), 9, "{code}");
    desktop.goto(&waiting);
    desktop.write("#code", "2222 2222");
    desktop.click("main form button[type=submit]");
    assert!(desktop.text_of("#code-problem").contains("does not work"));
    desktop.write("#code", &format!(" {} ", code.to_lowercase().replace('-', " ")));
    desktop.click("main form button[type=submit]");
    desktop.wait_for_url("the page it came from", |url| url == format!("{}/far", world.docs_url()));
    assert!(phone.cookies().iter().all(|(name, _)| name != "gk_session"));
}

#[test]
fn a_window_that_waits_goes_on_when_another_of_its_browser_signed_in() {
    let world = world();
    let browser = world.browser();
    ask_for_link(&world, &browser, "/waits");
    let waiting = browser.open_window();
    browser.goto(&world.mailed_link(EMAIL, 1));
    browser.click("#confirm-signin");
    let target = format!("{}/waits", world.docs_url());
    browser.wait_for_url("the page it came from", |url| url == target);
    browser.switch_to(&waiting);
    browser.wait_for_url("the waiting window to go there too", |url| url == target);
}

#[test]
fn a_link_opened_in_a_second_profile_signs_nobody_in_and_still_works_in_the_first() {
    let world = world();
    let first = world.browser();
    ask_for_link(&world, &first, "/first");
    let link = world.mailed_link(EMAIL, 1);
    let second = world.browser();
    second.goto(&link);
    assert!(second.find("#confirm-signin").is_none(), "{}", second.source());
    assert!(second.cookies().iter().all(|(name, _)| name != "gk_session"));
    second.goto(&format!("{}/first", world.docs_url()));
    assert!(second.url().starts_with(&world.auth_url()), "{}", second.url());
    for _ in 0..50 {
        let path = link.strip_prefix(&world.auth_url()).unwrap();
        assert_eq!((world.visitor().get(path).status, world.visitor().head(path).status), (200, 200));
    }
    first.goto(&link);
    first.click("#confirm-signin");
    first.wait_for_url("the page it came from", |url| url == format!("{}/first", world.docs_url()));
    assert!(first.text().contains("the app answers"));
    first.goto(&link);
    assert!(first.find("#confirm-signin").is_none(), "a used link has no button: {}", first.source());
    first.goto(&format!("{}/logout", world.docs_url()));
    first.goto(&format!("{}/first", world.docs_url()));
    assert!(first.url().starts_with(&world.auth_url()), "{}", first.url());
}
