//! Who is told what when somebody else decides about them.

use serde_json::{Value, json};

use crate::model::MailKind;
use crate::service::grants::RoleChange;
use crate::service::trial::{Trial, group, name, slug, to, with};
use crate::service::users::{self, Rank, Update};
use crate::service::{Caller, Op, grants, groups, mail, settings};

/// The values of the mails of a kind to somebody.
fn told(trial: &Trial, email: &str, kind: MailKind) -> Vec<Value> {
    let letters = trial.database.read(&Caller::system("test"), mail::waiting).unwrap();
    let meant = letters.iter().filter(|one| one.recipient.as_str() == email && one.template.kind == kind);
    meant.map(|letter| serde_json::from_str(letter.values.reveal()).unwrap()).collect()
}

#[test]
fn whoever_waited_and_is_rejected_is_told_and_whoever_was_in_already_is_not() {
    let trial = Trial::new();
    let rejected = |email: &str| told(&trial, email, MailKind::RegistrationRejected).len();
    for (email, before) in [("waits@example.com", "pending"), ("in@example.com", "approved")] {
        trial.user(email, Rank::Person);
        trial.change(&format!("UPDATE user SET status = '{before}' WHERE email = '{email}'"));
        trial.run(|op| users::reject(op, &name(email))).unwrap();
    }
    assert_eq!((rejected("waits@example.com"), rejected("in@example.com")), (1, 0));
    trial.run(|op| users::reject(op, &name("waits@example.com"))).unwrap_err();
    trial.user("off@example.com", Rank::Person);
    trial.change("UPDATE user SET status = 'pending', enabled = 0 WHERE email = 'off@example.com'");
    trial.run(|op| users::reject(op, &name("off@example.com"))).unwrap();
    assert_eq!((rejected("waits@example.com"), rejected("off@example.com")), (1, 0));
}

#[test]
fn whoever_becomes_a_super_admin_in_whichever_way_is_told_once_and_by_whom() {
    let trial = Trial::new();
    let made = |email: &str| told(&trial, email, MailKind::MadeAdmin);
    assert_eq!(made("admin@example.com").len(), 0, "not at installation");
    trial.user("added@example.com", Rank::SuperAdmin);
    let promote = Update { rank: Some(Rank::SuperAdmin), ..Update::default() };
    for email in ["updated@example.com", "joined@example.com", "listed@example.com", "off@example.com"] {
        trial.user(email, Rank::Person);
    }
    trial.run(|op| users::update(op, &name("updated@example.com"), &promote)).unwrap();
    trial.run(|op| users::update(op, &name("updated@example.com"), &promote)).unwrap();
    trial.run(|op| groups::join(op, &group("admin"), &name("joined@example.com"))).unwrap();
    trial.change("UPDATE user SET enabled = 0 WHERE email = 'off@example.com'");
    trial.run(|op| groups::join(op, &group("admin"), &name("off@example.com"))).unwrap();
    trial.run(|op| settings::set(op, "auth.admin_emails", "listed@example.com")).unwrap();
    let system = Caller::system("gk-admin");
    trial.database.write(&system, users::ensure_admins).unwrap();
    trial.database.write(&system, users::ensure_admins).unwrap();
    for (email, by) in [("added", "root"), ("updated", "root"), ("joined", "root"), ("listed", "")] {
        let letters = made(&format!("{email}@example.com"));
        assert_eq!(letters.iter().map(|values| &values["by"]).collect::<Vec<_>>(), [by], "{email}");
        assert!(letters[0]["link"].as_str().unwrap().ends_with("/admin"), "{letters:?}");
    }
    assert_eq!(made("off@example.com").len(), 0, "nor whoever cannot make use of it");
    let leave = Update { rank: Some(Rank::Person), ..Update::default() };
    trial.run(|op| users::update(op, &name("updated@example.com"), &leave)).unwrap();
    assert_eq!(made("updated@example.com").len(), 1);
}

#[test]
fn whoever_is_let_in_is_told_by_whom_and_what_the_app_is() {
    let trial = Trial::new();
    trial.app("docs", &[]);
    trial.change("UPDATE app SET description = 'Where we' || char(10) || 'write things down'");
    let (boss, _) = (trial.user("boss@example.com", Rank::SuperAdmin), trial.user("alice@example.com", Rank::Person));
    let give = |op: &Op<'_>| grants::give(op, &slug("docs"), &to("alice@example.com"), &with(RoleChange::Keep));
    trial.run_as(boss.id, 0, give).unwrap();
    let [values] = told(&trial, "alice@example.com", MailKind::AccessGranted).try_into().unwrap();
    assert_eq!(values["by"], json!("boss@example.com"));
    assert_eq!(values["description"], json!("Where we\nwrite things down"));
}
