//! What is saved and not yet in force counts for what a change would do, and is named where a decision is explained.

use rusqlite::Connection;

use super::Place;
use crate::Force;
use crate::service::explain::{Change, Explanation, Fact, explain};
use crate::service::grants::{self, Give};
use crate::service::trial::{Trial, name, slug, to};
use crate::service::users::Rank;
use crate::service::{Caller, Op, Refusal, install};

const ALICE: &str = "alice@example.com";

fn give(op: &Op<'_>, app: &str) -> Result<(), Refusal> {
    grants::give(op, &slug(app), &to(ALICE), &Give::default()).map(drop)
}

fn explained(trial: &Trial) -> Explanation {
    let (database, user, app) = (&trial.database, name(ALICE), slug("docs"));
    let caller = Caller::operator("root");
    let look = |snapshot: &_| database.read(&caller, |view| explain(view, snapshot, &user, Some(&app), view.now));
    database.in_force(look).unwrap().unwrap()
}

/// Alice was given docs, and nobody could publish it.
fn stuck() -> (Trial, Connection) {
    let trial = Trial::new();
    trial.user(ALICE, Rank::Person);
    trial.app("docs", &[]);
    trial.app("wiki", &[]);
    let path = trial.database.read(&Caller::system("policy"), install::policy_path).unwrap();
    let policy = Connection::open(path).unwrap();
    let trigger = "CREATE TRIGGER stuck BEFORE INSERT ON change BEGIN SELECT RAISE(ABORT, 'stuck'); END";
    policy.execute_batch(trigger).unwrap();
    let done = trial.database.write(&Caller::operator("root"), |op| give(op, "docs")).unwrap();
    assert!(matches!(done.force, Force::NotYet(_)), "{:?}", done.force);
    (trial, policy)
}

#[test]
fn a_change_is_compared_with_what_is_saved_though_that_is_not_in_force() {
    let (trial, _policy) = stuck();
    let tried = trial.database.what_if(&Caller::operator("root"), |op| give(op, "wiki"));
    let places = tried.unwrap().1.places.into_iter().map(|place| (place.place, place.gains.total)).collect::<Vec<_>>();
    assert_eq!(places, [(Place::App("wiki".into()), 1)], "docs is hers already, and wiki would be");
    let take = |op: &Op<'_>| grants::take(op, &slug("docs"), &to(ALICE)).map(drop);
    let tried = trial.database.what_if(&Caller::operator("root"), take);
    assert_eq!(tried.unwrap().1.totals(), (0, 1, 0), "taking what is saved is a loss");
}

#[test]
fn an_explanation_is_of_what_is_in_force_and_says_when_more_is_saved() {
    let (trial, policy) = stuck();
    let said = explained(&trial);
    assert!(!said.outcome.enters() && said.facts.contains(&Fact::NotYetInForce), "{said:?}");
    assert_eq!(said.changes[0], Change::Publish);
    policy.execute_batch("DROP TRIGGER stuck").unwrap();
    assert!(matches!(trial.database.publish().unwrap(), Force::Now));
    let said = explained(&trial);
    assert!(said.outcome.enters() && !said.facts.contains(&Fact::NotYetInForce), "{said:?}");
}
