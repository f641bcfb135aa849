//! `/`: the apps one may enter.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use gk_service::model::{Status, User};
use gk_service::service::explain::{self, OwnApp};
use maud::{Markup, html};

use super::errors::UiError;
use super::page::Page;
use super::visitor::Visitor;
use super::{AppState, paths};

/// GET /
pub(super) async fn show(State(app): AppState, visitor: Visitor) -> Result<Response, UiError> {
    let Some(user) = visitor.signed_in(&app).await? else {
        return Ok(Redirect::to(&paths::then(paths::SIGNIN, paths::HOME)).into_response());
    };
    let person = user.clone();
    let apps =
        app.read_in_force(visitor.person(&user), move |view, snapshot| explain::own_apps(view, snapshot, &person));
    let body = home_view(&user, &apps.await?);
    Ok(Page::new("Your apps").person(user.display_name()).body(&body))
}

fn home_view(user: &User, apps: &[OwnApp]) -> Markup {
    html! {
        h1 { "Your apps" }
        @if !user.is_usable() {
            @let (heading, sentence) = account_words(user);
            p.notice { strong { (heading) ". " } (sentence) }
        } @else if apps.is_empty() {
            p.notice { "There is no app you may enter yet. Ask the person who looks after the one you need." }
        }
        ul.apps { @for own in apps { li { (card(own)) } } }
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
        @if let Some(role) = &own.role { span.badge { (role) } }
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
