//! Who administers an app, and what becomes of requests.

use gk_shared::model::{Role, UserId};
use gk_shared::time::Timestamp;

use super::super::grants::{self, Give, Receiver, RoleChange};
use super::super::permit::Standing;
use super::super::trial::{Trial, group, name, slug, to, with};
use super::super::users::{self, Rank, Update};
use super::super::{Caller, Refusal, apps, groups, mail};
use super::*;
use crate::model::MailKind;

const HOUR: i64 = 3600;

fn role(text: &str) -> Role {
    Role::parse(text).unwrap()
}

fn remark(text: &str) -> Remark {
    Remark::parse(text).unwrap()
}

fn refused<T>(result: Result<T, Refusal>) -> String {
    result.map(|_| ()).expect_err("a refusal").to_string()
}

impl Trial {
    /// An app with the roles viewer, editor and owner; owners administer it.
    fn administered(&self, app: &str) {
        let add = apps::Add {
            slug: slug(app),
            name: app.to_owned(),
            description: String::new(),
            origins: Vec::new(),
            roles: ["viewer", "editor", "boss", "owner"].map(role).to_vec(),
            admin_roles: ["boss", "owner"].map(role).to_vec(),
            noindex: false,
            callbacks: Vec::new(),
            open_paths: Vec::new(),
            listed: true,
            groups_header: false,
            stale_ok: false,
            contact: String::new(),
        };
        self.run(|op| apps::add(op, add)).unwrap();
    }

    fn person(&self, email: &str) -> UserId {
        self.user(email, Rank::Person).id
    }

    /// A grant from `starts` to `ends`, in hours from now.
    fn give(&self, app: &str, to: &Receiver, text: &str, starts: Option<i64>, ends: Option<i64>) {
        let at = |hours: i64| self.database.now().plus(hours * HOUR);
        let give = Give {
            starts_at: starts.map(at).into(),
            expires_at: ends.map(at).into(),
            ..with(RoleChange::Set(role(text)))
        };
        self.run(|op| grants::give(op, &slug(app), to, &give)).unwrap();
    }

    fn standing(&self, user: UserId, minutes: i64, app: &str) -> Standing {
        self.run_as(user, minutes, |op| op.standing_in(&apps::named(op, &slug(app))?)).unwrap()
    }

    fn asks(&self, user: UserId, app: &str, message: &str) -> Result<AccessRequest, Refusal> {
        self.run_as(user, 0, |op| self.database.in_force(|snapshot| ask(op, snapshot, &slug(app), &remark(message)))?)
    }

    /// The mails that wait: to whom, and of which kind.
    fn letters(&self) -> Vec<(String, MailKind)> {
        let letters = self.database.read(&Caller::system("test"), mail::waiting).unwrap();
        letters.iter().map(|letter| (letter.recipient.to_string(), letter.template.kind)).collect()
    }
}

#[test]
fn an_app_is_administered_by_the_grant_that_counts_and_nothing_else() {
    let trial = Trial::new();
    trial.administered("docs");
    trial.administered("wiki");
    let owner = trial.person("owner@example.com");
    trial.give("docs", &to("owner@example.com"), "owner", None, None);
    assert_eq!(trial.standing(owner, 0, "docs"), Standing::AppAdmin);
    assert_eq!(trial.standing(owner, 61, "docs"), Standing::StaleAppAdmin);
    assert_eq!(trial.standing(owner, 0, "wiki"), Standing::Person, "another app");

    let later = trial.person("later@example.com");
    trial.give("docs", &to("later@example.com"), "owner", Some(1), None);
    assert_eq!(trial.standing(later, 0, "docs"), Standing::Person, "a grant that starts later");
    let gone = trial.person("gone@example.com");
    trial.give("docs", &to("gone@example.com"), "owner", Some(-2), Some(-1));
    assert_eq!(trial.standing(gone, 0, "docs"), Standing::Person, "one that has run out");

    trial.run(|op| groups::add(op, &group("owners"), "")).unwrap();
    trial.give("docs", &Receiver::Group(group("owners")), "owner", None, None);
    for member in ["shadowed@example.com", "gone@example.com", "off@example.com"] {
        let _ = trial.run(|op| users::find(op, &name(member))).map_err(|_| trial.person(member));
        trial.run(|op| groups::join(op, &group("owners"), &name(member))).unwrap();
    }
    assert_eq!(trial.standing(gone, 0, "docs"), Standing::AppAdmin, "the group's counts once the own one has run out");
    let shadowed = trial.run(|op| users::find(op, &name("shadowed@example.com"))).unwrap().id;
    trial.give("docs", &to("shadowed@example.com"), "viewer", None, None);
    assert_eq!(trial.standing(shadowed, 0, "docs"), Standing::Person, "an own grant shadows the group's");

    let off = trial.run(|op| users::find(op, &name("off@example.com"))).unwrap().id;
    assert_eq!(trial.standing(off, 0, "docs"), Standing::AppAdmin);
    let disable = Update { enabled: Some(false), ..Update::default() };
    trial.run(|op| users::update(op, &name("off@example.com"), &disable)).unwrap();
    assert_eq!(trial.standing(off, 0, "docs"), Standing::Unusable);
}

