//! What is known beside nginx's configuration: settings, and which apps are registered.

use gk_service::model::{OpenPath, Origin, Reach};
use gk_service::service::{Caller, Refusal, apps};
use gk_service::settings::Setting;
use gk_service::{Database, model, proxy};
use gk_shared::model::BlockMark;
use url::Url;

use super::site::Server;

/// Without a database nothing is known, and what needs it is not looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// Where people sign in, such as `https://auth.example.com`.
    pub(crate) public_url: Option<Url>,
    pub(crate) apps: Option<Vec<AppFacts>>,
    /// For which hosts sessions are, such as `example.com`; empty: for the auth host alone.
    pub(crate) cookie_domain: String,
    /// Of the newest change that is saved.
    pub(crate) revision: Option<i64>,
}

/// What is known of a registered app.
#[derive(Clone, Debug)]
pub(crate) struct AppFacts {
    pub(crate) slug: String,
    pub(crate) origins: Vec<Url>,
    /// Paths that are open on purpose.
    pub(crate) open_paths: Vec<OpenFacts>,
    pub(crate) noindex: bool,
    /// What the block that would be made for it now calls itself.
    pub(crate) mark: BlockMark,
    /// Whether it takes people back itself, so that no nginx of ours need stand before it.
    pub(crate) elsewhere: bool,
}

/// A path that is open on purpose.
#[derive(Clone, Debug)]
pub(crate) struct OpenFacts {
    /// As its location is written, such as `^~ /static/`.
    pub(crate) location: String,
    /// To whom; empty: to everybody.
    pub(crate) networks: Vec<String>,
}

impl Facts {
    /// Reads them.
    pub(crate) fn read(database: &Database, caller: &Caller) -> Result<Self, Refusal> {
        let revision = Some(database.newest_revision()?);
        database.read(caller, |view| {
            Ok(Self {
                revision,
                cookie_domain: view.settings.text(Setting::CookieDomain).to_owned(),
                public_url: Url::parse(view.settings.text(Setting::PublicUrl)).ok(),
                apps: Some(
                    apps::list(view)?.iter().map(|app| AppFacts::of(app, proxy::mark(app, &view.settings))).collect(),
                ),
            })
        })
    }

    pub(crate) fn auth_host(&self) -> Option<&str> {
        self.public_url.as_ref().and_then(Url::host_str)
    }
}

impl AppFacts {
    pub(super) fn of(app: &model::App, mark: BlockMark) -> Self {
        Self {
            slug: app.slug.to_string(),
            origins: app.origins.iter().map(Origin::as_str).filter_map(|origin| Url::parse(origin).ok()).collect(),
            open_paths: app.open_paths.iter().map(OpenFacts::of).collect(),
            noindex: app.noindex,
            mark,
            elsewhere: !app.callbacks.is_empty(),
        }
    }

    /// Whether this server answers for one of its hosts.
    pub(crate) fn is_behind(&self, server: &Server<'_>) -> bool {
        self.origins.iter().filter_map(Url::host_str).any(|host| server.is_named(host))
    }
}

impl OpenFacts {
    fn of(open: &OpenPath) -> Self {
        let location = match open.reach() {
            Reach::Exact(path) => format!("= {path}"),
            Reach::Below(path) => format!("^~ {path}"),
        };
        Self { location, networks: open.networks().iter().map(ToString::to_string).collect() }
    }
}
