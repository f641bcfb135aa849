use super::*;
use crate::service::sessions;
use crate::service::trial::{Trial, name};

#[test]
fn bars_end_now_and_hold_what_happened_in_their_time() {
    let trial = Trial::new();
    let answers = [(Happening::Allowed, 5), (Happening::Forbidden, 0)];
    trial.database.write(&crate::service::Caller::system("activity"), |op| record(op, &answers)).unwrap();
    trial.change("INSERT INTO tally SELECT what, hour - 23, 7 FROM tally; INSERT INTO tally SELECT what, min(hour) - 1, 9 FROM tally");
    let of = |what, span| trial.run(|op| bars(op, what, span)).unwrap();
    let day = of(Happening::Allowed, Span::Day);
    assert_eq!((day.len(), day[0].count, day[22].count, day[23].count), (24, 7, 0, 5));
    let month = of(Happening::Allowed, Span::Month);
    assert_eq!((month.len(), month.iter().map(|bar| bar.count).sum::<i64>()), (30, 21));
    assert!(of(Happening::Forbidden, Span::Day).iter().all(|bar| bar.count == 0));
}

#[test]
fn open_sessions_are_those_that_neither_ended_nor_ran_out() {
    let trial = Trial::new();
    let make = |seconds| trial.run(|op| sessions::create(op, &name("admin@example.com"), None, seconds)).unwrap();
    let (first, _, _) = (make(None), make(None), make(Some(60)));
    let open = || trial.run(|op| now(op)).unwrap().sessions;
    assert_eq!(open(), 3);
    trial.run(|op| sessions::end(op, first.session.id)).unwrap();
    assert_eq!(open(), 2);
    trial.change("UPDATE session SET expires_at = 1 WHERE expires_at < created_at + 100");
    assert_eq!(open(), 1);
    trial.run(sessions::end_everybodys).unwrap();
    assert_eq!(open(), 0);
}

/// How much SQLite does for all figures, in steps of its machine.
fn steps(trial: &Trial) -> i64 {
    let mut connection = rusqlite::Connection::open(trial.folder.path().join("gatekeeper.sqlite3")).unwrap();
    let steps = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(0));
    let counter = std::sync::Arc::clone(&steps);
    let count = move || {
        counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        false
    };
    connection.progress_handler(1, Some(count)).unwrap();
    let caller = crate::service::Caller::operator("root");
    let view = View::new(&connection, &caller, Err("not needed"), trial.database.now()).unwrap();
    now(&view).unwrap();
    for what in Happening::ALL {
        bars(&view, what, Span::Month).unwrap();
    }
    drop(view);
    steps.load(std::sync::atomic::Ordering::Relaxed)
}

#[test]
fn ten_times_the_rows_cost_at_most_twice_the_work() {
    let trial = Trial::new();
    let now = trial.database.now().0;
    let fill = |rows: i64| {
        trial.change(&format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
             INSERT INTO user (username, email, status, login_salt, created_at, updated_at)
             SELECT 'u' || i || '-{rows}@x.y', 'u' || i || '-{rows}@x.y', 'approved', randomblob(16), 1, 1 FROM n;
             INSERT INTO session (sid, user_id, method, created_at, last_seen_at, expires_at)
             SELECT randomblob(16), id, 'link', 1, 1, {now} + 86400 + id % 86400 FROM user;
             INSERT INTO api_key (name, prefix, hash, scopes, created_by, created_at)
             SELECT 'k', 'p', randomblob(32), 'read', 'root', 1 FROM user;
             INSERT INTO mail (uuid, kind, recipient, language, state, next_try_at, give_up_at, created_at)
             SELECT hex(randomblob(8)), 'x', 'a@b.c', 'en', 'sent', 1, 1, 1 FROM user;"
        ));
    };
    fill(300);
    let few = steps(&trial);
    fill(3000);
    let many = steps(&trial);
    assert!(many <= 2 * few, "{few} steps, and {many} with ten times the rows");
}
