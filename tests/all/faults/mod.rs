//! gk-validate goes on, and right, when what is around it breaks. No answer is a wrong "yes"; nothing panics.

mod clock;
mod crowd;
mod cut_short;
mod full_disk;
mod not_a_policy;
mod strace;
mod surroundings;

use crate::world::{Part, World};

/// Entered all along.
const KEEPS: &str = "keeps@example.com";
/// Had a grant, which was taken.
const TAKEN: &str = "taken@example.com";
/// Has a grant; the session was revoked.
const ENDED: &str = "ended@example.com";

/// The cookies of the three; only the first opens docs.
struct Scene {
    keeps: String,
    taken: String,
    ended: String,
}

/// What the three get while all is well.
const RIGHT: [u16; 3] = [200, 403, 401];
/// What they get once the first one's grant is taken as well.
const NOBODY: [u16; 3] = [403, 403, 401];
/// What they get from a gk-validate that has never seen a good file.
const NO_SNAPSHOT: [u16; 3] = [503; 3];

impl Scene {
    fn set(world: &World) -> Self {
        for email in [KEEPS, TAKEN, ENDED] {
            world.grant(email, "docs");
        }
        let (ended, session) = world.known_session(ENDED);
        let scene = Self { keeps: world.session(KEEPS), taken: world.session(TAKEN), ended };
        world.revoke(TAKEN, "docs");
        world.gk(&["sessions", "revoke", "--session", &session]).done();
        scene
    }

    fn cookies(&self) -> [&str; 3] {
        [&self.keeps, &self.taken, &self.ended]
    }

    /// What gk-validate says to the three.
    #[track_caller]
    fn statuses(&self, world: &World) -> [u16; 3] {
        let status = |cookie| world.validate(Some(cookie), Some("docs")).status;
        self.cookies().map(status)
    }
}

/// Right, or no answer at all (503): never a "yes" to those who may not enter, nor a "no" to the one who may.
#[track_caller]
fn assert_right_or_none(statuses: [u16; 3], when: &str) {
    for (status, right) in statuses.iter().zip(RIGHT) {
        assert!([right, 503].contains(status), "{when}: {statuses:?}");
    }
}

/// gk-validate still runs, and nobody panicked.
#[track_caller]
fn assert_sound(world: &World) {
    let running = world.validate_part().as_mut().is_some_and(Part::is_running);
    let (validate, admin) = (world.validate_talk(), world.admin_talk());
    assert!(running, "gk-validate has ended:\n{validate}");
    assert!(!validate.contains("panicked"), "{validate}");
    assert!(!admin.contains("panicked"), "{admin}");
}
