//! Apps: paths and shapes that consoles know. Whoever administers an app, by session or by a key bound to it, sees that
//! one; which others there are is not told.

mod asked;
pub(super) mod grants;
pub(super) mod keys;
pub(super) mod people;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use gk_service::model::{App, AuditEntry};
use gk_service::service::{Op, Refusal, View, apps};
use gk_shared::model::Role;
use serde::Deserialize;
use serde_json::{Value, json};

use self::asked::Asked;
use super::asked::{Named, Wanted, app as app_named, part};
use super::body::Body;
use super::caller::Asking;
use super::done::{made, told};
use super::problem::Problem;
use super::{AppState, version};
use crate::app_json::app_json;
use crate::grant_json::grant_json;
use crate::time;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rename {
    from: String,
    to: String,
}

#[derive(Deserialize)]
pub(super) struct Part {
    limit: Option<String>,
    offset: Option<String>,
}

/// GET /api/v1/admin/apps: those the caller may see, the newest first.
pub(super) async fn list(State(app): AppState, Asking(caller): Asking) -> Result<Json<Value>, Problem> {
    let mut all = app.read(caller, apps::list).await?;
    all.sort_by_key(|app| std::cmp::Reverse((app.created_at, app.id)));
    Ok(Json(json!({ "apps": all.iter().map(app_json).collect::<Vec<_>>(), "total": all.len() })))
}

/// POST /api/v1/admin/apps
pub(super) async fn add(
    State(app): AppState,
    Asking(caller): Asking,
    Body(new): Body<Asked>,
) -> Result<Response, Problem> {
    let add = new.new_app()?;
    let done = app.change(caller, move |op: &Op<'_>| apps::add(op, add)).await.map_err(Problem::of_state)?;
    Ok(tagged(made(&done, app_json), &done.value))
}

/// GET /api/v1/admin/apps/{slug}: with who may enter by a grant.
pub(super) async fn one(
    State(app): AppState,
    Asking(caller): Asking,
    Named(slug): Named<String>,
) -> Result<Response, Problem> {
    let slug = app_named(&slug)?;
    let (app, given) = app.read(caller, move |view: &View<'_>| apps::show(view, &slug)).await?;
    let mut value = app_json(&app);
    if let Some(object) = value.as_object_mut() {
        object.insert("grants".into(), given.iter().map(grant_json).collect());
        object.insert("users".into(), people::shown(&given));
    }
    Ok(tagged(Json(value).into_response(), &app))
}

/// PATCH /api/v1/admin/apps/{slug}
pub(super) async fn change(
    State(app): AppState,
    Asking(caller): Asking,
    Named(slug): Named<String>,
    headers: HeaderMap,
    Body(changes): Body<Asked>,
) -> Result<Response, Problem> {
    let (slug, update) = (app_named(&slug)?, changes.changes(version::wanted(&headers)?)?);
    let done = app.change(caller, move |op: &Op<'_>| apps::update(op, &slug, &update)).await;
    let done = done.map_err(Problem::of_state)?;
    Ok(tagged(told(&done, app_json), &done.value))
}

/// DELETE /api/v1/admin/apps/{slug}
pub(super) async fn remove(
    State(app): AppState,
    Asking(caller): Asking,
    Named(slug): Named<String>,
) -> Result<Response, Problem> {
    let slug = app_named(&slug)?;
    let done = app.change(caller, move |op: &Op<'_>| apps::remove(op, &slug)).await?;
    Ok(told(&done, |_| json!({ "message": "App deleted successfully" })))
}

/// POST /api/v1/admin/apps/{slug}/rename-role
pub(super) async fn rename_role(
    State(app): AppState,
    Asking(caller): Asking,
    Named(slug): Named<String>,
    Body(Rename { from, to }): Body<Rename>,
) -> Result<Response, Problem> {
    let role = |text: &str| Role::parse(text).map_err(Refusal::from);
    let (slug, from, to) = (app_named(&slug)?, role(&from)?, role(&to)?);
    let done = app.change(caller, move |op: &Op<'_>| apps::rename_role(op, &slug, (&from, &to))).await;
    Ok(told(&done.map_err(Problem::of_state)?, |renamed| {
        let roles = renamed.app.roles.iter().map(Role::as_str).collect::<Vec<_>>();
        json!({ "app": renamed.app.slug.as_str(), "roles": roles, "grants": renamed.grants })
    }))
}

/// GET /api/v1/admin/apps/{slug}/audit: the newest first.
pub(super) async fn history(
    State(app): AppState,
    Asking(caller): Asking,
    Named(slug): Named<String>,
    Wanted(wanted): Wanted<Part>,
) -> Result<Json<Value>, Problem> {
    let slug = app_named(&slug)?;
    let (most, skip) = part(wanted.limit.as_deref(), wanted.offset.as_deref(), (50, 500))?;
    let past = app.read(caller, move |view: &View<'_>| apps::history(view, &slug, skip, most)).await?;
    Ok(Json(json!({ "total": past.total, "entries": past.entries.iter().map(entry).collect::<Vec<_>>() })))
}

fn entry(entry: &AuditEntry) -> Value {
    let state = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    json!({
        "id": entry.id, "at": time::show(entry.at), "actor": entry.actor, "action": entry.action,
        "target": entry.target, "ip": entry.ip, "before": state(&entry.before), "after": state(&entry.after),
    })
}

fn tagged(response: Response, app: &App) -> Response {
    version::tagged(response, apps::version(app))
}
