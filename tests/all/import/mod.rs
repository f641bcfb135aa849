//! People from a CSV file, on each face.

mod api;
pub(crate) mod console;

use rusqlite::Connection;
use serde_json::Value;

use crate::world::World;

/// New, incomplete, somebody else's name, not of its form, and a line that repeats another in other letters.
const LIST: &str = "username,email,fullname
alice,Alice@Example.COM,Alice
,nobody@example.com,Nobody
admin,other@example.com,Other
broken,no address,Broken
ALICE, alice@example.com ,Again
";

/// Writes a list into the world's folder; gives its path.
fn list(world: &World, text: &str) -> String {
    let path = world.folder().join("people.csv");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// One number from the database.
fn count(world: &World, sql: &str) -> i64 {
    Connection::open(world.database()).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Changes whenever anything does.
fn changes(world: &World) -> i64 {
    count(
        world,
        "SELECT (SELECT count(*) FROM audit WHERE action <> 'command') * 1000000 + (SELECT max(revision) FROM change_log)",
    )
}

/// What became of each line, and why.
fn outcomes(report: &Value) -> Vec<String> {
    let word = |line: &Value| {
        let reason = line["reason"].as_str().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("{} {}{reason}", line["line"], line["outcome"].as_str().unwrap())
    };
    report["lines"].as_array().unwrap().iter().map(word).collect()
}

#[test]
fn the_older_verb_says_what_it_always_said() {
    let world = World::bare(&[]);
    let path = list(&world, LIST);
    let said = world.gk(&["import-users", &path]).done();
    let lines = said.lines().collect::<Vec<_>>();
    assert_eq!(lines[0], "Created: alice");
    assert_eq!(lines[1], "Skipping row (missing username or email): ,nobody@example.com,Nobody");
    assert!(lines[2].contains("`admin` already belongs to the account admin (admin@example.com)"), "{said}");
    assert!(lines[3].starts_with("Skipping row (an e-mail address needs"), "{said}");
    assert_eq!(lines[4..], ["Exists, skipping: alice", "Done. Created: 1, Skipped: 4"]);
    let again = world.gk(&["import-users", &path]).done();
    assert!(again.starts_with("Exists, skipping: alice\n") && again.contains("Created: 0, Skipped: 5"), "{again}");
    assert_eq!(count(&world, "SELECT count(*) FROM audit WHERE actor = 'import-users' AND action = 'user_created'"), 1);
    assert_eq!(
        count(&world, "SELECT count(*) FROM audit WHERE actor = 'import-users' AND action = 'users_imported'"),
        2
    );
    let users = world.gk_json(&["users", "list"]);
    let alice = users["users"].as_array().unwrap().iter().find(|user| user["username"] == "alice").unwrap();
    assert_eq!((alice["email"].as_str(), alice["status"].as_str()), (Some("alice@example.com"), Some("approved")));
}

#[test]
fn a_dry_run_tells_line_by_line_what_would_happen_and_changes_nothing() {
    let world = World::bare(&[]);
    let path = list(&world, LIST);
    let before = changes(&world);
    let rehearsed = world.gk_json(&["users", "import", &path, "--dry-run"]);
    assert_eq!(changes(&world), before);
    let mut done = world.gk_json(&["users", "import", &path]);
    assert_eq!((&rehearsed["dry_run"], &done["dry_run"]), (&Value::Bool(true), &Value::Bool(false)));
    done["dry_run"] = true.into();
    assert_eq!(done, rehearsed);
    assert_eq!((&done["created"], &done["skipped"]), (&1.into(), &4.into()));
    let told = outcomes(&done);
    assert!(told[0] == "2 created" && told[4].ends_with("line 2 has the same user name or e-mail"), "{told:?}");

    let path = list(&world, "e-mail;Full Name\nalice@example.com;Alice B.\nnew@example.com;'=1+1\n");
    let updated = world.gk(&["users", "import", &path, "--update"]).done();
    assert!(updated.contains("updated  alice@example.com") && updated.contains("name"), "{updated}");
    assert!(updated.ends_with("Done. Created: 1, updated: 1, unchanged: 0, skipped: 0\n"), "{updated}");
    let users = world.gk_json(&["users", "list"]).to_string();
    assert!(users.contains("\"Alice B.\"") && users.contains("\"=1+1\""), "{users}");
    assert_eq!(world.gk_json(&["users", "import", &path, "--update"])["unchanged"], 2);
}

#[test]
fn what_is_no_list_is_refused_and_changes_nothing() {
    let world = World::bare(&[]);
    let before = changes(&world);
    world.gk(&["users", "import"]).refused(2);
    world.gk(&["users", "import", "/no/such/file"]).refused(1);
    world.gk(&["users", "import", world.folder().to_str().unwrap()]).refused(1);
    world.gk(&["import-users", &list(&world, "alice,alice@example.com,Alice\n")]).refused(2);
    world.gk(&["import-users", &list(&world, "")]).refused(2);
    let path = list(&world, "");
    std::fs::write(&path, b"username,email,fullname\nzoe,zoe@example.com,Zo\xeb\n").unwrap();
    let sentence = world.gk(&["import-users", &path]).refused(2);
    assert!(sentence.contains("line 2") && sentence.contains("UTF-8"), "{sentence}");
    std::fs::write(&path, vec![b'x'; 16 * 1024 * 1024 + 1]).unwrap();
    assert!(world.gk(&["import-users", &path]).refused(2).contains("16 MiB"));
    let long = format!("email\n{}", "a@example.com\n".repeat(100_001));
    let sentence = world.gk(&["users", "import", &list(&world, &long)]).refused(2);
    assert!(sentence.contains("100,000"), "{sentence}");
    assert_eq!(changes(&world), before);
}
