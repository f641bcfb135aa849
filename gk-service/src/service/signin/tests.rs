//! Asking for a mail, and what its link and code do.

use super::{Ask, Asked, Limit, LinkState};
use crate::model::{MailKind, Purpose, Status, Wish};
use crate::secret::Secret;
use crate::service::trial::{Trial, name};
use crate::service::users::{self, Rank, Update};
use crate::service::{Caller, Who, mail, settings, signin};

pub(in crate::service) fn ask(trial: &Trial, typed: &str) -> (Asked, Secret) {
    ask_to(trial, typed, Purpose::SignIn)
}

fn ask_to(trial: &Trial, typed: &str, purpose: Purpose) -> (Asked, Secret) {
    let verifier = signin::new_verifier();
    let ask = Ask {
        name: typed.into(),
        wish: Wish::Here("/".into()),
        verifier: verifier.clone(),
        purpose,
        language: None,
        device: None,
        invitation: None,
    };
    (trial.run_as_stranger(|op| signin::ask(op, &ask)).unwrap(), verifier)
}

/// A browser that keeps these secrets of pending sign-ins.
fn browser(verifiers: &[Secret]) -> signin::Browser {
    signin::Browser { verifiers: verifiers.to_vec(), ..signin::Browser::default() }
}

/// A value of the newest letter.
fn mailed(trial: &Trial, value: &str) -> String {
    let letters = trial.database.read(&Caller::system("test"), mail::waiting).unwrap();
    let values: serde_json::Value = serde_json::from_str(letters.last().unwrap().values.reveal()).unwrap();
    values[value].as_str().unwrap().to_owned()
}

/// The link in the newest letter.
pub(in crate::service) fn mailed_link(trial: &Trial) -> Secret {
    Secret::new(mailed(trial, "link").rsplit('/').next().unwrap())
}

#[test]
fn a_link_signs_in_once_and_only_the_browser_that_asked() {
    let trial = Trial::new();
    let (asked, verifier) = ask(&trial, "Admin@example.com");
    assert_eq!(asked, Asked::Mailed);
    let link = mailed_link(&trial);
    let finish =
        |verifiers: &[Secret]| trial.run_as_stranger(|op| signin::finish(op, &link, &browser(verifiers))).unwrap();
    assert_eq!(finish(&[signin::new_verifier()]).err(), Some(LinkState::OtherBrowser(None)));
    assert_eq!(finish(&[]).err(), Some(LinkState::OtherBrowser(None)));
    assert!(finish(&[signin::new_verifier(), verifier.clone()]).is_ok());
    assert_eq!(finish(&[verifier]).err(), Some(LinkState::Gone));
}

/// The code in the newest letter.
fn mailed_code(trial: &Trial) -> String {
    mailed(trial, "code")
}

#[test]
fn a_code_signs_in_once_and_takes_the_link_with_it() {
    let trial = Trial::new();
    let (_, verifier) = ask(&trial, "admin@example.com");
    let (link, code) = (mailed_link(&trial), mailed_code(&trial));
    let enter = |verifier: &Secret, typed: &str| {
        trial.run_as_stranger(|op| signin::enter(op, verifier, typed, &browser(&[]))).unwrap()
    };
    assert!(enter(&signin::new_verifier(), &code).is_none(), "another browser");
    assert!(enter(&verifier, &code.to_lowercase().replace('-', " ")).is_some());
    assert!(enter(&verifier, &code).is_none());
    let finish =
        trial.run_as_stranger(|op| signin::finish(op, &link, &browser(std::slice::from_ref(&verifier)))).unwrap();
    assert_eq!(finish.err(), Some(LinkState::Gone));
}

#[test]
fn another_browser_shows_the_code_and_five_wrong_ones_end_that_sign_in_only() {
    let trial = Trial::new();
    let (_, verifier) = ask(&trial, "admin@example.com");
    let (link, code) = (mailed_link(&trial), mailed_code(&trial));
    let stranger = Caller { who: Who::Stranger, ip: None, user_agent: String::new() };
    let look = || trial.database.read(&stranger, |view| signin::look(view, &link, &[])).unwrap();
    let LinkState::OtherBrowser(Some(shown)) = look() else { panic!("the code is shown") };
    assert_eq!(shown.shown(), code);
    let (_, other) = ask(&trial, "admin@example.com");
    let other_code = mailed_code(&trial);
    let enter = |verifier: &Secret, typed: &str| {
        trial.run_as_stranger(|op| signin::enter(op, verifier, typed, &browser(&[]))).unwrap()
    };
    for _ in 0..4 {
        assert!(enter(&verifier, "2222-2222").is_none());
    }
    assert!(matches!(look(), LinkState::OtherBrowser(Some(_))));
    assert!(enter(&verifier, &other_code).is_none(), "the fifth, and another sign-in's code at that");
    assert!(enter(&verifier, &code).is_none());
    assert_eq!(look(), LinkState::Gone);
    assert!(enter(&other, &other_code).is_some());
}

