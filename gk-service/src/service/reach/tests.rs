//! What an app's admins and keys may do in their app, and where it ends.

use gk_shared::model::{GrantId, Slug, UserId};

use super::super::apps::{self, Roles, Update};
use super::super::grants::{self, Give, Receiver, RoleChange};
use super::super::keys::{self, NewReach};
use super::super::trial::{Trial, group, name, slug, to, with};
use super::super::users::{self, Rank};
use super::super::{Caller, Op, groups};
use super::*;
use crate::model::{CallbackUrl, Origin, WhichGrants};

const DAY: i64 = 86_400;

fn role(text: &str) -> Role {
    Role::parse(text).unwrap()
}

fn roles(words: &str) -> Vec<Role> {
    words.split(' ').map(role).collect()
}

fn refused<T>(result: Result<T, Refusal>) -> String {
    result.map(|_| ()).expect_err("a refusal").to_string()
}

/// What is given with a role, until so many days from now.
fn give(trial: &Trial, text: &str, days: Option<i64>) -> Give {
    let expires_at = days.map(|days| trial.database.now().plus(days * DAY));
    Give { expires_at: expires_at.into(), ..with(RoleChange::Set(role(text))) }
}

/// The app docs, where leads and owners administer and the chief is stronger than all, and its lead for a week.
fn scene() -> (Trial, UserId) {
    let trial = Trial::new();
    trial.app("docs", &["viewer", "editor", "lead", "owner", "chief"]);
    trial.app("wiki", &[]);
    let place = Origin::parse("https://docs.example.com").unwrap();
    let update = Update { admin_roles: Some(roles("lead owner")), origins: Some(vec![place]), ..Update::default() };
    trial.run(|op| apps::update(op, &slug("docs"), &update)).unwrap();
    for (email, text, days) in [("lead", "lead", Some(7)), ("owner", "owner", None), ("chief", "chief", None)] {
        let user = format!("{email}@example.com");
        trial.user(&user, Rank::Person);
        trial.run(|op| grants::give(op, &slug("docs"), &to(&user), &give(&trial, text, days))).unwrap();
    }
    trial.user("bob@example.com", Rank::Person);
    let lead = trial.run(|op| users::find(op, &name("lead@example.com"))).unwrap().id;
    (trial, lead)
}

impl Trial {
    fn key(&self, scopes: Scopes, days: Option<i64>) -> ApiKeyNumber {
        let expires_at = days.map(|days| self.database.now().plus(days * DAY));
        let reach = NewReach::Program { scopes, app: Some(slug("docs")) };
        let new = keys::Add { name: "a key".into(), reach, expires_at };
        ApiKeyNumber(self.run(|op| keys::add(op, &new)).unwrap().entry.key.id)
    }

