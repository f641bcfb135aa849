//! Servers that hang, cut connections and refuse: every mail arrives once or at most twice, or is there to be tried
//! again, and nobody waits for somebody else's.

use std::time::Instant;

use super::{arrived, ask, kept, plainly, queued, room, sending, trouble, wait_until_it_is};
use crate::world::{ADMIN, INTERNAL, Sink, wait_for, wait_until};

#[test]
fn recipients_that_hang_hold_up_nobody_and_are_tried_again() {
    let (_folder, sink, world) = plainly(&[("MAIL_TIMEOUT_SECONDS", "6"), ("AUTH_ADDRESS_LIMIT", "100")]);
    let hanging = (1..=14).map(|number| trouble(&format!("hang.{number}"))).collect::<Vec<_>>();
    for email in &hanging {
        ask(&world, email);
    }
    wait_until("all of them to be asked for", || hanging.iter().all(|email| queued(&world, email).is_some()));
    let started = Instant::now();
    ask(&world, ADMIN);
    arrived(&sink, ADMIN);
    // Nobody's time-out is over before that.
    assert!(started.elapsed().as_secs() < 4, "a sign-in waited for others: {:?}", started.elapsed());
    for email in &hanging {
        let mail = wait_for("a second try", || queued(&world, email).filter(|mail| mail["tries"] != 0));
        assert_eq!(mail["state"], "queued", "{mail}");
        assert!(mail["last_error"].as_str().unwrap().contains("no answer within 6 seconds"), "{mail}");
    }
    ask(&world, &format!("later@{INTERNAL}"));
    arrived(&sink, &format!("later@{INTERNAL}"));
}

#[test]
fn a_connection_cut_in_data_delivers_once_or_at_most_twice_and_loses_nothing() {
    let (_folder, sink, world) = plainly(&[]);
    let [mid, lost, once, always] = ["mid", "cutlost", "cutonce", "cutalways"].map(trouble);
    for email in [&mid, &lost, &once, &always] {
        ask(&world, email);
    }
    for email in [&mid, &lost, &once] {
        wait_until_it_is(&world, email, "sent");
    }
    let dead = wait_until_it_is(&world, &always, "dead");
    assert!(dead["last_error"].as_str().unwrap().contains("may have arrived"), "{dead}");
    assert_eq!([&mid, &lost, &once, &always].map(|email| kept(&sink, email)), [1, 1, 2, 2]);
    let same = sink.mails().into_iter().filter(|mail| mail.contains(&format!("To: {once}")));
    let ids = same.map(|mail| mail.lines().find(|line| line.starts_with("Message-ID:")).map(str::to_owned));
    let ids = ids.collect::<Vec<_>>();
    assert_eq!(ids[0], ids[1], "both are the same message");
}

#[test]
fn a_power_cut_between_the_last_dot_and_the_answer_costs_a_second_delivery_and_never_a_third() {
    let (_folder, sink, world) = plainly(&[]);
    let silent = trouble("silent");
    ask(&world, &silent);
    for count in 1..=2 {
        wait_until("the server to have the mail", || kept(&sink, &silent) == count);
        world.kill_admin();
        world.start_admin();
    }
    let dead = wait_until_it_is(&world, &silent, "dead");
    assert!(dead["last_error"].as_str().unwrap().contains("may have arrived"), "{dead}");
    ask(&world, ADMIN);
    arrived(&sink, ADMIN);
    assert_eq!(kept(&sink, &silent), 2);
}

#[test]
fn a_stop_waits_for_the_answer_to_a_mail_that_is_on_its_way() {
    let (_folder, sink, world) = plainly(&[]);
    let late = trouble("late");
    ask(&world, &late);
    wait_until("the server to have the mail", || kept(&sink, &late) == 1);
    world.stop_admin();
    assert_eq!(queued(&world, &late).unwrap()["state"], "sent");
}

