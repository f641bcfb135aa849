//! gk-admin gone, the policy file locked, not there yet, or of a format from the future.

use rusqlite::Connection;

use super::{KEEPS, NO_SNAPSHOT, NOBODY, RIGHT, Scene, TAKEN, assert_sound};
use crate::world::{World, wait_until};

#[test]
fn with_gk_admin_killed_answers_and_revocations_go_on() {
    let world = World::start();
    let scene = Scene::set(&world);
    assert_eq!(scene.statuses(&world), RIGHT);
    world.kill_admin();
    assert_eq!(scene.statuses(&world), RIGHT);
    world.revoke(KEEPS, "docs");
    assert_eq!(scene.statuses(&world), NOBODY);
    world.start_admin();
    world.grant(KEEPS, "docs");
    assert_eq!(scene.statuses(&world), RIGHT);
}

#[test]
fn with_the_policy_file_locked_answers_go_on_and_a_verb_says_that_it_is_not_yet_in_force() {
    let world = World::quiet(&[]);
    let scene = Scene::set(&world);
    let (cookie, session) = world.known_session(KEEPS);
    let blocker = Connection::open(world.policy()).unwrap();
    blocker.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(scene.statuses(&world), RIGHT);
    let revoke = ["sessions", "revoke", "--session", &session];
    let said = world.gk(&revoke).refused(3);
    assert!(said.contains("not yet in force"), "{said}");
    assert_eq!(world.validate(Some(&cookie), Some("docs")).status, 200, "as the verb said");
    assert_eq!(scene.statuses(&world), RIGHT);
    blocker.execute_batch("ROLLBACK").unwrap();
    drop(blocker);
    world.grant(TAKEN, "docs");
    assert_eq!(scene.statuses(&world), [200, 200, 401], "the next verb");
    assert_eq!(world.validate(Some(&cookie), Some("docs")).status, 401, "and what had waited");
    assert_sound(&world);
}

#[test]
fn a_gk_validate_started_while_the_policy_file_is_locked_answers() {
    let world = World::bare(&[]);
    let scene = Scene::set(&world);
    let blocker = Connection::open(world.policy()).unwrap();
    blocker.execute_batch("BEGIN EXCLUSIVE").unwrap();
    world.start_validate();
    world.wait_until_ready();
    assert_eq!(scene.statuses(&world), RIGHT);
    blocker.execute_batch("ROLLBACK").unwrap();
    assert_sound(&world);
}

#[test]
fn a_policy_file_that_appears_after_the_start_is_used() {
    let world = World::empty(&[]);
    world.start_validate();
    let nobody = world.validate(Some("gk_session=none"), Some("docs"));
    assert_eq!(nobody.status, 503);
    assert_eq!(world.metrics_page("/readyz").status, 503);
    assert_eq!(world.metrics_page("/livez").status, 200);
    assert_state(&world, "missing");
    world.gk_in(&world.environment(), &["init-db"]).done();
    let scene = Scene::set(&world);
    world.wait_until_ready();
    assert_eq!(scene.statuses(&world), RIGHT);
    assert_state(&world, "ok");
    assert_sound(&world);
}

#[test]
fn an_unknown_format_keeps_the_last_snapshot_and_is_not_ready() {
    let world = World::quiet(&[]);
    let scene = Scene::set(&world);
    assert_eq!(scene.statuses(&world), RIGHT);
    let known = set_format(&world, 99);
    assert_eq!(scene.statuses(&world), RIGHT);
    wait_until("the metric to name it", || world.metric("gk_policy_state{state=\"unknown-format\"}") == Some(1.0));
    assert_eq!(world.metrics_page("/readyz").status, 503);
    assert_eq!(scene.statuses(&world), RIGHT);
    set_format(&world, known);
    assert_eq!(scene.statuses(&world), RIGHT);
    world.wait_until_ready();
    assert_sound(&world);
}

#[test]
fn an_unknown_format_at_the_start_answers_nobody_until_it_is_known() {
    let world = World::bare(&[]);
    let scene = Scene::set(&world);
    let known = set_format(&world, 99);
    world.start_validate();
    assert_eq!(scene.statuses(&world), NO_SNAPSHOT);
    assert_eq!(world.metrics_page("/readyz").status, 503);
    assert_state(&world, "unknown-format");
    set_format(&world, known);
    world.wait_until_ready();
    assert_eq!(scene.statuses(&world), RIGHT);
    assert_sound(&world);
}

#[track_caller]
fn assert_state(world: &World, state: &str) {
    let page = world.metrics_page("/metrics").text();
    let line = format!("gk_policy_state{{state=\"{state}\"}} 1");
    assert!(page.lines().any(|found| found == line), "no `{line}` in:\n{page}");
}

/// Writes another format over the policy file's; gives the one it had.
fn set_format(world: &World, format: i64) -> i64 {
    let connection = Connection::open(world.policy()).unwrap();
    let before = connection.query_row("SELECT format FROM policy", [], |row| row.get(0)).unwrap();
    let changed = connection.execute("UPDATE policy SET format = ?1", [format]);
    assert_eq!(changed.unwrap(), 1);
    before
}
