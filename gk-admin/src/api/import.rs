//! People from a CSV file.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, Query, Request, State};
use axum::response::{IntoResponse, Response};
use gk_service::service::import::{self, Mode};
use gk_service::service::{Op, View};
use serde::Deserialize;

use super::AppState;
use super::body::Csv;
use super::caller::Asking;
use super::done::told;
use super::problem::Problem;
use crate::sheets::{Run, people, report_as_json};

/// How to import.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// Tell what would happen, and change nothing.
    #[serde(default)]
    dry_run: bool,
    /// Also change those who have an account.
    #[serde(default)]
    update: bool,
}

/// POST /api/v1/admin/users/import?dry_run=&update=
pub(super) async fn import(
    State(app): AppState,
    Asking(caller): Asking,
    asked: Result<Query<Asked>, QueryRejection>,
    request: Request,
) -> Result<Response, Problem> {
    // Before the list is read, which may be long.
    app.read(caller.clone(), |view: &View<'_>| import::offer(view)).await?;
    let Csv(file) = Csv::from_request(request, &app).await?;
    let Query(asked) = asked.map_err(|bad| Problem::invalid(bad.body_text()))?;
    let mode = if asked.update { Mode::CreateOrUpdate } else { Mode::Create };
    let verb = move |op: &Op<'_>| import::import(op, people(&file)?, mode);
    if asked.dry_run {
        let report = app.rehearse(caller, verb).await?;
        return Ok(Json(report_as_json(&report, Run::Rehearsed)).into_response());
    }
    Ok(told(&app.change(caller, verb).await?, |report| report_as_json(report, Run::Done)))
}
