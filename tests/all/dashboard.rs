//! The start page of the console: figures that are true, and how the parts are.

use crate::world::{ADMIN, Visitor, World, wait_until};

/// The figure beside these words.
#[track_caller]
fn figure(page: &str, words: &str) -> i64 {
    let (before, _) = page.split_once(&format!("<span>{words}</span>")).unwrap_or_else(|| panic!("no {words}: {page}"));
    let (_, number) = before.rsplit_once("<strong>").unwrap();
    number.split('<').next().unwrap().parse().unwrap()
}

#[track_caller]
fn front(admin: &Visitor<'_>) -> String {
    let answer = admin.get("/admin");
    assert_eq!(answer.status, 200);
    answer.text()
}

#[test]
fn every_figure_is_what_there_is_and_leads_to_where_something_can_be_done() {
    let world = World::start();
    world.grant("alice@example.com", "docs");
    world.gk(&["apps", "add", "--slug", "wiki", "--name", "Wiki", "--listed"]).done();
    for email in ["one@elsewhere.example", "two@elsewhere.example"] {
        world.gk(&["users", "add", "--email", email]).done();
    }
    world.gk(&["keys", "add", "--name", "nightly", "--scope", "read"]).done();
    let alice = world.visitor_as("alice@example.com");
    assert_eq!(alice.post("/request-access?app=wiki", &[("app", "wiki"), ("message", "please")]).status, 303);
    let visitor = world.visitor();
    assert_eq!(visitor.signs_in("bob@inside.example", 1).status, 303);
    let stranger = world.visitor();
    assert_eq!(stranger.ask_for_link("bob@inside.example", "").status, 303);
    let window = stranger.ask_for_link("bob@inside.example", "").location().to_owned();
    let flow = window.split("flow=").nth(1).unwrap().split('&').next().unwrap();
    assert_eq!(stranger.post("/signin/sent", &[("flow", flow), ("code", "2222-2222")]).status, 422);
    world.wait_for_sign_in_mail("bob@inside.example", 3);
    let admin = world.visitor_as(ADMIN);
    let page = front(&admin);
    for (words, wanted) in [
        ("request for access", 1),
        ("new accounts to approve", 2),
        ("people", 5),
        ("apps", 2),
        ("API key", 1),
        ("open sessions", 3),
        ("failed sign-in in 24 hours", 1),
        ("mails wait to be sent", 0),
        ("mails were given up", 0),
    ] {
        assert_eq!(figure(&page, words), wanted, "{words}");
    }
    assert!(page.contains("signed in: 1, failed: 1.") && page.matches("<svg").count() == 4, "{page}");
    for href in page.split("class=\"figure").skip(1).filter_map(|rest| rest.split("href=\"").nth(1)) {
        assert_eq!(admin.get(href.split('"').next().unwrap()).status, 200, "{href}");
    }
    world.gk(&["sessions", "revoke", "--user", "alice@example.com"]).done();
    assert_eq!(figure(&front(&admin), "open sessions"), 2);
}

#[test]
fn each_gk_validate_is_shown_as_it_is_now() {
    let world = World::start();
    let admin = world.visitor_as(ADMIN);
    let page = front(&admin);
    assert!(page.contains("activity.sock") && page.contains("up to date"), "{page}");
    world.person("alice@example.com");
    wait_until("the newest revision to be shown", || front(&admin).contains("up to date"));
    world.stop_validate();
    let page = front(&admin);
    assert!(page.contains("does not answer") && page.contains("Nobody is there."), "{page}");
    world.start_validate();
    wait_until("it to be back", || front(&admin).contains("up to date"));
}

#[test]
fn whoever_administers_an_app_sees_what_waits_there_and_nothing_of_the_installation() {
    let world = World::start();
    let roles = ["--roles", "reader,owner", "--admin-roles", "owner"];
    world.gk(&[&["apps", "add", "--slug", "wiki", "--name", "Wiki"][..], &roles].concat()).done();
    world.person("owner@example.com");
    world.gk(&["apps", "grant", "--slug", "wiki", "--email", "owner@example.com", "--role", "owner"]).done();
    let page = front(&world.visitor_as("owner@example.com"));
    assert!(page.contains("requests for access") && !page.contains("gk-validate") && !page.contains("<svg"), "{page}");
}
