//! gk-admin gone, the policy file locked, not there yet, or of a format from the future.

use std::fs;

use rusqlite::Connection;

use super::{KEEPS, NO_SNAPSHOT, NOBODY, RIGHT, Scene, TAKEN, assert_sound};
use crate::policy_files::{backup, beside};
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
fn an_old_copy_that_was_put_back_while_nobody_ran_is_refused_by_whoever_starts() {
    let world = World::bare(&[]);
    let scene = Scene::set(&world);
    let old = world.folder().join("old.sqlite3");
    backup(&world.policy(), &old);
    world.revoke(KEEPS, "docs");
    fs::rename(&old, world.policy()).unwrap();
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(beside(&world.policy(), end));
    }
    world.start_validate();
    wait_until("the metric to name it", || world.metric("gk_policy_state{state=\"refused\"}") == Some(1.0));
    assert_eq!(scene.statuses(&world), NO_SNAPSHOT, "the first one's grant was taken since");
    world.gk(&["ops", "publish"]).done();
    world.wait_until_ready();
    for status in scene.statuses(&world) {
        assert!([401, 403].contains(&status), "{status}");
    }
    assert_sound(&world);
}

#[test]
fn a_policy_that_may_be_too_old_closes_every_app_that_is_not_set_to_stay_open() {
    let world = World::bare(&[("POLICY_HEARTBEAT", "true")]);
    world.start_validate_with(&["--max-stale", "600"]);
    world.start_admin();
    for app in ["docs", "wiki"] {
        world.grant(KEEPS, app);
    }
    world.gk(&["apps", "update", "--slug", "wiki", "--stale-ok"]).done();
    let (keeps, other) = (world.session(KEEPS), world.signed_in(TAKEN));
    let asked = || {
        let visits = [(Some(&keeps), "docs"), (Some(&keeps), "wiki"), (Some(&other), "wiki"), (None, "docs")];
        visits.map(|(cookie, app)| {
            let answer = world.validate(cookie.map(String::as_str), Some(app));
            (answer.status, answer.header("x-gk-reason").unwrap_or_default().to_owned())
        })
    };
    let told = |said: [(u16, &str); 4]| said.map(|(status, reason)| (status, reason.to_owned()));
    let fresh = told([(200, ""), (200, ""), (403, "no-grant"), (401, "")]);
    wait_until("gk-admin to say that nothing newer is published", || beats(&world));
    assert_eq!(asked(), fresh);
    world.kill_admin();
    let policy = Connection::open(world.policy()).unwrap();
    policy.execute("UPDATE policy SET beat = beat - 601", []).unwrap();
    assert_eq!(asked(), told([(403, "stale"), (200, ""), (403, "no-grant"), (401, "")]));
    assert_eq!(world.metric("gk_decisions_total{outcome=\"forbid\",reason=\"stale\"}"), Some(1.0));
    // A verb alone does not say that nothing newer is published anywhere: whoever keeps publishing does.
    world.start_admin();
    wait_until("it to be open again", || asked() == fresh);
    world.stop_admin();
    world.gk(&["apps", "update", "--slug", "wiki", "--no-stale-ok"]).done();
    policy.execute("UPDATE policy SET beat = beat - 700", []).unwrap();
    assert_eq!(asked()[1], (403, "stale".to_owned()));
    assert_sound(&world);
}

/// Whether gk-admin says that nothing newer is published.
fn beats(world: &World) -> bool {
    let policy = Connection::open(world.policy()).unwrap();
    policy.query_row("SELECT beat IS NOT NULL FROM policy", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_policy_file_of_an_earlier_format_is_not_read_and_the_next_verb_exchanges_it() {
    let world = World::bare(&[]);
    let scene = Scene::set(&world);
    let policy = Connection::open(world.policy()).unwrap();
    let earlier =
        "ALTER TABLE user DROP COLUMN group_ids; ALTER TABLE policy DROP COLUMN beat; UPDATE policy SET format = 3";
    policy.execute_batch(earlier).unwrap();
    drop(policy);
    world.start_validate();
    let state = "gk_policy_state{state=\"unknown-format\"}";
    wait_until("the metric to name it", || world.metric(state) == Some(1.0));
    assert_eq!(scene.statuses(&world), NO_SNAPSHOT);
    world.gk(&["apps", "update", "--slug", "docs", "--stale-ok"]).done();
    world.wait_until_ready();
    assert_eq!(scene.statuses(&world), RIGHT);
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
