//! `/signin` and the mailed link: looking never signs anybody in, pressing the button does, once. The window that
//! waits for the code is in `waiting`.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use gk_service::Secret;
use gk_service::model::{Destination, Purpose, ReturnTo, Wish};
use gk_service::service::signin::{self, Ask, Code, LinkState};
use gk_service::service::{Refusal, View, apps, devices};
use gk_service::settings::Setting;
use gk_shared::model::Slug;
use maud::{Markup, html};
use serde::Deserialize;

use super::central::{self, Tried};
use super::cookies::{self, CookieRules};
use super::errors::UiError;
use super::kit::{self, Called};
use super::page::Page;
use super::visitor::{SignedIn, Visitor};
use super::waiting::Way;
use super::{AppState, paths};
use crate::app::App;

/// What the sign-in form sends.
#[derive(Deserialize)]
pub(super) struct AskForm {
    email: String,
    #[serde(default)]
    redirect: String,
}

/// What the page of an app's mail sends.
#[derive(Deserialize)]
pub(super) struct CodeForm {
    #[serde(default)]
    code: String,
}

/// GET /signin
pub(super) async fn form(app: AppState, visitor: Visitor) -> Result<Response, UiError> {
    ask_page(app, visitor, Purpose::SignIn).await
}

/// GET /register
pub(super) async fn register_form(app: AppState, visitor: Visitor) -> Result<Response, UiError> {
    ask_page(app, visitor, Purpose::Register).await
}

/// POST /signin
pub(super) async fn ask(app: AppState, visitor: Visitor, form: Sent) -> Result<Response, UiError> {
    asked(app, visitor, form, Purpose::SignIn).await
}

/// POST /register
pub(super) async fn register(app: AppState, visitor: Visitor, form: Sent) -> Result<Response, UiError> {
    asked(app, visitor, form, Purpose::Register).await
}

type Sent = Result<Form<AskForm>, FormRejection>;

async fn ask_page(State(app): AppState, visitor: Visitor, purpose: Purpose) -> Result<Response, UiError> {
    let wanted = visitor.redirect().to_owned();
    let slug = visitor.parameter("app").and_then(|slug| Slug::parse(slug).ok());
    let read = move |view: &View<'_>| {
        let name = slug.map(|slug| apps::listed_name(view, &slug)).transpose()?.flatten();
        Ok((checked(view, &wanted)?, name, view.settings.flag(Setting::SelfRegistration)))
    };
    let (place, name, open) = app.read(visitor.stranger(), read).await?;
    if let Some(there) = visitor.signed_in(&app).await? {
        return Ok(already(&there, &place, StatusCode::OK));
    }
    let body = match purpose {
        Purpose::Register if !open => closed(),
        Purpose::Register | Purpose::SignIn => ask_form(&place, purpose, name.as_deref()),
    };
    Ok(Page::new("Sign in").may_lead_to(place.as_str()).body(&body))
}

async fn asked(State(app): AppState, visitor: Visitor, form: Sent, purpose: Purpose) -> Result<Response, UiError> {
    let Form(form) = form.map_err(|_| UiError::BadForm)?;
    let asking = Asking { name: form.email, wish: Wish::Here(form.redirect), purpose, invitation: None };
    begin(&app, &visitor, asking).await
}

/// What somebody who wants a sign-in mail has said.
pub(crate) struct Asking {
    /// An e-mail or user name, as typed.
    pub(crate) name: String,
    pub(crate) wish: Wish,
    pub(crate) purpose: Purpose,
    /// The link of the invitation they have opened.
    pub(crate) invitation: Option<Secret>,
}

/// Takes a request for a mail, and has the browser keep the secret of it and wait.
pub(super) async fn begin(app: &App, visitor: &Visitor, asking: Asking) -> Result<Response, UiError> {
    let way = Way::of(asking.purpose, asking.invitation.is_some());
    let (rules, verifier) = take(app, visitor, asking).await?;
    let mut response = Redirect::to(&paths::waiting(&verifier.fingerprint(), way.word())).into_response();
    cookies::start_flow(response.headers_mut(), &rules, visitor, &verifier);
    Ok(response)
}

/// Takes a request for a mail, the same for everybody, before anything is looked up of whom it is for. Gives the secret
/// that the browser is to keep, and the rules of cookies.
pub(crate) async fn take(app: &App, visitor: &Visitor, asking: Asking) -> Result<(CookieRules, Secret), Refusal> {
    let from = visitor.clone();
    let read = move |view: &View<'_>| {
        let rules = CookieRules::of(view);
        let device = from.device(&rules);
        let known = devices::is_anybodys(view, device.as_ref())?;
        Ok((rules, view.settings.number(Setting::AddressLimit), device.filter(|_| known)))
    };
    let (rules, limit, device) = app.read(visitor.stranger(), read).await?;
    let (verifier, language) = (signin::new_verifier(), visitor.language());
    let Asking { name, wish, purpose, invitation } = asking;
    let ask = Ask { name, wish, verifier: verifier.clone(), purpose, language, device, invitation };
    app.signins.ask(visitor.stranger(), ask, limit);
    Ok((rules, verifier))
}

