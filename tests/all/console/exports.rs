//! Tables to take away, from the console and from the command line: what is filtered, as text, and noted in the audit.

use super::ALICE;
use crate::import::console::rows_of;
use crate::world::{ADMIN, World};

/// Texts that a spreadsheet might take for something else.
const ODD: [&str; 8] = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "'=1", "a;=1", "Zo\u{eb} \u{1f642}", "\"q\", r"];

#[test]
fn tables_hold_what_is_filtered_as_text_and_come_back_as_they_were() {
    let world = World::start();
    for (number, name) in ODD.iter().enumerate() {
        let email = format!("n{number}@elsewhere.example");
        world.gk(&["users", "add", "--email", &email, "--approved", &format!("--name={name}")]).done();
    }
    world.person(ALICE);
    let long = "\u{1f642}".repeat(1000);
    world.gk(&["properties", "set", "--user", ALICE, "--app", "=1+1", "--name", "long", "--value", &long]).done();
    world.gk(&["groups", "add", "--name", "=crew", "--description", "@night\nand day"]).done();
    world.gk(&["groups", "join", "--name", "=crew", "--user", "n0@elsewhere.example"]).done();
    let admin = world.visitor_as(ADMIN);
    let filter = [("search", "elsewhere"), ("account", "enabled")];
    let ask = |path: &str, format: &str| admin.post(path, &[&[("format", format)], &filter[..]].concat());

    let xlsx = ask("/admin/users/export", "xlsx");
    assert_eq!(xlsx.header("content-disposition"), Some("attachment; filename=\"users.xlsx\""), "{xlsx:?}");
    let rows = rows_of(&world, &xlsx);
    assert_eq!(rows[0], ["Username", "Email", "Full Name", "Groups", "Status", "Enabled", "Created", "Updated"]);
    assert_eq!(rows[1..].iter().map(|row| row[2].as_str()).collect::<Vec<_>>(), ODD, "only those who match, as text");
    assert_eq!(rows[1][3], "=crew, standard");
    let groups = rows_of(&world, &ask("/admin/groups/export", "xlsx"));
    assert!(groups.iter().any(|row| row[..2] == ["=crew", "@night\nand day"]), "{groups:?}");
    let kinds = rows_of(&world, &ask("/admin/properties/export", "xlsx"));
    assert_eq!(kinds[1..], [["=1+1", "long", "1"]]);

    let secret = world.gk(&["keys", "add", "--name", "=nightly", "--scope", "read"]).done();
    let keys = ask("/admin/keys/export", "csv").text();
    assert!(keys.contains("'=nightly") && !keys.contains(secret.trim()), "{keys}");

    let csv = ask("/admin/users/export", "csv").text();
    assert!(csv.contains("'=cmd|") && !csv.contains(",=cmd"), "{csv}");
    let file = world.folder().join("users.csv");
    std::fs::write(&file, &csv).unwrap();
    let again = world.gk_json(&["users", "import", file.to_str().unwrap(), "--update", "--dry-run"]);
    assert!(again.to_string().contains("\"unchanged\":8"), "what left comes back as it was: {again}");
    let printed = world.gk(&["export", "users", "--search", "elsewhere"]).done();
    assert_eq!(printed.lines().count(), 9);
    let there = world.folder().join("people.xlsx");
    world.gk(&["export", "users", "--to", there.to_str().unwrap()]).done();
    assert!(std::fs::read(&there).unwrap().starts_with(b"PK"));
    world.gk(&["export", "users", "--to", there.to_str().unwrap()]).refused(1);

    let audit = "SELECT count(*) FROM audit WHERE action LIKE '%exported'";
    let database = rusqlite::Connection::open(world.database()).unwrap();
    assert!(database.query_row(audit, [], |row| row.get::<_, i64>(0)).unwrap() >= 6);
    assert_eq!(world.visitor_as(ALICE).post("/admin/users/export", &[("format", "csv")]).status, 403);
    assert_eq!(ask("/admin/users/export", "exe").status, 400);
}
