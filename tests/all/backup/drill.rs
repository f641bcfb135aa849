//! The drill: a backup, changes, the restore, and who is let in then.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rusqlite::Connection;

use super::{Keys, file, named};
use crate::cli::state;
use crate::world::{ADMIN, World};

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";
const CAROL: &str = "carol@example.com";

#[test]
fn what_is_restored_is_what_was_backed_up_and_nobody_is_signed_in() {
    let world = World::start();
    let keys = Keys::make(&world, "identity.txt");
    world.grant(ALICE, "docs");
    world.person(BOB);
    world.gk(&["config", "set", "mail.smtp_password", "a secret that stays sealed"]).done();
    world.key_of("read", &[]);
    let (ended, session) = world.known_session(ALICE);
    let then = state(&world);
    let backup = file(&world, "backup.age");
    let made = world.gk_json(&["backup", "--to", &backup, "--recipient", &keys.recipient]);
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(made["bytes"], fs::metadata(&backup).unwrap().len());

    // What happened after it is gone with the restore; what was taken is there again, for those who sign in anew.
    world.gk(&["sessions", "revoke", "--session", &session]).done();
    world.revoke(ALICE, "docs");
    world.grant(BOB, "docs");
    world.grant(CAROL, "docs");
    let cookies = [ALICE, BOB, CAROL, ADMIN].map(|email| world.session(email));
    let entered = |cookie: &str| world.validate(Some(cookie), Some("docs")).status;
    assert_eq!(cookies.each_ref().map(|cookie| entered(cookie)), [403, 200, 200, 200]);

    let restore = ["restore", &backup, "--identity", &keys.identity, "--yes"];
    let running = world.gk(&restore).refused(1);
    assert!(running.contains("gk-admin is running"), "{running}");
    world.stop_admin();
    let verified = world.gk_json(&["restore", &backup, "--identity", &keys.identity, "--verify"]);
    assert_eq!(verified["manifest"], made["manifest"]);
    assert_eq!(entered(&cookies[1]), 200, "looking through a backup changes nothing");
    let restored = world.gk_json(&restore);

    // gk-validate ran all along.
    for cookie in cookies.iter().chain([&ended]) {
        assert_eq!(entered(cookie), 401, "every session from before the restore is over");
    }
    assert_eq!(state(&world), then);
    assert_eq!(entered(&world.session(ALICE)), 200);
    assert_eq!(entered(&world.session(BOB)), 403);
    world.gk(&["sessions", "create", "--user", CAROL]).refused(1);
    assert_eq!(world.gk_json(&["keys", "list"])["keys"][0]["enabled"], false, "a key may have been revoked since");
    world.gk(&["ops", "healthcheck"]).done();

    // The restore is in the audit, and the one that publishing makes by itself is not.
    let database = Connection::open(world.database()).unwrap();
    let count = |action: &str| -> i64 {
        let sql = "SELECT count(*) FROM audit WHERE action = ?1";
        database.query_row(sql, [action], |row| row.get(0)).unwrap()
    };
    assert_eq!(["database_backup", "database_restored", "policy_rebuilt"].map(count), [1, 1, 0]);
    drop(database);

    // The database that was here is kept, with what was done last.
    let kept = restored["kept"].as_str().unwrap();
    assert!(kept.starts_with(&format!("{}.before-restore-", world.database().display())), "{kept}");
    let sql = "SELECT count(*) FROM user WHERE email = ?1";
    let carol: i64 = Connection::open(kept).unwrap().query_row(sql, [CAROL], |row| row.get(0)).unwrap();
    assert_eq!(carol, 1);
    assert_eq!(named(&world, ".restoring").len() + named(&world, ".copy").len(), 0, "nothing is left lying about");

    world.start_admin();
    let visitor = world.visitor();
    assert_eq!(visitor.signs_in(ALICE, 1).status, 303);
    assert_eq!(entered(&visitor.session().unwrap()), 200);
}

#[test]
fn a_backup_with_its_root_key_comes_back_where_nothing_is_left() {
    let world = World::quiet(&[]);
    world.grant(ALICE, "docs");
    let (backup, words) = (file(&world, "backup.age"), file(&world, "words"));
    fs::write(&words, "correct horse battery staple\n").unwrap();
    world.gk(&["backup", "--to", &backup, "--passphrase-file", &words, "--with-root-key"]).done();
    let then = state(&world);
    let old = world.session(ALICE);
    let mails = |state: &str| world.gk_json(&["mail", "queue", "--state", state])["mails"].as_array().unwrap().len();
    let waited = mails("queued");
    assert!(waited > 0, "the grant was told by mail");
    for path in named(&world, "gatekeeper.") {
        fs::remove_file(path).unwrap();
    }
    let restored = world.gk(&["restore", &backup, "--passphrase-file", &words, "--yes"]).done();
    assert!(restored.contains("in the backup"), "{restored}");
    assert_eq!(fs::metadata(world.key()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(state(&world), then);
    assert_eq!((mails("queued"), mails("dropped")), (0, waited), "what waited then has been sent since");
    assert_eq!(world.validate(Some(&old), Some("docs")).status, 401);
    assert_eq!(world.validate(Some(&world.session(ALICE)), Some("docs")).status, 200);
}

#[test]
fn a_damaged_database_is_kept_aside_and_replaced() {
    let world = World::bare(&[]);
    world.person(ALICE);
    let backup = file(&world, "backup.gkb");
    world.gk(&["backup", "--to", &backup, "--plain"]).done();
    let then = state(&world);
    fs::write(world.database(), "no database any more, but long enough to look at: ".repeat(100)).unwrap();
    let restored = world.gk_json(&["restore", &backup, "--yes"]);
    assert_eq!(state(&world), then);
    let kept = fs::read_to_string(restored["kept"].as_str().unwrap()).unwrap();
    assert!(kept.starts_with("no database any more"));
}
