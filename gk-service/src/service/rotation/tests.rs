//! What exchanging keys must hold inside the database.

use gk_shared::policy::PolicyReader;
use gk_shared::token::Claims;

use crate::model::{DirectoryLabel, DirectoryUri};
use crate::secret::{Purpose, RootKey, Secret};
use crate::service::directories::{self, Setup};
use crate::service::trial::{Trial, name};
use crate::service::{Caller, janitor, rotation, sessions, settings};
use crate::store::{installation, sealed};

fn connection(trial: &Trial) -> rusqlite::Connection {
    rusqlite::Connection::open(trial.folder.path().join("gatekeeper.sqlite3")).unwrap()
}

#[test]
fn an_old_signing_key_is_believed_until_its_last_token_has_run_out_and_signs_nothing() {
    let trial = Trial::new();
    let admin = name("admin@example.com");
    let token = trial.run(|op| sessions::create(op, &admin, None, None)).unwrap().token;
    let believed = || {
        let (_, snapshot) = PolicyReader::open(trial.database.policy_path()).unwrap();
        Claims::verify(token.reveal().as_bytes(), &snapshot.settings.keys).is_ok()
    };
    // A later session is signed with the new key, and keeps the old one from nothing.
    trial.change("UPDATE session SET created_at = created_at - 10");
    trial.run(rotation::rotate_signing_key).unwrap();
    trial.change("UPDATE key SET created_at = created_at - 5 WHERE id = (SELECT max(id) FROM key)");
    trial.run(|op| sessions::create(op, &admin, None, None)).unwrap();
    assert_eq!(trial.count("SELECT count(*) FROM key WHERE purpose = 'session' AND sealed = x''"), 1);
    trial.run(janitor::retire_keys).unwrap();
    assert!(believed());
    trial.change("UPDATE session SET expires_at = unixepoch() - 1 WHERE id = 1");
    trial.run(janitor::retire_keys).unwrap();
    assert!(!believed());
    assert_eq!(trial.run(|op| rotation::keys(op)).unwrap().signing.len(), 1);
    assert_eq!(trial.count("SELECT count(*) FROM audit WHERE action = 'secret_key_retired'"), 1);
}

fn directory() -> Setup {
    Setup {
        uris: Some(vec![DirectoryUri::parse("ldaps://dc.corp.example").unwrap()]),
        base_dns: Some(vec!["dc=corp,dc=example".into()]),
        bind_dn: Some("cn=reader,dc=corp,dc=example".into()),
        password: Some(Secret::new("a bind password")),
        ..Setup::default()
    }
}

#[test]
fn whatever_is_sealed_opens_with_the_new_root_key_and_with_no_other() {
    let trial = Trial::new();
    trial.run(|op| settings::set(op, "mail.smtp_password", "a password")).unwrap();
    let variable = |name: &str| (name == "OUTBOX_API_KEY").then(|| "pinned".to_owned());
    let pins = |op: &crate::service::Op<'_>| settings::record_pins(op, &variable, settings::OlderPins::Drop);
    trial.database.write(&Caller::system("gk-admin"), pins).unwrap();
    crate::service::signin::tests::ask(&trial, "admin@example.com");
    trial.run(|op| directories::add(op, &DirectoryLabel::parse("corp").unwrap(), &directory())).unwrap();
    let old = trial.database.root().unwrap();
    let before = trial.run(|op| rotation::keys(op)).unwrap();
    let done = trial.database.rotate_root_key(&Caller::operator("root")).unwrap().value;
    assert_eq!((done.sealed, &done.old), (before.sealed, &before.fingerprint));
    let new = RootKey::read(&trial.folder.path().join("gatekeeper.key")).unwrap();
    let connection = connection(&trial);
    for place in &sealed::PLACES {
        let all = sealed::all(&connection, place).unwrap();
        assert!(!all.is_empty(), "the scene has something sealed of each kind");
        for (row, value) in all {
            assert!(new.open(place.purpose, &value).is_ok() && old.open(place.purpose, &value).is_err(), "{row:?}");
        }
    }
    let check = installation::root_check(&connection).unwrap();
    assert!(new.open(Purpose::RootCheck, &check).is_ok());
    drop(connection);
    let password = trial.run(|op| Ok(op.settings.secret(crate::settings::Setting::SmtpPassword, op.root)?)).unwrap();
    assert_eq!(password.unwrap().reveal(), "a password");
}
