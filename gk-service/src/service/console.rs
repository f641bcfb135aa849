//! The console's front: who may come in, and what waits for them there.

use super::op::View;
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use super::requests::{self, Filter};
use crate::model::{RequestState, Status};
use crate::store::users;

/// How much of the console is open to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Console {
    Closed,
    /// What belongs to the apps they administer.
    OwnApps,
    Everything,
}

/// What waits for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Accounts; `None` for whoever does not decide about them.
    pub people: Option<i64>,
    pub requests: i64,
}

/// How much of the console is open to the caller. Needs no permission: it says what there is.
pub fn open_to(view: &View<'_>) -> Result<Console, Refusal> {
    if permit(view.standing, Verb::Inspect).is_ok() {
        return Ok(Console::Everything);
    }
    match requests::administered(view) {
        Ok(apps) if !apps.is_empty() => Ok(Console::OwnApps),
        Ok(_) | Err(Refusal::Forbidden(_)) => Ok(Console::Closed),
        Err(error) => Err(error),
    }
}

/// What waits for the caller.
pub fn waiting(view: &View<'_>) -> Result<Waiting, Refusal> {
    let pending = Filter { app: None, states: vec![RequestState::Pending], skip: 0, most: 0 };
    let requests = requests::list(view, &pending)?.total;
    let all = permit(view.standing, Verb::Inspect).is_ok();
    let people = all.then(|| users::count(view.connection, Status::Pending)).transpose()?;
    Ok(Waiting { people, requests })
}
