//! Backups and keys in the console and over the API: for administrators who have just signed in.

use std::fs;

use rusqlite::Connection;

use super::{Keys, file};
use crate::api::raw;
use crate::world::{ADMIN, Answer, Visitor, World};

const PAGE: &str = "/admin/system/backups";
const KEYS: &str = "/admin/system/keys";

fn sealed(world: &World) -> Keys {
    let keys = Keys::make(world, "identity.txt");
    world.gk(&["config", "set", "backup.folder", &file(world, "backups")]).done();
    world.gk(&["config", "set", "backup.recipient", &keys.recipient]).done();
    keys
}

fn post(visitor: &Visitor<'_>, path: &str) -> Answer {
    visitor.ask(raw(path, "{}").with("Sec-Fetch-Site", "same-origin"))
}

#[test]
fn an_administrator_takes_a_backup_and_takes_it_away_with_a_recent_sign_in() {
    let world = World::start();
    let admin = world.visitor_as(ADMIN);
    assert!(admin.get(PAGE).text().contains("takes no backups by itself"));
    let nowhere = admin.post(PAGE, &[]);
    assert!(nowhere.status == 409 && nowhere.text().contains("backup.folder"), "{nowhere:?}");
    let keys = sealed(&world);
    assert_eq!(admin.post(PAGE, &[]).status, 303);
    let listed = admin.get("/api/v1/admin/backups").json();
    let (name, bytes) = (listed["backups"][0]["name"].as_str().unwrap(), &listed["backups"][0]["bytes"]);
    assert_eq!(
        (&listed["backups"][0]["checked"], &listed["recipient"]),
        (&true.into(), &keys.recipient.as_str().into())
    );
    assert!(listed["last_failure"].is_null(), "it has been taken since: {listed}");
    let page = admin.get(PAGE).text();
    assert!(page.contains(name) && page.contains("when taken"), "{page}");

    for taken in
        [admin.post(&format!("{PAGE}/{name}"), &[]), post(&admin, &format!("/api/v1/admin/backups/{name}/download"))]
    {
        assert_eq!((taken.status, taken.body.len()), (200, usize::try_from(bytes.as_u64().unwrap()).unwrap()));
        assert!(taken.header("content-disposition").unwrap().contains(name));
        let away = file(&world, "away.age");
        fs::write(&away, &taken.body).unwrap();
        world.gk(&["restore", &away, "--verify", "--identity", &keys.identity]).done();
    }
    for other in ["..%2Fgatekeeper.sqlite3", "gatekeeper-20260101T000000Z.age", "identity.txt"] {
        assert_eq!(admin.post(&format!("{PAGE}/{other}"), &[]).status, 404, "{other}");
        assert_eq!(post(&admin, &format!("/api/v1/admin/backups/{other}/download")).status, 404, "{other}");
    }
    let database = Connection::open(world.database()).unwrap();
    let traces = || -> i64 {
        let sql = "SELECT count(*) FROM audit WHERE action LIKE 'database_backup%'";
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(traces(), 3);

    database.execute("UPDATE session SET created_at = created_at - 86400", []).unwrap();
    for path in [PAGE.to_owned(), format!("{PAGE}/{name}"), format!("{KEYS}/root-key")] {
        let stale = admin.post(&path, &[]);
        assert!(stale.status == 403 && stale.text().contains("/signin/again"), "{path}: {stale:?}");
    }
    for path in ["backups", &format!("backups/{name}/download"), "system/rotate-root-key", "system/rotate-signing-key"]
    {
        assert_eq!(post(&admin, &format!("/api/v1/admin/{path}")).status, 403, "{path}");
    }
    assert_eq!(traces(), 3);
    assert!(post(&admin, "/api/v1/admin/backups").json()["detail"].as_str().unwrap().contains("recent sign-in"));
}

#[test]
fn keys_are_exchanged_in_the_console_after_saying_whom_it_touches() {
    let world = World::start();
    let admin = world.visitor_as(ADMIN);
    world.signed_in("alice@example.com");
    let page = admin.get(KEYS).text();
    assert!(page.contains("2 open sessions of 2 people go on"), "{page}");
    let root = fs::read(world.key()).unwrap();
    for (change, said) in [("signing-key", "Nobody was signed out"), ("root-key", "new root key")] {
        let changed = admin.post(&format!("{KEYS}/{change}"), &[]);
        assert_eq!(changed.status, 303, "{changed:?}");
        let page = admin.get(changed.header("location").unwrap()).text();
        assert!(page.contains(said), "{page}");
    }
    assert_ne!(fs::read(world.key()).unwrap(), root);
    let over = post(&admin, "/api/v1/admin/system/rotate-signing-key");
    assert_eq!((over.status, &over.json()["until"]), (200, &serde_json::Value::Null));
    assert_eq!(post(&admin, "/api/v1/admin/system/rotate-root-key").status, 200);
    let keys = admin.get("/api/v1/admin/system/keys").json();
    assert_eq!((keys["signing_keys"].as_array().unwrap().len(), &keys["sessions"]), (3, &2.into()));
    assert_eq!(admin.post(&format!("{KEYS}/app-salt"), &[]).status, 303);
    assert_eq!(admin.get(KEYS).status, 303, "whoever did it has to sign in again");
    world.gk(&["ops", "healthcheck"]).done();
}

#[test]
fn a_failure_is_shown_until_a_backup_is_taken() {
    let world = World::start();
    sealed(&world);
    fs::write(file(&world, "backups"), "a file where the folder should be").unwrap();
    let admin = world.visitor_as(ADMIN);
    assert_eq!(admin.post(PAGE, &[]).status, 409);
    assert!(world.gk(&["ops", "healthcheck"]).refused(1).contains("FAIL  Backups"));
    let page = admin.get(PAGE).text();
    assert!(page.contains("The last backup failed"), "{page}");
    fs::remove_file(file(&world, "backups")).unwrap();
    assert_eq!(admin.post(PAGE, &[]).status, 303);
    assert!(!admin.get(PAGE).text().contains("The last backup failed"));
    world.gk(&["ops", "healthcheck"]).done();
}
