//! The logo: a picture that is sent in a form, and taken away again.

use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::response::Response;
use gk_service::service::{Op, Refusal, settings};

use super::{Said, at, page};
use crate::ui::console::Problem;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::signin::see_other;
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths};

const SECTION: &str = "server";

/// POST /admin/settings/logo/set
pub(in crate::ui::console) async fn set(
    app: AppState,
    Administrator(there): Administrator,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, UiError> {
    let mut form = form.map_err(|_| UiError::BadForm)?;
    let mut picture = None;
    while let Some(field) = form.next_field().await.map_err(|_| UiError::TooLong)? {
        if field.name() == Some("logo") {
            picture = Some(field.bytes().await.map_err(|_| UiError::TooLong)?);
        }
    }
    let picture = picture.ok_or(UiError::BadForm)?;
    change(app, &there, move |op| settings::set_logo(op, &picture).map(drop)).await
}

/// POST /admin/settings/logo/clear
pub(in crate::ui::console) async fn clear(
    app: AppState,
    Administrator(there): Administrator,
) -> Result<Response, UiError> {
    change(app, &there, settings::clear_logo).await
}

async fn change(
    State(app): AppState,
    there: &SignedIn,
    verb: impl FnOnce(&Op<'_>) -> Result<(), Refusal> + Send + 'static,
) -> Result<Response, UiError> {
    match app.write(there.caller.clone(), verb).await {
        Ok(()) => see_other(&format!("{}?done=logo", paths::SECTION.replace("{section}", SECTION))),
        Err(refusal) => {
            let problem = Problem::of(refusal, &at(SECTION))?;
            page(&app, there, SECTION.to_owned(), Said::problem(&problem, None)).await
        }
    }
}