#[test]
fn a_decided_request_is_not_decided_again_and_another_one_is_fine() {
    let trial = Trial::new();
    trial.administered("docs");
    let alice = trial.person("alice@example.com");
    let first = trial.asks(alice, "docs", "please").unwrap().id;
    assert!(refused(trial.asks(alice, "docs", "")).contains("already"));
    trial.run(|op| reject(op, first, &remark("not yet"))).unwrap();
    assert!(refused(trial.run(|op| reject(op, first, &remark("")))).contains("already rejected by root"));
    assert!(refused(trial.run(|op| approve(op, first, &Decision::default()))).contains("already rejected by root"));
    let second = trial.asks(alice, "docs", "please!").unwrap().id;
    trial.run(|op| reject(op, second, &remark("still not"))).unwrap();
    let third = trial.asks(alice, "docs", "now?").unwrap().id;
    let decision = Decision { role: Some(role("editor")), expires_at: None };
    trial.run(|op| approve(op, third, &decision)).unwrap();
    assert!(refused(trial.run(|op| approve(op, third, &decision))).contains("already approved by root"));
    assert!(refused(trial.asks(alice, "docs", "")).contains("may enter"));
    let kinds = trial.letters().into_iter().filter(|(to, _)| to == "alice@example.com").map(|(_, kind)| kind);
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        [MailKind::AccessRejected, MailKind::AccessRejected, MailKind::AccessGranted]
    );
}

#[test]
fn nobody_floods_those_who_decide() {
    let trial = Trial::new();
    let alice = trial.person("alice@example.com");
    for number in 0..21 {
        trial.administered(&format!("app{number}"));
    }
    for _ in 0..3 {
        trial.asks(alice, "app0", "").unwrap();
        trial.run_as(alice, 0, |op| withdraw(op, &slug("app0"))).unwrap();
    }
    assert!(refused(trial.asks(alice, "app0", "")).contains("tomorrow"));
    for number in 1..=17 {
        trial.asks(alice, &format!("app{number}"), "").unwrap();
    }
    assert!(refused(trial.asks(alice, "app18", "")).contains("20 apps"));
    assert!(refused(trial.run_as(alice, 0, |op| withdraw(op, &slug("app0")))).contains("waits"));
}

