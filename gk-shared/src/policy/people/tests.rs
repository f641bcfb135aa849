use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::grants::Terms;
use super::*;
use crate::model::{AppId, GrantId};
use crate::time::Timestamp;

/// Somebody as they should be found: name, groups, and apps by grant.
type Wanted = (String, Vec<i64>, Vec<i64>);

fn wanted() -> impl Strategy<Value = Wanted> {
    let ids = || prop::collection::btree_set(1..60_i64, 0..12).prop_map(|ids| ids.into_iter().collect());
    ("[a-zé]{0,9}", ids(), ids())
}

fn set(people: &mut People, id: i64, (name, groups, apps): &Wanted) {
    let terms = Terms { role: None, starts: Timestamp(i64::MIN), expires: Timestamp(i64::MAX) };
    let groups = groups.iter().map(|id| GroupId(*id)).collect::<Vec<_>>();
    let grant = |app: &i64| Grant { id: GrantId(*app), app: AppId(*app), terms };
    let mut grants = apps.iter().map(|app| people.pack(&grant(app)).unwrap()).collect::<Vec<_>>();
    let (fullname, tag) = (name.as_str(), Tag([0; 8]));
    let mut row =
        UserRow { email: "a@b", fullname, usable: true, admin: false, tag, groups: &groups, grants: &mut grants };
    people.set(UserId(id), &mut row, 0, 0).unwrap();
}

fn agree(people: &People, model: &BTreeMap<i64, Wanted>) {
    assert_eq!(people.iter().map(|(id, _)| id.0).collect::<BTreeSet<_>>().len(), people.len());
    assert_eq!(people.len(), model.len());
    for id in 0..30 {
        let found = people.get(UserId(id)).map(|user| {
            let apps = (1..60).filter(|app| user.grant(AppId(*app)).is_some_and(|grant| grant.id.0 == *app)).collect();
            (user.fullname().to_owned(), user.groups().map(|id| id.0).collect(), apps)
        });
        assert_eq!(found.as_ref(), model.get(&id));
    }
}

proptest! {
    #[test]
    fn whoever_is_set_is_found_until_removed(
        steps in prop::collection::vec((0..30_i64, prop::option::of(wanted())), 0..120),
    ) {
        let (mut people, mut model) = (People::default(), BTreeMap::new());
        for (id, step) in steps {
            if let Some(wanted) = step {
                set(&mut people, id, &wanted);
                model.insert(id, wanted);
            } else {
                people.remove(UserId(id));
                model.remove(&id);
            }
        }
        agree(&people, &model);
    }
}

#[test]
fn what_is_kept_does_not_grow_with_the_number_of_changes() {
    let mut people = People::default();
    let wanted = |round: i64| (format!("{round:09}"), vec![1, round % 50 + 2], vec![round % 50 + 1]);
    let rounds = 100_000;
    for round in 0..rounds {
        set(&mut people, round % 20, &wanted(round));
        assert!(!people.texts.is_mostly_unused() && !people.groups.is_mostly_unused());
    }
    agree(&people, &(0..20).map(|id| (id, wanted(rounds - 20 + id))).collect());
    assert_eq!((people.texts.used(), people.groups.used(), people.grants.used()), (20 * 12, 40, 20));
    // Nor with people who come and go.
    for round in 0..rounds {
        set(&mut people, 100 + round, &wanted(round));
        assert!(!people.texts.is_mostly_unused() && !people.groups.is_mostly_unused());
        people.remove(UserId(100 + round));
    }
    assert_eq!((people.len(), people.texts.used()), (20, 20 * 12));
}

#[test]
fn an_id_beyond_what_is_kept_is_refused_and_not_cut() {
    let mut people = People::default();
    let (groups, tag) = ([GroupId(1 << 32)], Tag([0; 8]));
    let mut set = |id, groups: &[GroupId]| {
        let mut row = UserRow { email: "a@b", fullname: "", usable: true, admin: false, tag, groups, grants: &mut [] };
        people.set(UserId(id), &mut row, 0, 0)
    };
    assert!(matches!(set(1, &groups), Err(LoadError::TooLarge)));
    assert!(matches!(set(1 << 32, &[]), Err(LoadError::TooLarge)));
    assert!(people.get(UserId(1 << 32)).is_none() && people.len() == 0);
}
