//! `/signin/sent`: the window that waits, and takes the code. The same for everybody, whether a mail was sent or not.

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::Secret;
use gk_service::service::View;
use gk_service::service::signin::{self, Waiting};
use gk_service::settings::Setting;
use maud::{Markup, html};
use serde::Deserialize;

use super::cookies::{self, CookieRules};
use super::errors::UiError;
use super::page::Page;
use super::signin::see_other;
use super::visitor::Visitor;
use super::{AppState, paths};

/// What the code's form sends.
#[derive(Deserialize)]
pub(super) struct CodeForm {
    /// Which of the browser's pending sign-ins.
    flow: String,
    code: String,
}

/// What a window knows of its sign-in.
struct Shown {
    minutes: i64,
    /// None in a browser that keeps no secret for this sign-in.
    flow: Option<String>,
    waiting: Waiting,
}

/// GET /signin/sent?flow=…
pub(super) async fn show(State(app): AppState, visitor: Visitor) -> Result<Response, UiError> {
    let (asked, from) = (visitor.parameter("flow").unwrap_or_default().to_owned(), visitor.clone());
    let read = move |view: &View<'_>| {
        let verifier = from.verifier(&CookieRules::of(view), &asked);
        let waiting = verifier.as_ref().map(|verifier| signin::wait(view, verifier)).transpose()?;
        Ok(Shown {
            minutes: view.settings.number(Setting::LinkSeconds) / 60,
            flow: verifier.map(|_| asked),
            waiting: waiting.unwrap_or(Waiting::Open),
        })
    };
    let shown = app.read(visitor.stranger(), read).await?;
    match &shown.waiting {
        // Another window of this browser has used the mail: this one goes where that one went.
        Waiting::Used { by, place } if visitor.signed_in(&app).await?.is_some_and(|user| user.email == *by) => {
            see_other(place.as_str())
        }
        Waiting::Used { .. } | Waiting::Open => Ok(page(StatusCode::OK, &shown, Tried::NotYet)),
    }
}

/// POST /signin/sent: a code.
pub(super) async fn enter(
    State(app): AppState,
    visitor: Visitor,
    form: Result<Form<CodeForm>, FormRejection>,
) -> Result<Response, UiError> {
    let Form(form) = form.map_err(|_| UiError::BadForm)?;
    let (caller, flow) = (visitor.stranger(), form.flow.clone());
    let done = app.write(caller, move |op| {
        let rules = CookieRules::of(op);
        let verifier = visitor.verifier(&rules, &form.flow);
        let signed_in = verifier.map(|verifier| signin::enter(op, &verifier, &form.code)).transpose()?.flatten();
        Ok((signed_in, rules, op.settings.number(Setting::LinkSeconds) / 60))
    });
    match done.await? {
        (Some(signed_in), rules, _) => {
            let mut response = see_other(signed_in.return_to.as_str())?;
            cookies::start_session(response.headers_mut(), &rules, &signed_in.new);
            Ok(response)
        }
        (None, _, minutes) => {
            let shown = Shown { minutes, flow: Some(flow), waiting: Waiting::Open };
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &shown, Tried::InVain))
        }
    }
}

impl Visitor {
    /// The secret of one pending sign-in, by the name of its cookie.
    fn verifier(&self, rules: &CookieRules, flow: &str) -> Option<Secret> {
        self.cookies_named(rules.flow_prefix())
            .find(|(name, _)| name.ends_with(flow) && flow.len() == 16)
            .map(|(_, value)| Secret::new(value))
    }
}

/// Whether a code was typed already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tried {
    NotYet,
    InVain,
}

fn page(status: StatusCode, shown: &Shown, tried: Tried) -> Response {
    // A sign-in ends at any of our hosts, and browsers hold the policy against that redirect too.
    Page::new("Check your mail").status(status).may_lead_anywhere().goes_on_by_itself().body(&view(shown, tried))
}

fn view(shown: &Shown, tried: Tried) -> Markup {
    html! {
        h1 { "Check your mail" }
        p { "If there is an account for what you typed, a mail is on its way. Open its link in this browser within " (shown.minutes) " minutes, or type its code here." }
        @if let Some(flow) = &shown.flow {
            form method="post" action=(paths::SENT) {
                input type="hidden" name="flow" value=(flow);
                label for="code" { "Code from the mail" }
                @if tried == Tried::InVain {
                    p.problem #code-problem role="alert" { "That code does not work. Look at it again, or ask for a new mail; after five wrong codes only a new mail helps." }
                }
                input #code .code type="text" name="code" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false"
                    maxlength="20" required autofocus aria-describedby=[(tried == Tried::InVain).then_some("code-problem")];
                button type="submit" { "Sign in" }
            }
        }
        ul.subtle {
            li { "Nothing after a few minutes? Look in the spam folder." }
            li { "New here, and nothing comes? " a href=(paths::REGISTER) { "Register" } " first." }
        }
        p.actions { a href=(paths::SIGNIN) { "Try another address" } }
    }
}
