//! The queue's rules, each against a real database.

use gk_shared::model::Email;
use serde_json::json;

use super::super::trial::{Trial, name};
use super::super::users::Rank;
use super::super::{Caller, Refusal, signin, users};
use super::*;
use crate::model::MailState;

fn due_now(trial: &Trial) -> Vec<Errand> {
    trial.database.read(&Caller::system("test"), |view| due(view, &Room::default())).unwrap()
}

fn settled(trial: &Trial, letter: &Letter, delivery: &Delivery) {
    let courier = Caller::system("courier");
    trial.database.write(&courier, |op| settle(op, letter, delivery)).unwrap();
}

/// A sign-in mail to the administrator; gives the number of its letter.
fn signing_in(trial: &Trial) -> i64 {
    trial.run(|op| signin::host_link(op, &name("admin@example.com"))).unwrap();
    let challenge = trial.count("SELECT max(id) FROM challenge");
    mail_to(trial, "admin@example.com", (MailKind::SignIn, Some(challenge)))
}

/// News for somebody; gives its number.
fn news(trial: &Trial, to: &str) -> i64 {
    mail_to(trial, to, (MailKind::RegistrationApproved, None))
}

fn mail_to(trial: &Trial, to: &str, (kind, challenge): (MailKind, Option<i64>)) -> i64 {
    let to = Email::parse(to).unwrap();
    let values = json!({ "link": "https://auth.example.com" });
    let mail = |give_up_at| Mail { kind, to: &to, language: None, values, challenge, give_up_at };
    trial.run(|op| queue(op, mail(op.now.plus(1000)))).unwrap();
    trial.count("SELECT max(id) FROM mail")
}

fn change(trial: &Trial, sql: &str) {
    trial.change(sql);
}

fn refused<T>(result: Result<T, Refusal>) -> String {
    result.map(|_| ()).expect_err("a refusal").to_string()
}

#[test]
fn a_sign_in_mail_is_dropped_once_its_link_is_dead_and_cannot_be_revived() {
    for end in ["UPDATE challenge SET used_at = 1", "UPDATE challenge SET expires_at = 1", "DELETE FROM challenge"] {
        let trial = Trial::new();
        let (waits, dead) = (signing_in(&trial), signing_in(&trial));
        let refusal = Delivery::Refused("no".into());
        due_now(&trial)
            .iter()
            .filter(|due| due.letter.id == dead)
            .for_each(|due| settled(&trial, &due.letter, &refusal));
        change(&trial, end);
        let [errand] = due_now(&trial).try_into().unwrap();
        assert!(matches!(errand.outcome, Some(Delivery::Dropped(_))), "{end}: {:?}", errand.outcome);
        settled(&trial, &errand.letter, &errand.outcome.unwrap());
        let kept = |id| trial.count(&format!("SELECT sealed_values IS NOT NULL FROM mail WHERE id = {id}"));
        assert_eq!((kept(waits), kept(dead)), (0, 1));
        assert!(refused(trial.run(|op| retry(op, waits))).contains("dropped"));
        assert!(refused(trial.run(|op| retry(op, dead))).contains("its link is dead"));
        assert_eq!(trial.run(retry_all).unwrap().left.len(), 1);
    }
}

#[test]
fn sign_ins_go_first_and_nobody_gets_two_at_once() {
    let trial = Trial::new();
    let (first, second) = (news(&trial, "a@example.com"), news(&trial, "a@example.com"));
    let sign_in = signing_in(&trial);
    let ids = |room: &Room| {
        let errands = trial.database.read(&Caller::system("test"), |view| due(view, room)).unwrap();
        errands.iter().map(|errand| errand.letter.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&Room::default()), [sign_in, first, second]);
    assert_eq!(ids(&Room { under_way: vec![first], ..Room::default() }), [sign_in]);
    change(&trial, &format!("UPDATE mail SET tries = 1 WHERE id = {first}"));
    assert_eq!(ids(&Room { repeated: false, ..Room::default() }), [sign_in, second]);
}

