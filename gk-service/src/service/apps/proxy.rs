//! What the proxy in front of the apps has to be told.

use gk_shared::model::Slug;

use super::named;
use crate::model::{App, Origin};
use crate::proxy::{self, AppFacts, Options, Piece, Place, Proxy};
use crate::service::op::View;
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::settings::Setting;

/// A part of the configuration, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// What all servers share; it stands before the others.
    Shared,
    /// Gatekeeper's own host.
    AuthHost,
    App(Slug),
}

/// These parts of a proxy's configuration, one after the other.
pub fn configuration(view: &View<'_>, proxy: Proxy, parts: &[Part], options: &Options) -> Result<String, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let auth = Place::of(&Origin::parse(view.settings.text(Setting::PublicUrl))?)?;
    let text = |part: &Part| Ok(proxy.render(&piece(view, part, &auth)?, &auth, options)?);
    parts.iter().map(text).collect::<Result<Vec<String>, Refusal>>().map(|texts| texts.join("\n"))
}

/// Whether the proxy in front of an app runs the block that would be written now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockState {
    /// No check has come for the app yet.
    NeverSeen,
    Current,
    /// The last check came through another one, or one that says nothing of itself.
    Outdated,
}

/// Where the block of an app stands.
pub fn block_state(view: &View<'_>, app: &App) -> BlockState {
    match app.seen_block {
        None => BlockState::NeverSeen,
        Some(seen) if seen.mark == Some(proxy::mark(app, &view.settings)) => BlockState::Current,
        Some(_) => BlockState::Outdated,
    }
}

fn piece(view: &View<'_>, part: &Part, auth: &Place) -> Result<Piece, Refusal> {
    Ok(match part {
        Part::Shared => Piece::Shared,
        Part::AuthHost => Piece::AuthHost,
        Part::App(slug) => Piece::App(AppFacts::of(&named(view, slug)?, auth)?),
    })
}
