//! `/admin`: what waits for whoever administers, and the way to the console's pages.

pub(super) mod invitations;
pub(super) mod mail;
pub(super) mod people;
pub(super) mod requests;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::service::console::{self, Waiting};
use gk_service::service::{Refusal, View};
use maud::{Markup, html};

use crate::ui::errors::{UiError, in_the_way};
use crate::ui::kit::{self, Tab, Tone};
use crate::ui::page::Page;
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths};

/// GET /admin
pub(super) async fn front(State(app): AppState, there: SignedIn) -> Result<Response, UiError> {
    let waiting = app.read(there.caller.clone(), |view: &View<'_>| console::waiting(view)).await?;
    Ok(Page::new("Console").signed_in(&there).wide().body(&front_view(&waiting)))
}

/// Why nothing was done: said on the list where it was asked for.
struct Problem {
    status: StatusCode,
    sentence: String,
}

impl Problem {
    /// What whoever decides can read there; or a page of its own. `list` is where to come back to after signing in.
    fn of(refusal: Refusal, list: &str) -> Result<Self, UiError> {
        let (status, sentence) = in_the_way(refusal, list)?;
        Ok(Self { status, sentence })
    }

    fn notice(&self) -> Markup {
        kit::notice(Tone::Bad, &html! { strong { "Nothing was done: " } (self.sentence) "." })
    }
}

/// The way between the console's pages, `here` being one of their paths.
pub(super) fn nav(waiting: &Waiting, here: &str) -> Markup {
    let tab = |href, label, count| Tab { href, label, count, here: href == here };
    let mut tabs = vec![tab(paths::ADMIN, "Overview", None), tab(paths::REQUESTS, "Requests", Some(waiting.requests))];
    if let Some(people) = waiting.people {
        tabs.push(tab(paths::PEOPLE, "People", Some(people)));
        tabs.push(tab(paths::INVITATIONS, "Invitations", None));
        tabs.push(tab(paths::MAIL, "Mail", None));
    }
    kit::tabs("Console", &tabs)
}

fn front_view(waiting: &Waiting) -> Markup {
    let nothing = waiting.requests == 0 && waiting.people.unwrap_or(0) == 0;
    html! {
        (nav(waiting, paths::ADMIN))
        h1 { "Console" }
        p.subtle { @if nothing { "All is quiet: nobody waits for you." } @else { "This waits for you." } }
        ul.figures {
            li { (figure(paths::REQUESTS, waiting.requests, ("request for access", "requests for access"))) }
            @if let Some(people) = waiting.people {
                li { (figure(paths::PEOPLE, people, ("new account to approve", "new accounts to approve"))) }
            }
        }
    }
}

fn figure(href: &str, count: i64, (one, many): (&str, &str)) -> Markup {
    html! {
        a.figure.waits[count > 0] href=(href) {
            strong { (count) }
            span { @if count == 1 { (one) } @else { (many) } }
        }
    }
}