    fn by_key<T>(&self, key: ApiKeyNumber, verb: impl FnOnce(&Op<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let caller = Caller { who: Who::Key(key.0), ip: None, user_agent: String::new() };
        self.database.write(&caller, verb).map(|done| done.value)
    }
}

#[derive(Clone, Copy)]
struct ApiKeyNumber(gk_shared::model::ApiKeyId);

fn docs() -> Slug {
    slug("docs")
}

#[test]
fn an_admin_gives_roles_up_to_their_own_and_no_administration_that_outlasts_it() {
    let (trial, lead) = scene();
    let gives = |user: &str, text: &str, days: Option<i64>| {
        trial.run_as(lead, 0, |op| grants::give(op, &docs(), &to(user), &give(&trial, text, days)))
    };
    gives("bob@example.com", "editor", None).unwrap();
    assert!(refused(gives("bob@example.com", "lead", None)).contains("your own role in `docs` ends"));
    assert!(refused(gives("bob@example.com", "lead", Some(8))).contains("your own role in `docs` ends"));
    gives("bob@example.com", "lead", Some(6)).unwrap();
    assert!(refused(gives("bob@example.com", "owner", Some(6))).contains("at least as strong"));
    for stronger in ["owner@example.com", "chief@example.com"] {
        assert!(refused(gives(stronger, "viewer", None)).contains("at least as strong"), "nobody stronger is weakened");
        let takes = trial.run_as(lead, 0, |op| grants::take(op, &docs(), &to(stronger)));
        assert!(refused(takes).contains("at least as strong"), "or put out");
    }
    assert!(refused(gives("lead@example.com", "lead", None)).contains("your own"));
    trial.run_as(lead, 0, |op| grants::take(op, &docs(), &to("bob@example.com"))).unwrap();
    trial.run_as(lead, 0, |op| grants::take(op, &docs(), &to("lead@example.com"))).expect("one may step down");
    assert!(refused(gives("bob@example.com", "viewer", None)).contains("an administrator of the app"), "at once");
}

#[test]
fn groups_are_no_admins_to_give_to_or_to_look_for() {
    let (trial, lead) = scene();
    trial.run(|op| groups::add(op, &group("crew"), "")).unwrap();
    trial.run(|op| grants::give(op, &docs(), &Receiver::Group(group("crew")), &give(&trial, "viewer", None))).unwrap();
    let sentences = ["crew", "nothing"].map(|text| {
        let receiver = Receiver::Group(group(text));
        let gives = trial.run_as(lead, 0, |op| grants::give(op, &docs(), &receiver, &give(&trial, "viewer", None)));
        assert!(refused(trial.run_as(lead, 0, |op| grants::take(op, &docs(), &receiver))).contains("groups are not"));
        refused(gives)
    });
    assert!(sentences[0] == sentences[1] && sentences[0].contains("groups are not"), "{sentences:?}");
    let (_, given) = trial.run_as(lead, 0, |op| apps::show(op, &docs())).unwrap();
    let of_group = given.iter().find(|grant| grant.holder_name == "crew").expect("it is seen");
    let change = with(RoleChange::Set(role("editor")));
    refused(trial.run_as(lead, 0, |op| grants::edit(op, &docs(), of_group.id, &change)));
    refused(trial.run_as(lead, 0, |op| grants::take_many(op, &[of_group.id])));
    refused(trial.run_as(lead, 0, |op| grants::take_numbered(op, &docs(), of_group.id)));
}

#[test]
fn whoever_is_stronger_by_a_group_or_as_a_super_admin_is_neither_weakened_nor_uncovered() {
    let (trial, lead) = scene();
    trial.user("dora@example.com", Rank::Person);
    trial.user("root@example.com", Rank::SuperAdmin);
    trial.run(|op| groups::add(op, &group("owners"), "")).unwrap();
    trial.run(|op| groups::join(op, &group("owners"), &name("dora@example.com"))).unwrap();
    trial.run(|op| grants::give(op, &docs(), &Receiver::Group(group("owners")), &give(&trial, "owner", None))).unwrap();
    for stronger in ["dora@example.com", "root@example.com"] {
        let gives = trial.run_as(lead, 0, |op| grants::give(op, &docs(), &to(stronger), &give(&trial, "viewer", None)));
        assert!(refused(gives).contains("at least as strong"), "{stronger}");
    }
    // Held down by a grant of her own, which counts before her group's.
    trial.run(|op| grants::give(op, &docs(), &to("dora@example.com"), &give(&trial, "viewer", None))).unwrap();
    let takes = trial.run_as(lead, 0, |op| grants::take(op, &docs(), &to("dora@example.com")));
    assert!(refused(takes).contains("at least as strong"), "taking it would make her an owner");
    // And the lead, who would be an owner for good without a grant for a week.
    trial.run(|op| groups::join(op, &group("owners"), &name("lead@example.com"))).unwrap();
    let takes = trial.run_as(lead, 0, |op| grants::take(op, &docs(), &to("lead@example.com")));
    assert!(refused(takes).contains("at least as strong"));
    let stranger = trial.run(|op| users::find(op, &name("bob@example.com"))).unwrap().id;
    let sentences =
        [GrantId(1), GrantId(999)].map(|id| refused(trial.run_as(stranger, 0, |op| grants::take_many(op, &[id]))));
    assert_eq!(sentences[0], sentences[1], "which numbers there are is nothing to a stranger");
}

#[test]
fn giving_many_taking_many_and_giving_back_end_at_the_app_too() {
    let (trial, lead) = scene();
    trial.run(|op| grants::give(op, &slug("wiki"), &to("bob@example.com"), &Give::default())).unwrap();
    let of = |app: &str| trial.run(|op| apps::show(op, &slug(app))).unwrap().1;
    let whom = grants::Whom::Named(vec![to("bob@example.com")]);
    let gives = |apps: &[Slug], whom: &grants::Whom| {
        trial.run_as(lead, 0, |op| grants::give_new(op, apps, whom, &Give::default()))
    };
    assert!(refused(gives(&[docs(), slug("wiki")], &whom)).contains("an administrator"), "all or nothing");
    assert!(refused(gives(&[docs()], &grants::Whom::AllApproved)).contains("an administrator"));
    let names = |text: &str| refused(gives(&[], &grants::Whom::Named(vec![to(text)])));
    assert_eq!(names("bob@example.com"), names("nobody@example.com"), "no app to ask for leave tells no names");
    assert_eq!(gives(&[docs()], &whom).unwrap().count(), 1);
    let ids = |app: &str| {
        of(app).iter().filter(|grant| grant.holder_name.starts_with("bob")).map(|grant| grant.id).collect::<Vec<_>>()
    };
    let takes = |ids: &[GrantId]| trial.run_as(lead, 0, |op| grants::take_many(op, ids));
    refused(takes(&[ids("docs"), ids("wiki")].concat()));
    let others = ids("wiki");
    let foreign = trial.run(|op| grants::take_many(op, &others)).unwrap();
    refused(trial.run_as(lead, 0, |op| grants::give_back(op, foreign.number)));
    let own = takes(&ids("docs")).unwrap();
    assert_eq!(ids("docs").len(), 0);
    trial.run_as(lead, 0, |op| grants::give_back(op, own.number)).unwrap();
    assert_eq!(ids("docs").len(), 1);
    let list = |app: Option<&Slug>| {
        trial.run_as(lead, 0, |op| grants::list(op, app, WhichGrants::All, (0, 10)).map(|listed| listed.total))
    };
    assert_eq!(list(Some(&docs())).unwrap(), 4);
    refused(list(Some(&slug("wiki"))));
    refused(list(None));
}

#[test]
fn an_admin_changes_what_the_app_looks_like_and_nothing_that_reaches_further() {
    let (trial, lead) = scene();
    let changes = |update: &Update| trial.run_as(lead, 0, |op| apps::update(op, &docs(), update));
    let text = || Some("Manuals".to_owned());
    let looks = Update { name: text(), description: text(), contact: text(), ..Update::default() };
    changes(&Update { noindex: Some(true), listed: Some(true), ..looks }).unwrap();
    let origins = |all: &[&str]| Update {
        origins: Some(all.iter().map(|one| Origin::parse(one).unwrap()).collect()),
        ..Update::default()
    };
    let callbacks = |url: &str| Update { callbacks: Some(vec![CallbackUrl::parse(url).unwrap()]), ..Update::default() };
    let these = |words: &str| Update { roles: Some(Roles::These(roles(words))), ..Update::default() };
    for (beyond, why) in [
        (Update { admin_roles: Some(roles("editor lead owner")), ..Update::default() }, "this setting"),
        (Update { groups_header: Some(true), ..Update::default() }, "this setting"),
        (Update { roles: Some(Roles::Any(None)), ..Update::default() }, "this setting"),
        (origins(&["https://docs.example.com", "https://evil.example"]), "this setting"),
        (origins(&[]), "this setting"),
        (callbacks("https://evil.example/back"), "a callback outside"),
        (these("viewer editor lead chief owner"), "not weaker"),
        (these("viewer editor owner lead chief"), "not weaker"),
        (these("viewer lead owner chief editor"), "not weaker"),
        (these("viewer editor lead owner chief root"), "not weaker"),
        (these("viewer editor lead owner"), "not weaker"),
    ] {
        let said = refused(changes(&beyond));
        assert!(said.contains(why), "{beyond:?}: {said}");
    }
    let twice = changes(&these("viewer owner editor lead owner chief"));
    assert!(refused(twice).contains("twice"), "the first of both would rank it lower");
    changes(&callbacks("https://docs.example.com/back")).unwrap();
    changes(&these("guest editor viewer lead owner chief")).expect("below their own they sort as they like");
    let (seen, stale) = (apps::version, Some(apps::version(&changes(&Update::default()).unwrap())));
    let now = changes(&Update { name: Some("Papers".into()), version: stale, ..Update::default() }).unwrap();
    assert_ne!(Some(seen(&now)), stale);
    assert!(matches!(changes(&Update { version: stale, ..Update::default() }), Err(Refusal::Outdated)));
}

#[test]
fn an_apps_key_is_weaker_than_every_admin_and_makes_none_that_outlasts_it() {
    let (trial, lead) = scene();
    let key = trial.key(Scopes { read: true, ..Scopes::WRITE }, Some(3));
    let gives = |text: &str| {
        trial.by_key(key, |op| grants::give(op, &docs(), &to("bob@example.com"), &give(&trial, text, None)))
    };
    gives("editor").unwrap();
    for strong in ["lead", "owner", "chief"] {
        assert!(refused(gives(strong)).contains("at least as strong"), "{strong}");
    }
    let fewer = Update { roles: Some(Roles::These(roles("editor lead owner chief"))), ..Update::default() };
    refused(trial.by_key(key, |op| apps::update(op, &docs(), &fewer)));
    let wanted = |scopes, days: Option<i64>, app: Option<&str>| {
        let reach = NewReach::Program { scopes, app: app.map(slug) };
        keys::Add { name: "b".into(), reach, expires_at: days.map(|days| trial.database.now().plus(days * DAY)) }
    };
    let by_key = |new: &keys::Add| trial.by_key(key, |op| keys::add(op, new));
    by_key(&wanted(Scopes::WRITE, Some(2), Some("docs"))).unwrap();
    assert!(refused(by_key(&wanted(Scopes::WRITE, None, Some("docs")))).contains("has to end by then"));
    assert!(refused(by_key(&wanted(Scopes::MINT, Some(2), Some("docs")))).contains("these scopes"));
    assert!(refused(by_key(&wanted(Scopes::READ, Some(2), Some("wiki")))).contains("not valid for this app"));
    assert!(refused(by_key(&wanted(Scopes::READ, Some(2), None))).contains("an administrator"));
    let by_lead = |new: &keys::Add| trial.run_as(lead, 0, |op| keys::add(op, new));
    by_lead(&wanted(Scopes { read: true, ..Scopes::WRITE }, Some(6), Some("docs"))).unwrap();
    assert!(refused(by_lead(&wanted(Scopes::READ, Some(8), Some("docs")))).contains("has to end by then"));
    assert!(refused(by_lead(&wanted(Scopes::MINT, Some(6), Some("docs")))).contains("these scopes"));
    let signs_in = trial.key(Scopes::MINT, Some(2)).0;
    trial.run_as(lead, 0, |op| keys::disable(op, signs_in)).expect("a leaked key is put out by whoever sees it");
    assert!(refused(trial.run_as(lead, 0, |op| keys::enable(op, signs_in))).contains("these scopes"));
}

#[test]
fn a_key_of_an_admins_may_nothing_once_they_administer_no_more_nor_may_those_it_made() {
    let (trial, _) = scene();
    let owner = trial.run(|op| users::find(op, &name("owner@example.com"))).unwrap().id;
    let new = |scopes| keys::Add {
        name: "k".into(),
        reach: NewReach::Program { scopes, app: Some(docs()) },
        expires_at: None,
    };
    let both = Scopes { read: true, ..Scopes::WRITE };
    let first = trial.run_as(owner, 0, |op| keys::add(op, &new(both))).unwrap();
    let second = trial.by_key(ApiKeyNumber(first.entry.key.id), |op| keys::add(op, &new(Scopes::READ))).unwrap();
    let other = trial.key(Scopes::READ, None);
    let good = || {
        let known = |key: &keys::NewKey| trial.run(|op| keys::recognise(op, &key.secret)).unwrap().is_some();
        let may = |key: ApiKeyNumber| trial.by_key(key, |op| apps::show(op, &docs())).is_ok();
        let both = [&first, &second].map(known);
        assert_eq!(both, [&first, &second].map(|key| may(ApiKeyNumber(key.entry.key.id))));
        assert!(may(other), "the installation's");
        both
    };
    assert_eq!(good(), [true, true]);
    trial.run(|op| grants::give(op, &docs(), &to("owner@example.com"), &give(&trial, "editor", None))).unwrap();
    assert_eq!(good(), [false, false]);
    trial.run(|op| grants::give(op, &docs(), &to("owner@example.com"), &give(&trial, "owner", None))).unwrap();
    assert_eq!(good(), [true, true]);
    let enabled = |on| users::Update { enabled: Some(on), ..users::Update::default() };
    trial.run(|op| users::update(op, &name("owner@example.com"), &enabled(false))).unwrap();
    assert_eq!(good(), [false, false]);
    let listed = trial.run(|op| keys::of_app(op, &docs())).unwrap();
    assert_eq!(listed[1].state, crate::model::KeyState::MakerLeft);
    trial.run(|op| keys::enable(op, second.entry.key.id)).unwrap();
    assert_eq!(good(), [false, true], "whoever enables it answers for it");
    trial.run(|op| users::remove(op, &name("owner@example.com"), users::Seeded::Refuse)).unwrap();
    assert_eq!(trial.count("SELECT count(*) FROM api_key"), 2);
    assert_eq!(good(), [false, true]);
}

#[test]
fn an_apps_past_begins_with_the_app() {
    let (trial, lead) = scene();
    let past = |user: UserId| trial.run_as(user, 61, |op| apps::history(op, &docs(), 0, 100)).unwrap();
    let entries = past(lead);
    assert_eq!(entries.entries.len(), usize::try_from(entries.total).unwrap());
    assert_eq!(entries.entries.last().map(|entry| entry.action.as_str()), Some("app_created"));
    trial.change("UPDATE app SET created_at = created_at + 60 WHERE slug = 'docs'");
    assert_eq!(past(lead).total, 0, "what an earlier app of that name has seen is nobody's");
    refused(trial.run_as(lead, 0, |op| apps::history(op, &slug("wiki"), 0, 1)));
}
