//! What every verb works with: the opened state, and who is at the keyboard.

use std::cell::OnceCell;
use std::sync::Arc;

use gk_service::service::{Caller, settings};
use gk_service::{Database, Paths};
use gk_shared::environment::Environment;
use nix::unistd::{Uid, User};

use super::answer::{Failure, Form};
use super::confirm::Listener;
use super::owner;
use crate::place::PlaceFlags;

/// One run of the command.
pub(super) struct Shell {
    pub(super) paths: Paths,
    pub(super) environment: Environment,
    pub(super) caller: Caller,
    /// Whom to ask before much is taken away.
    pub(super) listener: Listener,
    /// How results are printed.
    pub(super) form: Form,
    database: OnceCell<Arc<Database>>,
}

impl Shell {
    /// Finds the files, and becomes their owner if this is root.
    pub(super) fn new(
        place: &PlaceFlags,
        environment: Environment,
        (listener, form): (Listener, Form),
    ) -> Result<Self, Failure> {
        let mut paths = place.paths(&environment);
        let name =
            User::from_uid(Uid::current()).ok().flatten().map_or_else(|| Uid::current().to_string(), |user| user.name);
        paths = owner::become_owner(paths).map_err(|error| Failure::refused(error.to_string()))?;
        Ok(Self { paths, environment, caller: Caller::operator(name), listener, form, database: OnceCell::new() })
    }

    /// The state, opened at first use. Refuses a shell that disagrees with what the server's environment fixes.
    pub(super) fn database(&self) -> Result<&Database, Failure> {
        if let Some(open) = self.database.get() {
            return Ok(open);
        }
        let database = Database::open(&self.paths)?;
        let variable = |name: &str| self.environment.get(name).map(str::to_owned);
        database.read(&self.caller, |view| settings::refuse_another_environment(view, &variable))?;
        Ok(self.database.get_or_init(|| Arc::new(database)))
    }

    /// The same, for work that outlives a borrow.
    pub(super) fn shared_database(&self) -> Result<Arc<Database>, Failure> {
        self.database()?;
        let open = self.database.get().map(Arc::clone);
        Ok(open.expect("the line above has opened it"))
    }
}
