//! What an app's own server asks: a sign-in mail, the person behind a code, and tokens to keep people signed in with.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gk_service::Secret;
use gk_service::service::central::{self as service, CreateToken};
use gk_service::service::people;
use gk_service::service::signin::{self, AppAsk};
use gk_shared::activity::Used;
use gk_shared::model::{BadName, Slug, Username};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::Body;
use super::caller::Asking;
use super::problem::Problem;
use super::{AppState, shown};
use crate::time;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Resolve {
    identifier: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SendMagicLink {
    identifier: String,
    callback_url: String,
    #[serde(default = "root")]
    redirect_url: String,
    /// Not read: an app is called what it is registered as.
    #[serde(default, rename = "app_name")]
    _app_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shown {
    token: String,
    app: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    username: String,
    #[serde(default = "day")]
    lifetime_seconds: i64,
    app: Option<String>,
}

fn root() -> String {
    "/".into()
}

fn day() -> i64 {
    86_400
}

/// POST /api/v1/auth/resolve
pub(super) async fn resolve(
    State(app): AppState,
    Asking(caller): Asking,
    Body(asked): Body<Resolve>,
) -> Result<Json<Value>, Problem> {
    let found = app.read_in_force(caller, move |view, snapshot| people::resolve(view, snapshot, &asked.identifier));
    found.await?.map(|user| Json(shown::account(&user))).map_err(Problem::from)
}

/// POST /api/v1/auth/send-magic-link
pub(super) async fn send_magic_link(
    State(app): AppState,
    Asking(caller): Asking,
    Body(asked): Body<SendMagicLink>,
) -> Result<Json<Value>, Problem> {
    let ask = AppAsk { name: asked.identifier, callback: asked.callback_url, next: asked.redirect_url };
    let asked = app.write_in_force(caller, move |op, snapshot| signin::ask_for_app(op, snapshot, &ask));
    let (user, outcome) = asked.await??;
    app.signins.note(outcome);
    Ok(Json(json!({ "status": "sent", "email": user.email.as_str() })))
}

/// POST /api/v1/auth/verify-magic-link: exchanges a code for the person.
pub(super) async fn verify_magic_link(
    State(app): AppState,
    Asking(caller): Asking,
    Body(shown): Body<Shown>,
) -> Result<Json<Value>, Problem> {
    let (code, slug) = (Secret::new(shown.token), slug(shown.app)?);
    let redeem =
        app.write_in_force(caller, move |op, snapshot| service::redeem(op, snapshot, &code, slug.as_ref())).await?;
    let (known, next) = redeem.ok_or_else(does_not_count)?;
    let mut person = shown::known(&known);
    if let Some(person) = person.as_object_mut() {
        person.insert("redirect_url".into(), json!(next));
    }
    Ok(Json(person))
}

/// POST /api/v1/auth/create-token
pub(super) async fn create_token(
    State(app): AppState,
    Asking(caller): Asking,
    Body(asked): Body<Create>,
) -> Result<Json<Value>, Problem> {
    let nobody = || Problem::new(StatusCode::NOT_FOUND, "not_found", "User not found or disabled");
    let user = Username::parse(&asked.username).map_err(|_: BadName| nobody())?;
    let new = CreateToken { user, lifetime_seconds: asked.lifetime_seconds, app: slug(asked.app)? };
    let made = app.write_in_force(caller, move |op, snapshot| service::create_token(op, snapshot, &new));
    let (user, made) = made.await?.ok_or_else(nobody)?;
    let expires_at = time::show(made.session.expires_at);
    Ok(Json(json!({ "token": made.token.reveal(), "username": user.username.as_str(), "expires_at": expires_at })))
}

/// POST /api/v1/auth/verify-token
pub(super) async fn verify_token(
    State(app): AppState,
    Asking(caller): Asking,
    Body(shown): Body<Shown>,
) -> Result<Json<Value>, Problem> {
    let (token, slug) = (Secret::new(shown.token), slug(shown.app)?);
    let known =
        app.read_in_force(caller, move |view, snapshot| service::verify_token(view, snapshot, &token, slug.as_ref()));
    let (known, session) = known.await?.ok_or_else(does_not_count)?;
    app.visits.add([(Used::Session(session), app.database.now())]);
    Ok(Json(shown::known(&known)))
}

fn does_not_count() -> Problem {
    Problem::unauthorized("Invalid or expired token")
}

fn slug(text: Option<String>) -> Result<Option<Slug>, Problem> {
    text.map(|text| Slug::parse(&text)).transpose().map_err(|bad| Problem::invalid(bad.to_string()))
}
