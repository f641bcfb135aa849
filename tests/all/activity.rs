//! When sessions were last used: seen by gk-validate and the pages, stored by gk-admin, and judged by an idle limit.
//!
//! gk-admin asks as it starts and once more as it ends, so nobody has to wait for half a minute here. Time passes by
//! Debian's faketime: sessions are made days ago, and gk-validate's clock is moved by hand.

use std::path::PathBuf;

use crate::world::{ADMIN, INTERNAL, Line, Place, Request, Said, World, clean, ours, tool, validation, wait_until};

const ALICE: &str = "alice@inside.example";
const BOB: &str = "bob@inside.example";

/// A world with one app, which everybody internal enters.
fn world(settings: &[(&str, &str)]) -> World {
    let world = World::quiet(settings);
    for email in [ALICE, BOB] {
        assert!(email.ends_with(INTERNAL));
        world.person(email);
    }
    world.registered("docs");
    world
}

/// A session made so many days ago: its cookie and its id.
#[track_caller]
fn session_made(world: &World, days: u32, user: &str) -> (String, String) {
    let gk = world.gk_command(&["sessions", "create", "--user", user, "--json"]);
    let mut command = clean(&tool("faketime"));
    command.current_dir(world.folder()).arg("-f").arg(format!("-{days}d")).arg(gk.get_program()).args(gk.get_args());
    let made = Said::by(&mut command).json();
    let text = |key: &str| made[key].as_str().unwrap().to_owned();
    (text("cookie"), text("session"))
}

/// What is stored of somebody's sessions: id, when it was made and when last seen.
#[track_caller]
fn stored(world: &World, user: &str) -> Vec<(String, String, String)> {
    let listed = world.gk_json(&["sessions", "list", "--user", user]);
    let text = |session: &serde_json::Value, key: &str| session[key].as_str().unwrap().to_owned();
    let one = |session| (text(session, "session"), text(session, "created_at"), text(session, "last_seen_at"));
    listed["sessions"].as_array().unwrap().iter().map(one).collect()
}

/// Whether somebody's only session was seen after it was made.
#[track_caller]
fn was_seen(world: &World, user: &str) -> bool {
    let [(_, made, seen)] = stored(world, user).try_into().expect("one session");
    seen > made
}

#[track_caller]
fn status(world: &World, cookie: &str) -> u16 {
    world.validate(Some(cookie), Some("docs")).status
}

/// How often gk-validate has answered 401 because of idleness.
#[track_caller]
fn idle_answers(world: &World) -> f64 {
    world.metric("gk_decisions_total{outcome=\"sign-in\",reason=\"idle\"}").unwrap_or(0.0)
}

fn set_idle_days(world: &World, days: &str) {
    world.gk(&["config", "set", "session.idle_days", days]).done();
}

#[test]
fn a_request_and_a_visit_are_stored_as_last_seen() {
    let world = world(&[]);
    let ((alice, id), (bob, _)) = (session_made(&world, 3, ALICE), session_made(&world, 3, BOB));
    assert_eq!(status(&world, &alice), 200);
    assert!(!was_seen(&world, ALICE), "nobody has asked gk-validate yet");
    world.start_admin();
    wait_until("what gk-validate saw to be stored", || was_seen(&world, ALICE));
    let visitor = world.visitor();
    visitor.remember(&bob);
    assert_eq!(visitor.get("/").status, 200);
    world.stop_admin();
    assert!(was_seen(&world, BOB), "a visit is stored when gk-admin ends");
    let table = world.gk(&["sessions", "list", "--user", ALICE]).done();
    assert!(table.starts_with("Session") && table.contains(&id) && table.contains("command"), "{table}");
    world.gk(&["sessions", "revoke", "--session", &id]).done();
    assert_eq!(stored(&world, ALICE), []);
    world.gk(&["sessions", "list", "--user", "nobody@example.com"]).refused(1);
}

#[test]
fn an_idle_session_opens_nothing_and_is_not_revived_by_being_shown() {
    let world = world(&[("SESSION_IDLE_DAYS", "2")]);
    let ((idle, _), (used, _)) = (session_made(&world, 3, ALICE), session_made(&world, 1, BOB));
    world.start_admin();
    let visit = |cookie: &str| {
        let visitor = world.visitor();
        visitor.remember(cookie);
        visitor.get("/").status
    };
    for round in 1..=3 {
        assert_eq!((status(&world, &idle), status(&world, &used)), (401, 200));
        assert!((idle_answers(&world) - f64::from(round)).abs() < 0.1);
        assert_eq!((visit(&idle), visit(&used)), (303, 200));
    }
    world.stop_admin();
    assert_eq!((status(&world, &idle), stored(&world, ALICE)), (401, vec![]));
    assert!(was_seen(&world, BOB));
}

