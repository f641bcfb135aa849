//! Every fact that is named.

use super::{ALICE, between, explained, give_group, role, scene, words};
use crate::model::Status;
use crate::service::explain::{Explanation, Fact, Held, Weight};
use crate::service::grants;
use crate::service::trial::{name, slug, to, with};
use crate::service::users;

fn weights(explained: &Explanation) -> Vec<(Held, Weight)> {
    let of = |fact: &Fact| match fact {
        Fact::Grant(grant) => Some((grant.held.clone(), grant.weight)),
        _ => None,
    };
    explained.facts.iter().filter_map(of).collect()
}

#[test]
fn every_grant_is_named_with_why_it_counts_or_not() {
    let trial = scene();
    let now = trial.database.now();
    give_group(&trial, "day", &with(role("reader")));
    give_group(&trial, "night", &between(role("editor"), None, Some(now.plus(1000))));
    give_group(&trial, "old", &between(role("editor"), None, Some(now.plus(-10))));
    let said = explained(&trial, ALICE, Some("docs"), trial.database.now());
    let of = |crew: &str| Held::ByGroup(crew.to_owned());
    let expected = [(of("day"), Weight::Weaker), (of("night"), Weight::Counts), (of("old"), Weight::Ended)];
    assert_eq!(weights(&said), expected);
    assert_eq!(words(&said), ["take-grant", "disable", "ends"]);
    trial
        .run(|op| grants::give(op, &slug("docs"), &to(ALICE), &between(role("reader"), Some(now.plus(500)), None)))
        .unwrap();
    let said = explained(&trial, ALICE, Some("docs"), trial.database.now());
    assert_eq!(weights(&said)[0], (Held::Own, Weight::NotStarted));
    // The own grant takes over at its start, so that the group's end changes nothing any more.
    assert_eq!(words(&said), ["take-grant", "disable", "starts"]);
    let later = explained(&trial, ALICE, Some("docs"), now.plus(600));
    assert_eq!(weights(&later)[2], (of("night"), Weight::OwnCounts));
    let Some(Fact::Grant(own)) = said.facts.iter().find(|fact| matches!(fact, Fact::Grant(_))) else {
        panic!("{said:?}")
    };
    let given = own.given.as_ref().unwrap();
    assert_eq!((given.by.as_str(), given.note.as_str(), own.rank), ("root", "for the audit", 2));
}

#[test]
fn a_grant_in_force_is_moot_while_the_account_is_not_usable() {
    let trial = scene();
    give_group(&trial, "day", &with(role("reader")));
    trial.run(|op| users::reject(op, &name(ALICE))).unwrap();
    let said = explained(&trial, ALICE, Some("docs"), trial.database.now());
    assert!(said.facts.contains(&Fact::Account { status: Status::Rejected, enabled: true }));
    assert_eq!(weights(&said), [(Held::ByGroup("day".to_owned()), Weight::AccountNotUsable)]);
    assert_eq!(words(&said), ["approve"]);
}
