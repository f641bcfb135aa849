//! `/signout`: ends the session, row and cookie, and always succeeds.

use axum::extract::State;
use axum::response::Response;
use gk_service::service::{Caller, Refusal, View, Who, sessions};

use super::cookies::{self, CookieRules};
use super::errors::UiError;
use super::signin::{checked, see_other};
use super::visitor::Visitor;
use super::{AppState, paths};
use crate::app::App;

/// GET and POST /signout. A GET works too, because app hosts send people here by a redirect.
pub(super) async fn end(State(app): AppState, visitor: Visitor) -> Result<Response, UiError> {
    end_sessions_of(&app, &visitor).await;
    let wanted = visitor.redirect().to_owned();
    let read = move |view: &View<'_>| Ok((CookieRules::of(view), checked(view, &wanted)?));
    let (rules, place) = app.read(visitor.stranger(), read).await?;
    let place = if place.as_str() == paths::HOME { paths::SIGNIN } else { place.as_str() };
    let mut response = see_other(place)?;
    cookies::end_session(response.headers_mut(), &rules);
    Ok(response)
}

/// Ends every session whose cookie came along.
pub(crate) async fn end_sessions_of(app: &App, visitor: &Visitor) {
    for token in visitor.tokens() {
        // The cookies go in any case: somebody who wants out must not be kept by a database that is busy.
        if let Err(error) = end_one(app, visitor, token).await {
            tracing::error!(%error, "a session could not be ended at sign-out");
        }
    }
}

/// Ends the session of one token, whatever else would be wrong with it.
async fn end_one(app: &App, visitor: &Visitor, token: String) -> Result<(), Refusal> {
    let find = move |view: &View<'_>| sessions::of_token(view, token.as_bytes());
    let Some(session) = app.read(visitor.stranger(), find).await? else { return Ok(()) };
    let caller = Caller { who: Who::Person(session.user, session.created_at), ..visitor.stranger() };
    app.write(caller, move |op| sessions::sign_out(op, &session)).await
}