#[test]
fn mail_goes_only_where_it_should() {
    let trial = Trial::new();
    trial.run(|op| settings::set(op, "access.accepted_domains", "example.com")).unwrap();
    trial.user("gone@example.com", Rank::Person);
    trial.run(|op| users::reject(op, &name("gone@example.com"))).unwrap();
    assert_eq!(ask(&trial, "gone@example.com").0, Asked::Disabled);
    assert_eq!(ask(&trial, "new@elsewhere.test").0, Asked::Unknown);
    assert_eq!(ask(&trial, "evil@evil.test@example.com").0, Asked::NotAName);
    assert_eq!(trial.count("SELECT count(*) FROM mail"), 0);
    let (asked, verifier) = ask(&trial, "new@example.com");
    assert_eq!((asked, trial.count("SELECT count(*) FROM user WHERE email = 'new@example.com'")), (Asked::Mailed, 0));
    let link = mailed_link(&trial);
    trial.run_as_stranger(|op| signin::finish(op, &link, &browser(&[verifier]))).unwrap().unwrap();
    let new = trial.run(|op| users::find(op, &name("new@example.com"))).unwrap();
    assert_eq!(new.status, Status::Approved);
}

#[test]
fn somebody_from_outside_registers_and_waits_and_those_who_asked_hear_of_it() {
    let trial = Trial::new();
    let admin = name("admin@example.com");
    trial.run(|op| users::update(op, &admin, &Update { notify: Some(true), ..Update::default() })).unwrap();
    let verifier = signin::new_verifier();
    let purpose = Purpose::Register;
    let ask = Ask {
        name: "new@elsewhere.test".into(),
        wish: Wish::Here("/".into()),
        verifier: verifier.clone(),
        purpose,
        language: None,
        device: None,
        invitation: None,
    };
    assert_eq!(trial.run_as_stranger(|op| signin::ask(op, &ask)).unwrap(), Asked::Mailed);
    let link = mailed_link(&trial);
    trial.run_as_stranger(|op| signin::finish(op, &link, &browser(std::slice::from_ref(&verifier)))).unwrap().unwrap();
    let new = name("new@elsewhere.test");
    assert_eq!(trial.run(|op| users::find(op, &new)).unwrap().status, Status::Pending);
    trial.run(|op| users::approve(op, &new)).unwrap();
    let letters = trial.database.read(&Caller::system("test"), mail::waiting).unwrap();
    let sent = letters.iter().map(|letter| (letter.recipient.as_str(), letter.template.kind)).collect::<Vec<_>>();
    assert_eq!(
        sent,
        [
            ("new@elsewhere.test", MailKind::SignIn),
            ("new@elsewhere.test", MailKind::RegistrationWaits),
            ("admin@example.com", MailKind::RegistrationToApprove),
            ("new@elsewhere.test", MailKind::RegistrationApproved),
        ]
    );
    trial.run(|op| settings::set(op, "auth.self_registration", "false")).unwrap();
    let ask = Ask { name: "late@elsewhere.test".into(), ..ask };
    assert_eq!(trial.run_as_stranger(|op| signin::ask(op, &ask)).unwrap(), Asked::Unknown);
}

#[test]
fn a_mailbox_gets_three_mails_and_its_owner_is_not_locked_out() {
    let trial = Trial::new();
    let outcomes = (0..5).map(|_| ask(&trial, "admin@example.com").0).collect::<Vec<_>>();
    let over = Asked::Over(Limit::Mailbox);
    let expected = [Asked::Mailed, Asked::Mailed, Asked::Mailed, over, over];
    assert_eq!(outcomes, expected);
    trial.run(|op| signin::host_link(op, &name("admin@example.com"))).unwrap();
}

