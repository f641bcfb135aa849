//! What the pages about one app share: the way between them, and what is said above.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::model::App;
use gk_service::service::console::{self, Console, Waiting};
use gk_service::service::whatif::Effects;
use gk_service::service::{View, apps};
use gk_shared::model::Slug;
use maud::{Markup, html};

use crate::ui::console::effects::preview;
pub(super) use crate::ui::console::effects::worth_showing;
use crate::ui::console::{Problem, nav};
use crate::ui::errors::UiError;
use crate::ui::kit::{self, Tab};
use crate::ui::page::Page;
use crate::ui::typed::Typed;
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths};

/// The slug of an address, as far as it is one.
pub(super) type Named = Result<Path<String>, PathRejection>;

/// A slug with one more word.
pub(super) type NamedChange = Result<Path<(String, String)>, PathRejection>;

/// Which app an address means; what is no slug is no page.
pub(super) fn slug_of(named: Named) -> Result<Slug, UiError> {
    named.ok().and_then(|Path(slug)| Slug::parse(&slug).ok()).ok_or(UiError::NoPage)
}

/// The same, with the word of what to do.
pub(super) fn change_of<T>(named: NamedChange, parse: impl FnOnce(&str) -> Option<T>) -> Result<(Slug, T), UiError> {
    let Path((slug, word)) = named.map_err(|_| UiError::NoPage)?;
    Slug::parse(&slug).ok().zip(parse(&word)).ok_or(UiError::NoPage)
}

/// One of the pages about an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Grants,
    People,
    Settings,
    Setup,
    Keys,
    History,
}

impl Section {
    const ALL: [Self; 6] = [Self::Grants, Self::People, Self::Settings, Self::Setup, Self::Keys, Self::History];

    fn label(self) -> &'static str {
        match self {
            Self::Grants => "Grants",
            Self::People => "Who enters",
            Self::Settings => "Settings",
            Self::Setup => "Proxy",
            Self::Keys => "Keys",
            Self::History => "History",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Grants => paths::APP,
            Self::People => paths::APP_PEOPLE,
            Self::Settings => paths::APP_SETTINGS,
            Self::Setup => paths::APP_SETUP,
            Self::Keys => paths::APP_KEYS,
            Self::History => paths::APP_HISTORY,
        }
    }

    /// Whether whoever administers only some apps has that page.
    fn is_for(self, console: Console) -> bool {
        console == Console::Everything || self != Self::Setup
    }
}

/// What is said above a page.
pub(super) enum Message {
    Nothing,
    Done(&'static str),
    Problem(Problem),
}

impl Message {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Nothing | Self::Done(_) => StatusCode::OK,
            Self::Problem(problem) => problem.status,
        }
    }
}

/// The head of one of an app's pages.
pub(super) fn head((waiting, console): (&Waiting, Console), app: &App, here: Section, message: &Message) -> Markup {
    let open = Section::ALL.into_iter().filter(|section| section.is_for(console));
    let places = open.map(|section| (section, paths::of_app(section.path(), &app.slug))).collect::<Vec<_>>();
    let tab = |(section, href)| Tab { href, label: Section::label(section), count: None, here: section == here };
    let tabs = places.iter().map(|(section, href)| tab((*section, href.as_str()))).collect::<Vec<_>>();
    html! {
        (nav(waiting, paths::APPS))
        @match message {
            Message::Nothing => {},
            Message::Done(sentence) => (kit::toast(sentence)),
            Message::Problem(problem) => (problem.notice()),
        }
        p.subtle { a href=(paths::APPS) { "Apps" } " › " (app.name) }
        h1 { (app.name) " " code { (app.slug) } }
        (kit::tabs(&format!("About {}", app.name), &tabs))
    }
}

/// Who gains and who loses by what was typed, before it is saved by a form that is sent `to` there.
pub(super) async fn foretold(
    State(app): AppState,
    there: &SignedIn,
    (slug, section): (Slug, Section),
    (effects, typed): (&Effects, &Typed),
    (to, back): (&str, &str),
) -> Result<Response, UiError> {
    let read = move |view: &View<'_>| Ok((console::waiting(view)?, apps::show(view, &slug)?.0));
    let (waiting, app) = app.read(there.caller.clone(), read).await?;
    let body = html! {
        (head((&waiting, there.console), &app, section, &Message::Nothing))
        (preview(effects, typed, (to, back)))
    };
    Ok(Page::new(&app.name).of_console(there).body(&body))
}
