//! Groups and who is in them: paths and shapes that client libraries of apps know.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::model::{Group, GroupKind, UserFilter, UserOrder};
use gk_service::service::{Op, Refusal, View, groups, users};
use gk_shared::model::{GroupName, Username};
use serde::Deserialize;
use serde_json::{Value, json};

use super::AppState;
use super::asked::{Named, Wanted, group, part, username};
use super::body::Body;
use super::caller::Asking;
use super::done::{made, told};
use super::problem::Problem;
use crate::time;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    name: String,
    #[serde(default)]
    description: String,
    source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Changes {
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMember {
    username: String,
}

#[derive(Deserialize)]
pub(super) struct Which {
    limit: Option<String>,
    offset: Option<String>,
}

/// GET /api/v1/groups
pub(super) async fn list(State(app): AppState, Asking(caller): Asking) -> Result<Json<Value>, Problem> {
    let all = app.read(caller, groups::list).await?;
    Ok(Json(json!({ "groups": all.iter().map(shown).collect::<Vec<_>>() })))
}

/// POST /api/v1/groups
pub(super) async fn add(
    State(app): AppState,
    Asking(caller): Asking,
    Body(new): Body<New>,
) -> Result<Response, Problem> {
    match new.source.as_deref() {
        None | Some("gatekeeper") => {}
        Some("ldap") => return Err(Problem::invalid("Cannot create LDAP-sourced groups via API")),
        Some(_) => return Err(Problem::wrong_shape("source is gatekeeper")),
    }
    let name = GroupName::parse(&new.name).map_err(Refusal::from)?;
    let done = app.change(caller, move |op: &Op<'_>| groups::add(op, &name, &new.description)).await?;
    Ok(made(&done, shown))
}

/// GET /api/v1/groups/{name}
pub(super) async fn one(
    State(app): AppState,
    Asking(caller): Asking,
    Named(name): Named<String>,
) -> Result<Json<Value>, Problem> {
    let name = group(&name)?;
    let found = app.read(caller, move |view: &View<'_>| groups::find(view, &name)).await?;
    Ok(Json(shown(&found)))
}

/// PATCH /api/v1/groups/{name}
pub(super) async fn change(
    State(app): AppState,
    Asking(caller): Asking,
    Named(name): Named<String>,
    Body(changes): Body<Changes>,
) -> Result<Response, Problem> {
    let name = group(&name)?;
    let description = changes.description.ok_or_else(|| Problem::invalid("description is required"))?;
    let done = app.change(caller, move |op: &Op<'_>| groups::describe(op, &name, &description)).await?;
    Ok(told(&done, shown))
}

/// DELETE /api/v1/groups/{name}
pub(super) async fn remove(
    State(app): AppState,
    Asking(caller): Asking,
    Named(name): Named<String>,
) -> Result<Response, Problem> {
    let name = group(&name)?;
    let done = app.change(caller, move |op: &Op<'_>| groups::remove(op, &name)).await;
    let done = done.map_err(|refusal| match refusal {
        Refusal::Conflict(sentence) => Problem::new(StatusCode::BAD_REQUEST, "conflict", sentence),
        other => other.into(),
    })?;
    Ok(told(&done, |group| json!({ "status": "deleted", "name": group.name })))
}

/// GET /api/v1/groups/{name}/members: all of them, unless a part is asked for.
pub(super) async fn members(
    State(app): AppState,
    Asking(caller): Asking,
    Named(name): Named<String>,
    Wanted(which): Wanted<Which>,
) -> Result<Json<Value>, Problem> {
    let name = group(&name)?;
    let (most, skip) = part(which.limit.as_deref(), which.offset.as_deref(), (i64::MAX, i64::MAX))?;
    let found = app.read(caller, move |view: &View<'_>| {
        let group = groups::find(view, &name)?;
        let filter = UserFilter { group: Some(name), ..UserFilter::default() };
        let people = users::search(view, &filter, &UserOrder { skip, most, ..UserOrder::default() })?;
        Ok((group, people))
    });
    let (group, people) = found.await?;
    let names = people.rows.iter().map(|user| user.username.as_str()).collect::<Vec<_>>();
    Ok(Json(json!({ "group": group.name, "members": names, "total": people.total })))
}

/// POST /api/v1/groups/{name}/members
pub(super) async fn join(
    State(app): AppState,
    Asking(caller): Asking,
    Named(name): Named<String>,
    Body(new): Body<NewMember>,
) -> Result<Response, Problem> {
    let (name, user) = (group(&name)?, Username::parse(&new.username).map_err(Refusal::from)?);
    let told = json!({ "status": "added", "group": name.as_str(), "username": user.as_str() });
    let done = app.change(caller, move |op: &Op<'_>| groups::join(op, &name, &user)).await?;
    Ok(made(&done, |_| told))
}

/// DELETE /api/v1/groups/{name}/members/{username}
pub(super) async fn leave(
    State(app): AppState,
    Asking(caller): Asking,
    Named((name, user)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let (name, user) = (group(&name)?, username(&user)?);
    let removed = json!({ "status": "removed", "group": name.as_str(), "username": user.as_str() });
    let done = app.change(caller, move |op: &Op<'_>| groups::leave(op, &name, &user)).await?;
    Ok(told(&done, |_| removed))
}

fn shown(group: &Group) -> Value {
    let source = match group.kind {
        GroupKind::Directory => "ldap",
        GroupKind::Admin | GroupKind::Standard | GroupKind::Local => "gatekeeper",
    };
    json!({
        "name": group.name, "description": group.description, "created_at": time::show(group.created_at),
        "updated_at": time::show(group.updated_at), "source": source, "members": group.members,
    })
}