#[test]
fn a_recipient_that_does_not_exist_gets_no_mail_of_any_kind_any_more() {
    let (_folder, sink, world) = plainly(&[]);
    let perm = trouble("perm");
    ask(&world, &perm);
    wait_until_it_is(&world, &perm, "dead");
    let list = world.gk(&["mail", "suppressed"]).done();
    assert!(list.contains(&perm) && list.contains("bounce") && list.contains("5.1.1"), "{list}");
    world.gk(&["users", "add", "--email", &perm, "--fullname", "Nobody"]);
    ask(&world, &perm);
    let refused = wait_for("the second one to be dead", || {
        queued(&world, &perm)
            .filter(|mail| mail["state"] == "dead" && mail["last_error"].as_str().unwrap().starts_with("suppressed"))
    });
    assert!(world.gk(&["mail", "retry", "--id", &refused["id"].to_string()]).refused(1).contains("unsuppress"));
    assert!(world.gk(&["mail", "test", "--to", &perm]).refused(1).contains("suppressed"));
    world.gk(&["mail", "unsuppress", "--email", &perm]).done();
    assert!(world.gk(&["mail", "test", "--to", &perm]).refused(1).contains("5.1.1"));
    world.gk(&["mail", "suppress", "--email", ADMIN, "--reason", "left us"]).done();
    ask(&world, ADMIN);
    let mail = wait_until_it_is(&world, ADMIN, "dead");
    assert_eq!(mail["last_error"], "suppressed: left us");
    assert!(sink.mails().is_empty());
}

#[test]
fn a_refusal_that_does_not_speak_of_the_recipient_is_tried_again_by_hand() {
    let (_folder, sink, world) = plainly(&[]);
    let policy = trouble("policy");
    ask(&world, &policy);
    let dead = wait_until_it_is(&world, &policy, "dead");
    assert_eq!(world.gk_json(&["mail", "suppressed"])["suppressed"].as_array().unwrap().len(), 0);
    world.gk(&["mail", "retry", "--id", &dead["id"].to_string()]).done();
    arrived(&sink, &policy);
    wait_until_it_is(&world, &policy, "sent");
    assert!(world.gk(&["mail", "retry", "--id", &dead["id"].to_string()]).refused(1).contains("sent"));
}

#[test]
fn a_test_mail_says_what_the_server_answered() {
    let (folder, certificates) = room();
    let sink = Sink::start(&folder.path().join("mail"), "starttls", &certificates);
    let others = super::Certificates::make(&folder.path().join("others"));
    let world = sending("starttls", sink.port(), &certificates, &[("SMTP_CA_FILE", ""), ("SMTP_PASSWORD", "")]);
    world.stop_admin();
    world.gk(&["config", "set", "mail.smtp_password", "mailpw"]).done();
    let trust = |authority: std::path::PathBuf| {
        world.gk(&["config", "set", "mail.smtp_ca_file", authority.to_str().unwrap()]).done()
    };
    trust(others.authority());
    assert!(world.gk(&["mail", "test", "--to", ADMIN]).refused(1).contains("certificate"));
    trust(certificates.authority());
    let said = world.gk(&["mail", "test", "--to", ADMIN]).done();
    assert!(said.contains("250 2.0.0 Kept as 1"), "{said}");
    assert!(arrived(&sink, ADMIN).contains("Subject: Gatekeeper - Test mail"));
    let said = world.gk(&["mail", "test", "--to", &trouble("temp")]).refused(1);
    assert!(said.contains("4.7.1"), "{said}");
    world.gk(&["config", "set", "mail.smtp_password", "wrong-word"]).done();
    let said = world.gk(&["mail", "test", "--to", ADMIN]).refused(1);
    assert!(said.contains("535") && !said.contains("wrong-word"), "{said}");
    sink.stop();
    assert!(world.gk(&["mail", "test", "--to", ADMIN]).refused(1).contains("onnect"));
}
