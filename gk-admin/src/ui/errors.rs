//! Pages for what went wrong, each with a way on. Causes are logged, never shown.

use std::time::Duration;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use gk_service::service::Refusal;
use gk_shared::caused::Caused;
use maud::html;
use tokio::time::timeout;

use super::page::Page;
use super::visitor::{SignedIn, Visitor};
use super::{kit, paths};
use crate::app::App;

/// Why a page was not shown.
#[derive(Debug)]
pub(crate) enum UiError {
    Refused(Refusal),
    /// What was asked for needs a recent sign-in; afterwards they come back to this path.
    SignInAgain(String),
    /// Nobody is signed in; afterwards they come back to this path.
    SignInFirst(String),
    /// A form that came from another site.
    AnotherSite,
    /// A sign-in link that was used, has expired or never was.
    LinkGone,
    /// A sign-in link in a browser that did not ask for it.
    OtherBrowser,
    /// A callback URL that is no app's.
    UnknownApp,
    /// An invitation that was used up, withdrawn, has ended or never was.
    InvitationGone,
    /// A form that could not be read.
    BadForm,
    /// A form with a file that is too long.
    TooLong,
    NoPage,
    NoMethod,
    /// The request, most likely its body, took too long to arrive or to be answered.
    TooSlow,
    /// The connection's other end is not known, so nothing can be believed.
    NoPeer,
}

impl From<Refusal> for UiError {
    fn from(refusal: Refusal) -> Self {
        Self::refused_at(paths::HOME, refusal)
    }
}

/// No request takes longer than this: the limit of the connection ends with the head.
const MOST_PER_REQUEST: Duration = Duration::from_secs(30);

/// Gives up on a request whose body trickles in.
pub(super) async fn in_time(request: Request, next: Next) -> Response {
    timeout(MOST_PER_REQUEST, next.run(request)).await.unwrap_or_else(|_| UiError::TooSlow.into_response())
}

