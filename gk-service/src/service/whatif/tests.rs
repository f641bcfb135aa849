//! What is foretold is what happens, everybody is compared once, and nothing is changed.

use std::collections::BTreeMap;

use gk_shared::access::AskedApp;
use gk_shared::model::{Role, UserId};
use gk_shared::policy::Snapshot;

use super::{Effects, Names, Place};
use crate::service::chance::Luck;
use crate::service::explain::Outcome;
use crate::service::grants::{self, RoleChange};
use crate::service::trial::{Trial, slug, to, with};
use crate::service::users::Rank;
use crate::service::{Caller, View, apps};
use crate::store;

/// Whether somebody enters, as what, and whether they administer.
type Found = (bool, Option<String>, bool);

/// What everybody is everywhere, asked about one by one, without any of what a comparison is made of.
fn all(trial: &Trial) -> BTreeMap<(Place, UserId), Found> {
    let (database, caller) = (&trial.database, Caller::operator("root"));
    let look = |snapshot: &Snapshot| database.read(&caller, |view| Ok(everything(view, snapshot)));
    database.in_force(look).unwrap().unwrap()
}

fn everything(view: &View<'_>, snapshot: &Snapshot) -> BTreeMap<(Place, UserId), Found> {
    let apps = store::apps::list(view.connection).unwrap();
    let mut found = BTreeMap::new();
    for user in store::users::list(view.connection, None).unwrap() {
        let grants = store::grants::of_person(view.connection, user.id).unwrap();
        let mut note = |place, asked, administers| {
            let outcome = Outcome::of(snapshot, user.id, asked, view.now);
            found.insert((place, user.id), (outcome.enters(), outcome.role.clone(), administers));
        };
        for app in &apps {
            let administers = user.is_usable() && app.is_administered_by(&grants, view.now);
            note(Place::App(app.slug.as_str().into()), AskedApp::Named(app.slug.as_str()), administers);
        }
        note(Place::Unregistered, AskedApp::Named("nowhere"), false);
        note(Place::NoApp, AskedApp::Absent, false);
    }
    found
}

/// The effects in the form of two such states, of what differs.
fn foretold(effects: &Effects) -> BTreeMap<(Place, UserId), [Found; 2]> {
    let mut found = BTreeMap::new();
    for place in &effects.places {
        let has = |names: &Names, id| names.people.iter().any(|one| one.id == id);
        for one in place.kinds().iter().flat_map(|(_, names)| &names.people) {
            let role = |outcome: &Outcome| (outcome.enters(), outcome.role.clone());
            let ((before, old), (after, new)) = (role(&one.before), role(&one.after));
            let (gained, lost) = (has(&place.admins_gained, one.id), has(&place.admins_lost, one.id));
            found.insert((place.place.clone(), one.id), [(before, old, lost), (after, new, gained)]);
        }
        for (kind, names) in place.kinds() {
            assert_eq!((names.total, names.unnamed()), (names.people.len(), 0), "{kind}");
        }
    }
    found
}

/// What differs between two states; whoever is not in one enters nothing there. That somebody goes on administering is
/// no difference.
fn differences(
    before: &BTreeMap<(Place, UserId), Found>,
    after: &BTreeMap<(Place, UserId), Found>,
) -> BTreeMap<(Place, UserId), [Found; 2]> {
    let registered = |place: &Place, in_state: &BTreeMap<(Place, UserId), Found>, id: UserId| {
        // An app that is not there is answered as any that is not.
        let other = in_state.get(&(Place::Unregistered, id)).cloned();
        if matches!(place, Place::App(_)) { other.unwrap_or_default() } else { Found::default() }
    };
    let mut found = BTreeMap::new();
    for key in before.keys().chain(after.keys()) {
        let [mut old, mut new] =
            [before, after].map(|state| state.get(key).cloned().unwrap_or_else(|| registered(&key.0, state, key.1)));
        if old != new {
            if old.2 == new.2 {
                (old.2, new.2) = (false, false);
            }
            found.insert(key.clone(), [old, new]);
        }
    }
    found
}

#[test]
fn what_a_change_would_do_is_what_it_does() {
    let mut luck = Luck::new(1);
    let trial = Trial::peopled(&mut luck);
    let (mut done, mut refused, mut mattered) = (0, 0, 0);
    let mut before = all(&trial);
    while done < 60 {
        let change = luck.change(trial.database.now());
        let caller = Caller::operator("root");
        let tried = trial.database.what_if(&caller, |op| change.carry_out(op));
        let really = trial.run(|op| change.carry_out(op));
        let effects = match (tried, really) {
            (Ok(((), effects)), Ok(())) => effects,
            (Err(tried), Err(really)) => {
                assert_eq!(tried.to_string(), really.to_string(), "{change:?}");
                refused += 1;
                continue;
            }
            (tried, really) => panic!("{change:?}: {tried:?}, {really:?}"),
        };
        let after = all(&trial);
        assert_eq!(foretold(&effects), differences(&before, &after), "{change:?}");
        mattered += usize::from(!effects.is_empty());
        (before, done) = (after, done + 1);
    }
    assert!(mattered >= 20 && refused >= 5, "{mattered} of {done} mattered, {refused} were refused");
}

#[test]
fn trying_changes_nothing_at_all() {
    let mut luck = Luck::new(2);
    let trial = Trial::peopled(&mut luck);
    trial.stir(&mut luck, 30);
    let counts = || {
        ["audit", "change_log", "access_grant", "membership", "mail"]
            .map(|table| trial.count(&format!("SELECT count(*) FROM {table}")))
    };
    let (before, rows) = (all(&trial), counts());
    for _ in 0..40 {
        let change = luck.change(trial.database.now());
        drop(trial.database.what_if(&Caller::operator("root"), |op| change.carry_out(op)));
    }
    assert_eq!((all(&trial), counts()), (before, rows));
}

#[test]
fn other_admin_roles_are_compared_though_they_are_not_published() {
    let trial = Trial::new();
    let alice = trial.user("alice@example.com", Rank::Person);
    trial.app("docs", &["reader", "editor"]);
    let editor = Role::parse("editor").unwrap();
    let give = with(RoleChange::Set(editor.clone()));
    trial.run(|op| grants::give(op, &slug("docs"), &to("alice@example.com"), &give)).unwrap();
    let update = apps::Update { admin_roles: Some(vec![editor]), ..apps::Update::default() };
    let caller = Caller::operator("root");
    let tried = trial.database.what_if(&caller, |op| apps::update(op, &slug("docs"), &update));
    let [docs] = tried.unwrap().1.places.try_into().unwrap();
    assert_eq!((docs.admins_gained.people[0].id, docs.admins_gained.total), (alice.id, 1));
    assert_eq!((docs.gains.total, docs.roles.total, docs.admins_lost.total), (0, 0, 0));
}
