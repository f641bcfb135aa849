//! The change of one's own e-mail: asked for in the settings, confirmed by the link the new address gets.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::Secret;
use gk_service::service::{Op, View, email_change};
use gk_shared::model::Email;
use serde::Deserialize;

use super::views::After;
use super::{Section, Sent, come_back, views};
use crate::ui::errors::UiError;
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths};

#[derive(Deserialize)]
pub(in crate::ui) struct EmailForm {
    email: String,
}

/// POST /settings/email
pub(in crate::ui) async fn ask(
    State(app): AppState,
    there: SignedIn,
    form: Sent<EmailForm>,
) -> Result<Response, UiError> {
    let Form(form) = form.map_err(|_| UiError::BadForm)?;
    let write = move |op: &Op<'_>| email_change::begin(op, &Email::parse(&form.email)?);
    let outcome = app.write(there.caller.clone(), write).await;
    come_back(&app, &there, (Section::Email, "email-asked"), outcome).await
}

/// POST /settings/email/cancel
pub(in crate::ui) async fn cancel(State(app): AppState, there: SignedIn) -> Result<Response, UiError> {
    app.write(there.caller, email_change::cancel).await?;
    see_other(&paths::settings_after("email-cancelled"))
}

/// GET /settings/email/{token}: changes nothing, however often a mail scanner looks.
pub(in crate::ui) async fn show(
    State(app): AppState,
    there: SignedIn,
    Path(token): Path<String>,
) -> Result<Response, UiError> {
    let user = there.user.clone();
    let look = move |view: &View<'_>| {
        let change = email_change::look(view, &Secret::new(token))?;
        let Some(change) = change else { return Ok(None) };
        Ok(Some((email_change::loses_approval(view, &user, &change.email)?, change)))
    };
    let Some((waits, change)) = app.read(there.caller.clone(), look).await? else { return Ok(gone(&there)) };
    let after = if waits { After::Waits } else { After::GoesOn };
    let body = views::confirm_email(&there.user, &change, after);
    Ok(Page::new("Change your e-mail").signed_in(&there).body(&body))
}

/// POST /settings/email/{token}
pub(in crate::ui) async fn confirm(
    State(app): AppState,
    there: SignedIn,
    Path(token): Path<String>,
) -> Result<Response, UiError> {
    let this = there.session.clone();
    let write = move |op: &Op<'_>| email_change::confirm(op, &Secret::new(token), &this);
    match app.write(there.caller.clone(), write).await? {
        Some(_) => see_other(&paths::settings_after("email-changed")),
        None => Ok(gone(&there)),
    }
}

/// A link that was used, has expired, never was, or is another account's: nobody learns which.
fn gone(there: &SignedIn) -> Response {
    let body = views::no_change(&there.user);
    Page::new("Change your e-mail").status(StatusCode::GONE).signed_in(there).body(&body)
}
