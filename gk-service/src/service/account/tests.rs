//! What people may do to their own accounts, and what it does to others.

use gk_shared::model::Email;
use gk_shared::time::Timestamp;

use super::super::trial::{Trial, name};
use super::super::users::Rank;
use super::super::{Caller, email_change, mail, sessions, settings, signin};
use super::*;
use crate::secret::Secret;
use crate::store::app_codes::AppCode;

const ALICE: &str = "alice@example.com";

fn refused<T>(result: Result<T, Refusal>) -> String {
    result.map(|_| ()).expect_err("a refusal").to_string()
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

/// The secret of the link in the newest letter.
fn mailed_link(trial: &Trial) -> Secret {
    let letters = trial.database.read(&Caller::system("test"), mail::waiting).unwrap();
    let values: serde_json::Value = serde_json::from_str(letters.last().unwrap().values.reveal()).unwrap();
    Secret::new(values["link"].as_str().unwrap().rsplit('/').next().unwrap())
}

#[test]
fn an_address_that_the_configuration_makes_an_administrators_is_not_let_go() {
    let trial = Trial::new();
    let alice = trial.user(ALICE, Rank::SuperAdmin);
    let this = trial.run(|op| sessions::create(op, &alice.username, None, None)).unwrap().session;
    let begin = || trial.run_as(alice.id, 0, |op| email_change::begin(op, &email("new@example.com")));
    let confirm = |link: &Secret| trial.run_as(alice.id, 0, |op| email_change::confirm(op, link, &this));
    let list = |emails: &str| trial.run(|op| settings::set(op, "auth.admin_emails", emails)).unwrap();
    begin().unwrap();
    let link = mailed_link(&trial);
    list("other@example.com,Alice@example.com");
    assert!(refused(begin()).contains("auth.admin_emails"));
    assert!(refused(confirm(&link)).contains("auth.admin_emails"));
    assert!(refused(trial.run_as(alice.id, 0, |op| remove(op, "DELETE"))).contains("auth.admin_emails"));
    let removed = trial.run(|op| users::remove(op, &alice.username, users::Seeded::Remove));
    assert!(refused(removed).contains("auth.admin_emails"), "nor by an operator");
    list("other@example.com");
    assert_eq!(confirm(&link).unwrap().unwrap().email, email("new@example.com"));
    trial.run_as(alice.id, 0, |op| remove(op, "DELETE")).unwrap();
}

/// A person with a session, who has begun all that becomes another one: a sign-in, a change of address, a code for an
/// app.
fn begins_everything(trial: &Trial) -> (User, Session, Secret) {
    let alice = trial.user(ALICE, Rank::Person);
    let this = trial.run(|op| sessions::create(op, &alice.username, None, None)).unwrap().session;
    trial.run(|op| sessions::create(op, &alice.username, None, None)).unwrap();
    trial.run(|op| signin::host_link(op, &alice.username)).unwrap();
    trial.run_as(alice.id, 0, |op| email_change::begin(op, &email("new@example.com"))).unwrap();
    let link = mailed_link(trial);
    let app = trial.app("docs", &[]).id;
    let row = AppCode { app, user: alice.id, return_to: String::new(), created_at: Timestamp(0), expires_at: LATER };
    trial.run(|op| Ok(store::app_codes::insert(op.transaction, [7; 32], &row)?)).unwrap();
    (alice, this, link)
}

const LATER: Timestamp = Timestamp(1 << 40);

const BEGUN: &str =
    "SELECT (SELECT count(*) FROM challenge WHERE used_at IS NULL) + (SELECT count(*) FROM email_change)
    + (SELECT count(*) FROM app_code WHERE used_at IS NULL)";
const OPEN: &str = "SELECT count(*) FROM session WHERE ended_at IS NULL";

#[test]
fn ending_all_other_sessions_ends_what_would_become_one() {
    let trial = Trial::new();
    let (alice, this, _) = begins_everything(&trial);
    assert_eq!((trial.count(BEGUN), trial.count(OPEN)), (3, 2));
    trial.run_as(alice.id, 0, |op| end_other_sessions(op, &this)).unwrap();
    assert_eq!((trial.count(BEGUN), trial.count(OPEN)), (0, 1));
}

#[test]
fn a_change_of_address_ends_what_would_become_another_session() {
    let trial = Trial::new();
    let (alice, this, link) = begins_everything(&trial);
    trial.run_as(alice.id, 0, |op| email_change::confirm(op, &link, &this)).unwrap().unwrap();
    assert_eq!((trial.count(BEGUN), trial.count(OPEN)), (0, 1));
}

#[test]
fn what_is_so_already_is_no_change_and_more_than_sixty_in_an_hour_are_refused() {
    let trial = Trial::new();
    let alice = trial.user(ALICE, Rank::Person).id;
    let rename = |fullname: &str| {
        let fullname = Some(Fullname::parse(fullname).unwrap());
        trial.run_as(alice, 0, |op| update(op, &Update { fullname, ..Update::default() }))
    };
    let written = || trial.count("SELECT (SELECT count(*) FROM audit) + (SELECT count(*) FROM change_log)");
    rename("Alice").unwrap();
    let before = written();
    let this = trial.run(|op| sessions::create(op, &name(ALICE), None, None)).unwrap().session;
    for _ in 0..3 {
        rename("Alice").unwrap();
        let same = Update { language: Some(None), new_device_mail: Some(true), ..Update::default() };
        trial.run_as(alice, 0, |op| update(op, &same)).unwrap();
        trial.run_as(alice, 0, email_change::cancel).unwrap();
        trial.run_as(alice, 0, |op| end_other_sessions(op, &this)).unwrap();
    }
    assert_eq!(written(), before + 1, "the session, and nothing else");
    for number in 1..60 {
        rename(&format!("Alice {number}")).unwrap();
    }
    assert!(refused(rename("Alice")).contains("too often"));
    rename("Alice 59").unwrap();
    assert_eq!(everybodys_share(&trial), 0, "and no mail is asked for by it");
}

/// How much of everybody's share of mails is used.
fn everybodys_share(trial: &Trial) -> i64 {
    trial.run(|op| Ok(store::challenges::attempts(op.connection, ("", ""), op.now)?.everybody)).unwrap()
}

#[test]
fn no_app_can_make_so_many_tokens_that_a_browsers_session_is_not_shown() {
    let trial = Trial::new();
    let alice = trial.user(ALICE, Rank::Person).id;
    let browser = trial.run(|op| sessions::create(op, &name(ALICE), None, None)).unwrap().session;
    trial.app("docs", &[]);
    let connection = rusqlite::Connection::open(trial.folder.path().join("gatekeeper.sqlite3")).unwrap();
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
                INSERT INTO session (sid, user_id, app_id, method, created_at, last_seen_at, expires_at)
                SELECT randomblob(16), s.user_id, a.id, 'api', s.created_at + i, s.created_at, s.expires_at
                FROM n, session s, app a";
    connection.execute(many, []).unwrap();
    let shown = trial.run_as(alice, 0, |op| sessions(op)).unwrap();
    assert_eq!((shown.len(), shown[0].session.id), (200, browser.id));
}
