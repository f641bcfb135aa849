//! Databases as older versions left them, brought up to date: nothing is lost, and what was begun goes on.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::Connection;

use super::signin::{Browser, finish, look};
use super::trial::{Trial, name, slug, to, with};
use super::{audit, grants, settings, users};
use crate::secret::Secret;
use crate::{Database, KeyFile, OpenError, Paths};

const SCHEMA_1: &str = include_str!("../../fixtures/schema-1.sql");
/// Of the fixtures, and of no use for anything else.
const KEY: &str = "3fa12133088c0aeeb23a6aa600bf6330b8acfc78658d27068203b8ca6ac59071";
/// A sign-in that was begun in them.
const LINK: &str = "LsSrnYW_GKyzWqe2YoTR8AoGAKrhYVEb--1lgWtgSjo";
const VERIFIER: &str = "SB22CvQyHTL5r3K0nnKqNQ8d25US06w60whOfEKHDuw";

/// Lays an old database down; gives where everything is.
fn lay_down(folder: &Path, dump: &str) -> Paths {
    let paths = Paths {
        database: folder.join("gatekeeper.sqlite3"),
        policy: None,
        key: KeyFile::at(folder.join("gatekeeper.key")),
    };
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    fs::write(folder.join("gatekeeper.key"), KEY.as_bytes().chunks(2).map(byte).collect::<Vec<_>>()).unwrap();
    fs::set_permissions(folder.join("gatekeeper.key"), fs::Permissions::from_mode(0o600)).unwrap();
    let connection = Connection::open(&paths.database).unwrap();
    connection.execute_batch(&dump.replace("/nowhere/", &format!("{}/policy/", folder.display()))).unwrap();
    paths
}

#[test]
fn a_database_of_schema_1_is_brought_up_to_date_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let paths = lay_down(folder.path(), SCHEMA_1);
    assert!(matches!(Database::open(&paths), Err(OpenError::Older(1))));
    let lock = paths.lock().unwrap();
    let trial = Trial { database: Database::upgrade(&paths, &lock).unwrap(), folder };
    assert_eq!(trial.count("SELECT count(*) FROM user"), 3);
    assert_eq!(trial.count("SELECT count(*) FROM session WHERE seen_published_at IS NULL"), 2);
    assert_eq!(trial.count("SELECT count(*) FROM mail WHERE state = 'dropped'"), 2);
    assert_eq!(trial.count("SELECT count(*) FROM mail WHERE state = 'sent'"), 1);
    let read = |key: &str| trial.run(|op| settings::get(op, key)).unwrap().value;
    assert_eq!(read("mail.smtp_host"), crate::settings::Stored::Open("mail.example.com".into()));
    assert_eq!(trial.count("SELECT count(*) FROM pragma_table_info('invitation') WHERE name = 'created_by_id'"), 1);
    let checked = || trial.run(|op| audit::verify_here(op, &mut |_| ())).unwrap();
    assert_eq!(checked().breaks, []);
    // The sign-in that was begun before goes on, once.
    let link = Secret::new(LINK);
    let browser = Browser { verifiers: vec![Secret::new(VERIFIER)], device: None, tokens: Vec::new() };
    trial.run_as_stranger(|op| look(op, &link, &browser.verifiers)).unwrap();
    let signed_in = trial.run_as_stranger(|op| finish(op, &link, &browser)).unwrap();
    assert_eq!(
        signed_in.unwrap().new.session.user,
        trial.run(|op| users::find(op, &name("alice@example.com"))).unwrap().id
    );
    assert!(trial.run_as_stranger(|op| finish(op, &link, &browser)).unwrap().is_err());
    // And so does everything else.
    trial.run(|op| users::approve(op, &name("pending@elsewhere.example"))).unwrap();
    let give = with(grants::RoleChange::Keep);
    trial.run(|op| grants::give(op, &slug("docs"), &to("pending@elsewhere.example"), &give)).unwrap();
    assert_eq!(trial.database.in_force(gk_shared::policy::Snapshot::user_count).unwrap(), 3);
    let now = checked();
    assert!(now.breaks.is_empty() && now.rows > 5, "{now:?}");
}