#[test]
fn a_letter_that_failed_waits_longer_each_time_and_dies_in_the_end() {
    let trial = Trial::new();
    let id = news(&trial, "a@example.com");
    let mut waits = Vec::new();
    let make_due = format!("UPDATE mail SET next_try_at = 0 WHERE id = {id}");
    while let [errand] = due_now(&trial).as_slice() {
        let before = trial.database.now().0;
        settled(&trial, &errand.letter, &Delivery::Delayed("not now".into()));
        let next = format!("SELECT next_try_at FROM mail WHERE id = {id} AND state = 'queued'");
        if trial.count("SELECT count(*) FROM mail WHERE state = 'queued'") == 0 {
            break;
        }
        waits.push((trial.count(&next) - before) / 2 * 2);
        change(&trial, &make_due);
        if waits.len() == 11 {
            change(&trial, "UPDATE mail SET give_up_at = 600");
        }
    }
    assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]);
    let [dead] = trial.database.read(&Caller::operator("root"), |view| list(view, None)).unwrap().try_into().unwrap();
    assert_eq!((dead.state, dead.tries, dead.last_error.as_str()), (MailState::Dead, 12, "not now"));
}

/// When the tries of a sign-in mail come whose link works for so many seconds, if each fails at once.
fn tries_within(lifetime: i64) -> Vec<i64> {
    let trial = Trial::new();
    let id = signing_in(&trial);
    let give_up_at = trial.database.now().plus(1_000_000).0;
    let (mut passed, mut tries) = (0, vec![0]);
    loop {
        // Time passes by the end of the link coming nearer.
        change(&trial, &format!("UPDATE mail SET next_try_at = 0, give_up_at = {give_up_at} WHERE id = {id}"));
        change(&trial, &format!("UPDATE challenge SET expires_at = {give_up_at}"));
        let [errand] = due_now(&trial).try_into().unwrap();
        let before = trial.database.now().0;
        let letter = Letter { give_up_at: Timestamp(before + lifetime - passed), ..errand.letter };
        settled(&trial, &letter, &Delivery::Delayed("not now".into()));
        if trial.count("SELECT count(*) FROM mail WHERE state = 'queued'") == 0 {
            return tries;
        }
        passed += trial.count(&format!("SELECT next_try_at FROM mail WHERE id = {id}")) - before;
        tries.push(passed);
    }
}

#[test]
fn a_sign_in_mail_is_tried_for_as_long_as_its_link_works() {
    for lifetime in [900, 60] {
        let tries = tries_within(lifetime);
        let gaps = tries.windows(2).map(|two| two[1] - two[0]);
        assert!(gaps.max().unwrap() <= 31, "{tries:?}");
        assert!((lifetime - 10..lifetime).contains(tries.last().unwrap()), "{tries:?}");
        assert!(tries.len() < 45, "{tries:?}");
    }
}

#[test]
fn a_sign_in_mail_that_is_delayed_just_before_its_end_is_tried_once_more() {
    let trial = Trial::new();
    let id = signing_in(&trial);
    let [errand] = due_now(&trial).try_into().unwrap();
    let letter = Letter { give_up_at: trial.database.now().plus(20), tries: 9, ..errand.letter };
    settled(&trial, &letter, &Delivery::Delayed("not now".into()));
    assert_eq!(trial.count(&format!("SELECT count(*) FROM mail WHERE id = {id} AND state = 'queued'")), 1);
}

#[test]
fn no_domain_that_enough_is_on_its_way_to_gets_more() {
    let trial = Trial::new();
    let (full, other) = (news(&trial, "a@full.example"), news(&trial, "a@other.example"));
    let ids = |crowded: &[&str]| {
        let crowded = crowded.iter().map(|domain| (*domain).to_owned()).collect();
        let room = Room { crowded, ..Room::default() };
        let errands = trial.database.read(&Caller::system("test"), |view| due(view, &room)).unwrap();
        errands.iter().map(|errand| errand.letter.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&[]), [full, other]);
    assert_eq!(ids(&["full.example"]), [other]);
}

