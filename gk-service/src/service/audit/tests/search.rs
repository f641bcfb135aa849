//! What is found.

use gk_shared::time::Timestamp;
use rusqlite::params;

use super::filled::{START, all, connect, filled, part};
use crate::model::AuditFilter;
use crate::service::trial::{Trial, name, slug};
use crate::service::users::{self, Seeded};
use crate::service::{Caller, audit};

/// Every filter with the condition it stands for, written out.
fn filters() -> Vec<(AuditFilter, &'static str)> {
    let none = AuditFilter::default;
    let text = |text: &str| Some(text.to_owned());
    let at = |row: i64| Some(Timestamp(START + 10 * row));
    vec![
        (
            AuditFilter { person: text("alice@example.com"), ..none() },
            "(target_user = 2 OR (actor_kind = 'person' AND actor_id = 2))",
        ),
        (AuditFilter { actor: text("admin5@example.com"), ..none() }, "actor = 'admin5@example.com'"),
        (AuditFilter { action: text("grant_given"), ..none() }, "action = 'grant_given'"),
        (AuditFilter { app: Some(slug("wiki")), ..none() }, "app = 'wiki'"),
        (AuditFilter { ip: "192.0.2.4".parse().ok(), ..none() }, "ip = '192.0.2.4'"),
        (AuditFilter { text: text("person 7"), ..none() }, "after LIKE '%Person 7\"%'"),
        (AuditFilter { since: at(1500), ..none() }, "at >= 1700015000"),
        (AuditFilter { until: at(2500), ..none() }, "at < 1700025000"),
    ]
}

/// Both at once.
fn both(one: &AuditFilter, other: &AuditFilter) -> AuditFilter {
    let (one, other) = (one.clone(), other.clone());
    AuditFilter {
        person: one.person.or(other.person),
        actor: one.actor.or(other.actor),
        action: one.action.or(other.action),
        app: one.app.or(other.app),
        ip: one.ip.or(other.ip),
        text: one.text.or(other.text),
        since: one.since.or(other.since),
        until: one.until.or(other.until),
    }
}

#[test]
fn every_filter_and_every_two_of_them_find_exactly_what_they_mean() {
    let trial = filled(6_000);
    let connection = connect(&trial);
    let (mut empty, filters) = (0, filters());
    for (one, meant) in &filters {
        for (other, also) in &filters {
            let sql = format!("SELECT id FROM audit WHERE {meant} AND {also} ORDER BY id DESC");
            let mut statement = connection.prepare(&sql).unwrap();
            let wanted = statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<Vec<i64>, _>>().unwrap();
            empty += i32::from(wanted.is_empty());
            assert_eq!(all(&trial, &both(one, other)), wanted, "{meant} AND {also}");
        }
    }
    assert!(empty < 6, "most have something to find");
}

#[test]
fn what_a_clock_that_was_set_back_wrote_is_found_by_its_time() {
    let trial = filled(200);
    let late = START + 3 * 86_400;
    trial.change(&format!(
        "INSERT INTO audit (at, actor_kind, actor, action, key_id, chain) VALUES ({late}, 'x', 'x', 'ahead', 1, zeroblob(32));
         INSERT INTO audit (at, actor_kind, actor, action, key_id, chain) VALUES ({START}, 'x', 'x', 'back', 1, zeroblob(32))"
    ));
    let found = |since: i64, until: i64| {
        let filter =
            AuditFilter { since: Some(Timestamp(since)), until: Some(Timestamp(until)), ..AuditFilter::default() };
        part(&trial, &filter, None, 3).entries.into_iter().map(|entry| entry.action).collect::<Vec<_>>()
    };
    assert_eq!(found(late, late + 1), ["ahead"]);
    assert_eq!(found(START, START + 1).first().map(String::as_str), Some("back"));
    assert_eq!(found(late + 600, late + 1200), [""; 0]);
}

#[test]
fn a_person_is_found_by_both_names_and_after_they_are_gone() {
    let trial = Trial::new();
    let rank = users::Rank::Person;
    let bob = trial.user("bob@example.com", rank);
    trial.run(|op| users::approve(op, &name("admin@example.com"))).ok();
    let of = |text: &str| all(&trial, &AuditFilter { person: Some(text.into()), ..AuditFilter::default() });
    let there = of("bob@example.com");
    assert!(!there.is_empty());
    trial.run(|op| users::remove(op, &bob.username, Seeded::Refuse)).unwrap();
    let gone = of("BOB@example.com");
    assert!(gone.len() > there.len() && there.iter().all(|id| gone.contains(id)), "{gone:?}");
    assert_eq!(of("nobody@example.com"), [0; 0]);
}

#[test]
fn no_text_is_a_mistake() {
    let trial = filled(50);
    let of = |text: &str| all(&trial, &AuditFilter { text: Some(text.into()), ..AuditFilter::default() });
    for text in [
        "\"",
        "'",
        "*",
        "a*",
        "NOT",
        "AND AND",
        "a OR",
        "(",
        "NEAR(a b)",
        "actor:",
        "{actor} : x",
        "^a",
        "a - b",
        "\0",
        "a\0b",
        "-",
        "😀",
        "\u{202e}",
        "--",
        "a\"b\"c",
        "+",
        "col : *",
        "﷽",
        "x\u{7f}y",
    ] {
        of(text);
        of(&format!("login {text}"));
        of(&text.repeat(500));
    }
    assert_eq!(
        of("ADMIN7@example.com LOGIN").len(),
        all(
            &trial,
            &both(
                &AuditFilter { actor: Some("admin7@example.com".into()), ..AuditFilter::default() },
                &AuditFilter { action: Some("login".into()), ..AuditFilter::default() },
            )
        )
        .len()
    );
    assert_eq!((of("zzz").len(), of("***").len()), (0, 0));
}

#[test]
fn what_is_new_is_given_in_its_order_and_only_once() {
    let trial = filled(30);
    let filter = AuditFilter { action: Some("login".into()), ..AuditFilter::default() };
    let newest = part(&trial, &filter, None, 1).entries[0].id;
    super::filled::add(&trial, 30, 60);
    let new = trial.database.read(&Caller::operator("root"), |view| audit::newer(view, &filter, newest)).unwrap();
    let ids = new.iter().map(|entry| entry.id).collect::<Vec<_>>();
    assert_eq!(ids, [newest + 6, newest + 12, newest + 18, newest + 24, newest + 30]);
    let actions = trial.database.read(&Caller::operator("root"), audit::actions).unwrap();
    let count = connect(&trial).query_row("SELECT count(DISTINCT action) FROM audit", params![], |row| row.get(0));
    assert_eq!(i64::try_from(actions.len()), count.map_err(|_| unreachable!()));
}

#[test]
fn strangers_and_people_see_nothing() {
    let trial = filled(5);
    let alice = trial.run(|op| users::find(op, &name("alice@example.com"))).unwrap();
    let filter = AuditFilter::default();
    assert!(trial.run_as_stranger(|op| audit::list(op, &filter, None, 5)).is_err());
    assert!(trial.run_as(alice.id, 1, |op| audit::list(op, &filter, None, 5)).is_err());
    assert!(trial.run_as(alice.id, 1, |op| audit::find(op, 1)).is_err());
    assert!(trial.run_as(alice.id, 1, |op| audit::verify_here(op, &mut |_| ())).is_err());
    assert!(trial.run_as(alice.id, 1, audit::prune).is_err());
}
