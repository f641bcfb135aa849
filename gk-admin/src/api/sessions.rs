//! Ending sessions by new salts: those of one person, and those of everybody.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::service::{Op, sessions};
use serde_json::json;

use super::AppState;
use super::asked::{Named, username};
use super::caller::Asking;
use super::done::told;
use super::problem::Problem;

/// POST /api/v1/users/{username}/rotate-salt
pub(super) async fn end_all_of(
    State(app): AppState,
    Asking(caller): Asking,
    Named(name): Named<String>,
) -> Result<Response, Problem> {
    let name = username(&name)?;
    let rotated = json!({ "status": "rotated", "username": name.as_str() });
    let done = app.change(caller, move |op: &Op<'_>| sessions::end_all_of(op, &name)).await?;
    Ok(told(&done, |_| rotated))
}

/// GET /api/v1/system/app-salt: clients that ask for it once made tokens of their own.
pub(super) async fn app_salt(Asking(_): Asking) -> Problem {
    let message = "the salt is told to nobody: have tokens checked by POST /api/v1/auth/verify-token";
    Problem::new(StatusCode::FORBIDDEN, "forbidden", message)
}

/// POST /api/v1/system/rotate-app-salt: everybody has to sign in again, whoever asks for it too.
pub(super) async fn end_everybodys(State(app): AppState, Asking(caller): Asking) -> Result<Response, Problem> {
    let done = app.change(caller, sessions::end_everybodys).await?;
    Ok(told(&done, |_| json!({ "status": "rotated" })))
}
