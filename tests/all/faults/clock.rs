//! The wall clock is stepped under a running gk-validate. Setting it back lengthens no session; a step forward that is taken
//! back costs only its own duration.

use std::fs;

use crate::activity::faketime;
use crate::world::{World, wait_until};

/// A world whose gk-validate reads its clock from a file.
struct Clocked {
    world: World,
}

impl Clocked {
    /// gk-validate starts with its clock off by so much.
    fn start(offset: &str) -> Self {
        let clocked = Self { world: World::bare(&[("SESSION_EXPIRY_DAYS", "1")]) };
        clocked.world.grant("alice@example.com", "docs");
        clocked.set(offset);
        let mut command = clocked.world.validate_command();
        command.env("LD_PRELOAD", faketime()).env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        clocked.world.run_validate(command.env("FAKETIME_TIMESTAMP_FILE", clocked.world.folder().join("clock")));
        clocked.world.wait_until_ready();
        clocked
    }

    /// Steps its clock, in one step.
    fn set(&self, offset: &str) {
        let (new, file) = (self.world.folder().join("clock.new"), self.world.folder().join("clock"));
        fs::write(&new, offset).unwrap();
        fs::rename(new, file).unwrap();
    }

    fn ask(&self, cookie: &str) -> u16 {
        self.world.validate(Some(cookie), Some("docs")).status
    }
}

#[test]
fn a_step_forward_ends_what_it_passes_and_costs_only_its_own_duration() {
    let clocked = Clocked::start("+0s");
    let session = clocked.world.session("alice@example.com");
    for (offset, status) in [
        ("+0s", 200),
        ("+3600s", 200),
        ("-3600s", 200),
        ("+3650d", 401),
        ("+0s", 200),
        // 1970, or nearly.
        ("-20000d", 200),
        ("+2d", 401),
        ("+0s", 200),
    ] {
        clocked.set(offset);
        assert_eq!(clocked.ask(&session), status, "{offset}");
    }
}

#[test]
fn a_step_back_revives_no_session_that_has_run_out_and_is_told() {
    // Two days ahead of whoever made the session, which is valid for one.
    let clocked = Clocked::start("+2d");
    let session = clocked.world.session("alice@example.com");
    assert_eq!(clocked.world.metric("gk_clock_set_back_seconds"), Some(0.0));
    for offset in ["+2d", "+0s", "-3600s", "-20000d", "+2d"] {
        clocked.set(offset);
        assert_eq!(clocked.ask(&session), 401, "{offset}");
    }
    clocked.set("+0s");
    wait_until("the metric to say so", || {
        clocked
            .world
            .metric("gk_clock_set_back_seconds")
            .is_some_and(|seconds| (172_790.0..=172_810.0).contains(&seconds))
    });
}
