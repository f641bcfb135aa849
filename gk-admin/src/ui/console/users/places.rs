//! `/admin/users/{id}/places`: where somebody can go, and why not elsewhere.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use gk_service::model::User;
use gk_service::service::console::{self, Waiting};
use gk_service::service::explain::{self, Destination, Explanation, PlaceFilter, Shown as Which};
use gk_service::service::{Refusal, View};
use gk_shared::model::{Slug, UserId};
use gk_shared::policy::Snapshot;
use maud::{Markup, html};
use serde::Deserialize;

use crate::ui::console::explanation::{explanation, verdict};
use crate::ui::console::guard::Administrator;
use crate::ui::console::nav;
use crate::ui::errors::UiError;
use crate::ui::kit;
use crate::ui::page::Page;
use crate::ui::{AppState, paths, time};

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::ui::console) struct Asked {
    search: String,
    /// Of which app to say why.
    why: String,
}

/// What the page shows.
struct Shown {
    waiting: Waiting,
    user: User,
    places: Vec<Destination>,
    said: Option<Explanation>,
}

/// GET /admin/users/{id}/places
pub(in crate::ui::console) async fn show(
    State(app): AppState,
    Administrator(there): Administrator,
    id: Result<Path<i64>, PathRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, UiError> {
    let (Path(id), Query(asked)) = (id.map_err(|_| UiError::NoPage)?, asked.unwrap_or_default());
    let sent = asked.clone();
    let read = move |view: &View<'_>, snapshot: &Snapshot| -> Result<Shown, Refusal> {
        let text = Some(sent.search.trim().to_owned()).filter(|text| !text.is_empty());
        let filter = PlaceFilter { shown: Which::All, text, ..PlaceFilter::default() };
        let (user, places) = explain::where_to(view, snapshot, UserId(id), &filter)?;
        let slug = Slug::parse(&sent.why).ok();
        let why = |slug| explain::explain(view, snapshot, &user.username, Some(&slug), view.now);
        let said = slug.map(why).transpose()?;
        Ok(Shown { waiting: console::waiting(view)?, user, places, said })
    };
    let shown = app.read_in_force(there.caller.clone(), read).await?;
    Ok(Page::new(shown.user.email.as_str()).of_console(&there).body(&view(&shown, &asked)))
}

fn view(shown: &Shown, asked: &Asked) -> Markup {
    let (id, email) = (shown.user.id.0, &shown.user.email);
    let here = paths::of(paths::USER_PLACES, id);
    let rows = shown.places.iter().map(|place| row(place, &here)).collect::<Vec<_>>();
    html! {
        (nav(&shown.waiting, paths::USERS))
        p.subtle { a href=(paths::USERS) { "Users" } " › " a href=(paths::of(paths::USER, id)) { (email) } " › Where they can go" }
        h1 { "Where " (shown.user.display_name()) " can go" }
        @if let Some(said) = &shown.said { (explanation(said)) }
        form.filters method="get" action=(here) role="search" {
            (kit::field("search", "Search", None, &html! { input #search type="search" name="search" value=(asked.search) placeholder="app" maxlength="200" autocomplete="off" spellcheck="false"; }))
            button type="submit" { "Search" }
        }
        @if rows.is_empty() { (kit::empty("No app, or none of that name.")) } @else {
            (kit::table("Apps", &["App", "How", "By", "Until", ""], &rows))
        }
    }
}

fn row(place: &Destination, here: &str) -> Vec<Markup> {
    let slug = &place.app.slug;
    vec![
        html! { a.whole href=(paths::of_app(paths::APP, slug)) { (place.app.name) } " " code { (slug) } },
        verdict(&place.outcome),
        html! { @match &place.group { Some(group) => { "the group " (group) }, None => (place.outcome.reason.word()) } },
        html! { @if let Some(at) = place.until { (time::at(at)) } },
        html! { a href=(paths::with(here, [("why", Some(slug.to_string()))])) aria-label={ "Why, at " (place.app.name) } { "Why?" } },
    ]
}