#[test]
fn what_is_published_outlives_gk_validate() {
    let world = world(&[]);
    let ((used, _), (unused, _)) = (session_made(&world, 3, ALICE), session_made(&world, 3, BOB));
    assert_eq!(status(&world, &used), 200);
    world.start_admin();
    wait_until("what gk-validate saw to be stored", || was_seen(&world, ALICE));
    world.stop_admin();
    set_idle_days(&world, "2");
    assert_eq!((status(&world, &used), status(&world, &unused)), (200, 401));
    world.stop_validate();
    world.start_validate();
    assert_eq!((status(&world, &used), status(&world, &unused)), (200, 401));
    set_idle_days(&world, "0");
    assert_eq!((status(&world, &used), status(&world, &unused)), (200, 200));
}

#[test]
fn without_gk_admin_gk_validate_judges_from_its_own_memory() {
    let world = world(&[]);
    let (cookie, _) = session_made(&world, 3, ALICE);
    assert_eq!(status(&world, &cookie), 200);
    set_idle_days(&world, "2");
    assert_eq!(status(&world, &cookie), 200);
    world.stop_validate();
    world.start_validate();
    assert_eq!(status(&world, &cookie), 401, "it has forgotten, and nobody was told");
}

#[test]
fn a_session_lasts_as_long_as_it_is_used() {
    let world = World::bare(&[("SESSION_IDLE_DAYS", "2")]);
    world.registered("docs");
    let clock = world.folder().join("clock");
    let pass = |hours: u32| std::fs::write(&clock, format!("+{hours}h\n")).unwrap();
    pass(0);
    let mut command = world.validate_command();
    command.env("LD_PRELOAD", faketime()).env("FAKETIME_TIMESTAMP_FILE", &clock).env("FAKETIME_NO_CACHE", "1");
    // Time-outs go on by the real clock.
    world.run_validate(command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1"));
    let (used, unused) = (world.session(ADMIN), world.session(ADMIN));
    for hours in [0, 47, 94, 141] {
        pass(hours);
        assert_eq!(status(&world, &used), 200, "after {hours} hours");
    }
    assert_eq!(status(&world, &unused), 401);
    pass(141 + 48);
    assert_eq!(status(&world, &used), 401);
}

/// The library behind the command: the command alone cannot change the time later.
#[track_caller]
pub(crate) fn faketime() -> PathBuf {
    tool("faketime");
    let folders = std::fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
    let mut libraries = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    libraries.find(|library| library.exists()).expect("Debian keeps the library in a folder of its own")
}

#[test]
fn activity_is_told_on_its_own_socket_and_nowhere_else() {
    let world = World::quiet(&[]);
    let place = Place::Unix(world.folder().join("activity.sock"));
    let ask = |path: &str| Line::connect(&place).unwrap().ask(&Request::get(path), "localhost").unwrap();
    let (cookie, session) = world.known_session(ADMIN);
    world.validate(Some(&cookie), Some("docs"));
    let told = ask("/activity?after=0");
    assert_eq!(told.status, 200);
    assert!(told.text().starts_with("gk-activity 1 "), "{}", told.text());
    assert!(told.text().contains(&format!("\nsession {session} ")), "{}", told.text());
    assert!(!ask("/activity?after=1").text().contains("session "));
    assert_eq!(ask("/activity?after=x").status, 400);
    assert_eq!((ask("/metrics").status, ask("/api/v1/auth/validate").status), (404, 404));
    assert_eq!(world.metrics_page("/activity?after=0").status, 404);
    assert_eq!(world.ask_validate(&Request::get("/activity?after=0")).status, 404);
    assert_eq!(world.ask_validate(&validation(Some(&cookie), Some("docs"))).status, 403);
}

#[test]
fn a_place_for_activity_that_cannot_be_is_refused() {
    let world = World::bare(&[]);
    let with = |activity: &str| {
        let mut command = clean(&ours("gk-validate"));
        command.arg("--policy").arg(world.policy()).args(["--metrics", "off", "--activity", activity, "--listen"]);
        command.arg(format!("unix:{}", world.folder().join("v.sock").display()));
        Said::by(&mut command)
    };
    assert!(with("127.0.0.1:0").refused(2).contains("Unix socket"));
    with("unix:/nowhere/at/all.sock").refused(1);
    let socket = format!("unix:{},group=nobody-has-this-group", world.folder().join("a.sock").display());
    with(&socket).refused(1);
    let tcp = [("GATEKEEPER_ACTIVITY", "127.0.0.1:1")];
    let mut admin = clean(&ours("gk-admin"));
    admin.arg("serve").arg("--db").arg(world.database()).envs(tcp);
    assert!(Said::by(&mut admin).refused(1).contains("GATEKEEPER_ACTIVITY"));
}
