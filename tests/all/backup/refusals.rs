//! What is not backed up and not restored: said in a sentence, and nothing changed.

use std::fs;
use std::process::Command;

use rusqlite::Connection;
use serde_json::Value;

use super::{Keys, file, named, older};
use crate::cli::state;
use crate::world::World;

#[test]
fn how_a_backup_is_sealed_has_to_be_said_and_no_file_is_written_over() {
    let world = World::bare(&[]);
    let backup = file(&world, "backup");
    for unclear in [
        &["backup", "--to", &backup][..],
        &["backup", "--to", &backup, "--recipient", "age1nonsense"],
        &["backup", "--to", &backup, "--plain", "--with-root-key"],
    ] {
        world.gk(unclear).refused(2);
    }
    fs::write(file(&world, "short"), "too short\n").unwrap();
    world.gk(&["backup", "--to", &backup, "--passphrase-file", &file(&world, "short")]).refused(2);
    assert_eq!(named(&world, "backup").len(), 0);
    fs::write(&backup, "mine").unwrap();
    world.gk(&["backup", "--to", &backup, "--plain"]).refused(1);
    assert_eq!(fs::read_to_string(&backup).unwrap(), "mine");
    world.gk(&["backup", "--to", &backup, "--plain", "--force"]).done();
    world.gk(&["restore", &backup, "--verify"]).done();
    // With a public key in the settings nothing has to be said.
    let keys = Keys::make(&world, "identity.txt");
    world.gk(&["config", "set", "backup.recipient", &keys.recipient]).done();
    world.gk(&["backup", "--to", &file(&world, "sealed.age")]).done();
    world.gk(&["restore", &file(&world, "sealed.age"), "--verify", "--identity", &keys.identity]).done();
}

#[test]
fn what_cannot_be_restored_is_refused_and_changes_nothing() {
    let world = World::bare(&[]);
    world.person("alice@example.com");
    let keys = Keys::make(&world, "identity.txt");
    let sealed = file(&world, "sealed.age");
    world.gk(&["backup", "--to", &sealed, "--recipient", &keys.recipient]).done();
    let plain = file(&world, "plain.gkb");
    world.gk(&["backup", "--to", &plain, "--plain"]).done();
    let before = state(&world);
    let refuses = |path: &str, more: &[&str], why: &str| {
        for how in ["--verify", "--yes"] {
            let sentence = world.gk(&[&["restore", path, how], more].concat()).refused(1);
            assert!(sentence.contains(why), "{path}: {sentence}");
        }
    };
    let other = Keys::make(&world, "other.txt");
    refuses(&sealed, &[], "--identity");
    refuses(&sealed, &["--identity", &other.identity], "does not open");
    refuses(world.database().to_str().unwrap(), &[], "no backup");

    let changed = |name: &str, from: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = fs::read(from).unwrap();
        change(&mut bytes);
        let path = file(&world, name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let identity = ["--identity", keys.identity.as_str()];
    let flipped = |bytes: &mut Vec<u8>| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    };
    let cut = |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() - 1);
    refuses(&changed("flipped.gkb", &plain, &flipped), &[], "changed");
    refuses(&changed("cut.gkb", &plain, &cut), &[], "changed");
    refuses(&changed("longer.gkb", &plain, &|bytes| bytes.push(0)), &[], "changed");
    refuses(&changed("flipped.age", &sealed, &flipped), &identity, "changed");
    refuses(&changed("cut.age", &sealed, &cut), &identity, "changed");
    let said = |from: &'static str, to: &'static str| {
        move |bytes: &mut Vec<u8>| {
            let text = String::from_utf8_lossy(&bytes[..500]).find(from).unwrap();
            bytes.splice(text..text + from.len(), to.bytes());
        }
    };
    refuses(&changed("form.gkb", &plain, &said("\"format\":1", "\"format\":2")), &[], "form 2");
    refuses(&changed("schema.gkb", &plain, &said("\"schema\":", "\"schema\":9")), &[], "newer");

    // Without the key, or with another, nothing that is sealed would open.
    let own = fs::read(world.key()).unwrap();
    fs::write(world.key(), [7; 32]).unwrap();
    refuses(&plain, &[], "root key");
    fs::remove_file(world.key()).unwrap();
    refuses(&plain, &[], "root key");
    fs::write(world.key(), own).unwrap();

    // Nor while somebody uses the database.
    let reader = Connection::open(world.database()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM user").unwrap();
    let sentence = world.gk(&["restore", &plain, "--yes"]).refused(1);
    assert!(sentence.contains("open"), "{sentence}");
    drop(reader);
    assert_eq!(state(&world), before);
    assert_eq!(named(&world, "before-restore").len(), 0);
    world.gk(&["restore", &plain, "--yes"]).done();
}

