//! Rows that are taken away for their age, and rows that are sent on.

use rusqlite::Connection;

use super::filled::{connect, filled};
use crate::service::audit::{self, Break};
use crate::service::settings;
use crate::service::trial::Trial;

fn breaks(trial: &Trial) -> Vec<Break> {
    audit::verify(&connect(trial), &trial.database.root().unwrap(), &mut |_| ()).unwrap().breaks
}

fn prune(trial: &Trial) -> usize {
    trial.run(audit::prune).unwrap()
}

#[test]
fn what_is_older_than_the_days_goes_behind_a_checkpoint_and_the_rest_verifies() {
    let trial = filled(7_000);
    assert_eq!(prune(&trial), 0);
    assert_eq!(trial.count("SELECT min(id) FROM audit"), 1);
    trial.run(|op| settings::set(op, "audit.keep_days", "30")).unwrap();
    // The first rows are of today: nothing behind them goes, since nothing is taken out of the middle.
    assert_eq!(prune(&trial), 0);
    assert_eq!(trial.count("SELECT min(id) FROM audit"), 1);
    trial.change("DROP TRIGGER audit_is_never_cut; DELETE FROM audit WHERE id < 5; DELETE FROM audit_checkpoint");
    assert_eq!(breaks(&trial), [Break::Missing(1, 4)]);
    assert_eq!(prune(&trial), 5_000);
    assert_eq!(breaks(&trial), []);
    assert!((1..5_000).contains(&prune(&trial)));
    assert_eq!(breaks(&trial), []);
    let left = trial.count("SELECT count(*) FROM audit");
    assert!((1..10).contains(&left), "{left}");
    assert_eq!(trial.count("SELECT count(*) FROM audit WHERE action = 'audit_shortened'"), 2);
    assert_eq!(trial.count("SELECT count(*) FROM audit_text WHERE audit_text MATCH 'grant_given'"), 0);
    assert_eq!(trial.count("SELECT count(*) FROM audit_time WHERE last < (SELECT min(id) FROM audit)"), 0);
}

#[test]
fn nothing_may_be_cut_that_no_checkpoint_covers_and_a_forged_one_is_named() {
    let trial = filled(20);
    let connection = connect(&trial);
    let refused = |sql: &str| connection.execute(sql, []).is_err();
    assert!(refused("DELETE FROM audit WHERE id = 1") && refused("DELETE FROM audit"));
    let forged = "INSERT INTO audit_checkpoint (through, chain, signature, created_at, key_id)
                  SELECT id, chain, zeroblob(32), 0, key_id FROM audit WHERE id = 4";
    connection.execute(forged, []).unwrap();
    connection.execute("DELETE FROM audit WHERE id <= 4", []).unwrap();
    assert_eq!(breaks(&trial), [Break::NoCheckpoint(4)]);
    assert!(refused("DELETE FROM audit_checkpoint") && refused("UPDATE audit_checkpoint SET through = 9"));
}

#[test]
fn what_waits_to_be_sent_on_is_kept_and_the_cursor_only_goes_on() {
    let trial = filled(100);
    trial.change("DROP TRIGGER audit_is_never_cut; DELETE FROM audit WHERE id < 5");
    let load = |trial: &Trial| trial.run(|op| audit::to_send(op)).unwrap();
    assert!(load(&trial).is_none());
    trial.run(|op| settings::set(op, "audit.keep_days", "30")).unwrap();
    trial.run(|op| settings::set(op, "audit.forward_to", "tcp://127.0.0.1:601")).unwrap();
    trial.run(|op| settings::set(op, "audit.forward_token", "canary")).unwrap();
    let first = load(&trial).unwrap();
    assert_eq!((first.entries[0].id, first.host.as_str()), (5, "localhost:5100"));
    assert!(!format!("{first:?}").contains("canary"));
    prune(&trial);
    assert_eq!(trial.count("SELECT min(id) FROM audit"), 5);
    trial.run(|op| audit::failed(op, &"no".repeat(1000))).unwrap();
    let how = || trial.run(|op| audit::forwarding(op)).unwrap();
    assert!(how().failing_since.is_some() && how().last_error.len() == 300);
    trial.run(|op| audit::sent(op, 50)).unwrap();
    trial.run(|op| audit::sent(op, 10)).unwrap();
    assert_eq!((how().through, how().failing_since, how().last_error.as_str()), (50, None, ""));
    assert_eq!(load(&trial).unwrap().entries[0].id, 51);
    prune(&trial);
    assert_eq!(trial.count("SELECT min(id) FROM audit"), 51);
    let again = Connection::open(trial.folder.path().join("gatekeeper.sqlite3")).unwrap();
    assert_eq!(again.query_row("SELECT through FROM audit_forward", [], |row| row.get(0)), Ok(50));
}
