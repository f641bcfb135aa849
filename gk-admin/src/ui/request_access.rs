//! `/request-access?app=S`: where nginx sends people who are signed in but may not enter. They can ask to, and see what
//! became of it.

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::model::{AccessRequest, Origin, Remark, RequestState, ReturnTo, User};
use gk_service::service::explain::{self, Outcome};
use gk_service::service::{View, apps, requests};
use gk_shared::model::Slug;
use gk_shared::time::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::errors::{UiError, in_the_way};
use super::kit::{self, Tone};
use super::page::Page;
use super::signin::{checked, see_other};
use super::visitor::{SignedIn, Visitor};
use super::{AppState, paths, time};

/// What the page's forms send.
#[derive(Deserialize)]
pub(super) struct AskForm {
    app: String,
    #[serde(default)]
    redirect: String,
    #[serde(default)]
    message: String,
}

/// What the page shows.
struct Shown {
    app: Found,
    place: ReturnTo,
    now: Timestamp,
}

/// Which app the address means.
enum Found {
    NoneNamed,
    Unknown,
    App(Box<AskedApp>),
}

/// A registered app, and how the person stands to it.
struct AskedApp {
    slug: Slug,
    name: String,
    entry: Outcome,
    /// The first of its origins, if any is known and the person may enter.
    origin: Option<Origin>,
    latest: Option<AccessRequest>,
}

/// What was in the way of a request, and what had been written.
struct Problem {
    status: StatusCode,
    sentence: String,
    message: String,
}

/// GET /request-access
pub(super) async fn show(app: AppState, visitor: Visitor, there: SignedIn) -> Result<Response, UiError> {
    page(app, &there, visitor.parameter("app"), visitor.redirect(), None).await
}

async fn page(
    State(app): AppState,
    there: &SignedIn,
    named: Option<&str>,
    wanted: &str,
    problem: Option<Problem>,
) -> Result<Response, UiError> {
    let (wanted, person) = (wanted.to_owned(), there.user.clone());
    let named = named.map(|slug| Slug::parse(slug).ok());
    let shown = app.read_in_force(there.caller.clone(), move |view, snapshot| {
        let found = match named {
            None => Found::NoneNamed,
            Some(None) => Found::Unknown,
            Some(Some(slug)) => look(view, snapshot, &person, slug)?,
        };
        Ok(Shown { app: found, place: checked(view, &wanted)?, now: view.now })
    });
    let shown = shown.await?;
    let status = problem.as_ref().map_or(StatusCode::OK, |problem| problem.status);
    let page = Page::new("Access").status(status).signed_in(there).may_lead_to(shown.place.as_str());
    Ok(page.body(&view(&there.user, &shown, problem.as_ref())))
}

fn look(
    view: &View<'_>,
    snapshot: &gk_shared::policy::Snapshot,
    user: &User,
    slug: Slug,
) -> Result<Found, gk_service::service::Refusal> {
    let Some(name) = apps::name_of(view, &slug)? else { return Ok(Found::Unknown) };
    let entry = explain::own_entry(view, snapshot, user, &slug)?;
    let entered = explain::own_apps(view, snapshot, user)?.into_iter().find(|own| own.app.slug == slug);
    let origin = entered.and_then(|own| own.app.origins.into_iter().next());
    let latest = requests::own_latest(view, &slug)?;
    Ok(Found::App(Box::new(AskedApp { slug, name, entry, origin, latest })))
}

/// POST /request-access
pub(super) async fn ask(
    State(app): AppState,
    there: SignedIn,
    form: Result<Form<AskForm>, FormRejection>,
) -> Result<Response, UiError> {
    let (form, slug) = parsed(form)?;
    let (wanted, message) = (slug.clone(), form.message.clone());
    let done = app.write_in_force(there.caller.clone(), move |op, snapshot| {
        requests::ask(op, snapshot, &wanted, &Remark::parse(&message)?).map(drop)
    });
    match done.await {
        Ok(()) => see_other(&paths::request_access(&slug, &form.redirect)),
        Err(refusal) => {
            let (status, sentence) = in_the_way(refusal, paths::HOME)?;
            let problem = Problem { status, sentence, message: form.message };
            page(State(app), &there, Some(slug.as_str()), &form.redirect, Some(problem)).await
        }
    }
}

/// POST /request-access/withdraw
pub(super) async fn withdraw(
    State(app): AppState,
    there: SignedIn,
    form: Result<Form<AskForm>, FormRejection>,
) -> Result<Response, UiError> {
    let (form, slug) = parsed(form)?;
    let wanted = slug.clone();
    match app.write(there.caller.clone(), move |op| requests::withdraw(op, &wanted).map(drop)).await {
        Ok(()) => see_other(&paths::request_access(&slug, &form.redirect)),
        Err(refusal) => {
            let (status, sentence) = in_the_way(refusal, paths::HOME)?;
            let problem = Problem { status, sentence, message: String::new() };
            page(State(app), &there, Some(slug.as_str()), &form.redirect, Some(problem)).await
        }
    }
}

