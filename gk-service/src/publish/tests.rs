//! What publishing must hold when files are exchanged under it. Killed processes are tried from outside.

use std::fs;
use std::path::Path;

use gk_shared::policy::{PolicyReader, SessionMark};
use gk_shared::token::Claims;

use crate::model::Scopes;
use crate::service::trial::{Trial, name, slug, to, with};
use crate::service::users::{self, Rank, Update};
use crate::service::{Caller, Refusal, grants, keys, sessions, settings, signin};
use crate::{Database, Force, KeyFile, Paths};

fn again(trial: &Trial) -> Database {
    let folder = trial.folder.path();
    let paths = Paths {
        database: folder.join("gatekeeper.sqlite3"),
        policy: None,
        key: KeyFile::at(folder.join("gatekeeper.key")),
    };
    Database::open(&paths).unwrap()
}

/// A consistent copy, as a backup makes one.
fn copy(from: &Path, to: &Path) {
    let connection = rusqlite::Connection::open(from).unwrap();
    connection.execute("VACUUM INTO ?1", [to.to_string_lossy()]).unwrap();
}

/// Whether the policy file still honours this token: the user's and the global tag, and no revocation.
fn honours(policy: &Path, token: &str) -> bool {
    let (_, snapshot) = PolicyReader::open(policy).unwrap();
    let claims = Claims::verify(token.as_bytes(), &snapshot.settings.keys).unwrap();
    let user = snapshot.user(claims.user).is_some_and(|user| user.tag() == claims.user_tag);
    let revoked = snapshot.session(claims.session) == Some(SessionMark::Revoked);
    user && claims.global_tag == snapshot.settings.global_tag && !revoked
}

#[test]
fn a_database_brought_back_without_its_policy_file_ends_every_session() {
    let trial = Trial::new();
    let (database, policy) = (trial.folder.path().join("gatekeeper.sqlite3"), trial.database.policy_path().to_owned());
    let new = trial.run(|op| sessions::create(op, &name("admin@example.com"), None, None)).unwrap();
    trial.run(|op| signin::host_link(op, &name("admin@example.com"))).unwrap();
    let reach = keys::NewReach::Program { scopes: Scopes::READ, app: None };
    let add = keys::Add { name: "nightly".into(), reach, expires_at: None };
    trial.run(|op| keys::add(op, &add)).unwrap();
    let backup = trial.folder.path().join("backup.sqlite3");
    copy(&database, &backup);
    trial.run(|op| sessions::end(op, new.session.id)).unwrap();
    assert!(!honours(&policy, new.token.reveal()));
    for left in ["the lock file", "nothing"] {
        fs::remove_file(&policy).unwrap();
        if left == "nothing" {
            fs::remove_dir_all(policy.parent().unwrap()).unwrap();
        }
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(trial.folder.path().join(format!("gatekeeper.sqlite3{end}")));
        }
        fs::copy(&backup, &database).unwrap();
        assert_eq!(again(&trial).publish().unwrap(), Force::Now);
        assert!(!honours(&policy, new.token.reveal()), "with {left} left of the policy folder");
        assert_eq!(trial.count("SELECT count(*) FROM session WHERE expires_at > unixepoch()"), 0);
        assert_eq!(trial.count("SELECT count(*) FROM challenge WHERE used_at IS NULL"), 0, "what was begun ends too");
        assert_eq!(
            trial.count("SELECT count(*) FROM api_key WHERE enabled = 1"),
            0,
            "keys may have been revoked since"
        );
    }
}

#[test]
fn a_policy_file_that_is_merely_deleted_ends_no_session() {
    let trial = Trial::new();
    let policy = trial.database.policy_path().to_owned();
    let new = trial.run(|op| sessions::create(op, &name("admin@example.com"), None, None)).unwrap();
    fs::remove_file(&policy).unwrap();
    assert_eq!(trial.database.publish().unwrap(), Force::Now);
    assert!(honours(&policy, new.token.reveal()));
}

