//! A gate in this process, against a real policy file that changes under it.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use gk_shared::model::Slug;
use gk_shared::panic::{self, Panic, Rule};
use gk_shared::policy::FORMAT;
use gk_shared::token::api_key_hash;

use crate::status::FileState;
use crate::trial::{PolicyFile, Trial, ask, ask_by, claims, cookie, run, signer, until};

const REVOKE: &str = "INSERT INTO revoked_session VALUES (1, x'08080808080808080808080808080808', 4000000000)";

#[test]
fn whoever_may_enter_is_named_to_the_app() {
    let trial = Trial::new();
    run(&trial.gate, async {
        let said = trial.ask().await;
        assert_eq!(said.status, 200);
        assert_eq!(said.header("x-auth-user"), Some("alice@example.com"));
        assert_eq!(said.header("x-auth-name"), Some("Alice %C3%85ngstr%C3%B6m"));
        assert_eq!(said.header("x-auth-role"), Some("editor"));
        assert_eq!(said.header("x-auth-groups"), Some("standard,%C3%89crivains"));
        assert_eq!(said.header("cache-control"), Some("no-store"));
        let said = trial.ask_with(&cookie(), "wiki").await;
        assert_eq!((said.status, said.header("x-gk-reason")), (403, Some("no-grant")));
        assert_eq!(said.header("x-auth-user"), None);
        assert_eq!(trial.ask_with("gk_session=x", "docs").await.status, 401);
    });
}

#[test]
fn a_change_is_in_force_at_the_very_next_request() {
    let trial = Trial::new();
    run(&trial.gate, async {
        assert_eq!(trial.ask().await.status, 200);
        trial.file.publish("user", 7, "UPDATE user SET fullname = 'Al'");
        assert_eq!(trial.ask().await.header("x-auth-name"), Some("Al"));
        trial.file.publish("group", 3, "UPDATE groups SET name = 'Writers' WHERE id = 3");
        assert_eq!(trial.ask().await.header("x-auth-groups"), Some("standard,Writers"));
        trial.file.publish("user", 7, "UPDATE access_grant SET role = 'viewer'");
        assert_eq!(trial.ask().await.header("x-auth-role"), Some("viewer"));
        trial.file.publish("session", 1, REVOKE);
        assert_eq!(trial.ask().await.status, 401);
        trial.file.publish("session", 1, "DELETE FROM revoked_session");
        assert_eq!(trial.ask().await.status, 200);
        trial.file.publish("user", 7, "DELETE FROM user");
        assert_eq!(trial.ask().await.status, 401);
    });
}

#[test]
fn a_policy_is_stale_when_neither_the_file_nor_gk_admin_was_heard_of_for_too_long() {
    let trial = Trial::patient(100);
    run(&trial.gate, async {
        assert_eq!(trial.ask().await.status, 200);
        let now = trial.gate.clock.now();
        let stale_after =
            |seconds| trial.gate.policy.is_stale(&trial.gate.policy.snapshot().unwrap().0, now.plus(seconds));
        assert_eq!([90, 102].map(stale_after), [false, true]);
        trial.file.publish("app", 1, &format!("UPDATE policy SET beat = {}", now.0 - 50));
        assert_eq!(trial.ask().await.status, 200);
        assert_eq!([40, 52].map(stale_after), [false, true], "its word counts where it gives one");
        trial.file.publish("app", 1, &format!("UPDATE policy SET beat = {}", now.0 - 101));
        assert_eq!(trial.ask().await.header("x-gk-reason"), Some("stale"));
        trial.file.publish("app", 1, "UPDATE app SET stale_ok = 1 WHERE id = 1");
        assert_eq!(trial.ask().await.status, 200);
    });
}

#[test]
fn a_signature_seen_before_does_not_outlive_its_key() {
    let trial = Trial::new();
    run(&trial.gate, async {
        assert_eq!(trial.ask().await.status, 200);
        trial.file.publish("settings", 0, "UPDATE verify_key SET id = 2");
        assert_eq!(trial.ask().await.status, 401);
        trial.file.publish("settings", 0, "UPDATE verify_key SET id = 1");
        assert_eq!(trial.ask().await.status, 200);
        trial.file.publish("settings", 0, "UPDATE policy SET filter_key = randomblob(32)");
        assert_eq!(trial.ask().await.status, 401);
    });
}

#[test]
fn a_file_that_appears_later_is_found() {
    let (_folder, path, gate, _) = Trial::before_the_file();
    run(&gate, async {
        assert_eq!(ask(&gate, &cookie(), "docs").await.status, 503);
        let file = PolicyFile::create(path, 0);
        until(async || ask(&gate, &cookie(), "docs").await.status == 200).await;
        file.publish("session", 1, REVOKE);
        assert_eq!(ask(&gate, &cookie(), "docs").await.status, 401);
    });
}

