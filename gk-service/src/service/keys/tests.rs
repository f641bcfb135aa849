//! Keys of people: what they open, who may make them, and when they end.

use gk_shared::access::{AskedApp, Credential, Decision, Question, decide};

use super::*;
use crate::service::trial::{Trial, name, slug, to, with};
use crate::service::users::{Rank, Seeded};
use crate::service::{Caller, grants, mail, settings};

const ALICE: &str = "alice@example.com";

fn refused<T>(result: Result<T, Refusal>) -> String {
    result.map(|_| ()).expect_err("a refusal").to_string()
}

/// Alice, who may enter docs and not wiki.
fn scene() -> (Trial, User) {
    let trial = Trial::new();
    let alice = trial.user(ALICE, Rank::Person);
    trial.app("docs", &[]);
    trial.app("wiki", &[]);
    trial.run(|op| grants::give(op, &slug("docs"), &to(ALICE), &with(grants::RoleChange::Keep))).unwrap();
    (trial, alice)
}

impl Trial {
    fn makes_own(&self, user: &User, minutes: i64, apps: &[&str]) -> Result<NewKey, Refusal> {
        let new = OwnAdd { name: "backup".into(), apps: apps.iter().map(|app| slug(app)).collect(), expires_at: None };
        let who = super::super::Who::Person(user.id, self.database.now().plus(-60 * minutes));
        let caller = Caller { who, ip: None, user_agent: String::new() };
        self.database.write_in_force(&caller, |op, snapshot| add_own(op, snapshot, &new)).map(|done| done.value)
    }

    fn makes(&self, reach: NewReach, days: Option<i64>) -> NewKey {
        let expires_at = days.map(|days| self.database.now().plus(days * 86_400));
        self.run(|op| add(op, &Add { name: "a key".into(), reach, expires_at })).unwrap()
    }

    /// What gk-validate says of the key at an app.
    fn asked(&self, key: &NewKey, app: &str) -> String {
        let hash = api_key_hash(key.secret.reveal().as_bytes()).unwrap();
        let question = Question { credential: Credential::Key(hash), app: AskedApp::Named(app) };
        let decided = |snapshot: &gk_shared::policy::Snapshot| {
            let decision = decide(snapshot, &question, self.database.now());
            let user = match &decision {
                Decision::Allow(pass) => pass.user.email().to_owned(),
                Decision::SignIn(_) | Decision::Forbid(_) => String::new(),
            };
            format!("{} {}{user}", decision.status(), if user.is_empty() { decision.reason() } else { "" })
        };
        self.database.in_force(decided).unwrap()
    }
}

fn alices(apps: &[&str]) -> NewReach {
    NewReach::Person { owner: name(ALICE), apps: apps.iter().map(|app| slug(app)).collect() }
}

const READER: NewReach = NewReach::Program { scopes: Scopes::READ, app: None };

#[test]
fn a_persons_key_opens_its_apps_and_a_programs_the_api() {
    let (trial, _) = scene();
    let (person, program) = (trial.makes(alices(&["docs"]), None), trial.makes(READER, None));
    assert_eq!(trial.asked(&person, "docs"), format!("200 {ALICE}"));
    assert_eq!(trial.asked(&person, "wiki"), "403 wrong-app");
    assert_eq!(trial.asked(&program, "docs"), "401 bad-key");
    let recognised = |key: &NewKey| trial.run(|op| recognise(op, &key.secret)).unwrap();
    assert_eq!((recognised(&person), recognised(&program)), (None, Some(program.entry.key.id)));
}

#[test]
fn a_key_is_out_once_disabled_and_in_once_enabled_and_gone_once_deleted() {
    let (trial, _) = scene();
    let key = trial.makes(alices(&["docs"]), None);
    let id = key.entry.key.id;
    trial.run(|op| disable(op, id)).unwrap();
    let audited = trial.count("SELECT count(*) FROM audit");
    trial.run(|op| disable(op, id)).unwrap();
    assert_eq!(trial.count("SELECT count(*) FROM audit"), audited, "it was so already");
    assert_eq!(trial.asked(&key, "docs"), "401 bad-key");
    trial.run(|op| enable(op, id)).unwrap();
    assert_eq!(trial.asked(&key, "docs"), format!("200 {ALICE}"));
    trial.run(|op| remove(op, id)).unwrap();
    assert_eq!(trial.asked(&key, "docs"), "401 bad-key");
    assert!(refused(trial.run(|op| enable(op, id))).contains("key"));
    let actions = "SELECT count(DISTINCT action) FROM audit WHERE action LIKE 'api_key_%'";
    assert_eq!(trial.count(actions), 4);
}

