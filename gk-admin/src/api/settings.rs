//! The installation's settings and its logo.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gk_service::service::settings::{self, Change, Changed, Logo, Part, Seen};
use gk_service::service::{Op, Refusal, View};
use gk_service::settings::Effective;
use serde::Deserialize;
use serde_json::{Value, json};

use super::AppState;
use super::asked::{Named, Wanted, flag};
use super::body::{Body, Long};
use super::caller::Asking;
use super::done::told;
use super::problem::Problem;
use super::version::{tagged, wanted};
use crate::access_json::effects_json;
use crate::setting_json::setting_json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Several {
    /// New values by key; null forgets what is set.
    settings: BTreeMap<String, Option<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct One {
    value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Picture {
    picture: String,
}

#[derive(Deserialize)]
pub(super) struct How {
    dry_run: Option<String>,
}

/// GET /api/v1/admin/settings
pub(super) async fn list(State(app): AppState, Asking(caller): Asking) -> Result<Response, Problem> {
    let all = app.read(caller, settings::list).await?;
    let told = json!({ "settings": all.iter().map(setting_json).collect::<Vec<_>>() });
    Ok(tagged(Json(told).into_response(), settings::version(&all)))
}

/// PATCH /api/v1/admin/settings?dry_run=
pub(super) async fn change(
    State(app): AppState,
    Asking(caller): Asking,
    Wanted(how): Wanted<How>,
    headers: HeaderMap,
    Body(several): Body<Several>,
) -> Result<Response, Problem> {
    let dry_run = flag("dry_run", how.dry_run.as_deref())?.unwrap_or_default();
    let seen = seen(&headers, Part::All)?;
    let changes = several.settings.into_iter().map(|(key, value)| Change { key, value }).collect::<Vec<_>>();
    let verb = move |op: &Op<'_>| settings::change(op, seen.as_ref(), &changes);
    if dry_run {
        let effects = app.what_if(caller.clone(), verb.clone()).await?;
        let mut told = changed(&app.rehearse(caller, verb).await?);
        if let Some(object) = told.as_object_mut() {
            object.insert("effects".into(), effects_json(&effects));
        }
        return Ok(Json(told).into_response());
    }
    Ok(told(&app.change(caller, verb).await?, |made| changed(made)))
}

/// GET /api/v1/admin/settings/{setting}
pub(super) async fn one(
    State(app): AppState,
    Asking(caller): Asking,
    Named(key): Named<String>,
) -> Result<Response, Problem> {
    let found = app.read(caller, move |view: &View<'_>| settings::get(view, &key)).await?;
    Ok(tagged(Json(setting_json(&found)).into_response(), version(&found)))
}

/// PUT /api/v1/admin/settings/{setting}
pub(super) async fn set(
    app: AppState,
    Asking(caller): Asking,
    Named(key): Named<String>,
    headers: HeaderMap,
    Body(one): Body<One>,
) -> Result<Response, Problem> {
    write(app, caller, (key, Some(one.value)), &headers).await
}

/// DELETE /api/v1/admin/settings/{setting}
pub(super) async fn unset(
    app: AppState,
    Asking(caller): Asking,
    Named(key): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    write(app, caller, (key, None), &headers).await
}

async fn write(
    State(app): AppState,
    caller: gk_service::service::Caller,
    (key, value): (String, Option<String>),
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let seen = seen(headers, Part::One(key.clone()))?;
    let verb = move |op: &Op<'_>| {
        let before = settings::get(op, &key)?;
        let made = settings::change(op, seen.as_ref(), &[Change { key, value }])?;
        Ok::<_, Refusal>(made.into_iter().next().map_or(before, |made| made.after))
    };
    let done = app.change(caller, verb).await?;
    Ok(tagged(told(&done, setting_json), version(&done.value)))
}

/// PUT /api/v1/admin/logo
pub(super) async fn set_logo(
    State(app): AppState,
    Asking(caller): Asking,
    Long(sent): Long<Picture>,
) -> Result<Response, Problem> {
    let bytes = STANDARD.decode(&sent.picture).map_err(|_| Problem::invalid("picture is base64"))?;
    let done = app.change(caller, move |op: &Op<'_>| settings::set_logo(op, &bytes)).await?;
    Ok(told(&done, |logo: &Logo| json!({ "type": logo.kind.media_type(), "bytes": logo.bytes.len() })))
}

/// DELETE /api/v1/admin/logo
pub(super) async fn clear_logo(State(app): AppState, Asking(caller): Asking) -> Result<Response, Problem> {
    let done = app.change(caller, settings::clear_logo).await?;
    Ok(told(&done, |()| json!({ "message": "There is no logo any more." })))
}

fn seen(headers: &HeaderMap, part: Part) -> Result<Option<Seen>, Problem> {
    Ok(wanted(headers)?.map(|version| Seen { part, version }))
}

fn version(one: &Effective) -> i64 {
    settings::version(std::slice::from_ref(one))
}

fn changed(made: &[Changed]) -> Value {
    let one = |one: &Changed| json!({ "before": setting_json(&one.before), "after": setting_json(&one.after) });
    json!({ "changed": made.iter().map(one).collect::<Vec<_>>() })
}