#[test]
fn a_file_of_another_history_is_followed_once_it_is_in_place() {
    let trial = Trial::new();
    run(&trial.gate, async {
        trial.file.publish("session", 1, REVOKE);
        assert_eq!(trial.ask().await.status, 401);
        let other = PolicyFile::create(trial.beside("other.sqlite3"), 1);
        other.writer.pragma_update(None, "wal_checkpoint", "TRUNCATE").expect("a checkpoint");
        rename_whole(&other.path, &trial.file.path);
        until(async || trial.ask().await.status == 200).await;
    });
}

#[test]
fn an_older_file_is_refused_and_what_is_known_stays_in_force() {
    let trial = Trial::new();
    run(&trial.gate, async {
        trial.file.writer.execute("VACUUM INTO ?1", [trial.beside("old").to_str()]).expect("a copy");
        trial.file.publish("session", 1, REVOKE);
        assert_eq!(trial.ask().await.status, 401);
        rename_whole(&trial.beside("old"), &trial.file.path);
        until(async || trial.state() == Some(FileState::Refused)).await;
        assert_eq!(trial.ask().await.status, 401);
        // Once it has caught up, it is followed like any other.
        let later = PolicyFile { path: trial.file.path.clone(), writer: open(&trial) };
        later.publish("session", 1, REVOKE);
        later.publish("user", 7, "UPDATE user SET fullname = ''");
        until(async || trial.state() == Some(FileState::Ok)).await;
        assert_eq!(trial.ask().await.status, 401);
        later.publish("session", 1, "DELETE FROM revoked_session");
        assert_eq!(trial.ask().await.header("x-auth-name"), None);
        assert_eq!(trial.ask().await.status, 200);
    });
}

#[test]
fn without_the_file_the_last_good_snapshot_answers() {
    let trial = Trial::new();
    run(&trial.gate, async {
        assert_eq!(trial.ask().await.status, 200);
        rename_whole(&trial.file.path, &trial.beside("away"));
        until(async || trial.state() == Some(FileState::Missing)).await;
        assert_eq!(trial.ask().await.status, 200);
        fs::write(&trial.file.path, "no database").expect("a file");
        until(async || trial.state() == Some(FileState::Unreadable)).await;
        assert_eq!(trial.ask().await.status, 200);
        rename_whole(&trial.beside("away"), &trial.file.path);
        until(async || trial.state() == Some(FileState::Ok)).await;
        trial.file.publish("session", 1, REVOKE);
        assert_eq!(trial.ask().await.status, 401);
    });
}

