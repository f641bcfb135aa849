//! Signing in and registering by code, for pages that speak JSON. The same functions as behind our own pages: the
//! answer to an address is the same for everybody, and so is the one to a code that does not work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gk_service::model::{Purpose, User, Wish};
use gk_service::service::View;
use gk_service::service::signin;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::Body;
use super::caller::Anybody;
use super::problem::Problem;
use super::{AppState, shown};
use crate::app::App;
use crate::ui::{self, Asking, CookieRules, Visitor, cookies, end_sessions_of};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    email: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Typed {
    email: String,
    code: String,
}

/// POST /api/v1/auth/signin
pub(super) async fn ask(
    State(app): AppState,
    Anybody(visitor): Anybody,
    Body(asked): Body<Asked>,
) -> Result<Response, Problem> {
    take(&app, &visitor, asked.email, Purpose::SignIn).await
}

/// POST /api/v1/auth/register
pub(super) async fn register(
    State(app): AppState,
    Anybody(visitor): Anybody,
    Body(asked): Body<Asked>,
) -> Result<Response, Problem> {
    take(&app, &visitor, asked.email, Purpose::Register).await
}

async fn take(app: &App, visitor: &Visitor, name: String, purpose: Purpose) -> Result<Response, Problem> {
    let asking = Asking { name, wish: Wish::Here(String::new()), purpose, invitation: None };
    let (rules, verifier) = ui::take(app, visitor, asking).await?;
    let detail = "If there is an account for this address, a mail with a code is on its way.";
    let mut response = Json(json!({ "message": "Verification code sent", "detail": detail })).into_response();
    cookies::start_flow(response.headers_mut(), &rules, visitor, &verifier);
    Ok(response)
}

/// POST /api/v1/auth/signin/verify
pub(super) async fn enter(
    State(app): AppState,
    Anybody(visitor): Anybody,
    Body(typed): Body<Typed>,
) -> Result<Response, Problem> {
    used(&app, &visitor, typed, |user| json!({ "message": "Successfully signed in", "user": shown::own(user) })).await
}

/// POST /api/v1/auth/register/verify: whoever has to wait for approval is told so, and is nobody yet.
pub(super) async fn enter_registered(
    State(app): AppState,
    Anybody(visitor): Anybody,
    Body(typed): Body<Typed>,
) -> Result<Response, Problem> {
    used(&app, &visitor, typed, |user| {
        if user.is_usable() {
            json!({ "message": "Registration successful", "user": shown::own(user) })
        } else {
            json!({ "message": "Registration pending approval", "user": null })
        }
    })
    .await
}

/// Uses a code in the browser that asked for it.
async fn used(
    app: &App,
    visitor: &Visitor,
    typed: Typed,
    tell: impl FnOnce(&User) -> Value,
) -> Result<Response, Problem> {
    let from = visitor.clone();
    let done = app.write(visitor.stranger(), move |op| {
        let rules = CookieRules::of(op);
        let signed_in = signin::enter_as(op, &typed.email, &typed.code, &from.browser(&rules))?;
        let Some(signed_in) = signed_in else { return Ok(None) };
        let user = signin::person_of(op, &signed_in)?;
        Ok(Some((signed_in, user, rules)))
    });
    let (signed_in, user, rules) = done.await?.ok_or_else(|| {
        Problem::new(StatusCode::BAD_REQUEST, "invalid_code", "Invalid or expired code. Please request a new one.")
    })?;
    let mut response = Json(tell(&user)).into_response();
    cookies::start_session(response.headers_mut(), &rules, &signed_in);
    Ok(response)
}

/// POST /api/v1/auth/signout: always succeeds.
pub(super) async fn signout(State(app): AppState, Anybody(visitor): Anybody) -> Result<Response, Problem> {
    end_sessions_of(&app, &visitor).await;
    let rules = app.read(visitor.stranger(), |view: &View<'_>| Ok(CookieRules::of(view))).await?;
    let mut response = Json(json!({ "message": "Successfully signed out" })).into_response();
    cookies::end_session(response.headers_mut(), &rules);
    Ok(response)
}
