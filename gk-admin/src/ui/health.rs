//! Whether the server lives and can work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gk_service::service::Caller;
use serde_json::json;

use super::AppState;

/// GET /livez: the process answers.
pub(super) async fn live() -> &'static str {
    "alive\n"
}

/// GET /readyz: the database can be read.
pub(super) async fn ready(State(app): AppState) -> Response {
    match app.read(Caller::system("health"), |_| Ok(())).await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be read\n").into_response()
        }
    }
}

/// GET /health
pub(super) async fn healthy() -> Response {
    Json(json!({ "status": "healthy" })).into_response()
}