#[test]
fn two_tries_without_an_answer_are_enough_and_a_clear_answer_counts_for_none() {
    let trial = Trial::new();
    let id = news(&trial, "a@example.com");
    let now = |trial: &Trial| {
        change(trial, "UPDATE mail SET next_try_at = 0");
        due_now(trial).pop().unwrap()
    };
    let courier = Caller::system("courier");
    let noted = |letter: &Letter| trial.database.write(&courier, |op| note_unclear(op, letter)).map(drop);
    for _ in 0..3 {
        let letter = now(&trial).letter;
        noted(&letter).unwrap();
        settled(&trial, &letter, &Delivery::Delayed("it was not taken".into()));
    }
    noted(&now(&trial).letter).unwrap(); // and the power is cut
    let letter = now(&trial).letter;
    noted(&letter).unwrap(); // again
    assert!(matches!(now(&trial).outcome, Some(Delivery::Refused(why)) if why.contains("may have arrived")));
    settled(&trial, &letter, &Delivery::Unclear("cut".into()));
    assert_eq!(trial.run(|op| retry(op, id)).unwrap().state, MailState::Queued);
    let letter = now(&trial).letter;
    trial.run(|op| discard(op, id)).unwrap();
    assert!(refused(noted(&letter)).contains("dropped meanwhile"));
    settled(&trial, &letter, &Delivery::Delayed("late".into()));
    assert_eq!(trial.count("SELECT count(*) FROM mail WHERE state = 'dropped'"), 1);
}

#[test]
fn a_full_queue_refuses_news_but_no_sign_in_and_no_verb() {
    let trial = Trial::new();
    let fill = "INSERT INTO mail (uuid, kind, recipient, language, state, next_try_at, give_up_at, created_at)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
        SELECT 'u' || i, 'test', 'a@example.com', 'en', 'queued', 9e9, 9e9, 0 FROM n";
    change(&trial, fill);
    trial.user("waiting@example.com", Rank::Person);
    let queued = || trial.count("SELECT count(*) FROM mail WHERE state = 'queued'");
    change(&trial, "UPDATE user SET status = 'pending' WHERE email = 'waiting@example.com'");
    trial.run(|op| users::approve(op, &name("waiting@example.com"))).unwrap();
    assert_eq!(queued(), 10_000);
    signing_in(&trial);
    assert_eq!(queued(), 10_001);
}

#[test]
fn what_is_over_is_deleted_in_its_time() {
    let trial = Trial::new();
    for (state, days) in [("sent", 8), ("dropped", 8), ("dead", 8), ("dead", 31), ("sent", 6), ("queued", 90)] {
        let id = news(&trial, "a@example.com");
        let at = trial.database.now().plus(-days * 86_400).0;
        change(
            &trial,
            &format!("UPDATE mail SET state = '{state}', settled_at = {at}, created_at = {at} WHERE id = {id}"),
        );
    }
    for job in &super::super::janitor::JOBS {
        trial.database.write(&Caller::system("keeper"), |op| super::super::janitor::run(op, job)).unwrap();
    }
    let left = "SELECT count(*) FROM mail WHERE id IN (3, 5, 6)";
    assert_eq!((trial.count("SELECT count(*) FROM mail"), trial.count(left)), (3, 3));
}

#[test]
fn a_suppressed_address_gets_no_mail_whatever_it_is_for() {
    let trial = Trial::new();
    let email = Email::parse("admin@example.com").unwrap();
    news(&trial, "admin@example.com");
    signing_in(&trial);
    trial.run(|op| suppress(op, &email, "")).unwrap();
    for errand in due_now(&trial) {
        assert_eq!(errand.outcome, Some(Delivery::Refused("suppressed".into())));
    }
    trial.run(|op| unsuppress(op, &email)).unwrap();
    assert!(due_now(&trial).iter().all(|errand| errand.outcome.is_none()));
    let letter = due_now(&trial).pop().unwrap().letter;
    settled(&trial, &letter, &Delivery::Bounced("550 5.1.1".into()));
    let audited = "SELECT count(*) FROM audit WHERE action = 'mail_suppressed' AND target = 'admin@example.com'";
    assert_eq!(trial.count(audited), 2);
    assert!(refused(trial.run(|op| test_letter(op, &email))).contains("suppressed: 550 5.1.1"));
}

#[test]
fn what_a_server_said_can_be_printed() {
    let said = Delivery::Delayed(format!("450 \u{1b}[2Jlater\r\n{}", "x".repeat(9000))).printable();
    assert!(matches!(said, Delivery::Delayed(text) if text.starts_with("450  [2Jlater  xx") && text.len() == 500));
}
