//! The commands of the handbook that operators know already, as they stand there, and what they say they do.

use crate::world::World;

/// Splits a line as a shell does: at white space outside double quotes.
fn words(line: &str) -> Vec<&str> {
    let parts = line.split('"').enumerate();
    let words =
        parts.flat_map(|(place, part)| if place % 2 == 1 { vec![part] } else { part.split_whitespace().collect() });
    words.collect()
}

#[test]
fn the_commands_operators_know_do_what_they_say() {
    let world = World::start();
    for email in ["contractor@example.net", "alice@example.com"] {
        world.person(email);
    }
    world.gk(&["users", "add", "--email", "waiting@example.net"]).done();
    for slug in ["wiki", "old-dashboard"] {
        world.gk(&["apps", "add", "--slug", slug, "--name", slug]).done();
    }
    let run = |line: &str| world.gk(words(line).strip_prefix(&["gk"]).expect("a command of gk")).done();
    let enters = |email: &str, app: &str| {
        let answer = world.validate(Some(&world.session(email)), Some(app));
        (answer.status, answer.header("x-auth-role").map(str::to_owned))
    };

    run(r#"gk apps add --slug docs --name "Engineering Docs""#);
    run(r#"gk apps add --slug grafana --name "Grafana""#);
    world.gk(&["apps", "add", "--slug", "My_Docs", "--name", "x"]).refused(2);
    let list = run("gk apps list");
    assert!(list.contains("Engineering Docs") && list.contains("Grafana"), "{list}");
    assert_eq!(enters("contractor@example.net", "docs").0, 403, "external people need a grant");
    run("gk apps grant --slug docs --email contractor@example.net");
    run("gk apps grant --slug docs --email alice@example.com --role editor");
    run("gk apps grant --slug wiki --all-approved");
    let shown = run("gk apps show --slug docs");
    for part in ["docs", "Engineering Docs", "contractor@example.net", "alice@example.com", "editor"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(enters("contractor@example.net", "docs"), (200, None));
    assert_eq!(enters("alice@example.com", "docs"), (200, Some("editor".into())));
    assert_eq!(enters("alice@example.com", "grafana").0, 403);
    assert_eq!((enters("alice@example.com", "wiki").0, enters("contractor@example.net", "wiki").0), (200, 200));
    assert!(!run("gk apps show --slug wiki").contains("waiting@example.net"), "not approved");
    run("gk apps revoke --slug docs --email contractor@example.net");
    assert_eq!((enters("contractor@example.net", "docs").0, enters("contractor@example.net", "wiki").0), (403, 200));
    run("gk apps remove --slug old-dashboard --force");
    world.gk(&["apps", "show", "--slug", "old-dashboard"]).refused(1);
}