#[test]
fn a_key_goes_with_its_owner_and_with_its_last_app() {
    let (trial, _) = scene();
    let docs = trial.makes(alices(&["docs"]), None);
    let both = trial.makes(alices(&["docs", "wiki", "docs"]), None);
    trial.run(|op| crate::service::apps::remove(op, &slug("docs"))).unwrap();
    assert_eq!(trial.asked(&docs, "wiki"), "401 bad-key");
    assert_eq!(trial.asked(&both, "wiki"), "403 no-grant");
    let listed = trial.run(|op| list(op, 0, 10)).unwrap();
    assert_eq!((listed.total, listed.keys[0].key.id), (1, both.entry.key.id));
    trial.run(|op| users::remove(op, &name(ALICE), Seeded::Refuse)).unwrap();
    assert_eq!(trial.asked(&both, "wiki"), "401 bad-key");
    assert_eq!(trial.count("SELECT (SELECT count(*) FROM api_key) + (SELECT count(*) FROM api_key_app)"), 0);
}

#[test]
fn one_makes_keys_to_apps_one_may_enter_after_a_recent_sign_in_where_that_is_allowed() {
    let (trial, alice) = scene();
    let key = trial.makes_own(&alice, 0, &["docs"]).unwrap();
    assert_eq!(trial.asked(&key, "docs"), format!("200 {ALICE}"));
    assert!(refused(trial.makes_own(&alice, 0, &["docs", "wiki"])).contains("may not enter `wiki`"));
    assert!(refused(trial.makes_own(&alice, 0, &[])).contains("at least one app"));
    assert!(matches!(trial.makes_own(&alice, 61, &["docs"]), Err(Refusal::SignInAgain)));
    trial.run(|op| settings::set(op, "auth.personal_keys", "false")).unwrap();
    assert!(refused(trial.makes_own(&alice, 0, &["docs"])).contains("switched"));
    assert_eq!(trial.asked(&key, "docs"), format!("200 {ALICE}"), "those that exist go on");
    trial.makes(alices(&["docs"]), None);
    let bob = trial.user("bob@example.com", Rank::Person);
    let id = key.entry.key.id;
    assert!(matches!(trial.run_as(bob.id, 0, |op| remove_own(op, id)), Err(Refusal::NotFound { .. })));
    assert!(matches!(trial.run_as(bob.id, 0, |op| remove(op, id)), Err(Refusal::Forbidden(_))));
    assert_eq!(trial.run_as(bob.id, 0, |op| list_own(op)).unwrap().len(), 0);
    assert_eq!(trial.run_as(alice.id, 300, |op| list_own(op)).unwrap().len(), 2);
    trial.run_as(alice.id, 300, |op| remove_own(op, id)).unwrap();
    assert_eq!(trial.asked(&key, "docs"), "401 bad-key");
}

#[test]
fn nobody_has_more_than_fifty_keys() {
    let (trial, alice) = scene();
    for _ in 0..50 {
        trial.makes(alices(&["docs"]), None);
    }
    assert!(refused(trial.makes_own(&alice, 0, &["docs"])).contains("50 keys already"));
}

#[test]
fn a_mail_tells_once_that_a_key_runs_out() {
    let (trial, _) = scene();
    let admin = users::Update { notify: Some(true), ..users::Update::default() };
    trial.run(|op| users::update(op, &name("admin@example.com"), &admin)).unwrap();
    for days in [None, Some(6), Some(40)] {
        trial.makes(alices(&["docs"]), days);
        trial.makes(READER, days);
    }
    let tell = || trial.run(tell_running_out).unwrap();
    assert_eq!(tell(), 0, "the end of a key made for less than a week was in sight all the time");
    let connection = rusqlite::Connection::open(trial.folder.path().join("gatekeeper.sqlite3")).unwrap();
    let earlier = "UPDATE api_key SET created_at = created_at - 34 * 86400, expires_at = expires_at - 34 * 86400
                   WHERE expires_at > unixepoch() + 30 * 86400";
    assert_eq!(connection.execute(earlier, []), Ok(2));
    assert_eq!((tell(), tell()), (2, 0));
    let letters = trial.database.read(&Caller::system("test"), mail::waiting).unwrap();
    let values = letters.iter().map(|letter| serde_json::from_str::<Value>(letter.values.reveal()).unwrap());
    let told = values.filter(|values| values["key"].is_string()).map(|values| {
        let text = |name: &str| values[name].as_str().unwrap().rsplit("5100").next().unwrap().to_owned();
        [text("email"), text("key"), text("apps"), text("link")]
    });
    let told = told.collect::<Vec<_>>();
    assert_eq!(told, [[ALICE, "a key", "docs", "/settings"], ["admin@example.com", "a key", "", "/admin/keys"]]);
}