#[test]
fn a_policy_file_of_an_older_format_is_replaced_and_ends_no_session() {
    let trial = Trial::new();
    let policy = trial.database.policy_path().to_owned();
    let new = trial.run(|op| sessions::create(op, &name("admin@example.com"), None, None)).unwrap();
    let older = "DROP TABLE seen_session; ALTER TABLE policy DROP COLUMN idle_seconds; UPDATE policy SET format = 1";
    rusqlite::Connection::open(&policy).unwrap().execute_batch(older).unwrap();
    assert_eq!(again(&trial).publish().unwrap(), Force::Now);
    assert!(honours(&policy, new.token.reveal()));
}

#[test]
fn a_heartbeat_outlasts_other_settings_and_ends_when_it_is_switched_off() {
    let trial = Trial::new();
    let set = |key, value| trial.run(|op| settings::set(op, key, value)).unwrap();
    let beat = || PolicyReader::open(trial.database.policy_path()).unwrap().1.beat;
    set("policy.heartbeat", "true");
    assert_eq!((beat(), trial.database.keep_published().unwrap()), (None, Force::Now));
    let first = beat();
    assert!(first.is_some());
    set("access.default_app", "allow");
    assert_eq!(beat(), first);
    set("policy.heartbeat", "false");
    assert_eq!((beat(), trial.database.keep_published().unwrap(), beat()), (None, Force::Now, None));
}

#[test]
fn an_exchanged_database_is_neither_read_nor_written_nor_published() {
    let trial = Trial::new();
    let database = trial.folder.path().join("gatekeeper.sqlite3");
    let other = trial.folder.path().join("other.sqlite3");
    copy(&database, &other);
    fs::rename(&other, &database).unwrap();
    let update = Update { fullname: users::Fullname::parse("A").ok(), ..Update::default() };
    let write = trial.run(|op| users::update(op, &name("admin@example.com"), &update));
    assert!(matches!(write, Err(Refusal::Exchanged)));
    assert!(matches!(trial.database.publish(), Err(Refusal::Exchanged)));
    let read = trial
        .database
        .read(&Caller::operator("root"), |view| users::find(view, &name("admin@example.com")).map(|_| ()));
    assert!(matches!(read, Err(Refusal::Exchanged)));
}

#[test]
fn a_policy_file_moved_by_one_process_is_followed_by_another() {
    let trial = Trial::new();
    trial.user("alice@example.com", Rank::Person);
    trial.app("docs", &[]);
    let give = with(grants::RoleChange::Keep);
    trial.run(|op| grants::give(op, &slug("docs"), &to("alice@example.com"), &give)).unwrap();
    let moved = trial.folder.path().join("elsewhere/policy.sqlite3");
    assert_eq!(again(&trial).move_policy(&Caller::operator("root"), &moved).unwrap(), Force::Now);
    trial.run(|op| grants::take(op, &slug("docs"), &to("alice@example.com"))).unwrap();
    let (_, snapshot) = PolicyReader::open(&moved).unwrap();
    let app = snapshot.app("docs").unwrap().id;
    assert!(snapshot.users().all(|(_, user)| user.grant(app).is_none()));
    let before = trial.count("SELECT count(*) FROM audit WHERE action = 'policy_rebuilt'");
    again(&trial).publish().unwrap();
    trial.database.publish().unwrap();
    assert_eq!(trial.count("SELECT count(*) FROM audit WHERE action = 'policy_rebuilt'"), before);
}

#[test]
fn a_reader_that_stays_does_not_slow_a_verb() {
    let trial = Trial::new();
    let reader = rusqlite::Connection::open(trial.database.policy_path()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM user").unwrap();
    let started = std::time::Instant::now();
    trial.user("alice@example.com", Rank::Person);
    assert!(started.elapsed() < std::time::Duration::from_secs(2), "publishing waited for a reader");
}

#[test]
fn a_file_that_was_cut_short_is_replaced_at_the_next_verb() {
    let trial = Trial::new();
    let policy = trial.database.policy_path().to_owned();
    for n in 0..200 {
        trial.user(&format!("person{n}@example.com"), Rank::Person);
    }
    let file = fs::OpenOptions::new().write(true).open(&policy).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    trial.user("one-more@example.com", Rank::Person);
    let (_, snapshot) = PolicyReader::open(&policy).unwrap();
    assert_eq!(snapshot.user_count(), 202);
}
