//! `gk mail`: the queue, its dead letters, and who gets none.

use super::{plainly, queued, trouble, wait_until_it_is};
use crate::world::{ADMIN, World, wait_until};

#[test]
fn the_queue_is_shown_and_a_mail_in_it_can_be_dropped() {
    let world = World::with(&[
        ("MAIL_TRANSPORT", "smtp"),
        ("SMTP_HOST", "127.0.0.1"),
        ("SMTP_PORT", "9"),
        ("SMTP_SECURITY", "none"),
    ]);
    super::ask(&world, ADMIN);
    wait_until("a try to have failed", || queued(&world, ADMIN).is_some_and(|mail| mail["tries"] != 0));
    let table = world.gk(&["mail", "queue", "--state", "queued"]).done();
    assert!(table.contains("sign-in") && table.contains(ADMIN) && table.contains("127.0.0.1:9"), "{table}");
    assert!(!table.contains("/signin/link/"), "a link is shown: {table}");
    let id = queued(&world, ADMIN).unwrap()["id"].to_string();
    world.gk(&["mail", "drop", "--id", &id]).done();
    assert_eq!(queued(&world, ADMIN).unwrap()["state"], "dropped");
    assert!(world.gk(&["mail", "drop", "--id", &id]).refused(1).contains("already"));
    assert!(world.gk(&["mail", "retry", "--id", &id]).refused(1).contains("nothing to send"));
    world.gk(&["mail", "drop", "--id", "4711"]).refused(1);
    assert_eq!(world.gk_json(&["mail", "queue", "--state", "dead"])["mails"].as_array().unwrap().len(), 0);
    world.gk(&["mail", "queue", "--state", "lost"]).refused(2);
}

#[test]
fn all_dead_letters_are_tried_again_at_once() {
    let (_folder, sink, world) = plainly(&[]);
    let both = ["policy.1", "policy.2"].map(trouble);
    for email in &both {
        super::ask(&world, email);
        wait_until_it_is(&world, email, "dead");
    }
    let said = world.gk(&["mail", "retry", "--all"]).done();
    assert!(said.contains("2 queued again, 0 not worth it any more"), "{said}");
    for email in &both {
        super::arrived(&sink, email);
    }
}

#[test]
fn an_address_or_a_name_with_a_line_break_is_refused_wherever_it_comes_in() {
    let world = World::start();
    let broken = "a@inside.example\r\nBcc: b@inside.example";
    world.gk(&["users", "add", "--email", broken]).refused(2);
    world.gk(&["mail", "test", "--to", broken]).refused(2);
    world.gk(&["mail", "suppress", "--email", broken]).refused(2);
    world.gk(&["mail", "suppress", "--email", ADMIN, "--reason", "a\r\nb"]).refused(2);
    world.gk(&["config", "set", "server.name", "Tor\r\nBcc: b@inside.example"]).refused(2);
    world.gk(&["config", "set", "mail.mail_sender", broken]).refused(2);
    let another = World::empty(&[]);
    another.gk_in(&[("APP_NAME", "Tor\r\nBcc: b@inside.example")], &["init-db"]).refused(2);
    assert_eq!(world.visitor().ask_for_link(broken, "").status, 303);
    super::ask(&world, ADMIN);
    world.wait_for_mail(ADMIN, 1);
    assert_eq!(world.gk_json(&["mail", "queue"])["mails"].as_array().unwrap().len(), 1);
}