#[test]
fn a_grant_given_meanwhile_settles_the_request_and_is_never_made_weaker() {
    let trial = Trial::new();
    trial.administered("docs");
    let state = |id| trial.run(|op| find(op, id)).unwrap().unwrap().state;
    let held = |email: &str| {
        let grants = trial.run(|op| apps::show(op, &slug("docs"))).unwrap().1;
        grants.into_iter().find(|grant| grant.holder_name == email).map(|grant| (grant.role, grant.expires_at))
    };
    let viewer = Decision { role: Some(role("viewer")), expires_at: None };
    let until = |hours| Decision { expires_at: Some(trial.database.now().plus(hours * HOUR)), ..viewer.clone() };

    let alice = trial.person("alice@example.com");
    let request = trial.asks(alice, "docs", "").unwrap().id;
    trial.give("docs", &to("alice@example.com"), "editor", None, None);
    assert_eq!(state(request), RequestState::Approved);
    assert!(refused(trial.run(|op| approve(op, request, &viewer))).contains("already approved by root"));

    let bob = trial.person("bob@example.com");
    let request = trial.asks(bob, "docs", "").unwrap().id;
    trial.run(|op| groups::add(op, &group("editors"), "")).unwrap();
    trial.give("docs", &Receiver::Group(group("editors")), "editor", None, None);
    trial.run(|op| groups::join(op, &group("editors"), &name("bob@example.com"))).unwrap();
    assert!(trial.run(|op| approve(op, request, &viewer)).unwrap().given.is_none());
    assert_eq!((state(request), held("bob@example.com")), (RequestState::Approved, None), "the group's stays in force");

    let carol = trial.person("carol@example.com");
    trial.give("docs", &to("carol@example.com"), "owner", Some(-2), Some(-1));
    let request = trial.asks(carol, "docs", "").unwrap().id;
    trial.run(|op| approve(op, request, &viewer)).unwrap();
    assert_eq!(held("carol@example.com"), Some((Some(role("viewer")), None)), "one that has run out does not count");

    let dora = trial.person("dora@example.com");
    trial.give("docs", &to("dora@example.com"), "viewer", Some(1), Some(48));
    let request = trial.asks(dora, "docs", "").unwrap().id;
    trial.run(|op| approve(op, request, &until(24))).unwrap();
    let end = trial.database.now().plus(47 * HOUR);
    assert!(held("dora@example.com").unwrap().1.unwrap() > end, "the later end stays");
    assert!(refused(trial.asks(dora, "docs", "")).contains("may enter"), "and it counts from now on");

    let eve = trial.person("eve@example.com");
    trial.give("docs", &to("eve@example.com"), "owner", Some(1), None);
    let request = trial.asks(eve, "docs", "").unwrap().id;
    assert!(refused(trial.run(|op| approve(op, request, &viewer))).contains("starts later"));
    let past = Decision { expires_at: Some(Timestamp(5)), ..viewer };
    assert!(refused(trial.run(|op| approve(op, request, &past))).contains("later than now"));
    let unknown = Decision { role: Some(role("nobody")), expires_at: None };
    assert!(refused(trial.run(|op| approve(op, request, &unknown))).contains("it has: viewer"));
    assert_eq!(state(request), RequestState::Pending);
}

#[test]
fn an_app_admin_decides_for_that_app_only_and_gives_nothing_stronger_than_their_own_role() {
    let trial = Trial::new();
    trial.administered("docs");
    trial.administered("wiki");
    let boss = trial.person("boss@example.com");
    trial.give("docs", &to("boss@example.com"), "boss", None, None);
    let alice = trial.person("alice@example.com");
    let (here, there) = (trial.asks(alice, "docs", "").unwrap().id, trial.asks(alice, "wiki", "").unwrap().id);
    let all = Filter { app: None, states: RequestState::ALL.to_vec(), skip: 0, most: 10 };
    let seen = |user, filter: &Filter| trial.run_as(user, 999, |op| list(op, filter));
    assert_eq!(seen(boss, &all).unwrap().requests.iter().map(|one| one.id).collect::<Vec<_>>(), [here]);
    for slug_of in ["wiki", "nothing"] {
        let other = Filter { app: Some(slug(slug_of)), ..all.clone() };
        assert!(matches!(seen(boss, &other), Err(Refusal::Forbidden(_))), "{slug_of}");
    }
    assert!(matches!(seen(alice, &all), Err(Refusal::Forbidden(_))));
    let as_role = |text| Decision { role: Some(role(text)), expires_at: None };
    let approves = |user, minutes, id, text| trial.run_as(user, minutes, |op| approve(op, id, &as_role(text)));
    assert!(matches!(approves(boss, 0, there, "viewer"), Err(Refusal::Forbidden(_))));
    assert!(matches!(approves(boss, 0, 999, "viewer"), Err(Refusal::Forbidden(_))));
    assert!(matches!(approves(alice, 0, here, "viewer"), Err(Refusal::Forbidden(_))));
    assert!(matches!(approves(boss, 61, here, "viewer"), Err(Refusal::SignInAgain)));
    assert!(matches!(approves(boss, 0, here, "owner"), Err(Refusal::Forbidden(_))));
    approves(boss, 0, here, "boss").unwrap();
}