#[test]
fn no_secret_is_in_a_backup_that_leaves_without_the_root_key() {
    let world = World::bare(&[]);
    world.person("alice@example.com");
    let token = world.session("alice@example.com").replace("gk_session=", "");
    let secrets = [
        world.key_of("read", &[]),
        token,
        world.gk(&["login-link", "--user", "admin"]).done().trim().rsplit('/').next().unwrap().to_owned(),
        "canary-of-the-mail-server".to_owned(),
    ];
    world.gk(&["config", "set", "mail.smtp_password", &secrets[3]]).done();
    let root = fs::read(world.key()).unwrap();
    let keys = Keys::make(&world, "identity.txt");
    let has = |path: &str, what: &[u8]| fs::read(path).unwrap().windows(what.len()).any(|part| part == what);
    let (plain, sealed) = (file(&world, "plain.gkb"), file(&world, "sealed.age"));
    world.gk(&["backup", "--to", &plain, "--plain"]).done();
    world.gk(&["backup", "--to", &sealed, "--recipient", &keys.recipient, "--with-root-key"]).done();
    for (path, readable) in [(&plain, true), (&sealed, false)] {
        assert_eq!(has(path, b"alice@example.com"), readable, "{path}");
        assert!(!has(path, &root), "{path}");
        for secret in &secrets {
            assert!(secret.len() > 20 && !has(path, secret.as_bytes()), "{path}: {secret}");
        }
    }
}

#[test]
fn an_older_database_is_copied_before_it_is_brought_up_to_date() {
    let world = World::empty(&[]);
    older(&world);
    world.gk(&["users", "list"]).refused(1);
    world.gk(&["ops", "migrate"]).done();
    assert_eq!(world.gk_json(&["users", "list"])["users"].as_array().unwrap().len(), 3);
    let copies = named(&world, ".schema-1-");
    let [copy] = &copies[..] else { panic!("{copies:?}") };
    let old = Connection::open(copy).unwrap();
    assert_eq!(old.pragma_query_value(None, "user_version", |row| row.get(0)), Ok(1), "of before the migration");
    // And so is one that comes by a restore.
    let whole: Vec<u8> = fs::read(copy).unwrap();
    drop(old);
    let mut manifest = first_line(&world);
    manifest["schema"] = 1.into();
    manifest["size"] = whole.len().into();
    let sum = Command::new("sha256sum").arg(copy).output().unwrap();
    manifest["sha256"] = String::from_utf8(sum.stdout).unwrap().split(' ').next().into();
    let older = world.folder().join("older.gkb");
    fs::write(&older, [format!("{manifest}\n").as_bytes(), &whole].concat()).unwrap();
    world.gk(&["users", "add", "--email", "later@example.com"]).done();
    world.gk(&["restore", older.to_str().unwrap(), "--verify"]).done();
    world.gk(&["restore", older.to_str().unwrap(), "--yes"]).done();
    assert_eq!(world.gk_json(&["users", "list"])["users"].as_array().unwrap().len(), 3);
}

/// What a backup of this database says of itself.
fn first_line(world: &World) -> Value {
    world.gk(&["backup", "--to", "now.gkb", "--plain"]).done();
    let content = fs::read(world.folder().join("now.gkb")).unwrap();
    let line = content.split(|byte| *byte == b'\n').next().unwrap();
    serde_json::from_slice(line).unwrap()
}
