//! Requests for access: asking for oneself, and deciding for whoever administers the app, by session or by key.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use gk_service::model::{AccessRequest, Remark, RequestState};
use gk_service::service::requests::{self, Decision, Filter};
use gk_service::service::{Op, Refusal, View, explain};
use gk_shared::model::Role;
use serde::Deserialize;
use serde_json::{Value, json};

use super::AppState;
use super::asked;
use super::body::BodyOrNothing;
use super::caller::{Asking, Person};
use super::done::told;
use super::problem::Problem;
use crate::time;

/// No list is longer.
const MOST: i64 = 1000;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    message: Option<String>,
}

/// What an approval gives. A role of null, or none, is a grant without a role.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Approve {
    role: Option<String>,
    /// RFC 3339; without it for good.
    expires_at: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reject {
    reason: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    status_filter: Option<String>,
}

/// POST /api/v1/auth/me/apps/{slug}/request
pub(super) async fn ask(
    State(app): AppState,
    Person(there): Person,
    Path(slug): Path<String>,
    BodyOrNothing(asked): BodyOrNothing<Ask>,
) -> Result<Json<Value>, Problem> {
    let slug = asked::app(&slug)?;
    let message = remark(asked.message)?;
    let verb = move |op: &Op<'_>, snapshot: &_| {
        let latest = requests::own_latest(op, &slug)?;
        if latest.is_some_and(|request| request.state == RequestState::Pending) {
            return Ok(Err("You already have a pending request for this app."));
        }
        if explain::own_entry(op, snapshot, &there.user, &slug)?.enters() {
            return Ok(Err("You already have access to this app."));
        }
        requests::ask(op, snapshot, &slug, &message).map(Ok)
    };
    let done = app.write_in_force(there.caller, verb).await.map_err(|refusal| match refusal {
        Refusal::NotFound { .. } => no_app(),
        other => other.into(),
    });
    let request = done?.map_err(Problem::invalid)?;
    Ok(Json(json!({ "message": "Access request submitted", "id": request.id })))
}

/// GET /api/v1/admin/requests: all that wait and the caller may see, the oldest first.
pub(super) async fn pending(State(app): AppState, Asking(caller): Asking) -> Result<Json<Value>, Problem> {
    let filter = Filter { app: None, states: vec![RequestState::Pending], skip: 0, most: MOST };
    let listed = app.read(caller, move |view: &View<'_>| requests::list(view, &filter)).await?;
    Ok(Json(listed.requests.iter().map(shown).collect()))
}

/// GET /api/v1/admin/apps/{slug}/requests?status_filter=
pub(super) async fn of_app(
    State(app): AppState,
    Asking(caller): Asking,
    Path(slug): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(wanted) = wanted.map_err(|bad| Problem::invalid(bad.body_text()))?;
    let word = wanted.status_filter.as_deref().unwrap_or("pending");
    let state = RequestState::parse(word)
        .ok_or_else(|| Problem::wrong_shape("status_filter is one of pending, approved, rejected, withdrawn"))?;
    let slug = asked::app(&slug)?;
    let filter = Filter { app: Some(slug), states: vec![state], skip: 0, most: MOST };
    let listed = app.read(caller, move |view: &View<'_>| requests::list(view, &filter)).await?;
    Ok(Json(listed.requests.iter().map(shown).collect()))
}

/// POST /api/v1/admin/apps/{slug}/requests/{id}/approve
pub(super) async fn approve(
    State(app): AppState,
    Asking(caller): Asking,
    Path((slug, id)): Path<(String, String)>,
    BodyOrNothing(decided): BodyOrNothing<Approve>,
) -> Result<Response, Problem> {
    let role = decided.role.as_deref().map(Role::parse).transpose().map_err(|bad| Problem::invalid(bad.to_string()))?;
    let expires_at = decided.expires_at.as_deref().map(time::parse).transpose().map_err(Problem::invalid)?;
    let (id, decision) = (number(&id)?, Decision { role, expires_at });
    let done = app.change(caller, move |op| {
        refuse_other(op, &slug, id)?;
        requests::approve(op, id, &decision)
    });
    Ok(told(&done.await.map_err(Problem::of_state)?, |approved| {
        let given = approved.given.as_ref().map(|given| &given.grant);
        let mut value = shown(&approved.request);
        if let Some(object) = value.as_object_mut() {
            object.insert("message".into(), json!("Access request approved"));
            object.insert("role".into(), json!(given.and_then(|grant| grant.role.as_ref()).map(Role::as_str)));
            object.insert("expires_at".into(), json!(given.and_then(|grant| grant.expires_at).map(time::show)));
        }
        value
    }))
}

/// POST /api/v1/admin/apps/{slug}/requests/{id}/reject
pub(super) async fn reject(
    State(app): AppState,
    Asking(caller): Asking,
    Path((slug, id)): Path<(String, String)>,
    BodyOrNothing(decided): BodyOrNothing<Reject>,
) -> Result<Response, Problem> {
    let (id, reason) = (number(&id)?, remark(decided.reason)?);
    let done = app.change(caller, move |op| {
        refuse_other(op, &slug, id)?;
        requests::reject(op, id, &reason)
    });
    Ok(told(&done.await.map_err(Problem::of_state)?, shown))
}

/// A number that is not of this app's requests is not found.
fn refuse_other(view: &View<'_>, slug: &str, id: i64) -> Result<(), Refusal> {
    let its = requests::app_of(view, id)?;
    if its.as_str() == slug { Ok(()) } else { Err(Refusal::NotFound { what: "request", name: id.to_string() }) }
}

fn number(id: &str) -> Result<i64, Problem> {
    id.parse().map_err(|_| Problem::no_path())
}

fn no_app() -> Problem {
    Problem::not_found("App not found.")
}

fn remark(text: Option<String>) -> Result<Remark, Problem> {
    Remark::parse(&text.unwrap_or_default()).map_err(|bad| Problem::wrong_shape(bad.to_string()))
}

fn shown(request: &AccessRequest) -> Value {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    json!({
        "id": request.id, "user_email": request.email.as_str(), "user_name": text(&request.fullname),
        "app_slug": request.slug.as_str(), "app_name": request.app_name, "message": text(request.message.as_str()),
        "status": request.state.word(), "reason": text(request.reason.as_str()),
        "reviewed_by": text(&request.decided_by), "reviewed_at": request.decided_at.map(time::show),
        "created_at": time::show(request.created_at),
    })
}
