//! Directories: how they are set up, trying them, whom they have, and looking everybody up again.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use gk_service::model::{DirectoryLabel, DirectoryRun, Found, RunPerson};
use gk_service::service::directories::{self, People};
use gk_service::service::{Op, Refusal, View};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::AppState;
use super::asked::{Named, Wanted, flag};
use super::body::{Body, BodyOrNothing};
use super::caller::Asking;
use super::done::{made, told};
use super::problem::Problem;
use super::version::{tagged, wanted};
use crate::directory::{Sought, probe};
use crate::directory_given::Given;
use crate::directory_json::{directory_json, found_json, probe_json, run_json};

/// So many people are found at most.
const MOST_FOUND: usize = 50;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Try {
    user: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Start {
    /// The number of a run that asks.
    allow: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Somebody {
    user: String,
}

#[derive(Deserialize)]
pub(super) struct Search {
    text: String,
}

#[derive(Deserialize)]
pub(super) struct Removal {
    release: Option<String>,
}

fn label(text: &str) -> Result<DirectoryLabel, Problem> {
    DirectoryLabel::parse(text).map_err(|_| Problem::not_found("Directory not found"))
}

/// GET /api/v1/admin/directories
pub(super) async fn list(State(app): AppState, Asking(caller): Asking) -> Result<Json<Value>, Problem> {
    let all = app.read(caller, |view: &View<'_>| directories::list(view)).await?;
    Ok(Json(json!({ "directories": all.iter().map(directory_json).collect::<Vec<_>>() })))
}

/// POST /api/v1/admin/directories
pub(super) async fn add(
    State(app): AppState,
    Asking(caller): Asking,
    Body(body): Body<Map<String, Value>>,
) -> Result<Response, Problem> {
    let (label, given) = new(body)?;
    let setup = given.setup()?;
    Ok(made(&app.change(caller, move |op: &Op<'_>| directories::add(op, &label, &setup)).await?, directory_json))
}

/// How a new one is to be set up: its label, and the rest.
fn new(mut body: Map<String, Value>) -> Result<(DirectoryLabel, Given), Problem> {
    let label = body.remove("label").and_then(|label| label.as_str().map(str::to_owned));
    let label = DirectoryLabel::parse(&label.unwrap_or_default()).map_err(Refusal::from)?;
    let given = serde_json::from_value(body.into()).map_err(|bad| Problem::wrong_shape(bad.to_string()))?;
    Ok((label, given))
}

/// GET /api/v1/admin/directories/{label}
pub(super) async fn one(
    State(app): AppState,
    Asking(caller): Asking,
    Named(named): Named<String>,
) -> Result<Response, Problem> {
    let label = label(&named)?;
    let one = app.read(caller, move |view: &View<'_>| directories::find(view, &label)).await?;
    Ok(tagged(Json(directory_json(&one)).into_response(), one.version))
}

/// PATCH /api/v1/admin/directories/{label}
pub(super) async fn change(
    State(app): AppState,
    Asking(caller): Asking,
    Named(named): Named<String>,
    headers: HeaderMap,
    Body(given): Body<Given>,
) -> Result<Response, Problem> {
    let (label, setup, version) = (label(&named)?, given.setup()?, wanted(&headers)?);
    let verb = move |op: &Op<'_>| directories::update_seen(op, &label, &setup, version);
    let done = app.change(caller, verb).await?;
    let version = done.value.version;
    Ok(tagged(told(&done, directory_json), version))
}

/// DELETE /api/v1/admin/directories/{label}?release=
pub(super) async fn remove(
    State(app): AppState,
    Asking(caller): Asking,
    Named(named): Named<String>,
    Wanted(Removal { release }): Wanted<Removal>,
) -> Result<Response, Problem> {
    let label = label(&named)?;
    let people = if flag("release", release.as_deref())? == Some(true) { People::Release } else { People::Refuse };
    Ok(told(&app.change(caller, move |op: &Op<'_>| directories::remove(op, &label, people)).await?, directory_json))
}

/// POST /api/v1/admin/directories/{label}/test
pub(super) async fn test(
    State(app): AppState,
    Asking(caller): Asking,
    Named(named): Named<String>,
    BodyOrNothing(Try { user }): BodyOrNothing<Try>,
) -> Result<Json<Value>, Problem> {
    let label = label(&named)?;
    let usable = app.read(caller, move |view: &View<'_>| directories::to_try(view, &label)).await?;
    Ok(Json(probe_json(&probe(&usable, user.as_deref()).await)))
}

/// GET /api/v1/admin/directories/{label}/people?text=
pub(super) async fn people(
    State(app): AppState,
    Asking(caller): Asking,
    Named(named): Named<String>,
    Wanted(Search { text }): Wanted<Search>,
) -> Result<Json<Value>, Problem> {
    app.read(caller, directories::may_look).await?;
    let found: Vec<Found> = app.directories.search(&label(&named)?, &text, MOST_FOUND).await?;
    Ok(Json(json!({ "people": found.iter().map(found_json).collect::<Vec<_>>() })))
}

/// POST /api/v1/admin/directories/{label}/people: makes an account for somebody there.
pub(super) async fn provision(
    State(app): AppState,
    Asking(caller): Asking,
    Named(named): Named<String>,
    Body(Somebody { user }): Body<Somebody>,
) -> Result<Response, Problem> {
    app.read(caller.clone(), directories::may_look).await?;
    let found = match app.directories.find(Some(&label(&named)?), &user).await? {
        Sought::Found(found) => found,
        other => return Err(other.refusal(&user).into()),
    };
    let done = app.change(caller, move |op: &Op<'_>| directories::provision(op, &found)).await?;
    Ok(made(
        &done,
        |user| json!({ "id": user.id.0, "username": user.username.as_str(), "email": user.email.as_str(), "directory": user.directory }),
    ))
}

/// GET /api/v1/admin/directories/{label}/refresh
pub(super) async fn latest(
    State(app): AppState,
    Asking(caller): Asking,
    Named(named): Named<String>,
) -> Result<Json<Value>, Problem> {
    let label = label(&named)?;
    let read = move |view: &View<'_>| {
        directories::find(view, &label)?;
        directories::latest(view, &label)
    };
    let (run, people) = app.read(caller, read).await?.unzip();
    let people = people.unwrap_or_default();
    Ok(Json(json!({ "run": run.as_ref().map(run_json), "people": people.iter().map(person_json).collect::<Vec<_>>() })))
}

fn person_json(person: &RunPerson) -> Value {
    json!({ "username": person.username, "outcome": person.outcome.word(), "detail": person.detail })
}

/// POST /api/v1/admin/directories/{label}/refresh: begins soon, or says yes to what a run asks.
pub(super) async fn refresh(
    State(app): AppState,
    Asking(caller): Asking,
    Named(named): Named<String>,
    BodyOrNothing(Start { allow }): BodyOrNothing<Start>,
) -> Result<Response, Problem> {
    let label = label(&named)?;
    let verb = move |op: &Op<'_>| match allow {
        Some(run) => directories::allow(op, of(op, &label, run)?),
        None => directories::start(op, &label),
    };
    Ok(made(&app.change(caller, verb).await?, run_json))
}

/// DELETE /api/v1/admin/directories/{label}/refresh: stops the run that is under way.
pub(super) async fn cancel(
    State(app): AppState,
    Asking(caller): Asking,
    Named(named): Named<String>,
) -> Result<Response, Problem> {
    let label = label(&named)?;
    let verb = move |op: &Op<'_>| {
        directories::find(op, &label)?;
        let newest: Option<(DirectoryRun, _)> = directories::latest(op, &label)?;
        let run = newest.filter(|(run, _)| run.state.is_open());
        let (run, _) = run.ok_or_else(|| Refusal::Conflict("nobody is being looked up".into()))?;
        directories::cancel(op, run.id)
    };
    Ok(told(&app.change(caller, verb).await?, run_json))
}

/// The run's number, if it is one of this directory.
fn of(view: &View<'_>, label: &DirectoryLabel, run: i64) -> Result<i64, Refusal> {
    let (found, _) = directories::noted(view, run)?;
    if found.directory == *label { Ok(run) } else { Err(Refusal::NotFound { what: "run", name: run.to_string() }) }
}
