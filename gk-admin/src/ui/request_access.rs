//! `/request-access?app=S`: where nginx sends people who are signed in but may not enter.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use gk_service::model::{ReturnTo, User};
use gk_service::service::apps;
use gk_service::service::explain::{self, Explanation};
use gk_shared::model::Slug;
use maud::{Markup, html};

use super::errors::UiError;
use super::page::Page;
use super::signin::checked;
use super::visitor::Visitor;
use super::{AppState, paths};

/// What the page shows.
struct Shown {
    name: Option<String>,
    entry: Option<Explanation>,
    place: ReturnTo,
}

/// GET /request-access
pub(super) async fn show(State(app): AppState, visitor: Visitor) -> Result<Response, UiError> {
    let Some(user) = visitor.signed_in(&app).await? else {
        let here = format!("{}?{}", paths::REQUEST_ACCESS, visitor.query);
        return Ok(Redirect::to(&paths::then(paths::SIGNIN, &here)).into_response());
    };
    let slug = visitor.parameter("app").and_then(|slug| Slug::parse(slug).ok());
    let (wanted, person) = (visitor.redirect().to_owned(), user.clone());
    let shown = app.read_in_force(visitor.person(&user), move |view, snapshot| {
        let place = checked(view, &wanted)?;
        let Some(slug) = slug else { return Ok(Shown { name: None, entry: None, place }) };
        let entry = explain::own_entry(view, snapshot, &person, &slug)?;
        Ok(Shown { name: apps::name_of(view, &slug)?, entry: Some(entry), place })
    });
    let shown = shown.await?;
    let body = access_view(&user, &shown);
    let page = Page::new("Access").person(user.display_name()).may_lead_to(shown.place.as_str());
    Ok(page.body(&body))
}

fn access_view(user: &User, shown: &Shown) -> Markup {
    let (heading, sentence) = words(user, shown);
    let entered = shown.entry.as_ref().is_some_and(Explanation::enters);
    html! {
        h1 { (heading) }
        p { (sentence) }
        p.subtle { "You are signed in as " strong { (user.email) } "." }
        p.actions {
            @if entered { a.button href=(shown.place) { "Go on" } }
            a href=(paths::HOME) { "Your apps" }
        }
        form method="post" action=(paths::SIGNOUT) { button.quiet type="submit" { "Use another account" } }
    }
}

fn words(user: &User, shown: &Shown) -> (String, String) {
    let app = shown.name.clone().unwrap_or_else(|| "this app".to_owned());
    match (&shown.entry, &shown.name) {
        _ if !user.is_usable() => super::home::account_words(user),
        (Some(entry), _) if entry.enters() => (format!("You may enter {app}"), "Your access is in force now.".into()),
        (Some(_), Some(_)) => (
            format!("You may not enter {app}"),
            "It needs a grant that you do not have, or no longer have. Ask the person who looks after it.".into(),
        ),
        (Some(_) | None, _) => (
            "This app is not known here".into(),
            "It is not registered with Gatekeeper, so nobody is let in. Tell the person who set it up.".into(),
        ),
    }
}
