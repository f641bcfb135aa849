//! The same at the command line.

use super::{ALICE, BOB, account};
use crate::world::World;

#[test]
fn people_groups_and_properties_are_kept_at_the_command_line() {
    let world = World::start();
    world.grant(ALICE, "docs");
    world.person(BOB);
    world.gk(&["groups", "add", "--name", "crew"]).done();
    let many = ["users", "many", "-e", ALICE, "-e", BOB];
    let all = |more: &[&str]| world.gk_json(&[&many, more].concat());
    assert_eq!(all(&["--join", "crew"]).to_string(), "{\"changed\":2,\"unchanged\":0}");
    assert_eq!(all(&["--grant", "docs", "--role", "reader"])["changed"], 2);
    world.gk(&[&many[..], &["--approve", "--disable"]].concat()).refused(2);
    let changed = [
        "users",
        "update",
        "-e",
        ALICE,
        "--username",
        "CORP\\Alice",
        "--set",
        "title=Reader",
        "--new-email",
        "a@new.example",
    ];
    world.gk(&changed).done();
    world.gk(&["users", "update", "-e", BOB, "--set", "shoe=42"]).refused(2);
    let shown = world.gk_json(&["users", "show", "-e", "corp\\alice"]);
    assert_eq!((&shown["email"], &shown["details"]["title"]), (&"a@new.example".into(), &"Reader".into()), "{shown}");
    assert_eq!(shown["groups"].as_array().unwrap().len(), 2, "{shown}");
    assert!(world.gk(&["users", "show", "-e", BOB]).done().contains("Enters docs as reader"));
    for (filter, total) in [
        (&["--search", "NEW.exam"][..], 1),
        (&["--group", "crew"], 2),
        (&["--admins"], 1),
        (&["--status", "pending"], 0),
        (&["--status", "all", "--limit", "1", "--sort", "email", "--descending"], 3),
        (&["--disabled"], 0),
    ] {
        let list = world.gk_json(&[&["users", "list"], filter].concat());
        assert_eq!(list["total"], total, "{filter:?}: {list}");
    }
    let set = |user: &str, value: &str| {
        world.gk(&["properties", "set", "-e", user, "--app", "reports", "--name", "floor", "--value", value]).done()
    };
    set(BOB, "2");
    set("corp\\alice", "3");
    assert_eq!(world.gk_json(&["properties", "types"])["types"][0]["people"], 2);
    let renamed = ["properties", "rename", "--app", "reports", "--name", "floor", "--new-name", "room"];
    world.gk(&renamed).done();
    world.gk(&renamed).refused(1);
    let holders = world.gk_json(&["properties", "holders", "--app", "reports", "--name", "room"]);
    assert_eq!((&holders["total"], &holders["people"][0]["value"]), (&2.into(), &"3".into()), "{holders}");
    world.gk(&["properties", "unset", "-e", BOB, "--app", "reports", "--name", "room"]).done();
    world.gk(&["properties", "unset", "-e", BOB, "--app", "reports", "--name", "room"]).refused(1);
    assert!(world.gk(&["properties", "list", "-e", "corp\\alice"]).done().contains("room"));
    world.gk(&["properties", "remove", "--app", "reports", "--name", "room"]).done();
    let group = world.gk_json(&["groups", "show", "--name", "crew"]);
    assert_eq!((&group["members"], group["people"].as_array().unwrap().len()), (&2.into(), 2), "{group}");
    world.gk(&["groups", "leave", "--name", "crew", "-e", BOB]).done();
    assert!(world.gk(&["groups", "copy", "--from", "corp\\alice", "--to", BOB]).done().contains("crew"));
    world.gk(&["groups", "describe", "--name", "crew", "--description", "at night"]).done();
    world.gk(&[&many[..4], &["-e", "corp\\alice", "--disable"]].concat()).refused(1);
    assert_eq!(account(&world, BOB).unwrap()["enabled"], true, "one who does not exist has everything refused");
}
