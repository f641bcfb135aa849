//! Backups, and the keys that sign and seal.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use gk_service::backup::folder::{Check, Stored};
use gk_service::service::rotation::{self, SigningKey};
use gk_service::service::{Op, View, backups};
use serde_json::{Value, json};

use super::AppState;
use super::asked::Named;
use super::caller::Asking;
use super::done::{made, told};
use super::problem::Problem;
use crate::sheets;
use crate::time;

/// GET /api/v1/admin/backups
pub(super) async fn backups(State(app): AppState, Asking(caller): Asking) -> Result<Json<Value>, Problem> {
    let failed = app.backups.failed();
    let (plan, stored) = app.read(caller, |view: &View<'_>| backups::list(view)).await?;
    let failed = failed.map(|failed| json!({ "at": time::show(failed.at), "why": failed.why }));
    Ok(Json(json!({
        "folder": plan.folder, "every_hours": plan.hours, "keep": plan.keep,
        "recipient": plan.recipient.map(|recipient| recipient.to_string()),
        "backups": stored.iter().map(stored_json).collect::<Vec<_>>(), "last_failure": failed,
    })))
}

fn stored_json(stored: &Stored) -> Value {
    let checked = stored.check == Check::Passed;
    json!({ "name": stored.name, "bytes": stored.bytes, "made_at": time::show(stored.made_at), "checked": checked })
}

/// POST /api/v1/admin/backups: takes one now.
pub(super) async fn back_up(State(app): AppState, Asking(caller): Asking) -> Result<Response, Problem> {
    let done = app.back_up(caller).await?;
    Ok(made(&done, |taken| {
        let name = taken.path.file_name().unwrap_or_default().to_string_lossy();
        json!({ "name": name, "bytes": taken.bytes, "sha256": taken.file_sha256, "manifest": taken.manifest })
    }))
}

/// POST /api/v1/admin/backups/{name}/download
pub(super) async fn download(
    State(app): AppState,
    Asking(caller): Asking,
    Named(name): Named<String>,
) -> Result<Response, Problem> {
    let wanted = name.clone();
    let file = app.write(caller, move |op: &Op<'_>| backups::take_away(op, &wanted)).await?;
    Ok(sheets::file(file, &name).await?)
}

/// GET /api/v1/admin/system/keys
pub(super) async fn keys(State(app): AppState, Asking(caller): Asking) -> Result<Json<Value>, Problem> {
    let keys = app.read(caller, |view: &View<'_>| rotation::keys(view)).await?;
    Ok(Json(json!({
        "signing_keys": keys.signing.iter().map(key_json).collect::<Vec<_>>(), "sessions": keys.sessions,
        "people": keys.people, "sealed": keys.sealed, "root_key": keys.fingerprint,
    })))
}

fn key_json(key: &SigningKey) -> Value {
    json!({ "id": key.id.0, "created_at": time::show(key.created_at), "until": key.until.map(time::show) })
}

/// POST /api/v1/admin/system/rotate-signing-key
pub(super) async fn rotate_signing_key(State(app): AppState, Asking(caller): Asking) -> Result<Response, Problem> {
    Ok(told(&app.change(caller, rotation::rotate_signing_key).await?, key_json))
}

/// POST /api/v1/admin/system/rotate-root-key
pub(super) async fn rotate_root_key(State(app): AppState, Asking(caller): Asking) -> Result<Response, Problem> {
    Ok(told(
        &app.rotate_root_key(caller).await?,
        |exchanged| json!({ "root_key": exchanged.new, "old_root_key": exchanged.old, "sealed": exchanged.sealed }),
    ))
}