/// What a page for what went wrong says. It goes along with the answer until it is known who is there.
#[derive(Clone)]
struct Said {
    status: StatusCode,
    heading: &'static str,
    sentence: String,
    ways_on: [(String, &'static str); 2],
}

impl Said {
    fn page(&self, there: Option<&SignedIn>) -> Response {
        let fits = |(href, _): &&(String, &str)| there.is_none() || href != paths::SIGNIN;
        let body = html! {
            h1 { (self.heading) }
            p { (self.sentence) }
            p.actions {
                @for (number, (href, label)) in self.ways_on.iter().filter(fits).enumerate() {
                    a.button[number == 0] href=(href) { (label) }
                }
            }
        };
        let page = Page::new(self.heading).status(self.status);
        there.into_iter().fold(page, Page::signed_in).body(&body)
    }
}

/// Shows whoever is signed in on a page for what went wrong too, and offers them no sign-in.
pub(super) async fn with_person(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let asked = Request::from_parts(parts.clone(), body);
    let mut response = next.run(asked).await;
    let Some(said) = response.extensions_mut().remove::<Said>() else { return response };
    let Ok(visitor) = Visitor::from_request_parts(&mut parts, &app).await else { return response };
    if let Ok(Some(there)) = visitor.signed_in(&app).await {
        let (page, _) = said.page(Some(&there)).into_parts();
        response.extensions_mut().extend(page.extensions);
    }
    response
}

pub(super) async fn no_page() -> UiError {
    UiError::NoPage
}

pub(super) async fn no_method() -> UiError {
    UiError::NoMethod
}

/// What stands in the way of a change, to be shown where it was asked for; or a page of its own. `place` is where to
/// come back to after signing in again.
pub(super) fn in_the_way(refusal: Refusal, place: &str) -> Result<(StatusCode, String), UiError> {
    match refusal {
        Refusal::Conflict(sentence) => Ok((StatusCode::CONFLICT, sentence)),
        Refusal::Invalid(sentence) => Ok((StatusCode::UNPROCESSABLE_ENTITY, sentence)),
        Refusal::NotFound { .. } => Ok((StatusCode::NOT_FOUND, refusal.to_string())),
        Refusal::Outdated => Ok((StatusCode::CONFLICT, refusal.to_string())),
        Refusal::SignInAgain
        | Refusal::Forbidden(_)
        | Refusal::WrongApp
        | Refusal::Database(_)
        | Refusal::Exchanged
        | Refusal::Policy(_)
        | Refusal::Key(_) => Err(UiError::refused_at(place, refusal)),
    }
}

impl UiError {
    /// A refusal of something that was asked for on this page.
    pub(super) fn refused_at(page: &str, refusal: Refusal) -> Self {
        match refusal {
            Refusal::SignInAgain => Self::SignInAgain(page.to_owned()),
            other => Self::Refused(other),
        }
    }

    /// Where there is to go from here: address and words, the likeliest first.
    fn ways_on(&self) -> [(String, &'static str); 2] {
        match self {
            Self::SignInAgain(page) => [(paths::then(paths::AGAIN, page), "Sign in again"), (page.clone(), "Back")],
            Self::LinkGone | Self::InvitationGone => {
                [(paths::SIGNIN.to_owned(), "Sign in"), (paths::HOME.to_owned(), "Home")]
            }
            Self::Refused(_)
            | Self::SignInFirst(_)
            | Self::AnotherSite
            | Self::OtherBrowser
            | Self::UnknownApp
            | Self::BadForm
            | Self::TooLong
            | Self::NoPage
            | Self::NoMethod
            | Self::TooSlow
            | Self::NoPeer => [(paths::HOME.to_owned(), "Home"), (paths::SIGNIN.to_owned(), "Sign in")],
        }
    }

    /// Status, heading and sentence.
    fn words(&self) -> (StatusCode, &'static str, &str) {
        match self {
            Self::Refused(Refusal::Forbidden(_) | Refusal::WrongApp) => {
                (StatusCode::FORBIDDEN, "Not allowed", "Your account may not do this.")
            }
            Self::SignInAgain(_) | Self::Refused(Refusal::SignInAgain) => (
                StatusCode::FORBIDDEN,
                "Confirm that it is you",
                "This needs a recent sign-in, and yours is some time ago. Nothing was changed: sign in again, then repeat it.",
            ),
            Self::Refused(Refusal::NotFound { .. }) => {
                (StatusCode::NOT_FOUND, "Not found", "What you asked for does not exist.")
            }
            Self::Refused(Refusal::Invalid(_)) => {
                (StatusCode::BAD_REQUEST, "Not understood", "Something in the request was not of its form.")
            }
            Self::Refused(Refusal::Conflict(sentence)) => (StatusCode::CONFLICT, "Not possible now", sentence),
            Self::Refused(Refusal::Outdated) => (
                StatusCode::CONFLICT,
                "Changed meanwhile",
                "Somebody else has changed this meanwhile. Look at it again, then repeat what you want to change.",
            ),
            Self::Refused(Refusal::Database(_) | Refusal::Exchanged | Refusal::Policy(_) | Refusal::Key(_)) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Not available",
                "Something is wrong on our side. It was logged; please try again in a moment.",
            ),
            Self::SignInFirst(_) => (StatusCode::UNAUTHORIZED, "Sign in", "This page is for people who are signed in."),
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
            Self::UnknownApp => (
                StatusCode::BAD_REQUEST,
                "This app is not known here",
                "Where it wants to take you is registered for no app, so nothing was done. Tell the person who set it up.",
            ),
            Self::InvitationGone => (
                StatusCode::GONE,
                "This invitation no longer works",
                "It was used, has ended or was withdrawn. Whoever invited you can send another one; if you have been here before, just sign in.",
            ),
            Self::BadForm => {
                (StatusCode::BAD_REQUEST, "Not understood", "The form could not be read. Go back and try again.")
            }
            Self::TooLong => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "Too long",
                "What was sent is longer than this page takes. Nothing was done.",
            ),
            Self::NoPage => (StatusCode::NOT_FOUND, "No such page", "There is nothing at this address."),
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "Too slow",
                "The request took too long. What it asked for may still be done: look before you try again.",
            ),
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
        if let Self::SignInFirst(place) = &self {
            return Redirect::to(&paths::then(paths::SIGNIN, place)).into_response();
        }
        let (status, heading, sentence) = self.words();
        let said = Said { status, heading, sentence: kit::sentence(sentence), ways_on: self.ways_on() };
        let mut response = said.page(None);
        response.extensions_mut().insert(said);
        response
    }
}
