//! The whole walk in real Chromium, through nginx: protected page, sign-in, the mail's link, back, sign out.

use serde_json::json;

use crate::one_time;
use crate::world::{Browser, World, encode, wait_until};

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
    phone.looks(390, "light");
    phone.goto(&world.mailed_link(EMAIL, 1));
    assert_eq!(phone.run("return innerWidth").as_u64(), Some(390), "the window is a phone's");
    assert!(phone.overflow() <= 0, "the page is too wide for it");
    let code = phone.text_of("p.code");
    assert_eq!(code.len(), 9, "{code}");
    desktop.goto(&waiting);
    assert!(desktop.find("#code[autocomplete=one-time-code]").is_some(), "{}", desktop.source());
    desktop.write("#code", "2222 2222");
    desktop.click("main form button[type=submit]");
    assert!(desktop.text_of("#code-problem").contains("does not work"));
    desktop.write("#code", &format!(" {} ", code.to_lowercase().replace('-', " ")));
    desktop.click("main form button[type=submit]");
    desktop.wait_for_url("the page it came from", |url| url == format!("{}/far", world.docs_url()));
    assert!(phone.cookies().iter().all(|(name, _)| name != "gk_session"));
}

#[test]
fn from_an_app_that_is_not_behind_nginx_to_sign_in_and_back() {
    let world = world();
    let callback = format!("http://{}/callback?from=gatekeeper", world.app().address());
    let add = ["apps", "add", "--slug", "ledger", "--name", "The ledger", "--callback", &callback];
    world.gk(&add).done();
    world.gk(&["apps", "grant", "--slug", "ledger", "--email", EMAIL]).done();
    let key = world.key_of("read,mint", &["--app", "ledger"]);
    let browser = world.browser();
    let login = format!("{}/auth/login?callback_url={}&next=%2Fbooks", world.auth_url(), encode(&callback));
    browser.goto(&login);
    assert!(browser.text_of("h1").contains("Sign in to The ledger"));
    browser.write("input[name=identifier]", EMAIL);
    browser.click("main button[type=submit]");
    browser.wait_for_url("the page that says to look at one's mail", |url| url.contains("/signin/sent?flow="));
    browser.goto(&world.mailed_link(EMAIL, 1));
    browser.click("#confirm-signin");
    let before = format!("{callback}&token=");
    let redeemed = |browser: &Browser| {
        browser.wait_for_url("the app", |url| url.starts_with(&before));
        let code = browser.url().replace(&before, "");
        world.call(&key, "/api/v1/auth/verify-magic-link", &json!({ "token": code })).json()
    };
    let told = redeemed(&browser);
    assert_eq!((&told["email"], &told["redirect_url"]), (&json!(EMAIL), &json!("/books")), "{told}");
    assert_eq!(world.app().seen_with("/callback?from=gatekeeper&token=").len(), 1);
    // Signed in by now: one button.
    browser.goto(&login);
    browser.click("#go-on");
    assert_eq!(redeemed(&browser)["email"], EMAIL);
    // The app's server asks for the mail: its link asks for the code, in any browser.
    let ask = json!({ "identifier": EMAIL, "callback_url": callback, "redirect_url": "/third" });
    assert_eq!(world.call(&key, "/api/v1/auth/send-magic-link", &ask).status, 200);
    let other = world.browser();
    other.goto(&world.mailed_link(EMAIL, 2));
    enter(&other, &code_in(&world, 2));
    assert_eq!(redeemed(&other)["redirect_url"], "/third");
    other.goto(&world.auth_url());
    assert!(other.cookies().iter().all(|(name, _)| name != "gk_session"));
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
fn of_two_windows_of_one_sign_in_the_other_goes_on_when_the_code_is_typed_in_one() {
    let world = world();
    let browser = world.browser();
    ask_for_link(&world, &browser, "/both");
    let (address, target) = (browser.url(), format!("{}/both", world.docs_url()));
    let first = browser.open_window();
    browser.goto(&address);
    enter(&browser, &code_in(&world, 1).replace('-', "\u{a0}\u{2011}"));
    browser.wait_for_url("the page it came from", |url| url == target);
    browser.switch_to(&first);
    browser.wait_for_url("the other window to go there too", |url| url == target);
}

#[test]
fn a_window_goes_on_waiting_after_a_wrong_code() {
    let world = world();
    let browser = world.browser();
    ask_for_link(&world, &browser, "/waits");
    let address = browser.url();
    assert!(browser.text().contains("within 15 minutes, or type its code here within 10."), "{}", browser.text());
    enter(&browser, "2222 2222");
    assert!(browser.text_of("#code-problem").contains("does not work"));
    assert_eq!(browser.url(), address, "a reload finds the sign-in again");
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

#[test]
fn two_tabs_wait_for_two_sign_ins_and_a_reload_forgets_neither() {
    let world = world();
    let browser = world.browser();
    ask_for_link(&world, &browser, "/one");
    let first_code = code_in(&world, 1);
    let first = browser.open_window();
    ask_for_link(&world, &browser, "/two");
    let second_code = code_in(&world, 2);
    let second = browser.window();
    browser.reload();
    enter(&browser, &first_code);
    assert!(browser.text_of("#code-problem").contains("does not work"), "a code of the other tab");
    browser.switch_to(&first);
    browser.reload();
    enter(&browser, &first_code);
    browser.wait_for_url("the first page", |url| url == format!("{}/one", world.docs_url()));
    browser.switch_to(&second);
    browser.reload();
    enter(&browser, &second_code);
    browser.wait_for_url("the second page", |url| url == format!("{}/two", world.docs_url()));
}

#[test]
fn the_back_button_leads_to_a_page_with_a_way_on() {
    let world = world();
    let browser = world.browser();
    ask_for_link(&world, &browser, "/there");
    let target = format!("{}/there", world.docs_url());
    browser.back();
    // The browser has kept what was typed.
    browser.click("main button[type=submit]");
    browser.wait_for_url("the waiting page again", |url| url.contains("/signin/sent?flow="));
    browser.goto(&world.mailed_link(EMAIL, 2));
    browser.click("#confirm-signin");
    browser.wait_for_url("the page it came from", |url| url == target);
    browser.back();
    browser.wait_for_url("the used link", |url| url.contains("/signin/link/"));
    assert!(browser.text_of("main").contains("You are signed in"), "{}", browser.text());
    browser.back();
    browser.wait_for_url("the page it came from: what waited has gone on", |url| url == target);
}

#[test]
fn everything_works_without_javascript() {
    let world = world();
    let browser = world.browser_without_scripts();
    ask_for_link(&world, &browser, "/plain");
    let target = format!("{}/plain", world.docs_url());
    let waiting = browser.open_window();
    browser.goto(&world.mailed_link(EMAIL, 1));
    browser.click("#confirm-signin");
    browser.wait_for_url("the page it came from", |url| url == target);
    browser.switch_to(&waiting);
    browser.reload();
    browser.wait_for_url("the waiting window to go there too", |url| url == target);
    browser.goto(&world.auth_url());
    browser.click("form[action=\"/signout\"] button");
    browser.wait_for_url("the sign-in page", |url| url.contains("/signin"));
    ask_for_link(&world, &browser, "/plain");
    enter(&browser, &code_in(&world, 2));
    browser.wait_for_url("the page it came from", |url| url == target);
}

/// What some mail filters do with every link: open it in a real browser, run its scripts, press what can be pressed.
const PRESS: &str =
    "const all = document.querySelectorAll('button, input[type=submit], a'); all[arguments[0]]?.click();";

/// Presses each thing in turn, and then sends every form without asking the page.
#[track_caller]
fn scan(scanner: &Browser, link: &str) {
    scanner.goto(link);
    let things = scanner.run("return document.querySelectorAll('button, input[type=submit], a').length");
    for thing in 0..things.as_u64().expect("a number").max(6) {
        scanner.goto(link);
        scanner.run(&PRESS.replace("arguments[0]", &thing.to_string()));
        scanner.run("document.querySelectorAll('form').forEach(form => form.submit())");
        scanner.run("fetch(location.href, { method: 'POST' }).catch(() => 0)");
    }
}

#[test]
fn a_scanner_that_presses_every_button_signs_nobody_in_and_spoils_nothing() {
    let world = world();
    let person = world.browser();
    ask_for_link(&world, &person, "/kept");
    let waiting = person.url();
    let scanner = world.browser();
    scan(&scanner, &world.mailed_link(EMAIL, 1));
    assert!(scanner.cookies().iter().all(|(name, _)| name != "gk_session"));
    // The mail an app's server asks for leads to a page with a form for any browser.
    let callback = "https://wiki.example.net/callback";
    world.gk(&["apps", "update", "--slug", "docs", "--callback", callback]).done();
    let ask = serde_json::json!({ "identifier": EMAIL, "callback_url": callback });
    let asked = world.call(&world.key_of("mint", &["--app", "docs"]), "/api/v1/auth/send-magic-link", &ask);
    assert_eq!(asked.status, 200, "{asked:?}");
    let (link, code) = (world.mailed_link(EMAIL, 2), code_in(&world, 2));
    scan(&scanner, &link);
    let path = link.strip_prefix(&world.auth_url()).unwrap();
    let done = world.visitor().post(path, &[("code", &code)]);
    assert!(done.location().starts_with(callback), "{done:?}");
    scanner.goto(&format!("{}/kept", world.docs_url()));
    assert!(scanner.url().starts_with(&world.auth_url()), "{}", scanner.url());
    person.goto(&waiting);
    enter(&person, &code_in(&world, 1));
    person.wait_for_url("the page it came from", |url| url == format!("{}/kept", world.docs_url()));
}

/// The code in the mail number `count`, from 1.
#[track_caller]
fn code_in(world: &World, count: usize) -> String {
    one_time::code_in(&world.wait_for_sign_in_mail(EMAIL, count))
}

#[track_caller]
fn enter(browser: &Browser, code: &str) {
    browser.write("#code", code);
    browser.click("main form button[type=submit]");
}
