//! API keys: those of everybody, for administrators, and one's own. A secret is told once, when its key is made.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::model::Scopes;
use gk_service::service::View;
use gk_service::service::keys::{self, KeyEntry, NewKey, NewReach, OwnAdd};
use gk_service::{Done, Force};
use gk_shared::model::{ApiKeyId, Slug, Username};
use gk_shared::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::AppState;
use super::body::Body;
use super::caller::{Asking, Person};
use super::done::told;
use super::problem::Problem;
use crate::key_json::{key_json, new_key_json};
use crate::time;

/// No list is longer.
const MOST: i64 = 1000;

#[derive(Deserialize)]
pub(super) struct Part {
    skip: Option<i64>,
    limit: Option<i64>,
}

/// A key to make: a program's with `scopes` and maybe `app`, or a person's with `owner` and `apps`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Make {
    name: String,
    /// Words separated by commas.
    scopes: Option<String>,
    app: Option<String>,
    owner: Option<String>,
    apps: Option<Vec<String>>,
    /// RFC 3339; without it for good.
    expires_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MakeOwn {
    name: String,
    apps: Vec<String>,
    expires_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    enabled: bool,
}

/// GET /api/v1/admin/keys?skip=&limit=
pub(super) async fn list(
    State(app): AppState,
    Asking(caller): Asking,
    part: Result<Query<Part>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(part) = part.map_err(|bad| Problem::invalid(bad.body_text()))?;
    let (skip, most) = (part.skip.unwrap_or(0).max(0), part.limit.unwrap_or(MOST).clamp(0, MOST));
    let listed = app.read(caller, move |view: &View<'_>| keys::list(view, skip, most)).await?;
    Ok(Json(json!({ "total": listed.total, "keys": listed.keys.iter().map(key_json).collect::<Vec<_>>() })))
}

/// POST /api/v1/admin/keys
pub(super) async fn make(
    State(app): AppState,
    Asking(caller): Asking,
    Body(wanted): Body<Make>,
) -> Result<Response, Problem> {
    let add = wanted.parse()?;
    Ok(made(&app.change(caller, move |op| keys::add(op, &add)).await?))
}

/// PATCH /api/v1/admin/keys/{id}: puts a key out of use, or into use again.
pub(super) async fn change(
    State(app): AppState,
    Asking(caller): Asking,
    Path(id): Path<String>,
    Body(Change { enabled }): Body<Change>,
) -> Result<Response, Problem> {
    let id = number(&id)?;
    let verb = if enabled { keys::enable } else { keys::disable };
    Ok(told(&app.change(caller, move |op| verb(op, id)).await?, key_json))
}

/// DELETE /api/v1/admin/keys/{id}
pub(super) async fn remove(
    State(app): AppState,
    Asking(caller): Asking,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = number(&id)?;
    Ok(removed(&app.change(caller, move |op| keys::remove(op, id)).await?))
}

/// GET /api/v1/auth/me/keys
pub(super) async fn own(State(app): AppState, Person(there): Person) -> Result<Json<Value>, Problem> {
    let keys = app.read(there.caller, keys::list_own).await?;
    Ok(Json(json!({ "keys": keys.iter().map(key_json).collect::<Vec<_>>() })))
}

/// POST /api/v1/auth/me/keys
pub(super) async fn make_own(
    State(app): AppState,
    Person(there): Person,
    Body(wanted): Body<MakeOwn>,
) -> Result<Response, Problem> {
    let (apps, expires_at) = (slugs(&wanted.apps)?, end(wanted.expires_at.as_deref())?);
    let add = OwnAdd { name: wanted.name, apps, expires_at };
    Ok(made(&app.change_in_force(there.caller, move |op, snapshot| keys::add_own(op, snapshot, &add)).await?))
}

/// DELETE /api/v1/auth/me/keys/{id}
pub(super) async fn remove_own(
    State(app): AppState,
    Person(there): Person,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = number(&id)?;
    Ok(removed(&app.change(there.caller, move |op| keys::remove_own(op, id)).await?))
}

impl Make {
    fn parse(self) -> Result<keys::Add, Problem> {
        let reach = match (self.scopes, self.app, self.owner, self.apps) {
            (Some(scopes), app, None, None) => NewReach::Program {
                scopes: Scopes::parse(&scopes)
                    .ok_or_else(|| Problem::invalid("scopes is read, write and mint, separated by commas"))?,
                app: app.as_deref().map(slug).transpose()?,
            },
            (None, None, Some(owner), Some(apps)) => {
                let owner = Username::parse(&owner).map_err(|bad| Problem::invalid(bad.to_string()))?;
                NewReach::Person { owner, apps: slugs(&apps)? }
            }
            _ => return Err(Problem::invalid("a key has scopes and maybe an app, or an owner and apps")),
        };
        Ok(keys::Add { name: self.name, reach, expires_at: end(self.expires_at.as_deref())? })
    }
}

/// 201, or 202 while it is saved only.
pub(super) fn made(done: &Done<NewKey>) -> Response {
    let mut response = told(done, |new| new_key_json(&new.entry, new.secret.reveal()));
    match done.force {
        Force::Now => *response.status_mut() = StatusCode::CREATED,
        Force::NotYet(_) => {}
    }
    response
}

pub(super) fn removed(done: &Done<KeyEntry>) -> Response {
    told(done, |entry| json!({ "message": "Key deleted", "id": entry.key.id.0 }))
}

pub(super) fn number(id: &str) -> Result<ApiKeyId, Problem> {
    id.parse().map(ApiKeyId).map_err(|_| Problem::no_path())
}

fn slug(text: impl AsRef<str>) -> Result<Slug, Problem> {
    Slug::parse(text.as_ref()).map_err(|bad| Problem::invalid(bad.to_string()))
}

fn slugs(texts: &[String]) -> Result<Vec<Slug>, Problem> {
    texts.iter().map(slug).collect()
}

pub(super) fn end(text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    text.map(time::parse).transpose().map_err(Problem::invalid)
}
