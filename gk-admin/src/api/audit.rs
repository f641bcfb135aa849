//! What happened: listed, shown, checked, and how it is sent on. Its table leaves with the others.

use axum::Json;
use axum::extract::State;
use gk_service::service::audit;
use serde::Deserialize;
use serde_json::{Value, json};

use super::AppState;
use super::asked::{Named, Wanted, whole};
use super::caller::Asking;
use super::problem::Problem;
use crate::audit_asked::{AuditAsked, entry_json, forwarding_json, verified_json};

/// So many rows at once unless it is said, and at most.
const USUAL: i64 = 50;
const MOST: i64 = 1000;

/// Which part of the rows.
#[derive(Deserialize)]
pub(super) struct Part {
    limit: Option<String>,
    before: Option<String>,
}

/// GET /api/v1/admin/audit
pub(super) async fn list(
    State(app): AppState,
    Asking(caller): Asking,
    Wanted(asked): Wanted<AuditAsked>,
    Wanted(part): Wanted<Part>,
) -> Result<Json<Value>, Problem> {
    let filter = asked.filter(app.database.now()).map_err(Problem::wrong_shape)?;
    let before = part.before.as_deref().map(|before| whole("before", Some(before), 0)).transpose()?;
    let most = whole("limit", part.limit.as_deref(), USUAL)?;
    if most < 1 {
        return Err(Problem::wrong_shape("limit is 1 or more"));
    }
    let most = usize::try_from(most.min(MOST)).unwrap_or_default();
    let found = app.read(caller, move |view| audit::list(view, &filter, before, most)).await?;
    let entries = found.entries.iter().map(entry_json).collect::<Vec<_>>();
    Ok(Json(json!({ "entries": entries, "next": found.next })))
}

/// GET /api/v1/admin/audit/{id}
pub(super) async fn one(
    State(app): AppState,
    Asking(caller): Asking,
    Named(id): Named<String>,
) -> Result<Json<Value>, Problem> {
    let id = id.parse().map_err(|_| Problem::not_found("there is no such row"))?;
    Ok(Json(entry_json(&app.read(caller, move |view| audit::find(view, id)).await?)))
}

/// GET /api/v1/admin/audit/verify
pub(super) async fn verify(State(app): AppState, Asking(caller): Asking) -> Result<Json<Value>, Problem> {
    let found = app.read(caller, |view| audit::verify_here(view, &mut |_| ())).await?;
    Ok(Json(verified_json(&found)))
}

/// GET /api/v1/admin/audit/forwarding
pub(super) async fn forwarding(State(app): AppState, Asking(caller): Asking) -> Result<Json<Value>, Problem> {
    Ok(Json(forwarding_json(&app.read(caller, audit::forwarding).await?)))
}
