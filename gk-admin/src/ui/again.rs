//! `/signin/again`: one button for somebody who is signed in and has to show that it is still they.

use axum::extract::State;
use axum::response::Response;
use gk_service::model::ReturnTo;
use maud::{Markup, html};

use super::errors::UiError;
use super::page::Page;
use super::signin::checked;
use super::visitor::{SignedIn, Visitor};
use super::{AppState, paths};

/// GET /signin/again?redirect=…
pub(super) async fn form(State(app): AppState, visitor: Visitor, there: SignedIn) -> Result<Response, UiError> {
    let wanted = visitor.redirect().to_owned();
    let place = app.read(visitor.stranger(), move |view| checked(view, &wanted)).await?;
    let body = view(there.user.email.as_str(), &place);
    Ok(Page::new("Confirm that it is you").signed_in(&there).body(&body))
}

/// Sends what the sign-in page would send: the mail, its limits and its waiting window are the same.
fn view(email: &str, place: &ReturnTo) -> Markup {
    html! {
        h1 { "Confirm that it is you" }
        p { "What you are about to do needs a recent sign-in. We send a mail to " strong { (email) } "; afterwards you come back to where you were." }
        form method="post" action=(paths::SIGNIN) {
            input type="hidden" name="redirect" value=(place);
            input type="hidden" name="email" value=(email);
            button type="submit" { "Send me a sign-in link" }
        }
        p.actions { a href=(place) { "Back" } }
    }
}
