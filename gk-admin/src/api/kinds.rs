//! Kinds of properties: what there is, who has one, and doing the same to everybody's.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use gk_service::model::{PropertyName, PropertyType};
use gk_service::service::{Op, View, properties};
use serde::Deserialize;
use serde_json::{Value, json};

use super::AppState;
use super::asked::{Named, Wanted, part, property};
use super::body::Body;
use super::caller::Asking;
use super::done::told;
use super::problem::Problem;

/// So many of those who have one at once, and at most.
const PART: (i64, i64) = (100, 1000);

#[derive(Deserialize)]
pub(super) struct Part {
    limit: Option<String>,
    offset: Option<String>,
}

/// Another name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Renamed {
    app: Option<String>,
    key: Option<String>,
}

/// GET /api/v1/properties
pub(super) async fn list(State(app): AppState, Asking(caller): Asking) -> Result<Json<Value>, Problem> {
    let kinds = app.read(caller, |view: &View<'_>| properties::types(view)).await?;
    let shown =
        |kind: &PropertyType| json!({ "app": kind.app.as_str(), "key": kind.key.as_str(), "people": kind.people });
    Ok(Json(json!({ "types": kinds.iter().map(shown).collect::<Vec<_>>() })))
}

/// GET /api/v1/properties/{app}/{key}
pub(super) async fn holders(
    State(app): AppState,
    Asking(caller): Asking,
    Named(kind): Named<(String, String)>,
    Wanted(wanted): Wanted<Part>,
) -> Result<Json<Value>, Problem> {
    let (kept_by, key) = named(&kind)?;
    let (most, skip) = part(wanted.limit.as_deref(), wanted.offset.as_deref(), PART)?;
    let found =
        app.read(caller, move |view: &View<'_>| properties::holders(view, (&kept_by, &key), (skip, most))).await?;
    let people = found.rows.iter().map(
        |(user, value)| json!({ "username": user.username.as_str(), "email": user.email.as_str(), "value": value }),
    );
    Ok(Json(json!({ "people": people.collect::<Vec<_>>(), "total": found.total, "limit": most, "offset": skip })))
}

/// PATCH /api/v1/properties/{app}/{key}
pub(super) async fn rename(
    State(app): AppState,
    Asking(caller): Asking,
    Named(kind): Named<(String, String)>,
    Body(renamed): Body<Renamed>,
) -> Result<Response, Problem> {
    let (kept_by, key) = named(&kind)?;
    let new = |text: Option<&str>, old: &PropertyName| text.map_or(Ok(old.clone()), property);
    let (new_app, new_key) = (new(renamed.app.as_deref(), &kept_by)?, new(renamed.key.as_deref(), &key)?);
    let answer = json!({ "app": new_app.as_str(), "key": new_key.as_str() });
    let verb = move |op: &Op<'_>| properties::rename_type(op, (&kept_by, &key), (&new_app, &new_key));
    Ok(told(&app.change(caller, verb).await?, |_| answer))
}

/// DELETE /api/v1/properties/{app}/{key}
pub(super) async fn remove(
    State(app): AppState,
    Asking(caller): Asking,
    Named(kind): Named<(String, String)>,
) -> Result<Response, Problem> {
    let (kept_by, key) = named(&kind)?;
    let done = app.change(caller, move |op: &Op<'_>| properties::delete_type(op, &kept_by, &key)).await?;
    Ok(told(&done, |count| json!({ "status": "deleted", "count": count })))
}

fn named((app, key): &(String, String)) -> Result<(PropertyName, PropertyName), Problem> {
    Ok((property(app)?, property(key)?))
}
