//! What an audit costs that is ten times as long: counted in SQLite's own steps, which no other work disturbs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use gk_shared::time::Timestamp;
use rusqlite::Connection;

use super::filled::{START, add, connect, filled};
use crate::model::AuditFilter;
use crate::service::op::View;
use crate::service::trial::{Trial, slug};
use crate::service::{Caller, audit};

/// A page.
const PAGE: usize = 50;

/// Sets one thing as the second has it.
type Narrow = fn(&mut AuditFilter, &AuditFilter);

/// What people ask, alone and in twos, among that many rows.
fn questions(rows: i64) -> Vec<(String, AuditFilter)> {
    let text = |text: &str| Some(text.to_owned());
    let set: [(&str, Narrow); 9] = [
        ("person", |to, from| to.person.clone_from(&from.person)),
        ("actor", |to, from| to.actor.clone_from(&from.actor)),
        ("action", |to, from| to.action.clone_from(&from.action)),
        ("app", |to, from| to.app.clone_from(&from.app)),
        ("ip", |to, from| to.ip.clone_from(&from.ip)),
        ("text", |to, from| to.text.clone_from(&from.text)),
        ("since", |to, from| to.since = from.since),
        ("until", |to, from| to.until = from.until),
        ("nobody", |to, _| to.actor = Some("nobody@example.com".into())),
    ];
    let all = AuditFilter {
        person: text("alice@example.com"),
        actor: text("admin5@example.com"),
        action: text("grant_given"),
        app: Some(slug("wiki")),
        ip: "192.0.2.4".parse().ok(),
        text: text("person 7"),
        since: Some(Timestamp(START + 10 * rows / 4)),
        until: Some(Timestamp(START + 10 * rows / 2)),
    };
    let mut questions = vec![("everything".to_owned(), AuditFilter::default())];
    for (place, (name, one)) in set.iter().enumerate() {
        for (other_name, other) in set.iter().take(place + 1) {
            let mut filter = AuditFilter::default();
            one(&mut filter, &all);
            other(&mut filter, &all);
            questions.push((format!("{name} and {other_name}"), filter));
        }
    }
    // A word that one row in ten thousand has.
    questions.push(("a rare word".to_owned(), AuditFilter { text: text("needle"), ..AuditFilter::default() }));
    questions
}

/// How much each question costs: steps, in hundreds, and microseconds.
fn costs(trial: &Trial, rows: i64) -> Vec<(String, u64, u128)> {
    let mut connection = connect(trial);
    let steps = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&steps);
    let count = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        false
    };
    connection.progress_handler(100, Some(count)).unwrap();
    let ask = |(name, filter): (String, AuditFilter)| {
        let before = steps.load(Ordering::Relaxed);
        let began = Instant::now();
        page(trial, &connection, &filter);
        (name, steps.load(Ordering::Relaxed) - before, began.elapsed().as_micros())
    };
    questions(rows).into_iter().map(ask).collect()
}

fn page(trial: &Trial, connection: &Connection, filter: &AuditFilter) {
    let caller = Caller::operator("root");
    let view = View::new(connection, &caller, Err("no key"), trial.database.now()).unwrap();
    audit::list(&view, filter, None, PAGE).unwrap();
}

/// Ten times the rows may cost twice as much, and a little for what is rounded.
fn compare(few: &[(String, u64, u128)], many: &[(String, u64, u128)]) {
    for ((name, few, _), (_, many, _)) in few.iter().zip(many) {
        assert!(*many <= 2 * few + 20, "{name}: {few} hundred steps, and {many} with ten times the rows");
    }
}

#[test]
fn two_hundred_thousand_rows_cost_at_most_twice_what_twenty_thousand_do() {
    let trial = filled(20_000);
    let few = costs(&trial, 20_000);
    add(&trial, 20_000, 200_000);
    compare(&few, &costs(&trial, 200_000));
    let checked = audit::verify(&connect(&trial), &trial.database.root().unwrap(), &mut |_| ()).unwrap();
    assert!(checked.rows > 200_000 && checked.breaks.is_empty());
}

/// Five million rows, and figures. `cargo test --release -p gk-service --lib soak_of_the_audit -- --ignored --nocapture`
#[test]
#[ignore = "takes minutes, and a release build to mean something"]
fn soak_of_the_audit() {
    let began = Instant::now();
    let trial = filled(500_000);
    let few = costs(&trial, 500_000);
    for part in 1..10 {
        add(&trial, part * 500_000, (part + 1) * 500_000);
    }
    eprintln!("5,000,000 rows written in {:?}", began.elapsed());
    costs(&trial, 5_000_000);
    let many = costs(&trial, 5_000_000);
    for (name, steps, micros) in &many {
        eprintln!("{name}: {micros} µs, {steps} hundred steps");
    }
    compare(&few, &many);
    let slowest = many.iter().map(|(_, _, micros)| *micros).max().unwrap();
    let began = Instant::now();
    let checked = audit::verify(&connect(&trial), &trial.database.root().unwrap(), &mut |_| ()).unwrap();
    let seconds = began.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    let speed = checked.rows as f64 / seconds;
    eprintln!("slowest page {slowest} µs; verified {} rows in {seconds:.1} s: {speed:.0} rows a second", checked.rows);
    assert!(checked.breaks.is_empty());
    assert!(slowest < 100_000, "a page within 100 ms");
}
