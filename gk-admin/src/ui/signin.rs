//! `/signin` and the mailed link: looking never signs anybody in, pressing the button does, once. The window that
//! waits for the code is in `waiting`.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use gk_service::Secret;
use gk_service::model::{Purpose, ReturnTo};
use gk_service::service::signin::{self, Ask, Code, LinkState};
use gk_service::service::{Refusal, View, apps};
use gk_service::settings::Setting;
use maud::{Markup, html};
use serde::Deserialize;

use super::cookies::{self, CookieRules};
use super::errors::UiError;
use super::page::Page;
use super::visitor::Visitor;
use super::{AppState, paths};

/// What the sign-in form sends.
#[derive(Deserialize)]
pub(super) struct AskForm {
    email: String,
    #[serde(default)]
    redirect: String,
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
pub(super) async fn ask(app: AppState, visitor: Visitor, form: Asking) -> Result<Response, UiError> {
    take(app, visitor, form, Purpose::SignIn).await
}

/// POST /register
pub(super) async fn register(app: AppState, visitor: Visitor, form: Asking) -> Result<Response, UiError> {
    take(app, visitor, form, Purpose::Register).await
}

type Asking = Result<Form<AskForm>, FormRejection>;

async fn ask_page(State(app): AppState, visitor: Visitor, purpose: Purpose) -> Result<Response, UiError> {
    let wanted = visitor.redirect().to_owned();
    let read = move |view: &View<'_>| Ok((checked(view, &wanted)?, view.settings.flag(Setting::SelfRegistration)));
    let (place, open) = app.read(visitor.stranger(), read).await?;
    let body = match (visitor.signed_in(&app).await?, purpose) {
        (Some(user), _) => already(user.email.as_str(), &place),
        (None, Purpose::Register) if !open => closed(),
        (None, purpose) => ask_form(&place, purpose),
    };
    Ok(Page::new("Sign in").may_lead_to(place.as_str()).body(&body))
}

/// The same answer for everybody, before anything is looked up.
async fn take(State(app): AppState, visitor: Visitor, form: Asking, purpose: Purpose) -> Result<Response, UiError> {
    let Form(form) = form.map_err(|_| UiError::BadForm)?;
    let read = |view: &View<'_>| Ok((CookieRules::of(view), view.settings.number(Setting::AddressLimit)));
    let (rules, limit) = app.read(visitor.stranger(), read).await?;
    let verifier = signin::new_verifier();
    let mut response = Redirect::to(&paths::waiting(&verifier.fingerprint())).into_response();
    cookies::start_flow(response.headers_mut(), &rules, &visitor, &verifier);
    let ask = Ask { name: form.email, return_to: form.redirect, verifier, purpose };
    app.signins.ask(visitor.stranger(), ask, limit);
    Ok(response)
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
        LinkState::Ready { email, return_to } => {
            let view = confirm_view(email.as_str(), &return_to);
            Ok(Page::new("Sign in").may_lead_to(return_to.as_str()).body(&view))
        }
        LinkState::OtherBrowser(code) => {
            Ok(Page::new("Open it where you asked").body(&other_browser_view(code.as_ref())))
        }
        LinkState::Gone => Err(UiError::LinkGone),
    }
}

/// POST of a mailed link: the first one signs in.
pub(super) async fn finish(
    State(app): AppState,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, UiError> {
    let caller = visitor.stranger();
    let done = app.write(caller, move |op| {
        let rules = CookieRules::of(op);
        let signed_in = signin::finish(op, &Secret::new(token), &visitor.verifiers(&rules))?;
        Ok(signed_in.map(|signed_in| (signed_in, rules)))
    });
    match done.await? {
        Ok((signed_in, rules)) => {
            let mut response = see_other(signed_in.return_to.as_str())?;
            cookies::start_session(response.headers_mut(), &rules, &signed_in.new);
            Ok(response)
        }
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
fn words(purpose: Purpose) -> (&'static str, &'static str, &'static str, &'static str) {
    match purpose {
        Purpose::SignIn => ("Sign in", "Your e-mail or user name", "Send me a sign-in link", paths::SIGNIN),
        Purpose::Register => ("Register", "Your e-mail", "Send me a link", paths::REGISTER),
    }
}

fn ask_form(place: &ReturnTo, purpose: Purpose) -> Markup {
    let (heading, label, button, action) = words(purpose);
    html! {
        h1 { (heading) }
        @if place.as_str().contains("://") { p.subtle { "to go on to " span.place { (place) } } }
        form method="post" action=(action) {
            input type="hidden" name="redirect" value=(place);
            label for="email" { (label) }
            input #email type="text" name="email" inputmode="email" autocomplete="username" autocapitalize="none"
                spellcheck="false" maxlength="254" required autofocus;
            button type="submit" { (button) }
        }
        p.subtle { "No password: we send you a mail, and you open the link in it." }
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

fn already(email: &str, place: &ReturnTo) -> Markup {
    html! {
        h1 { "You are signed in" }
        p { "as " strong { (email) } }
        p.actions { a.button href=(place) { "Go on" } }
        form method="post" action=(paths::SIGNOUT) { button.quiet type="submit" { "Sign in as somebody else" } }
    }
}

fn confirm_view(email: &str, place: &ReturnTo) -> Markup {
    html! {
        h1 { "Sign in as" }
        p { strong { (email) } }
        @if place.as_str().contains("://") { p.subtle { "and go on to " span.place { (place) } } }
        form method="post" { button #confirm-signin type="submit" { "Sign in" } }
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
