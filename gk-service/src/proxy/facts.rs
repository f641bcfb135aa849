//! What a block says of an app, fit to stand in a configuration.

use gk_shared::model::Slug;
use thiserror::Error;

use super::values::HostName;
use crate::model::{App, OpenPath, Origin};

/// A web server's origin whose host is a plain host name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    origin: Origin,
    host: HostName,
}

/// An origin that cannot be served by a proxy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnfitOrigin {
    #[error("`{0}` has characters in its host name that a proxy could read as something else")]
    Host(Origin),
    #[error("the app `{0}` has no origin: say where it is reached, with gk apps update --slug {0} --origin https://…")]
    None(Slug),
}

impl Place {
    /// Takes an origin whose host is letters, digits, dots, hyphens and underscores, or an address.
    pub fn of(origin: &Origin) -> Result<Self, UnfitOrigin> {
        let host = HostName::parse(origin.host()).map_err(|_| UnfitOrigin::Host(origin.clone()))?;
        Ok(Self { origin: origin.clone(), host })
    }

    /// Host name alone.
    pub fn host(&self) -> &HostName {
        &self.host
    }

    /// The whole of it.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether browsers reach it over TLS.
    pub(super) fn speaks_tls(&self) -> bool {
        self.origin.scheme() == "https"
    }
}

/// What a block says of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppFacts {
    pub(super) slug: Slug,
    /// At least one.
    pub(super) places: Vec<Place>,
    pub(super) noindex: bool,
    pub(super) open_paths: Vec<OpenPath>,
    /// What the block calls itself.
    pub mark: gk_shared::model::BlockMark,
}

impl AppFacts {
    /// Of this app, which sends people to sign in at `auth`.
    pub fn of(app: &App, auth: &Place) -> Result<Self, UnfitOrigin> {
        if app.origins.is_empty() {
            return Err(UnfitOrigin::None(app.slug.clone()));
        }
        Ok(Self {
            slug: app.slug.clone(),
            places: app.origins.iter().map(Place::of).collect::<Result<_, _>>()?,
            noindex: app.noindex,
            open_paths: app.open_paths.clone(),
            mark: super::mark::of(app, auth.origin().as_str()),
        })
    }
}
