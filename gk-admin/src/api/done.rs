//! The answer to what changed something: 200 or 201 when it is in force, and 202 with the reason when it is saved only.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gk_service::{Done, Force};
use serde_json::{Value, json};

/// Tells of a change, by an object that says what came of it.
pub(super) fn told<T>(done: &Done<T>, tell: impl FnOnce(&T) -> Value) -> Response {
    told_as(StatusCode::OK, done, tell)
}

/// Tells of what is new.
pub(super) fn made<T>(done: &Done<T>, tell: impl FnOnce(&T) -> Value) -> Response {
    told_as(StatusCode::CREATED, done, tell)
}

fn told_as<T>(status: StatusCode, done: &Done<T>, tell: impl FnOnce(&T) -> Value) -> Response {
    let mut value = tell(&done.value);
    match (&done.force, value.as_object_mut()) {
        (Force::Now, _) => (status, Json(value)).into_response(),
        (Force::NotYet(why), Some(object)) => {
            object.insert("saved_not_yet_in_force".into(), json!(why));
            (StatusCode::ACCEPTED, Json(value)).into_response()
        }
        (Force::NotYet(_), None) => (StatusCode::ACCEPTED, Json(value)).into_response(),
    }
}
