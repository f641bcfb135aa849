//! Who can enter and where to, and who may know.

use gk_shared::access::AllowReason;
use gk_shared::model::{GrantId, Role, UserId};
use gk_shared::policy::Snapshot;

use super::{ALICE, between, role, scene};
use crate::service::chance::Luck;
use crate::service::explain::{self, Entrant, PlaceFilter, Shown, WhoFilter};
use crate::service::grants::{self, RoleChange};
use crate::service::trial::{Trial, group, name, slug, to, with};
use crate::service::users::{self, Rank};
use crate::service::{Caller, Refusal, View, Who, apps};
use crate::store;

fn look<T>(
    trial: &Trial,
    caller: &Caller,
    look: impl FnOnce(&View<'_>, &Snapshot) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    trial.database.in_force(|snapshot| trial.database.read(caller, |view| look(view, snapshot))).unwrap()
}

fn who(trial: &Trial, filter: &WhoFilter) -> Vec<Entrant> {
    let all = |view: &View<'_>, snapshot: &Snapshot| {
        explain::who_enters(view, snapshot, &slug("docs"), filter, (0, i64::MAX))
    };
    look(trial, &Caller::operator("root"), all).unwrap().rows
}

fn emails(found: &[Entrant]) -> Vec<&str> {
    found.iter().map(|one| one.email.as_str()).collect()
}

#[test]
fn who_enters_and_where_to_are_the_same_pairs() {
    let mut luck = Luck::new(4);
    let trial = Trial::peopled(&mut luck);
    trial.stir(&mut luck, 40);
    let (who, whereto) = look(&trial, &Caller::operator("root"), |view, snapshot| {
        let (mut who, mut whereto) = (Vec::new(), Vec::new());
        for app in store::apps::list(view.connection)? {
            let found = explain::who_enters(view, snapshot, &app.slug, &WhoFilter::default(), (0, 1000))?;
            assert_eq!(found.total, i64::try_from(found.rows.len()).unwrap());
            assert!(found.rows.is_sorted_by_key(|one| &one.email));
            who.extend(
                found.rows.into_iter().map(|one| (one.id, app.slug.to_string(), one.outcome, one.group, one.until)),
            );
        }
        for user in store::users::list(view.connection, None)? {
            let (_, places) = explain::where_to(view, snapshot, user.id, &PlaceFilter::default())?;
            let one = |place: explain::Destination| {
                (user.id, place.app.slug.to_string(), place.outcome, place.group, place.until)
            };
            whereto.extend(places.into_iter().map(one));
        }
        Ok((who, whereto))
    })
    .unwrap();
    let sorted = |mut pairs: Vec<_>| {
        pairs.sort_by_key(|(id, slug, ..): &(_, String, _, _, _)| (*id, slug.clone()));
        pairs
    };
    assert!(who.len() > 10, "{who:?}");
    assert_eq!(sorted(who), sorted(whereto));
}

#[test]
fn the_list_is_filtered_and_comes_in_parts() {
    let trial = scene();
    let end = trial.database.now().plus(1000);
    let crew = grants::Receiver::Group(group("day"));
    trial.run(|op| grants::give(op, &slug("docs"), &crew, &between(role("reader"), None, Some(end)))).unwrap();
    trial.user("bob@example.com", Rank::Person);
    trial.run(|op| grants::give(op, &slug("docs"), &to("bob@example.com"), &with(role("editor")))).unwrap();
    trial.user("carol@example.com", Rank::Person);
    let all = who(&trial, &WhoFilter::default());
    assert_eq!(emails(&all), ["admin@example.com", ALICE, "bob@example.com"]);
    assert_eq!((all[1].group.as_deref(), all[1].until), (Some("day"), Some(end)));
    let text = |text: &str| WhoFilter { text: Some(text.to_owned()), ..WhoFilter::default() };
    assert_eq!(emails(&who(&trial, &text(" DAY "))), [ALICE]);
    assert_eq!(emails(&who(&trial, &text("bob@"))), ["bob@example.com"]);
    let editors = WhoFilter { role: Some("editor".to_owned()), ..WhoFilter::default() };
    assert_eq!(emails(&who(&trial, &editors)), ["bob@example.com"]);
    let by_group = WhoFilter { reason: Some(AllowReason::GroupGrant(GrantId(0))), ..WhoFilter::default() };
    assert_eq!(emails(&who(&trial, &by_group)), [ALICE]);
    let part = look(&trial, &Caller::operator("root"), |view, snapshot| {
        explain::who_enters(view, snapshot, &slug("docs"), &WhoFilter::default(), (1, 1))
    });
    let part = part.unwrap();
    assert_eq!((emails(&part.rows), part.total), (vec![ALICE], 3));
}

