//! A property: over generated states, gk-validate over HTTP and `gk explain` say the same, of a session and of a key.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use crate::world::{Answer, INTERNAL, Request, World};

const PEOPLE: usize = 16;
const APPS: [&str; 4] = ["a", "b", "c", "d"];
/// Those that everybody's key names.
const OF_KEYS: [&str; 3] = ["a", "b", "c"];

/// What a person is, in words `gk` understands.
#[derive(Clone, Debug)]
struct Person {
    internal: bool,
    admin: bool,
    state: &'static str,
    name: Option<&'static str>,
    groups: [bool; 2],
    /// Own grant for each app.
    grants: [Grant; 4],
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Grant {
    None,
    Plain,
    Weak,
    Strong,
    Coming,
    Over,
}

#[derive(Clone, Debug)]
struct Plan {
    people: Vec<Person>,
    /// The grant of each of the two groups for each app.
    groups: [[Grant; 4]; 2],
}

fn grant() -> impl Strategy<Value = Grant> {
    prop_oneof![
        4 => Just(Grant::None),
        1 => Just(Grant::Plain),
        1 => Just(Grant::Weak),
        1 => Just(Grant::Strong),
        1 => Just(Grant::Coming),
        1 => Just(Grant::Over),
    ]
}

fn person() -> impl Strategy<Value = Person> {
    let state = prop_oneof![5 => Just("approved"), 1 => Just("pending"), 1 => Just("rejected"), 1 => Just("disabled")];
    let name = prop_oneof![Just(None), Just(Some("Plain Name")), Just(Some("Zoë 100%"))];
    let groups = [any::<bool>(), any::<bool>()];
    let grants = [grant(), grant(), grant(), grant()];
    (any::<bool>(), prop::bool::weighted(0.2), state, name, groups, grants).prop_map(
        |(internal, admin, state, name, groups, grants)| Person { internal, admin, state, name, groups, grants },
    )
}

fn plan() -> impl Strategy<Value = Plan> {
    let group = || [grant(), grant(), grant(), grant()];
    (prop::collection::vec(person(), PEOPLE), [group(), group()]).prop_map(|(people, groups)| Plan { people, groups })
}

fn email(number: usize, person: &Person) -> String {
    format!("p{number}@{}", if person.internal { INTERNAL } else { "example.com" })
}

#[test]
fn validate_and_explain_agree_over_generated_states() {
    let plan = plan().new_tree(&mut TestRunner::default()).unwrap().current();
    eprintln!("{plan:#?}"); // shown when the test fails
    let world = World::quiet(&[]);
    let cookies = set_up(&world, &plan);
    let keys = cookies.keys().map(|user| (user, key_of(&world, user))).collect::<BTreeMap<_, _>>();
    let mut compared = 0;
    for default in ["deny", "allow"] {
        world.gk(&["config", "set", "access.default_app", default]).done();
        for (user, cookie) in &cookies {
            for app in APPS.map(Some).into_iter().chain([Some("unregistered"), Some("Malformed"), None]) {
                let session = world.validate(Some(cookie), app);
                compared += usize::from(agree(&world, user, &session, app));
                narrowed(&world, &keys[user], &session, app);
            }
        }
    }
    assert!(compared >= 100, "only {compared} states compared");
}

/// Builds the plan with `gk` alone, and returns a session of everybody who can have one.
fn set_up(world: &World, plan: &Plan) -> BTreeMap<String, String> {
    for app in APPS {
        world.gk(&["apps", "add", "--slug", app, "--name", app, "--roles", "weak,middle,strong"]).done();
    }
    for (number, grants) in plan.groups.iter().enumerate() {
        let name = format!("group{number}");
        world.gk(&["groups", "add", "--name", &name]).done();
        give(world, "--group", &name, *grants);
    }
    let mut cookies = BTreeMap::new();
    for (number, person) in plan.people.iter().enumerate() {
        let user = email(number, person);
        let before = add(world, &user, person);
        let made = world.gk(&["sessions", "create", "--user", &user]);
        if made.code == 0 {
            cookies.insert(user, made.done().trim_end().to_owned());
        } else {
            assert_eq!(world.validate(before.as_deref(), Some("a")).status, 401, "{user} has no session but one opens");
        }
    }
    cookies
}

/// Adds a person in the wanted state; returns a session from before the last change, if that change ended it.
fn add(world: &World, user: &str, person: &Person) -> Option<String> {
    let mut command = vec!["users", "add", "--email", user];
    command.extend((person.state != "pending").then_some("--approved"));
    command.extend(person.admin.then_some("--admin"));
    command.extend(person.name.iter().flat_map(|name| ["--name", name]));
    world.gk(&command).done();
    for (number, _) in person.groups.iter().enumerate().filter(|(_, member)| **member) {
        world.gk(&["groups", "join", "--name", &format!("group{number}"), "--user", user]).done();
    }
    give(world, "--email", user, person.grants);
    let change = match person.state {
        "rejected" => vec!["users", "reject", "--user", user],
        "disabled" => vec!["users", "update", "--user", user, "--disable"],
        _ => return None,
    };
    let cookie = world.session(user);
    world.gk(&change).done();
    Some(cookie)
}

fn give(world: &World, kind: &str, to: &str, grants: [Grant; 4]) {
    for (app, grant) in APPS.iter().zip(grants) {
        let more: &[&str] = match grant {
            Grant::None => continue,
            Grant::Plain => &[],
            Grant::Weak => &["--role", "weak"],
            Grant::Strong => &["--role", "strong"],
            Grant::Coming => &["--role", "strong", "--starts-at", "2999-01-01T00:00:00Z"],
            Grant::Over => &["--role", "strong", "--expires", "2001-01-01T00:00:00Z"],
        };
        world.gk(&[&["apps", "grant", "--slug", app, kind, to], more].concat()).done();
    }
}

/// A key of somebody's to some of the apps.
fn key_of(world: &World, user: &str) -> String {
    let mut command = vec!["keys", "add", "--name", "a script", "--owner", user];
    command.extend(OF_KEYS.iter().flat_map(|app| ["--app", app]));
    world.gk(&command).done().trim_end().to_owned()
}

/// At its apps a key is answered as its owner's session is, and nowhere else does it open anything.
#[track_caller]
fn narrowed(world: &World, key: &str, session: &Answer, app: Option<&str>) {
    let request = Request::get("/api/v1/auth/validate").with("X-GK-Token", key);
    let answer = world.ask_validate(&app.iter().fold(request, |request, app| request.with("X-GK-App", app)));
    if app.is_some_and(|app| OF_KEYS.contains(&app)) {
        let same = |header: &str| answer.header(header) == session.header(header);
        let headers = ["x-auth-user", "x-auth-role", "x-auth-name", "x-gk-reason"];
        assert!(
            answer.status == session.status && headers.iter().all(|name| same(name)),
            "{app:?}: {answer:?} {session:?}"
        );
    } else {
        assert_eq!((answer.status, answer.header("x-gk-reason")), (403, Some("wrong-app")), "{app:?}: {answer:?}");
    }
}

/// Compares one answer; whether there was something to compare.
fn agree(world: &World, user: &str, answer: &Answer, app: Option<&str>) -> bool {
    let mut command = vec!["explain", "--user", user, "--json"];
    command.extend(app.iter().flat_map(|app| ["--app", app]));
    let said = world.gk(&command);
    if said.code == 2 && app == Some("Malformed") {
        assert_eq!(answer.status, 403, "{user}: {answer:?}");
        return false;
    }
    let explained: Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{said:?}: {error}"));
    let what = format!("{user}, {app:?}: {answer:?}, but explain says {explained}");
    assert_eq!(explained["status"], answer.status, "{what}");
    match answer.status {
        200 => assert_same_identity(answer, &explained, &what),
        403 => assert_eq!(explained["reason"].as_str(), answer.header("x-gk-reason"), "{what}"),
        _ => {}
    }
    true
}

#[track_caller]
fn assert_same_identity(answer: &Answer, explained: &Value, what: &str) {
    assert_eq!(explained["user"].as_str(), answer.header("x-auth-user"), "{what}");
    assert_eq!(explained["role"].as_str(), answer.header("x-auth-role"), "{what}");
    let name = explained["name"].as_str().map(|name| name.replace('%', "%25").replace('ë', "%C3%AB"));
    assert_eq!(name.as_deref(), answer.header("x-auth-name"), "{what}");
}
