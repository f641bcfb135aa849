//! What a run that looks everybody up again has come to so far.

use std::time::Instant;

use gk_service::model::{Found, RunOutcome, RunPerson, User};
use gk_service::service::Caller;
use gk_service::service::directories::{Progress, Taken};

/// A run while it is worked on.
pub(super) struct Run {
    pub(super) id: i64,
    pub(super) caller: Caller,
    pub(super) so_far: Progress,
    /// Not written yet.
    pub(super) people: Vec<RunPerson>,
    pub(super) to_disable: Vec<(User, Option<Found>)>,
    pub(super) trouble_in_a_row: usize,
    /// When progress was written last.
    pub(super) written: Instant,
}

impl Run {
    pub(super) fn taken(&mut self, user: &User, taken: &Taken) {
        let changes = taken.changes.join(", ");
        let disabled = user.enabled && !taken.user.enabled;
        if let Some(problem) = &taken.problem {
            self.failed(user, format!("{problem}{}{changes}", if changes.is_empty() { "" } else { "; taken over: " }));
        } else if disabled {
            self.so_far.disabled += 1;
            self.note(user, RunOutcome::Disabled, changes);
        } else if !changes.is_empty() {
            self.so_far.changed += 1;
            self.note(user, RunOutcome::Changed, changes);
        }
    }

    pub(super) fn failed(&mut self, user: &User, why: impl Into<String>) {
        self.so_far.failed += 1;
        self.note(user, RunOutcome::Failed, why);
    }

    pub(super) fn note(&mut self, user: &User, outcome: RunOutcome, detail: impl Into<String>) {
        let username = user.username.to_string();
        self.people.push(RunPerson { user: user.id, username, outcome, detail: detail.into() });
    }

    /// Why the directory was left.
    pub(super) fn people_reason(&self) -> String {
        format!("the directory could not be asked about {} in a row; nobody was disabled", self.trouble_in_a_row)
    }
}
