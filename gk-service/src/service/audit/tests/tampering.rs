//! What becomes of an audit that somebody with the database file, and without the key, has had their hands on.

use rusqlite::Connection;

use super::filled::{connect, filled};
use crate::service::audit::{Break, Verified, verify};
use crate::service::trial::Trial;
use crate::service::users::Rank;

/// Works on the file without the triggers.
fn tamper(trial: &Trial, sql: &str) {
    let connection = connect(trial);
    let drop =
        "DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_replaced; DROP TRIGGER audit_is_never_cut;
                DROP TRIGGER audit_checkpoint_is_never_changed; DROP TRIGGER audit_checkpoint_is_never_taken_away;";
    connection.execute_batch(drop).ok();
    connection.execute_batch(sql).unwrap();
}

fn check(trial: &Trial) -> Verified {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = Connection::open_with_flags(trial.folder.path().join("gatekeeper.sqlite3"), flags).unwrap();
    verify(&connection, &trial.database.root().unwrap(), &mut |_| ()).unwrap()
}

/// What is found after that was done to an audit that was whole before.
fn found_after(sql: &str) -> Vec<Break> {
    let trial = filled(20);
    let before = check(&trial);
    assert_eq!((before.breaks.len(), before.first), (0, 1));
    tamper(&trial, sql);
    let found = check(&trial);
    assert_eq!(found.broken, found.breaks.len() as u64);
    found.breaks
}

#[test]
fn an_edit_of_any_column_is_found_and_its_row_named() {
    let edits = [
        "at = at + 1",
        "actor_kind = 'operator2'",
        "actor_id = coalesce(actor_id, 0) + 1",
        "actor_id = CASE WHEN actor_id IS NULL THEN 0 END",
        "actor = 'x'",
        "action = 'x'",
        "target = 'x'",
        "app = 'x'",
        "ip = 'x'",
        "user_agent = 'x'",
        "before = 'x'",
        "after = 'x'",
        "key_id = 99",
        "target_user = coalesce(target_user, 0) + 1",
        "form = 1",
        "form = 3",
        "actor = actor || action, action = ''",
    ];
    for edit in edits {
        assert_eq!(found_after(&format!("UPDATE audit SET {edit} WHERE id = 10")), [Break::Changed(10)], "{edit}");
    }
    // Whoever writes a chain value too breaks the next row as well.
    let both = found_after("UPDATE audit SET actor = 'x', chain = zeroblob(32) WHERE id = 10");
    assert_eq!(both, [Break::Changed(10), Break::Changed(11)]);
}

#[test]
fn rows_that_were_taken_out_of_the_middle_or_off_the_beginning_are_named() {
    assert_eq!(found_after("DELETE FROM audit WHERE id = 10"), [Break::Missing(10, 10)]);
    assert_eq!(found_after("DELETE FROM audit WHERE id IN (5, 6, 7)"), [Break::Missing(5, 7)]);
    assert_eq!(found_after("DELETE FROM audit WHERE id <= 3"), [Break::Missing(1, 3)]);
}

#[test]
fn rows_that_changed_places_and_rows_that_were_put_in_are_named() {
    let swap = "UPDATE audit SET id = 1000 WHERE id = 10; UPDATE audit SET id = 10 WHERE id = 11; UPDATE audit SET id = 11 WHERE id = 1000";
    let swapped = found_after(swap);
    assert!(swapped.starts_with(&[Break::Changed(10), Break::Changed(11)]), "{swapped:?}");
    let copy = "(id, at, actor_kind, actor, action, key_id, chain, form) SELECT";
    let close = format!(
        "DELETE FROM audit WHERE id = 10; INSERT INTO audit {copy} 10, at, actor_kind, actor, action, key_id, chain, form FROM audit WHERE id = 9"
    );
    assert_eq!(found_after(&close)[0], Break::Changed(10));
    let behind = format!(
        "INSERT INTO audit {copy} id + 1, at, actor_kind, actor, action, key_id, chain, form FROM audit ORDER BY id DESC LIMIT 1"
    );
    let [.., added] =
        found_after(&behind).try_into().unwrap_or_else(|all: Vec<Break>| [all[0].clone(), all[all.len() - 1].clone()]);
    assert!(matches!(added, Break::Added(_)), "{added:?}");
}

#[test]
fn a_cut_is_found_whatever_is_done_to_the_head_and_whatever_is_written_after_it() {
    let last = check(&filled(20)).last;
    let cut = format!("DELETE FROM audit WHERE id > {}", last - 4);
    assert_eq!(found_after(&cut), [Break::Cut(last - 3, last)]);
    assert_eq!(found_after("DELETE FROM audit"), [Break::Cut(1, last)]);
    let set = "UPDATE audit_head SET (id, chain) = (SELECT id, chain FROM audit ORDER BY id DESC LIMIT 1)";
    assert_eq!(found_after(&format!("{cut}; {set}")), [Break::NoHead]);
    assert_eq!(found_after(&format!("{cut}; DELETE FROM audit_head")), [Break::NoHead]);
    assert_eq!(found_after("DELETE FROM audit; DELETE FROM audit_head"), [Break::NoHead]);
    for then in ["", set, "DELETE FROM audit_head"] {
        let trial = filled(20);
        tamper(&trial, &format!("{cut}; {then}"));
        // Life goes on, and the break stays where it was.
        trial.user("bob@example.com", Rank::Person);
        trial.user("carol@example.com", Rank::Person);
        let found = check(&trial);
        let wanted = if then.is_empty() { Break::Missing(last - 3, last) } else { Break::Changed(last - 3) };
        assert_eq!(found.breaks, [wanted], "{then}");
        let noted = trial.count("SELECT count(*) FROM audit WHERE action = 'audit_broken'");
        assert_eq!(noted, i64::from(!then.is_empty()), "{then}");
    }
}

#[test]
fn breaks_are_counted_and_the_first_hundred_named() {
    let trial = filled(500);
    tamper(&trial, "UPDATE audit SET actor = 'x'");
    let found = check(&trial);
    assert_eq!((found.breaks.len(), found.broken), (100, found.rows));
    assert_eq!(found.breaks[0], Break::Changed(1));
}

#[test]
fn a_foreign_root_key_verifies_nothing() {
    let (trial, other) = (filled(5), Trial::new());
    assert!(verify(&connect(&trial), &other.database.root().unwrap(), &mut |_| ()).is_err());
}
