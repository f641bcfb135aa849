//! Why somebody may or may not enter, who may, and where: always the same decision as gk-validate's.

mod change;
mod facts;
mod outcome;
mod own;
mod places;
#[cfg(test)]
mod tests;
mod who;
mod words;

pub use change::Change;
pub use facts::{Fact, GivenBy, GrantFact, Held, Weight};
pub(in crate::service) use outcome::ask;
pub use outcome::{Outcome, Reason};
pub(in crate::service) use own::enters;
pub use own::{OwnApp, other_apps, own_apps, own_entry};
pub use places::{Destination, PlaceFilter, Shown, where_to};
pub use who::{Entrant, WhoFilter, entrants, numbers, who_enters};

use gk_shared::access::AskedApp;
use gk_shared::model::{Slug, Username};
use gk_shared::policy::Snapshot;
use gk_shared::time::Timestamp;

use super::op::View;
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use super::{apps, users};
use crate::model::User;

/// A decision, what it rests on, and what would change it.
#[derive(Clone, Debug)]
pub struct Explanation {
    pub user: User,
    /// `None` for a request that names no app.
    pub app: Option<Slug>,
    pub at: Timestamp,
    pub outcome: Outcome,
    pub facts: Vec<Fact>,
    pub changes: Vec<Change>,
}

/// Whoever sees everything may ask about anything; an app's administrators about their app.
fn permitted(view: &View<'_>, slug: Option<&Slug>) -> Result<(), Refusal> {
    match slug {
        Some(slug) if permit(view.standing, Verb::Inspect).is_err() => {
            apps::permitted(view, slug, Verb::SeeApp).map(drop)
        }
        _ => permit(view.standing, Verb::Inspect),
    }
}

/// What would be answered if this person asked for this app at this time, and why.
pub fn explain(
    view: &View<'_>,
    snapshot: &Snapshot,
    name: &Username,
    slug: Option<&Slug>,
    at: Timestamp,
) -> Result<Explanation, Refusal> {
    permitted(view, slug)?;
    let user = users::named(view, name)?;
    let outcome = Outcome::of(snapshot, user.id, AskedApp::from(slug), at);
    let facts = facts::gather(view, snapshot, &user, slug, (at, outcome.reason))?;
    let app = slug.cloned();
    let mut explanation = Explanation { user, app, at, outcome, facts, changes: Vec::new() };
    explanation.changes = change::possible(&explanation, snapshot);
    Ok(explanation)
}
