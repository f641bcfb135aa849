//! Where somebody can go: every app is asked about, once.

use gk_shared::access::AskedApp;
use gk_shared::model::UserId;
use gk_shared::policy::Snapshot;
use gk_shared::time::Timestamp;

use super::outcome::Outcome;
use super::who::through;
use crate::model::{App, User};
use crate::service::op::View;
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::service::users;
use crate::store;

/// Which apps to tell of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// Those the person enters.
    #[default]
    Entered,
    /// Those, and why not the others.
    All,
}

/// Which apps: all of these together. `None` leaves a question open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlaceFilter {
    pub shown: Shown,
    /// A part of the slug or of the name, whatever its case.
    pub text: Option<String>,
    pub role: Option<String>,
    /// The label of a reason.
    pub reason: Option<String>,
}

/// An app, and what somebody is answered there.
#[derive(Clone, Debug)]
pub struct Destination {
    pub app: App,
    pub outcome: Outcome,
    /// The group whose grant lets them in, if one does.
    pub group: Option<String>,
    /// When the grant that lets them in ends, if it does.
    pub until: Option<Timestamp>,
}

/// The apps somebody enters now, or all with why, by slug.
pub fn where_to(
    view: &View<'_>,
    snapshot: &Snapshot,
    user: UserId,
    filter: &PlaceFilter,
) -> Result<(User, Vec<Destination>), Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let user = users::by_id(view, user)?;
    let destination = |app: App| {
        let outcome = Outcome::of(snapshot, user.id, AskedApp::Named(app.slug.as_str()), view.now);
        let known = snapshot.user(user.id);
        let (group, until) = known.map_or((None, None), |known| through(snapshot, known, &app.slug, &outcome));
        Destination { app, outcome, group, until }
    };
    let all = store::apps::list(view.connection)?.into_iter().map(destination);
    let all = all.filter(|place| filter.matches(place)).collect();
    Ok((user, all))
}

impl PlaceFilter {
    fn matches(&self, place: &Destination) -> bool {
        let text = self.text.as_deref().map(|text| text.trim().to_lowercase());
        let named =
            |text: String| place.app.slug.as_str().contains(&text) || place.app.name.to_lowercase().contains(&text);
        (self.shown == Shown::All || place.outcome.enters())
            && text.is_none_or(named)
            && self.role.as_ref().is_none_or(|role| place.outcome.role.as_ref() == Some(role))
            && self.reason.as_deref().is_none_or(|reason| place.outcome.reason.word() == reason)
    }
}
