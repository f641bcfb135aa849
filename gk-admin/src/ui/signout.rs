//! `/signout`: ends the session, row and cookie, and always succeeds.

use axum::extract::State;
use axum::response::Response;
use gk_service::service::sessions;

use super::cookies::{self, CookieRules};
use super::errors::UiError;
use super::signin::{checked, see_other};
use super::visitor::Visitor;
use super::{AppState, paths};

/// GET and POST /signout. A GET works too, because app hosts send people here by a redirect.
pub(super) async fn end(State(app): AppState, visitor: Visitor) -> Result<Response, UiError> {
    if let Some(signed_in) = visitor.signed_in(&app).await? {
        let caller = visitor.person(&signed_in);
        app.write(caller, move |op| sessions::sign_out(op, &signed_in.session)).await?;
    }
    let wanted = visitor.redirect().to_owned();
    let (rules, place) =
        app.read(visitor.stranger(), move |view| Ok((CookieRules::of(view), checked(view, &wanted)?))).await?;
    let place = if place.as_str() == paths::HOME { paths::SIGNIN } else { place.as_str() };
    let mut response = see_other(place)?;
    cookies::end_session(response.headers_mut(), &rules);
    Ok(response)
}
