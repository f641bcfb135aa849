//! Everything about one person, and somebody's groups for another.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use gk_service::model::{AuditEntry, Session};
use gk_service::service::users::{self, Overview};
use gk_service::service::{Op, View, groups, sessions};
use gk_shared::model::{Role, SessionId};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::AppState;
use crate::api::asked::{Named, username};
use crate::api::body::Body;
use crate::api::caller::Asking;
use crate::api::done::told;
use crate::api::problem::Problem;
use crate::time;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct From {
    from: String,
}

/// GET /api/v1/users/{username}/about
pub(in crate::api) async fn show(
    State(app): AppState,
    Asking(caller): Asking,
    Named(name): Named<String>,
) -> Result<Json<Value>, Problem> {
    let name = username(&name)?;
    let read = move |view: &View<'_>| users::overview(view, users::find(view, &name)?.id);
    Ok(Json(shown(&app.read(caller, read).await?)))
}

/// POST /api/v1/users/{username}/copy-groups
pub(in crate::api) async fn copy_groups(
    State(app): AppState,
    Asking(caller): Asking,
    Named(name): Named<String>,
    Body(From { from }): Body<From>,
) -> Result<Response, Problem> {
    let (to, from) = (username(&name)?, username(&from)?);
    let done = app.change(caller, move |op: &Op<'_>| groups::copy_memberships(op, &from, &to)).await?;
    Ok(told(&done, |copied| json!({ "copied": copied.iter().map(|group| group.name.as_str()).collect::<Vec<_>>() })))
}

/// DELETE /api/v1/sessions/{session}
pub(in crate::api) async fn end_session(
    State(app): AppState,
    Asking(caller): Asking,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let id = SessionId::parse(&id).ok_or_else(|| Problem::not_found("Session not found"))?;
    let done = app.change(caller, move |op: &Op<'_>| sessions::end(op, id)).await?;
    Ok(told(&done, |_| json!({ "status": "ended" })))
}

fn shown(about: &Overview) -> Value {
    let grants = about.grants.iter().map(|(grant, app)| {
        json!({
            "app": app.slug.as_str(), "role": grant.role.as_ref().map(Role::as_str), "by": grant.holder_name,
            "starts_at": grant.starts_at.map(time::show), "expires_at": grant.expires_at.map(time::show),
        })
    });
    let properties = about
        .properties
        .iter()
        .map(|property| json!({ "app": property.app.as_str(), "key": property.key.as_str(), "value": property.value }));
    json!({
        "username": about.user.username.as_str(), "email": about.user.email.as_str(),
        "groups": about.groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(),
        "grants": grants.collect::<Vec<_>>(), "properties": properties.collect::<Vec<_>>(),
        "sessions": about.sessions.iter().map(session).collect::<Vec<_>>(),
        "audit": about.audit.iter().map(entry).collect::<Vec<_>>(),
    })
}

fn session(session: &Session) -> Value {
    json!({
        "session": session.id.to_string(), "method": session.method, "ip": session.ip,
        "user_agent": session.user_agent, "created_at": time::show(session.created_at),
        "last_seen_at": time::show(session.last_seen_at), "expires_at": time::show(session.expires_at),
    })
}

fn entry(entry: &AuditEntry) -> Value {
    json!({
        "id": entry.id, "at": time::show(entry.at), "actor": entry.actor, "action": entry.action,
        "target": entry.target, "app": entry.app, "ip": entry.ip,
    })
}