#[test]
fn where_to_says_why_not_the_others() {
    let trial = scene();
    trial.app("wiki", &[]);
    trial.run(|op| grants::give(op, &slug("docs"), &to(ALICE), &with(role("reader")))).unwrap();
    let find = |filter: PlaceFilter| {
        let places = look(&trial, &Caller::operator("root"), |view, snapshot| {
            let user = store::users::list(view.connection, None)?.into_iter().find(|user| user.email.as_str() == ALICE);
            explain::where_to(view, snapshot, user.unwrap().id, &filter)
        });
        let one = |place: explain::Destination| format!("{} {}", place.app.slug, place.outcome.reason.word());
        places.unwrap().1.into_iter().map(one).collect::<Vec<_>>()
    };
    assert_eq!(find(PlaceFilter::default()), ["docs own-grant"]);
    let all = PlaceFilter { shown: Shown::All, ..PlaceFilter::default() };
    assert_eq!(find(all.clone()), ["docs own-grant", "wiki no-grant"]);
    assert_eq!(find(PlaceFilter { text: Some("WIK".to_owned()), ..all.clone() }), ["wiki no-grant"]);
    assert_eq!(find(PlaceFilter { role: Some("reader".to_owned()), ..all.clone() }), ["docs own-grant"]);
    assert_eq!(find(PlaceFilter { reason: Some("no-grant".to_owned()), ..all }), ["wiki no-grant"]);
}

#[test]
fn an_apps_administrator_is_told_of_that_app_alone() {
    let trial = scene();
    trial.app("wiki", &[]);
    let update = apps::Update { admin_roles: Some(vec![Role::parse("editor").unwrap()]), ..apps::Update::default() };
    trial.run(|op| apps::update(op, &slug("docs"), &update)).unwrap();
    trial.run(|op| grants::give(op, &slug("docs"), &to(ALICE), &with(role("editor")))).unwrap();
    let bob = trial.user("bob@example.com", Rank::Person);
    trial.run(|op| grants::give(op, &slug("docs"), &to("bob@example.com"), &with(RoleChange::Keep))).unwrap();
    let now = trial.database.now();
    let as_person = |id| Caller { who: Who::Person(id, now), ip: None, user_agent: String::new() };
    let alice = trial.database.read(&Caller::operator("root"), |view| users::named(view, &name(ALICE)));
    let (alice, bob) = (as_person(alice.unwrap().id), as_person(bob.id));
    let explain = |caller: &Caller, app: Option<&str>| {
        let app = app.map(slug);
        look(&trial, caller, |view, snapshot| {
            explain::explain(view, snapshot, &name("bob@example.com"), app.as_ref(), now).map(drop)
        })
    };
    let who = |caller: &Caller, app: &str| {
        look(&trial, caller, |view, snapshot| {
            explain::who_enters(view, snapshot, &slug(app), &WhoFilter::default(), (0, 10)).map(|found| found.total)
        })
    };
    assert!(explain(&alice, Some("docs")).is_ok());
    assert_eq!(who(&alice, "docs").unwrap(), 3);
    for app in ["wiki", "nowhere"] {
        assert!(matches!(explain(&alice, Some(app)), Err(Refusal::Forbidden(_))), "{app}");
        assert!(matches!(who(&alice, app), Err(Refusal::Forbidden(_))), "{app}");
    }
    assert!(matches!(explain(&alice, None), Err(Refusal::Forbidden(_))));
    assert!(matches!(explain(&bob, Some("docs")), Err(Refusal::Forbidden(_))));
    assert!(matches!(who(&bob, "docs"), Err(Refusal::Forbidden(_))));
    let mine = look(&trial, &alice, |view, snapshot| {
        explain::where_to(view, snapshot, UserId(1), &PlaceFilter::default()).map(drop)
    });
    assert!(matches!(mine, Err(Refusal::Forbidden(_))));
}
