//! Pages for what went wrong, each with a way on. Causes are logged, never shown.

use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gk_service::service::Refusal;
use gk_shared::caused::Caused;
use maud::html;
use tokio::time::timeout;

use super::page::Page;
use super::paths;

/// Why a page was not shown.
#[derive(Debug)]
pub(super) enum UiError {
    Refused(Refusal),
    /// A form that came from another site.
    AnotherSite,
    /// A sign-in link that was used, has expired or never was.
    LinkGone,
    /// A sign-in link in a browser that did not ask for it.
    OtherBrowser,
    /// A form that could not be read.
    BadForm,
    NoPage,
    NoMethod,
    /// The request, most likely its body, took too long to arrive or to be answered.
    TooSlow,
    /// The connection's other end is not known, so nothing can be believed.
    NoPeer,
}

impl From<Refusal> for UiError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// No request takes longer than this: the limit of the connection ends with the head.
const MOST_PER_REQUEST: Duration = Duration::from_secs(30);

/// Gives up on a request whose body trickles in.
pub(super) async fn in_time(request: Request, next: Next) -> Response {
    timeout(MOST_PER_REQUEST, next.run(request)).await.unwrap_or_else(|_| UiError::TooSlow.into_response())
}

pub(super) async fn no_page() -> UiError {
    UiError::NoPage
}

pub(super) async fn no_method() -> UiError {
    UiError::NoMethod
}

impl UiError {
    /// Status, heading and sentence.
    fn words(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Refused(Refusal::Forbidden(_)) => {
                (StatusCode::FORBIDDEN, "Not allowed", "Your account may not do this.")
            }
            Self::Refused(Refusal::NotFound { .. }) => {
                (StatusCode::NOT_FOUND, "Not found", "What you asked for does not exist.")
            }
            Self::Refused(Refusal::Invalid(_)) => {
                (StatusCode::BAD_REQUEST, "Not understood", "Something in the request was not of its form.")
            }
            Self::Refused(Refusal::Conflict(_)) => {
                (StatusCode::CONFLICT, "Not possible now", "This cannot be done in the present state.")
            }
            Self::Refused(Refusal::Database(_) | Refusal::Exchanged | Refusal::Policy(_) | Refusal::Key(_)) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Not available",
                "Something is wrong on our side. It was logged; please try again in a moment.",
            ),
            Self::AnotherSite => {
                (StatusCode::FORBIDDEN, "Not sent from here", "This form came from another site, so nothing was done.")
            }
            Self::LinkGone => (
                StatusCode::GONE,
                "This link no longer works",
                "A sign-in link works once and for a short time. Ask for a new one.",
            ),
            Self::OtherBrowser => (
                StatusCode::FORBIDDEN,
                "Open it where you asked",
                "Nobody was signed in: this is not the browser that asked for the link.",
            ),
            Self::BadForm => {
                (StatusCode::BAD_REQUEST, "Not understood", "The form could not be read. Go back and try again.")
            }
            Self::NoPage => (StatusCode::NOT_FOUND, "No such page", "There is nothing at this address."),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "Too slow", "The request took too long. Please try again."),
            Self::NoPeer => (StatusCode::INTERNAL_SERVER_ERROR, "Not available", "Something is wrong on our side."),
            Self::NoMethod => {
                (StatusCode::METHOD_NOT_ALLOWED, "Not this way", "This address does not take that kind of request.")
            }
        }
    }

    fn log(&self) {
        if let Self::Refused(refusal) = self
            && self.words().0.is_server_error()
        {
            tracing::error!(error = %Caused(refusal), "a page could not be shown");
        }
    }
}

impl IntoResponse for UiError {
    fn into_response(self) -> Response {
        self.log();
        let (status, heading, sentence) = self.words();
        let body = html! {
            h1 { (heading) }
            p { (sentence) }
            p.actions { a.button href=(paths::HOME) { "Home" } a href=(paths::SIGNIN) { "Sign in" } }
        };
        Page::new(heading).status(status).body(&body)
    }
}