/// GET and HEAD of a mailed link: changes nothing, however often a mail scanner looks.
pub(super) async fn link(
    State(app): AppState,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, UiError> {
    let look = {
        let visitor = visitor.clone();
        move |view: &View<'_>| signin::look(view, &Secret::new(token), &visitor.verifiers(&CookieRules::of(view)))
    };
    let state = app.read(visitor.stranger(), look).await?;
    match state {
        LinkState::Ready { email, purpose, destination } => {
            let page = match &destination {
                Destination::Here(place) => Page::new("Sign in").may_lead_to(place.as_str()),
                Destination::App(place) => Page::new("Sign in").may_lead_to(place.callback.as_str()),
            };
            Ok(page.body(&confirm_view(email.as_str(), purpose, &destination)))
        }
        LinkState::ForApp(place) => Ok(central::code_page(&place, Tried::NotYet)),
        LinkState::OtherBrowser(code) => {
            Ok(Page::new("Open it where you asked").body(&other_browser_view(code.as_ref())))
        }
        LinkState::Gone => match visitor.signed_in(&app).await? {
            // Somebody who pressed the back button, most likely.
            Some(there) => {
                let place = app.read(visitor.stranger(), |view| checked(view, paths::HOME)).await?;
                Ok(already(&there, &place, StatusCode::GONE))
            }
            None => Err(UiError::LinkGone),
        },
    }
}

/// POST of a mailed link: the first one signs in.
pub(super) async fn finish(
    State(app): AppState,
    visitor: Visitor,
    Path(token): Path<String>,
    form: Result<Form<CodeForm>, FormRejection>,
) -> Result<Response, UiError> {
    let code = form.map(|Form(form)| form.code).unwrap_or_default();
    let link = Secret::new(token);
    let (own, from) = (link.clone(), visitor.clone());
    let caller = visitor.stranger();
    let done = app.write(caller, move |op| {
        let rules = CookieRules::of(op);
        let signed_in = signin::finish(op, &own, &from.browser(&rules))?;
        Ok(signed_in.map(|signed_in| (signed_in, rules)))
    });
    match done.await? {
        Ok(signed_in) => central::lead(&app, &visitor, signed_in).await,
        Err(LinkState::ForApp(_)) => central::enter(&app, &visitor, link, code).await,
        Err(LinkState::OtherBrowser(_)) => Err(UiError::OtherBrowser),
        Err(LinkState::Ready { .. } | LinkState::Gone) => Err(UiError::LinkGone),
    }
}

/// A place that was checked against our own hosts.
pub(super) fn checked(view: &View<'_>, wanted: &str) -> Result<ReturnTo, Refusal> {
    Ok(ReturnTo::parse(wanted, &apps::hosts(view)?))
}

/// 303, written as it was checked: letter for letter.
pub(super) fn see_other(place: &str) -> Result<Response, UiError> {
    let location = HeaderValue::from_str(place).map_err(|_| UiError::BadForm)?;
    let mut headers = HeaderMap::new();
    headers.insert(axum::http::header::LOCATION, location);
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// What differs between signing in and registering.
fn words(purpose: Purpose) -> (&'static str, Called, &'static str, &'static str) {
    match purpose {
        Purpose::SignIn => ("Sign in", Called::ByEmailOrName, "Send me a sign-in link", paths::SIGNIN),
        Purpose::Register => ("Register", Called::ByEmail, "Send me a link", paths::REGISTER),
    }
}

/// `app` is what the app is called that somebody wants to enter, if we may say so.
fn ask_form(place: &ReturnTo, purpose: Purpose, app: Option<&str>) -> Markup {
    let (heading, called, button, action) = words(purpose);
    html! {
        h1 { (heading) @if let Some(app) = app { " to enter " (app) } }
        @if place.as_str().contains("://") { p.subtle { "to go on to " span.place { (place) } } }
        form method="post" action=(action) {
            input type="hidden" name="redirect" value=(place);
            (kit::email_field("email", called, None))
            button type="submit" { (button) }
        }
        @match purpose {
            Purpose::SignIn => p.subtle { "New here? " a href=(paths::then(paths::REGISTER, place.as_str())) { "Register" } },
            Purpose::Register => p.subtle {
                "An administrator may have to approve you first. Been here before? "
                a href=(paths::then(paths::SIGNIN, place.as_str())) { "Sign in" }
            },
        }
    }
}

fn closed() -> Markup {
    html! {
        h1 { "Registration is closed" }
        p { "New accounts are made by the administrators here. Ask one of them." }
        p.actions { a.button href=(paths::SIGNIN) { "Sign in" } }
    }
}

/// For somebody who is signed in already.
fn already(there: &SignedIn, place: &ReturnTo, status: StatusCode) -> Response {
    let body = html! {
        h1 { "You are signed in" }
        p { "as " strong { (there.user.email) } }
        p.actions { a.button href=(place) { "Go on" } }
        (kit::use_another_account(&paths::then(paths::SIGNIN, place.as_str())))
    };
    Page::new("Sign in").status(status).signed_in(there).body(&body)
}

fn confirm_view(email: &str, purpose: Purpose, destination: &Destination) -> Markup {
    let (verb, ..) = words(purpose);
    html! {
        h1 { (verb) " as" }
        p { strong { (email) } }
        @match destination {
            Destination::Here(place) => @if place.as_str().contains("://") {
                p.subtle { "and go on to " span.place { (place) } }
            },
            Destination::App(place) => p.subtle {
                "and go on to " strong { (place.name) } " at " span.place { (place.callback) }
            },
        }
        form method="post" { button #confirm-signin type="submit" { (verb) } }
        p.subtle { "If you did not ask for this, close the page: nothing has happened." }
    }
}

/// Looking at this page helps nobody but the browser that asked: the code needs that browser's own secret.
fn other_browser_view(code: Option<&Code>) -> Markup {
    html! {
        @if let Some(code) = code {
            h1 { "Type this code where you asked" }
            p.code { (code.shown()) }
            p { "It goes into the window that waits for it. This browser is another one, and stays signed out." }
        } @else {
            h1 { "Open it where you asked" }
            p { "This link signs in the browser that asked for it, and this is another one. Copy the link into that browser." }
        }
        p.subtle { "If you did not ask for it, ignore the mail, and tell nobody the code: nobody was signed in." }
    }
}
