//! How many sign-in mails go out: to a mailbox, for a network, and while many wait; and what is said of it.

use crate::world::{ADMIN, INTERNAL, Line, Place, Request, World, wait_until};

#[test]
fn ten_requests_from_one_address_are_heard_and_the_eleventh_sends_nothing() {
    let world = World::start();
    let visitor = world.visitor();
    let email = |number: usize| format!("n{number}@{INTERNAL}");
    for number in 1..=12 {
        assert_eq!(visitor.ask_for_link(&email(number), "").status, 303);
    }
    world.visitor().ask_for_link(ADMIN, "");
    world.wait_for_mail(ADMIN, 1);
    let mailed = world.letters().iter().filter(|to| to.ends_with(INTERNAL)).count();
    assert_eq!(mailed, 10);
    let over = world.admin_metric("gk_signin_requests_total{outcome=\"over-network\"}");
    assert_eq!(over.map(f64::round), Some(2.0));
    let lines = world.admin_talk().lines().filter(|line| line.contains("over-network")).count();
    assert_eq!(lines, 1, "one line, not one for each request");
}

#[test]
fn plus_tags_share_the_allowance_of_their_mailbox() {
    let world = World::start();
    let email = |number: usize| format!("box+{number}@{INTERNAL}");
    for number in 1..=5 {
        world.visitor().ask_for_link(&email(number), "");
    }
    world.visitor().ask_for_link(ADMIN, "");
    world.wait_for_mail(ADMIN, 1);
    let mailed = world.letters().iter().filter(|to| to.ends_with(INTERNAL)).count();
    assert_eq!(mailed, 3);
}

#[test]
fn a_full_waiting_room_takes_nobody_more_and_administrators_are_not_flooded() {
    let world = World::start();
    world.gk(&["config", "set", "auth.pending_limit", "12"]).done();
    world.gk(&["users", "update", "--user", ADMIN, "--notify"]).done();
    for number in 1..=12 {
        let (visitor, email) = (world.visitor(), format!("n{number}@elsewhere.example"));
        visitor.post("/register", &[("email", &email), ("redirect", "")]);
        assert_eq!(visitor.post(&world.mailed_path(&email, 1), &[]).status, 303);
    }
    world.visitor().post("/register", &[("email", "late@elsewhere.example"), ("redirect", "")]);
    let metric = || world.admin_metric("gk_signin_requests_total{outcome=\"over-pending\"}");
    wait_until("the request to be counted", || metric().is_some_and(|count| count > 0.5));
    assert_eq!(world.letters_to("late@elsewhere.example"), 0);
    world.wait_for_mail("n12@elsewhere.example", 2);
    assert_eq!(world.mails_to(ADMIN).len(), 10, "ten an hour tell enough");
}

#[test]
fn strangers_who_use_up_a_mailbox_do_not_keep_its_owner_out() {
    let world = World::start();
    let owner = world.visitor();
    owner.ask_for_link(ADMIN, "");
    assert_eq!(owner.post(&world.mailed_path(ADMIN, 1), &[]).status, 303);
    owner.get("/signout");
    for _ in 0..5 {
        world.visitor().ask_for_link(ADMIN, "");
    }
    world.wait_for_mail(ADMIN, 3);
    let over = || world.admin_metric("gk_signin_requests_total{outcome=\"over-mailbox\"}");
    wait_until("the mailbox to be over its limit", || over().is_some_and(|count| count > 2.5));
    world.gk(&["config", "set", "auth.global_limit", "1"]).done();
    owner.ask_for_link(ADMIN, "");
    assert_eq!(owner.post(&world.mailed_path(ADMIN, 4), &[]).status, 303, "a browser that is known has its own share");
}

#[test]
fn strangers_behind_the_same_address_do_not_keep_a_known_browser_out() {
    let world = World::start();
    let owner = world.visitor();
    assert_eq!(owner.signs_in(ADMIN, 1).status, 303);
    owner.get("/signout");
    let neighbour = owner.neighbour();
    let email = |number: usize| format!("n{number}@{INTERNAL}");
    for number in 1..=12 {
        neighbour.ask_for_link(&email(number), "");
    }
    // A text that only looks like what a known browser keeps is counted with the strangers, however often it comes.
    let pretender = owner.neighbour();
    pretender.remember(&format!("gk_device={}", "A".repeat(43)));
    (13..=45).for_each(|number| drop(pretender.ask_for_link(&email(number), "")));
    let over = || world.admin_metric("gk_signin_requests_total{outcome=\"over-network\"}");
    wait_until("the network to be over its limit", || over().is_some_and(|count| count > 35.5));
    assert_eq!(owner.signs_in(ADMIN, 2).status, 303, "a browser that is known has its own share");
}

#[test]
fn a_restart_forgets_no_limit() {
    let world = World::start();
    for count in 1..=3 {
        world.visitor().ask_for_link(ADMIN, "");
        world.wait_for_mail(ADMIN, count);
    }
    world.kill_admin();
    world.start_admin();
    world.visitor().ask_for_link(ADMIN, "");
    let over = || world.admin_metric("gk_signin_requests_total{outcome=\"over-mailbox\"}");
    wait_until("the fourth request to be refused", || over().is_some_and(|count| count > 0.5));
    assert_eq!(world.mails_to(ADMIN).len(), 3);
}

#[test]
fn only_a_trusted_proxy_says_whose_request_it_is() {
    let world = World::bare(&[]);
    let place = Place::Tcp(world.start_admin_on("127.0.0.1:0"));
    let mut asked = 0;
    let mut ask = |forwarded: String| {
        asked += 1;
        let form = Request::form("/signin", &[("email", &format!("n{asked}@nowhere.example")), ("redirect", "")]);
        let mut line = Line::connect(&place).expect("gk-admin listens");
        let answer = line.ask(&form.with("X-Forwarded-For", &forwarded), &world.auth_host()).expect("it answers");
        assert_eq!(answer.status, 303);
    };
    let over = || world.admin_metric("gk_signin_requests_total{outcome=\"over-network\"}").map(f64::round);
    (1..=11).for_each(|number| ask(format!("203.0.113.{number}")));
    assert_eq!(over(), Some(1.0), "nobody is trusted: all came from the peer");
    world.gk(&["config", "set", "server.trusted_proxies", "127.0.0.0/8, 10.0.0.0/8"]).done();
    (1..=20).for_each(|number| ask(format!("198.51.100.{number}, 10.1.2.3")));
    assert_eq!(over(), Some(1.0), "each from an address of its own");
    (1..=12).for_each(|number| ask(format!("9.9.9.{number}, junk, 192.0.2.7, 10.1.2.3, 10.0.0.1")));
    assert_eq!(over(), Some(3.0), "the rightmost that is not trusted counts, whatever stands before it");
}
