//! `/signin/sent`: the window that waits, and takes the code. The same for everybody, whether a mail was sent or not.

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::Secret;
use gk_service::model::Purpose;
use gk_service::service::View;
use gk_service::service::signin::{self, Waiting};
use gk_shared::model::Email;
use gk_shared::time::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::central::{self, Tried};
use super::cookies::CookieRules;
use super::errors::UiError;
use super::kit;
use super::page::Page;
use super::signin::see_other;
use super::visitor::Visitor;
use super::{AppState, paths};
use crate::app::App;

/// What the code's form sends.
#[derive(Deserialize)]
pub(super) struct CodeForm {
    /// Which of the browser's pending sign-ins.
    flow: String,
    #[serde(default, rename = "for")]
    way: String,
    code: String,
}

/// Which page asked for the mail: the words differ, and never by the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    SignIn,
    Register,
    Invitation,
}

impl Way {
    pub(super) fn of(purpose: Purpose, invited: bool) -> Self {
        match purpose {
            Purpose::SignIn | Purpose::Register if invited => Self::Invitation,
            Purpose::SignIn => Self::SignIn,
            Purpose::Register => Self::Register,
        }
    }

    /// How addresses and forms say it; what is none of these words is a plain sign-in.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::SignIn => "",
            Self::Register => "register",
            Self::Invitation => "invitation",
        }
    }

    fn parse(word: &str) -> Self {
        [Self::Register, Self::Invitation].into_iter().find(|way| way.word() == word).unwrap_or(Self::SignIn)
    }

    fn promise(self) -> &'static str {
        match self {
            Self::SignIn => "If there is an account for what you typed, a mail is on its way.",
            Self::Register | Self::Invitation => "If we can send mail to that address, one is on its way.",
        }
    }
}

/// What a window knows of its sign-in.
struct Shown {
    /// Of the link, and of the code.
    minutes: (i64, i64),
    flow: String,
    way: Way,
}

/// GET /signin/sent?flow=…
pub(super) async fn show(State(app): AppState, visitor: Visitor) -> Result<Response, UiError> {
    let flow = visitor.parameter("flow").unwrap_or_default().to_owned();
    let way = Way::parse(visitor.parameter("for").unwrap_or_default());
    let (asked, from) = (flow.clone(), visitor.clone());
    let read = move |view: &View<'_>| {
        let verifier = from.verifier(&CookieRules::of(view), &asked);
        let waiting = verifier.map(|verifier| signin::wait(view, &verifier)).transpose()?;
        Ok((waiting, signin::minutes(view)))
    };
    let (waiting, minutes) = app.read(visitor.stranger(), read).await?;
    match &waiting {
        None => Ok(nothing_waits(StatusCode::OK)),
        // Another window of this browser has used the mail: this one goes where that one went. A session from before
        // does not count, or somebody who signs in again would go on without having done so.
        Some(Waiting::Used { by, at, destination }) if has_signed_in(&app, &visitor, by, *at).await? => {
            see_other(&central::url_of(destination))
        }
        Some(Waiting::Used { .. } | Waiting::Open) => {
            Ok(page(StatusCode::OK, &Shown { minutes, flow, way }, Tried::NotYet))
        }
    }
}

/// Whether this browser is signed in as this person by a sign-in since that time.
async fn has_signed_in(app: &App, visitor: &Visitor, by: &Email, since: Timestamp) -> Result<bool, UiError> {
    let there = visitor.signed_in(app).await?;
    Ok(there.is_some_and(|there| there.user.email == *by && there.session.created_at >= since))
}

/// POST /signin/sent: a code.
pub(super) async fn enter(
    State(app): AppState,
    visitor: Visitor,
    form: Result<Form<CodeForm>, FormRejection>,
) -> Result<Response, UiError> {
    let Form(CodeForm { flow, way, code }) = form.map_err(|_| UiError::BadForm)?;
    let (caller, asked, from) = (visitor.stranger(), flow.clone(), visitor.clone());
    let done = app.write(caller, move |op| {
        let rules = CookieRules::of(op);
        let browser = visitor.browser(&rules);
        let verifier = visitor.verifier(&rules, &asked);
        let signed_in = verifier.map(|verifier| signin::enter(op, &verifier, &code, &browser)).transpose()?;
        Ok((signed_in, rules, signin::minutes(op)))
    });
    match done.await? {
        (Some(Some(signed_in)), rules, _) => central::lead(&app, &from, (signed_in, rules)).await,
        (Some(None), _, minutes) => {
            let shown = Shown { minutes, flow, way: Way::parse(&way) };
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &shown, Tried::InVain))
        }
        (None, ..) => Ok(nothing_waits(StatusCode::UNPROCESSABLE_ENTITY)),
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

fn page(status: StatusCode, shown: &Shown, tried: Tried) -> Response {
    // A sign-in ends at any of our hosts, and browsers hold the policy against that redirect too.
    Page::new("Check your mail").status(status).may_lead_anywhere().goes_on_by_itself().body(&view(shown, tried))
}

/// For a browser that keeps no secret for the sign-in it asks about.
fn nothing_waits(status: StatusCode) -> Response {
    let body = html! {
        h1 { "Nothing waits here" }
        p { "No sign-in was begun in this browser, or it was long ago. Begin one, or go back to the browser in which you asked for the mail." }
        p.actions { a.button href=(paths::SIGNIN) { "Sign in" } }
    };
    Page::new("Nothing waits here").status(status).body(&body)
}

const WRONG: &str =
    "That code does not work. Look at it again, or ask for a new mail; after five wrong codes only a new mail helps.";

fn view(shown: &Shown, tried: Tried) -> Markup {
    let (minutes, code_minutes) = shown.minutes;
    html! {
        h1 { "Check your mail" }
        p { (shown.way.promise()) " Open its link in this browser within " (minutes) " minutes, or type its code here within " (code_minutes) "." }
        // The address stays the window's own after a wrong code, so that it goes on waiting.
        form method="post" action=(paths::waiting(&shown.flow, shown.way.word())) {
            input type="hidden" name="flow" value=(shown.flow);
            input type="hidden" name="for" value=(shown.way.word());
            (kit::code_field((tried == Tried::InVain).then_some(WRONG)))
            button type="submit" { "Sign in" }
        }
        ul.subtle {
            li { "Nothing after a few minutes? Look in the spam folder." }
            @match shown.way {
                Way::SignIn => li { "New here, and nothing comes? " a href=(paths::REGISTER) { "Register" } " first." },
                Way::Register => {},
                Way::Invitation => li { "To try another address, open the invitation again." },
            }
        }
        @match shown.way {
            Way::SignIn => p.actions { a href=(paths::SIGNIN) { "Try another address" } },
            Way::Register => p.actions { a href=(paths::REGISTER) { "Try another address" } },
            Way::Invitation => {},
        }
    }
}
