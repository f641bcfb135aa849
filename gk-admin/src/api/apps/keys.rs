//! The keys that are bound to an app, for whoever administers it.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use gk_service::model::Scopes;
use gk_service::service::keys::{self, Add, NewReach};
use gk_service::service::{Op, Refusal, View};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::AppState;
use crate::api::asked::{Named, app as app_named};
use crate::api::body::Body;
use crate::api::caller::Asking;
use crate::api::keys::{end, made, number, removed};
use crate::api::problem::Problem;
use crate::key_json::key_json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Make {
    name: String,
    /// Words separated by commas.
    scopes: String,
    expires_at: Option<String>,
}

/// GET /api/v1/admin/apps/{slug}/keys
pub(in crate::api) async fn list(
    State(app): AppState,
    Asking(caller): Asking,
    Named(slug): Named<String>,
) -> Result<Json<Value>, Problem> {
    let slug = app_named(&slug)?;
    let its = app.read(caller, move |view: &View<'_>| keys::of_app(view, &slug)).await?;
    Ok(Json(json!({ "keys": its.iter().map(key_json).collect::<Vec<_>>(), "total": its.len() })))
}

/// POST /api/v1/admin/apps/{slug}/keys
pub(in crate::api) async fn make(
    State(app): AppState,
    Asking(caller): Asking,
    Named(slug): Named<String>,
    Body(wanted): Body<Make>,
) -> Result<Response, Problem> {
    let scopes = Scopes::parse(&wanted.scopes)
        .ok_or_else(|| Problem::wrong_shape("scopes is read, write and mint, separated by commas"))?;
    let reach = NewReach::Program { scopes, app: Some(app_named(&slug)?) };
    let add = Add { name: wanted.name, reach, expires_at: end(wanted.expires_at.as_deref())? };
    Ok(made(&app.change(caller, move |op: &Op<'_>| keys::add(op, &add)).await?))
}

/// DELETE /api/v1/admin/apps/{slug}/keys/{id}: another app's is not found.
pub(in crate::api) async fn remove(
    State(app): AppState,
    Asking(caller): Asking,
    Named((slug, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let (slug, id) = (app_named(&slug)?, number(&id)?);
    let done = app.change(caller, move |op: &Op<'_>| match keys::bound_to(op, id)? {
        Some(its) if its == slug => keys::remove(op, id),
        Some(_) | None => Err(Refusal::NotFound { what: "key", name: id.to_string() }),
    });
    Ok(removed(&done.await?))
}