#[test]
fn a_mailbox_gets_ten_mails_a_day_and_more_as_the_day_goes_by() {
    let trial = Trial::new();
    let older = |seconds: i64| trial.change(&format!("UPDATE signin_attempt SET at = at - {seconds}"));
    let ask = || ask(&trial, "admin@example.com").0;
    for _ in 0..3 {
        assert_eq!([ask(), ask(), ask()], [Asked::Mailed; 3]);
        assert_eq!(ask(), Asked::Over(Limit::Mailbox));
        older(901);
    }
    assert_eq!(ask(), Asked::Mailed, "the tenth");
    assert_eq!([ask(), ask()], [Asked::Over(Limit::MailboxDaily); 2]);
    older(901);
    assert_eq!(ask(), Asked::Over(Limit::MailboxDaily), "a quarter of an hour is not enough any more");
    assert_eq!(trial.count("SELECT count(*) FROM signin_attempt"), 10, "what was refused does not count");
    older(86_400 - 4 * 901 - 60);
    assert_eq!(ask(), Asked::Over(Limit::MailboxDaily), "not quite a day after the first three");
    older(120);
    assert_eq!([ask(), ask(), ask()], [Asked::Mailed; 3], "they are no longer counted");
    assert_eq!(ask(), Asked::Over(Limit::Mailbox));
}

#[test]
fn what_one_network_is_refused_counts_for_nobody_else() {
    let trial = Trial::new();
    trial.user("alice@example.com", Rank::Person);
    let from = |ip: &str, typed: &str| {
        let caller = Caller { who: Who::Stranger, ip: ip.parse().ok(), user_agent: String::new() };
        let ask = Ask {
            name: typed.into(),
            wish: Wish::Here("/".into()),
            verifier: signin::new_verifier(),
            purpose: Purpose::SignIn,
            language: None,
            device: None,
            invitation: None,
        };
        trial.database.write(&caller, |op| signin::ask(op, &ask)).unwrap().value
    };
    trial.run(|op| settings::set(op, "auth.global_limit", "30")).unwrap();
    let flood = (0..100).map(|n| from("2001:db8::1", &format!("nobody{n}@elsewhere.test"))).collect::<Vec<_>>();
    assert_eq!(flood.iter().filter(|asked| **asked == Asked::Unknown).count(), 10);
    assert_eq!(from("2001:db8::ffff", "alice@example.com"), Asked::Over(Limit::Network), "the same /64");
    assert_eq!(from("2001:db8:0:1::1", "alice@example.com"), Asked::Mailed, "another");
    assert_eq!(trial.count("SELECT count(*) FROM signin_attempt"), 11);
}

#[test]
fn nobody_who_was_shut_out_is_in_again_under_a_plus_tag_of_their_mailbox() {
    let trial = Trial::new();
    trial.run(|op| settings::set(op, "access.accepted_domains", "example.com")).unwrap();
    for limit in ["auth.mailbox_limit", "auth.address_limit"] {
        trial.run(|op| settings::set(op, limit, "100")).unwrap();
    }
    let sign_in = |email: &str| {
        let (_, verifier) = ask(&trial, email);
        trial.run_as_stranger(|op| signin::finish(op, &mailed_link(&trial), &browser(&[verifier]))).unwrap().unwrap();
        trial.run(|op| users::find(op, &name(email))).unwrap().status
    };
    assert_eq!(sign_in("alice@example.com"), Status::Approved);
    assert_eq!(sign_in("alice+before@example.com"), Status::Approved);
    let disable = Update { enabled: Some(false), ..Update::default() };
    trial.run(|op| users::update(op, &name("alice@example.com"), &disable)).unwrap();
    for email in ["alice+x@example.com", "alice+x@example.com"] {
        assert_eq!(sign_in(email), Status::Pending, "also at the second sign-in");
    }
    for other in ["alice_x@example.com", "alic@example.com", "alice.b+x@example.com"] {
        assert_eq!(sign_in(other), Status::Approved, "{other} is another mailbox");
    }
    trial.run(|op| users::reject(op, &name("alice.b+x@example.com"))).unwrap();
    assert_eq!(sign_in("alice.b@example.com"), Status::Pending);
}

#[test]
fn a_full_waiting_room_is_full_for_those_too_who_asked_while_there_was_room() {
    let trial = Trial::new();
    trial.run(|op| settings::set(op, "auth.pending_limit", "1")).unwrap();
    let begun = ["a@elsewhere.example", "b@elsewhere.example"].map(|email| {
        let (_, verifier) = ask_to(&trial, email, Purpose::Register);
        (mailed_link(&trial), verifier)
    });
    let used = begun.map(|(link, verifier)| {
        trial.run_as_stranger(|op| signin::finish(op, &link, &browser(&[verifier]))).unwrap().is_ok()
    });
    assert_eq!(used, [true, false]);
    assert_eq!(trial.count("SELECT count(*) FROM user WHERE status = 'pending'"), 1);
}