#[test]
fn a_change_that_cannot_be_read_is_never_passed_over() {
    let trial = Trial::new();
    run(&trial.gate, async {
        assert_eq!(trial.ask().await.status, 200);
        trial.file.publish("riddle", 1, REVOKE);
        let started = Instant::now();
        let (first, second) = tokio::join!(trial.ask(), trial.ask());
        assert_eq!((first.status, second.status), (503, 503));
        assert!((1400..1900).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
        assert_eq!(trial.state(), Some(FileState::Unreadable));
        trial.file.writer.execute("UPDATE change SET kind = 'session' WHERE kind = 'riddle'", ()).expect("a repair");
        assert_eq!(trial.ask().await.status, 401);
    });
}

#[test]
fn what_is_denied_while_a_request_waits_is_denied_to_it() {
    let trial = Trial::new();
    run(&trial.gate, async {
        assert_eq!(trial.ask().await.status, 200);
        trial.file.publish("riddle", 1, "");
        let mut denied = Panic::default();
        denied.deny(Rule::App(Slug::parse("docs").expect("a slug")));
        let denied_and_mended = async {
            panic::write(&panic::beside(&trial.file.path), &denied).expect("a file");
            trial.gate.panicked.look();
            trial
                .file
                .writer
                .execute("UPDATE change SET kind = 'session' WHERE kind = 'riddle'", ())
                .expect("a repair");
        };
        let (answer, ()) = tokio::join!(trial.ask(), denied_and_mended);
        assert_eq!((answer.status, answer.header("x-gk-reason")), (403, Some("panic")));
    });
}

#[test]
fn a_file_written_over_in_another_format_changes_nothing_and_is_said() {
    let trial = Trial::new();
    run(&trial.gate, async {
        assert_eq!(trial.ask().await.status, 200);
        trial.file.publish("settings", 0, "UPDATE policy SET format = 99");
        assert_eq!(trial.ask().await.status, 200);
        until(async || trial.state() == Some(FileState::UnknownFormat)).await;
        trial.file.publish("session", 1, &format!("{REVOKE}; UPDATE policy SET format = {FORMAT}"));
        assert_eq!(trial.ask().await.status, 401);
        until(async || trial.state() == Some(FileState::Ok)).await;
    });
}

#[test]
fn a_large_change_is_loaded_whole_while_requests_wait() {
    let trial = Trial::new();
    run(&trial.gate, async {
        assert_eq!(trial.ask().await.status, 200);
        trial.file.publish("session", 1, &format!("{REVOKE}; DELETE FROM change"));
        trial.file.publish("session", 2, "DELETE FROM change");
        let (first, second) = tokio::join!(trial.ask(), trial.ask());
        assert_eq!((first.status, second.status), (401, 401));
    });
}

#[test]
fn a_token_bound_to_an_app_opens_no_other() {
    let trial = Trial::new();
    let bound = gk_shared::token::Claims { app: Some(gk_shared::model::AppId(1)), ..claims() };
    let bound = format!("gk_session={}", bound.mint(&signer()).reveal());
    run(&trial.gate, async {
        assert_eq!(trial.ask_with(&bound, "docs").await.status, 200);
        assert_eq!(trial.ask_with(&bound, "wiki").await.status, 401);
        assert_eq!(trial.ask_with(&bound, "Docs").await.status, 401);
    });
}

/// Alice's key to docs.
fn key() -> String {
    format!("gk_{}", "k".repeat(43))
}

fn publish_key(trial: &Trial, expires: &str) {
    let hash = api_key_hash(key().as_bytes()).expect("a key's form").map(|byte| format!("{byte:02x}")).concat();
    let row = format!("INSERT OR REPLACE INTO api_key VALUES (5, x'{hash}', 7, {expires}, '1')");
    trial.file.publish("key", 5, &row);
}

#[test]
fn a_key_opens_its_apps_as_its_owner_and_is_out_at_the_next_request() {
    let trial = Trial::new();
    let bearer = format!("Bearer {}", key());
    run(&trial.gate, async {
        let ask = async |headers: &[(&str, &str)]| ask_by(&trial.gate, headers).await;
        let docs = [("authorization", bearer.as_str()), ("x-gk-app", "docs")];
        let wiki = [docs[0], ("x-gk-app", "wiki")];
        assert_eq!(ask(&docs).await.status, 401);
        publish_key(&trial, "NULL");
        let said = ask(&docs).await;
        assert_eq!((said.status, said.header("x-auth-user")), (200, Some("alice@example.com")));
        assert_eq!(said.header("x-auth-role"), Some("editor"));
        for headers in [&wiki[..], &docs[..1]] {
            let said = ask(headers).await;
            assert_eq!((said.status, said.header("x-gk-reason")), (403, Some("wrong-app")), "{headers:?}");
        }
        trial.file.publish("user", 7, "UPDATE user SET usable = 0");
        assert_eq!(ask(&docs).await.header("x-gk-reason"), Some("not-approved"));
        trial.file.publish("user", 7, "UPDATE user SET usable = 1");
        publish_key(&trial, "1000");
        assert_eq!(ask(&docs).await.status, 401);
        publish_key(&trial, "4000000000");
        assert_eq!(ask(&docs).await.status, 200);
        trial.file.publish("key", 5, "DELETE FROM api_key");
        assert_eq!(ask(&docs).await.status, 401);
    });
}

#[test]
fn a_key_that_is_shown_decides_alone() {
    let trial = Trial::new();
    publish_key(&trial, "NULL");
    let (cookie, key) = (cookie(), key());
    run(&trial.gate, async {
        for (headers, status) in [
            (&[("x-gk-token", key.as_str())][..], 200),
            (&[("x-gk-token", &key), ("cookie", "gk_session=x")], 200),
            (&[("x-gk-token", "gk_x"), ("cookie", &cookie)], 401),
            (&[("x-gk-token", &key), ("x-gk-token", &key)], 401),
            (&[("authorization", "Bearer gk_x"), ("cookie", &cookie)], 401),
            (&[("authorization", "Basic YTpi"), ("cookie", &cookie)], 200),
            (&[("authorization", "Basic YTpi")], 401),
        ] {
            let headers = [headers, &[("x-gk-app", "docs")]].concat();
            assert_eq!(ask_by(&trial.gate, &headers).await.status, status, "{headers:?}");
        }
    });
}

fn open(trial: &Trial) -> rusqlite::Connection {
    let writer = rusqlite::Connection::open(&trial.file.path).expect("a file");
    writer.busy_timeout(Duration::from_secs(1)).expect("a time");
    writer.pragma_update(None, "journal_mode", "wal").expect("a WAL file");
    writer
}

/// Moves a file with its -wal and -shm: one left behind would be taken for the next file's.
fn rename_whole(from: &Path, to: &Path) {
    for suffix in ["-wal", "-shm"] {
        let suffixed = |path: &Path| format!("{}{suffix}", path.display());
        let _ = fs::remove_file(suffixed(to));
        let _ = fs::rename(suffixed(from), suffixed(to));
    }
    fs::rename(from, to).expect("a rename");
}
