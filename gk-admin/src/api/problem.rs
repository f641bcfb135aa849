//! What goes wrong, as JSON: one place that turns a refusal into a status, and one that writes it.

use axum::Json;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use gk_service::service::Refusal;
use gk_service::service::people::Unresolved;
use gk_shared::caused::Caused;
use serde_json::json;

/// Why a request was not done. The shape it is told in is put on by the router.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
}

/// How a problem is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `{"error": {"code", "message"}}`
    Ours,
    /// `{"error": text}`, and 400 for a body that is not of its form: what client libraries of apps read.
    Error,
    /// `{"detail": text}`: what self-service pages read.
    Detail,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// What was sent is not of its form.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", message)
    }

    /// The body is JSON, and not what is needed.
    pub(super) fn wrong_shape(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message)
    }

    /// Nobody known asks.
    pub(super) fn unauthorized(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub(super) fn no_path() -> Self {
        Self::not_found("there is nothing at this address")
    }

    pub(super) fn no_method() -> Self {
        let message = "this address does not take that kind of request";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
    }

    pub(super) fn another_site() -> Self {
        Self::new(StatusCode::FORBIDDEN, "another_site", "this was sent from another site, so nothing was done")
    }

    pub(super) fn outdated() -> Self {
        Refusal::Outdated.into()
    }

    /// A refusal, where clients know what cannot be done in the present state by the status 400.
    pub(super) fn of_state(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Conflict(sentence) => Self::new(StatusCode::BAD_REQUEST, "conflict", sentence),
            other => other.into(),
        }
    }

    pub(super) fn too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "too_slow",
            "the request took too long; what it asked for may still be done",
        )
    }

    pub(super) fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "something is wrong on our side; it was logged")
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = match &refusal {
            Refusal::Forbidden(_) | Refusal::WrongApp => (StatusCode::FORBIDDEN, "forbidden"),
            Refusal::SignInAgain => (StatusCode::FORBIDDEN, "sign_in_again"),
            Refusal::NotFound { .. } => (StatusCode::NOT_FOUND, "not_found"),
            Refusal::Invalid(_) => (StatusCode::BAD_REQUEST, "invalid"),
            Refusal::Conflict(_) => (StatusCode::CONFLICT, "conflict"),
            Refusal::Outdated => (StatusCode::PRECONDITION_FAILED, "outdated"),
            Refusal::Database(_) | Refusal::Exchanged | Refusal::Policy(_) | Refusal::Key(_) => {
                tracing::error!(error = %Caused(&refusal), "a request to the API could not be answered");
                return Self::unavailable();
            }
        };
        Self::new(status, code, refusal.to_string())
    }
}

impl From<Unresolved> for Problem {
    fn from(unresolved: Unresolved) -> Self {
        match unresolved {
            Unresolved::Empty => Self::invalid(unresolved.to_string()),
            Unresolved::NoEmail | Unresolved::NoUsername => Self::not_found(unresolved.to_string()),
        }
    }
}

impl IntoResponse for Problem {
    /// Not written yet: [`shaped`] does that, once it is known in which shape.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the problem a response holds, if it holds one.
pub(super) fn shaped(mut response: Response, shape: Shape) -> Response {
    let Some(Problem { status, code, message }) = response.extensions_mut().remove() else { return response };
    let (status, body) = match shape {
        Shape::Ours => (status, json!({ "error": { "code": code, "message": message } })),
        Shape::Error if status == StatusCode::UNPROCESSABLE_ENTITY => {
            (StatusCode::BAD_REQUEST, json!({ "error": message }))
        }
        Shape::Error => (status, json!({ "error": message })),
        Shape::Detail => (status, json!({ "detail": message })),
    };
    (status, response.headers().clone(), Json(body)).into_response()
}
