//! `/auth/login`: signing in to apps that are not behind nginx. The app sends its people here with one of its callback
//! URLs, and gets them back there with a code that only its own server can exchange.

mod views;

pub(super) use views::{Tried, code_page};

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use gk_service::Secret;
use gk_service::model::{AppPlace, Destination, Purpose, Wish};
use gk_service::service::central::{self, Handed};
use gk_service::service::signin::{self, Entered};
use gk_service::service::{Caller, Op, Refusal, Who};
use gk_shared::policy::Snapshot;
use serde::Deserialize;

use self::views::{go_on_view, login_view, no_entry_view};
use super::cookies::{self, CookieRules};
use super::errors::UiError;
use super::page::Page;
use super::signin::{Asking, begin, checked, see_other};
use super::visitor::{SignedIn, Visitor};
use super::{AppState, paths};
use crate::app::App;

/// What an app sends its people with. The name it calls itself by (`app_name`) is not read: anybody can write a URL.
#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    callback_url: String,
    #[serde(default)]
    next: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct LoginForm {
    #[serde(alias = "email")]
    identifier: String,
    #[serde(default)]
    callback_url: String,
    #[serde(default)]
    next: String,
}

/// A link of before, or whatever somebody made of one.
#[derive(Deserialize)]
pub(super) struct OldLink {
    #[serde(default)]
    token: String,
}

/// GET /auth/login
pub(super) async fn form(
    State(app): AppState,
    visitor: Visitor,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, UiError> {
    let Query(Wanted { callback_url, next }) = wanted.map_err(|_| UiError::BadForm)?;
    if callback_url.is_empty() {
        let place = app.read(visitor.stranger(), move |view| checked(view, &next)).await?;
        return see_other(&paths::then(paths::SIGNIN, place.as_str()));
    }
    let place = place(&app, &visitor, callback_url, next).await?;
    let page = Page::new("Sign in").may_lead_to(place.callback.as_str());
    Ok(match visitor.signed_in(&app).await? {
        Some(there) => page.signed_in(&there).body(&go_on_view(&place, there.user.email.as_str())),
        None => page.body(&login_view(&place)),
    })
}

/// POST /auth/login: the same answer for everybody, before anybody is looked up.
pub(super) async fn ask(
    State(app): AppState,
    visitor: Visitor,
    form: Result<Form<LoginForm>, FormRejection>,
) -> Result<Response, UiError> {
    let Form(LoginForm { identifier, callback_url, next }) = form.map_err(|_| UiError::BadForm)?;
    let wish = if callback_url.is_empty() {
        Wish::Here(next)
    } else {
        place(&app, &visitor, callback_url.clone(), next.clone()).await?;
        Wish::App { callback: callback_url, next }
    };
    begin(&app, &visitor, Asking { name: identifier, wish, purpose: Purpose::SignIn, invitation: None }).await
}

/// POST /auth/login/go: on to the app, as whoever is signed in.
pub(super) async fn go(
    State(app): AppState,
    visitor: Visitor,
    there: SignedIn,
    form: Result<Form<Wanted>, FormRejection>,
) -> Result<Response, UiError> {
    let Form(Wanted { callback_url, next }) = form.map_err(|_| UiError::BadForm)?;
    let place = place(&app, &visitor, callback_url, next).await?;
    see_other(hand_over(&app, there.caller, place).await?.reveal())
}

/// GET /auth/verify: where links led before.
pub(super) async fn verify(link: Result<Query<OldLink>, QueryRejection>) -> Result<Response, UiError> {
    let Query(OldLink { token }) = link.map_err(|_| UiError::BadForm)?;
    let sound = token.len() == 43 && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if !sound {
        return Err(UiError::LinkGone);
    }
    Ok(Redirect::to(&paths::LINK.replace("{token}", &token)).into_response())
}

async fn place(app: &App, visitor: &Visitor, callback: String, next: String) -> Result<AppPlace, UiError> {
    let found = app.read(visitor.stranger(), move |view| central::place(view, &callback, &next)).await?;
    found.ok_or(UiError::UnknownApp)
}

/// The answer to somebody who has just signed in: the session, and on to where it leads.
pub(super) async fn lead(
    app: &App,
    visitor: &Visitor,
    (signed_in, rules): (signin::SignedIn, CookieRules),
) -> Result<Response, UiError> {
    let new = &signed_in.new;
    let to = match &signed_in.destination {
        Destination::Here(place) => Secret::new(place.as_str()),
        Destination::App(place) => {
            let caller = Caller { who: Who::Person(new.session.user, new.session.created_at), ..visitor.stranger() };
            let again = paths::login(place);
            hand_over(app, caller, (**place).clone()).await.unwrap_or_else(|error| {
                tracing::error!(%error, "somebody signed in, and could not be sent on to the app");
                Secret::new(again)
            })
        }
    };
    let mut response = see_other(to.reveal())?;
    cookies::start_session(response.headers_mut(), &rules, &signed_in);
    Ok(response)
}

/// Where this window goes when another one of its browser has signed in: a GET makes no code.
pub(super) fn url_of(destination: &Destination) -> String {
    match destination {
        Destination::Here(place) => place.to_string(),
        Destination::App(place) => paths::login(place),
    }
}

/// The URL that takes somebody on to the app, or to asking for access to it.
async fn hand_over(app: &App, caller: Caller, place: AppPlace) -> Result<Secret, Refusal> {
    let denied = paths::no_entry(&place);
    let handed = app.write_in_force(caller, move |op, snapshot| central::hand_over(op, snapshot, &place)).await?;
    Ok(match handed {
        Handed::To(url) => url,
        Handed::NoEntry => Secret::new(denied),
    })
}

/// POST of a link that an app's server asked for, with the code from the mail.
pub(super) async fn enter(app: &App, visitor: &Visitor, link: Secret, code: String) -> Result<Response, UiError> {
    let from = visitor.clone();
    let write = move |op: &Op<'_>, snapshot: &Snapshot| {
        let rules = CookieRules::of(op);
        let device = from.device(&rules);
        Ok((signin::enter_for_app(op, snapshot, &link, &code, device.as_ref())?, rules))
    };
    let (entered, rules) = app.write_in_force(visitor.stranger(), write).await?;
    match entered {
        Entered::Go { url, device } => {
            let mut response = see_other(url.reveal())?;
            cookies::keep_device(response.headers_mut(), &rules, &device);
            Ok(response)
        }
        Entered::Wrong(place) => Ok(code_page(&place, Tried::InVain)),
        Entered::NoEntry(place) => Ok(Page::new("Access").status(StatusCode::FORBIDDEN).body(&no_entry_view(&place))),
        Entered::Gone => Err(UiError::LinkGone),
    }
}
