//! What the proxy in front of the apps has to be told.

use gk_shared::model::Slug;

use super::named;
use crate::model::Origin;
use crate::proxy::{AppFacts, Options, Piece, Place, Proxy};
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

fn piece(view: &View<'_>, part: &Part, auth: &Place) -> Result<Piece, Refusal> {
    Ok(match part {
        Part::Shared => Piece::Shared,
        Part::AuthHost => Piece::AuthHost,
        Part::App(slug) => Piece::App(AppFacts::of(&named(view, slug)?, auth)?),
    })
}