#[test]
fn an_app_admin_whose_role_ends_makes_no_administrator_who_stays_longer_and_decides_nothing_of_their_own() {
    let trial = Trial::new();
    trial.administered("docs");
    let boss = trial.person("boss@example.com");
    let own = trial.asks(boss, "docs", "").unwrap().id;
    trial.run(|op| groups::add(op, &group("bosses"), "")).unwrap();
    trial.give("docs", &Receiver::Group(group("bosses")), "boss", None, Some(24));
    trial.run(|op| groups::join(op, &group("bosses"), &name("boss@example.com"))).unwrap();
    assert_eq!(trial.standing(boss, 0, "docs"), Standing::AppAdmin);
    let until = |text, hours: Option<i64>| Decision {
        role: Some(role(text)),
        expires_at: hours.map(|hours| trial.database.now().plus(hours * HOUR)),
    };
    let approves = |id, decision: &Decision| trial.run_as(boss, 0, |op| approve(op, id, decision));
    for decision in [until("boss", None), until("boss", Some(1)), until("viewer", None)] {
        assert!(refused(approves(own, &decision)).contains("your own"));
    }
    assert!(refused(trial.run_as(boss, 0, |op| reject(op, own, &remark("")))).contains("your own"));

    let alice = trial.person("alice@example.com");
    let request = trial.asks(alice, "docs", "").unwrap().id;
    for decision in [until("boss", None), until("boss", Some(25))] {
        let why = refused(approves(request, &decision));
        assert!(why.contains("ends 20") && why.contains("at most"), "{why}");
    }
    approves(request, &until("boss", Some(23))).unwrap();
    let bob = trial.person("bob@example.com");
    let request = trial.asks(bob, "docs", "").unwrap().id;
    approves(request, &until("editor", None)).unwrap();
    trial.run(|op| approve(op, own, &until("boss", None))).unwrap();
}

#[test]
fn those_who_decide_hear_of_a_request_once_each_if_they_want_to() {
    let trial = Trial::new();
    trial.administered("docs");
    let notify = Update { notify: Some(true), ..Update::default() };
    for (email, text) in
        [("owner@example.com", "owner"), ("editor@example.com", "editor"), ("quiet@example.com", "owner")]
    {
        trial.person(email);
        trial.give("docs", &to(email), text, None, None);
        if email != "quiet@example.com" {
            trial.run(|op| users::update(op, &name(email), &notify)).unwrap();
        }
    }
    trial.run(|op| users::update(op, &name("admin@example.com"), &notify)).unwrap();
    trial.give("docs", &to("admin@example.com"), "owner", None, None);
    let before = trial.letters().len();
    let alice = trial.person("alice@example.com");
    trial.asks(alice, "docs", "please").unwrap();
    let told = trial.letters().split_off(before);
    let expected = ["admin@example.com", "owner@example.com"].map(|to| (to.to_owned(), MailKind::AccessRequested));
    assert_eq!(told, expected);
}

#[test]
fn a_person_is_told_of_a_grant_but_not_of_one_for_everybody_nor_without_end() {
    let trial = Trial::new();
    trial.administered("docs");
    let (alice, _) = (trial.person("alice@example.com"), trial.person("bob@example.com"));
    let told = |email: &str| trial.letters().iter().filter(|(to, _)| to == email).count();
    trial.asks(alice, "docs", "").unwrap();
    trial.run(|op| grants::give_new(op, &[slug("docs")], &grants::Whom::AllApproved, &with(RoleChange::Keep))).unwrap();
    assert_eq!((told("alice@example.com"), told("bob@example.com")), (1, 0), "who asked is told");
    for _ in 0..30 {
        trial.run(|op| grants::take(op, &slug("docs"), &to("bob@example.com"))).unwrap();
        trial.give("docs", &to("bob@example.com"), "viewer", None, None);
    }
    assert_eq!(trial.count("SELECT count(*) FROM mail WHERE recipient = 'bob@example.com'"), 10);
}
