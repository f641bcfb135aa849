//! `/`: the apps one may enter, those one can ask for, and what became of asking.

use axum::extract::State;
use axum::response::Response;
use gk_service::model::{AccessRequest, App, RequestState, Status, User};
use gk_service::service::explain::{self, OwnApp};
use gk_service::service::requests;
use gk_shared::time::Timestamp;
use maud::{Markup, html};

use super::errors::UiError;
use super::kit::{self, Tone};
use super::page::Page;
use super::visitor::SignedIn;
use super::{AppState, paths, time};

/// What the page shows.
struct Shown {
    apps: Vec<OwnApp>,
    askable: Vec<App>,
    requests: Vec<AccessRequest>,
    now: Timestamp,
}

/// GET /
pub(super) async fn show(State(app): AppState, there: SignedIn) -> Result<Response, UiError> {
    let person = there.user.clone();
    let shown = app.read_in_force(there.caller.clone(), move |view, snapshot| {
        let open = |request: &AccessRequest| match request.state {
            RequestState::Pending | RequestState::Rejected => true,
            RequestState::Approved | RequestState::Withdrawn => false,
        };
        let apps = explain::own_apps(view, snapshot, &person)?;
        let entered = |request: &AccessRequest| apps.iter().any(|own| own.app.id == request.app);
        let asked = requests::own(view)?.into_iter();
        let requests = asked.filter(|request| open(request) && !entered(request)).collect::<Vec<_>>();
        let listed = |app: &App| requests.iter().any(|request| request.app == app.id);
        let askable = requests::askable(view, snapshot)?.into_iter().filter(|app| !listed(app)).collect();
        Ok(Shown { askable, requests, apps, now: view.now })
    });
    let body = home_view(&there.user, &shown.await?);
    Ok(Page::new("Your apps").signed_in(&there).wide().body(&body))
}

fn home_view(user: &User, shown: &Shown) -> Markup {
    html! {
        h1 { "Your apps" }
        @if !user.is_usable() {
            @let (heading, sentence) = account_words(user);
            (kit::notice(Tone::Waits, &html! { strong { (heading) ". " } (sentence) }))
        } @else if shown.apps.is_empty() {
            (kit::empty(if shown.askable.is_empty() {
                "There is no app you may enter yet. Ask the person who looks after the one you need."
            } else {
                "There is no app you may enter yet. You can ask for one below."
            }))
        }
        ul.apps { @for own in &shown.apps { li { (card(own)) } } }
        @if !shown.requests.is_empty() {
            h2 { "Your requests" }
            ul.requests { @for request in &shown.requests { li { (request_row(request, shown.now)) } } }
        }
        @if !shown.askable.is_empty() {
            h2 { "Apps you can ask for" }
            ul.apps { @for app in &shown.askable { li { (askable(app)) } } }
        }
    }
}

/// Why an account opens nothing: a heading and a sentence.
pub(super) fn account_words(user: &User) -> (String, String) {
    let (heading, sentence) = match user.status {
        Status::Pending => {
            ("Your account waits", "An administrator has to approve it. You get in as soon as that is done.")
        }
        Status::Rejected => ("Your account was rejected", "Ask an administrator if you think that is a mistake."),
        Status::Approved => ("Your account is disabled", "Ask an administrator if you think that is a mistake."),
    };
    (heading.to_owned(), sentence.to_owned())
}

/// One app; a link if it is known where the app is.
fn card(own: &OwnApp) -> Markup {
    let inside = html! {
        strong { (own.app.name) }
        @if let Some(role) = &own.role { (kit::badge(Tone::Plain, role)) }
        @if !own.app.description.is_empty() { p { (own.app.description) } }
    };
    html! {
        @if let Some(origin) = own.app.origins.first() {
            a.app-card href=(origin) { (inside) }
        } @else {
            div.app-card { (inside) p.subtle { "No address is known for this app." } }
        }
    }
}

fn askable(app: &App) -> Markup {
    html! {
        a.app-card.askable href=(paths::request_access(&app.slug, paths::HOME)) {
            strong { (app.name) }
            @if !app.description.is_empty() { p { (app.description) } }
            span.go { "Ask for access" }
        }
    }
}

fn request_row(request: &AccessRequest, now: Timestamp) -> Markup {
    let (tone, word) = match request.state {
        RequestState::Pending => (Tone::Waits, "waiting"),
        RequestState::Rejected => (Tone::Bad, request.state.word()),
        RequestState::Approved | RequestState::Withdrawn => (Tone::Plain, request.state.word()),
    };
    html! {
        a href=(paths::request_access(&request.slug, paths::HOME)) { (request.app_name) }
        (kit::badge(tone, word))
        span.subtle { (time::ago(request.decided_at.unwrap_or(request.created_at), now)) }
    }
}