fn parsed(form: Result<Form<AskForm>, FormRejection>) -> Result<(AskForm, Slug), UiError> {
    let Form(form) = form.map_err(|_| UiError::BadForm)?;
    let slug = Slug::parse(&form.app).map_err(|_| UiError::BadForm)?;
    Ok((form, slug))
}

fn view(user: &User, shown: &Shown, problem: Option<&Problem>) -> Markup {
    html! {
        @match &shown.app {
            _ if !user.is_usable() => (account(user)),
            Found::NoneNamed => (none_named()),
            Found::Unknown => (unregistered()),
            Found::App(app) if app.entry.enters() => (entered(app, &shown.place)),
            Found::App(app) => {
                h1 { (heading(app, shown)) }
                @if let Some(problem) = problem {
                    (kit::notice(Tone::Bad, &html! { strong { "Nothing was sent: " } (problem.sentence) "." }))
                }
                (asking(app, shown, problem))
            }
        }
        p.subtle.account { "You are signed in as " strong { (user.email) } "." }
        div.actions {
            a href=(paths::HOME) { "Home" }
            (kit::use_another_account(&paths::then(paths::SIGNIN, shown.place.as_str())))
        }
    }
}

/// Nobody who comes from home was turned away.
fn heading(app: &AskedApp, shown: &Shown) -> String {
    let waits = app.latest.as_ref().is_some_and(|request| request.state == RequestState::Pending);
    match (shown.place.as_str(), waits) {
        (paths::HOME, true) => format!("Access to {}", app.name),
        (paths::HOME, false) => format!("Ask for access to {}", app.name),
        _ => format!("You may not enter {}", app.name),
    }
}

fn account(user: &User) -> Markup {
    let (heading, sentence) = super::home::account_words(user);
    html! { h1 { (heading) } p { (sentence) } }
}

fn none_named() -> Markup {
    html! {
        h1 { "No app was named" }
        p { "The address of this page says for which app access is asked, and this one names none. Home shows which you can ask for." }
    }
}

fn unregistered() -> Markup {
    html! {
        h1 { "This app is not known here" }
        p { "It is not registered with Gatekeeper, so nobody is let in. Tell the person who set it up." }
    }
}

fn entered(app: &AskedApp, place: &ReturnTo) -> Markup {
    html! {
        h1 { "You may enter " (app.name) }
        p { "Your access is in force now." }
        p.actions {
            @match &app.origin {
                Some(origin) if place.as_str() == paths::HOME => a.button href=(origin) { "Go on" },
                Some(_) | None => a.button href=(place) { "Go on" },
            }
        }
    }
}

/// How a request stands, and what can be done about it.
fn asking(app: &AskedApp, shown: &Shown, problem: Option<&Problem>) -> Markup {
    let latest = app.latest.as_ref().map(|request| (request.state, request));
    match latest {
        Some((RequestState::Pending, request)) => html! {
            (kit::notice(Tone::Waits, &html! {
                strong { "Your request waits. " } "You asked " (time::ago(request.created_at, shown.now)) ". A mail tells you what came of it."
            }))
            @if !request.message.is_empty() { (kit::quote(request.message.as_str())) }
            form method="post" action=(paths::WITHDRAW_REQUEST) {
                (hidden(app, shown))
                button.quiet type="submit" { "Withdraw the request" }
            }
        },
        Some((RequestState::Rejected, request)) => html! {
            (kit::notice(Tone::Bad, &html! {
                strong { "Your request was rejected " } @if let Some(at) = request.decided_at { (time::ago(at, shown.now)) } "."
                @if request.reason.is_empty() { " No reason was given." }
            }))
            @if !request.reason.is_empty() { (kit::quote(request.reason.as_str())) }
            (form(app, shown, problem, "Ask again"))
        },
        Some((RequestState::Approved | RequestState::Withdrawn, _)) | None => html! {
            p {
                @if shown.place.as_str() != paths::HOME { "Your account has no access to it, or no longer has. You can ask: " }
                @else { "You can ask: " }
                "whoever looks after it decides, and a mail tells you."
            }
            (form(app, shown, problem, "Ask for access"))
        },
    }
}

fn form(app: &AskedApp, shown: &Shown, problem: Option<&Problem>, button: &str) -> Markup {
    let written = problem.map_or("", |problem| &problem.message);
    // Of what conflicts, the same form would only be refused again.
    if problem.is_some_and(|problem| problem.status == StatusCode::CONFLICT) {
        return html! {};
    }
    html! {
        form method="post" action=(paths::REQUEST_ACCESS) {
            (hidden(app, shown))
            (kit::field("message", "Message", Some("What you need it for. At most 500 characters; may stay empty."), &html! {
                textarea #message name="message" rows="4" maxlength=(Remark::MOST) aria-describedby="message-hint" { (written) }
            }))
            button type="submit" { (button) }
        }
    }
}

fn hidden(app: &AskedApp, shown: &Shown) -> Markup {
    html! {
        input type="hidden" name="app" value=(app.slug);
        input type="hidden" name="redirect" value=(shown.place);
    }
}
