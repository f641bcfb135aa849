//! `/admin/mail`: letters that wait or were given up, and the addresses no mail goes to.

use axum::Form;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::model::{MailEntry, MailState, SuppressedBy, Suppression};
use gk_service::service::console::{self, Waiting};
use gk_service::service::{Op, Refusal, View, mail};
use gk_shared::model::Email;
use gk_shared::time::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::Problem;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::kit::{self, Tone};
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths, time};

/// As many of each kind are shown; `gk mail` shows more.
const MOST_SHOWN: usize = 50;

/// What the address says.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(in crate::ui) struct Asked {
    done: Option<Done>,
}

/// What was just done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Done {
    Retried,
    AllRetried,
    Dropped,
    Suppressed,
    Unsuppressed,
}

impl Done {
    fn word(self) -> &'static str {
        match self {
            Self::Retried => "retried",
            Self::AllRetried => "all-retried",
            Self::Dropped => "dropped",
            Self::Suppressed => "suppressed",
            Self::Unsuppressed => "unsuppressed",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Retried => "The mail is tried again now.",
            Self::AllRetried => "Every mail that is still worth it is tried again now.",
            Self::Dropped => "The mail was dropped.",
            Self::Suppressed => "No mail goes to that address from now on.",
            Self::Unsuppressed => "Mail goes to that address again.",
        }
    }
}

/// What the forms about addresses send.
#[derive(Deserialize)]
pub(in crate::ui) struct AddressForm {
    email: String,
    #[serde(default)]
    reason: String,
}

type Asking = Result<Query<Asked>, QueryRejection>;
type Numbered = Result<Path<i64>, PathRejection>;
type Sent = Result<Form<AddressForm>, FormRejection>;

/// What the page shows.
struct Shown {
    waiting: Waiting,
    dead: Vec<MailEntry>,
    queued: Vec<MailEntry>,
    suppressed: Vec<Suppression>,
    now: Timestamp,
}

/// GET /admin/mail
pub(in crate::ui) async fn show(
    State(app): AppState,
    Administrator(there): Administrator,
    asked: Asking,
) -> Result<Response, UiError> {
    let said = asked.unwrap_or_default().done.map(|done| kit::notice(Tone::Good, &html! { (done.sentence()) }));
    page(app, &there, (StatusCode::OK, said)).await
}

/// POST /admin/mail/{id}/retry
pub(in crate::ui) async fn retry(
    app: AppState,
    Administrator(there): Administrator,
    id: Numbered,
) -> Result<Response, UiError> {
    let Path(id) = id.map_err(|_| UiError::NoPage)?;
    change(app, there, Done::Retried, move |op| mail::retry(op, id).map(drop)).await
}

/// POST /admin/mail/retry
pub(in crate::ui) async fn retry_all(app: AppState, Administrator(there): Administrator) -> Result<Response, UiError> {
    change(app, there, Done::AllRetried, |op| mail::retry_all(op).map(drop)).await
}

/// POST /admin/mail/{id}/drop
pub(in crate::ui) async fn discard(
    app: AppState,
    Administrator(there): Administrator,
    id: Numbered,
) -> Result<Response, UiError> {
    let Path(id) = id.map_err(|_| UiError::NoPage)?;
    change(app, there, Done::Dropped, move |op| mail::discard(op, id).map(drop)).await
}

/// POST /admin/mail/suppress
pub(in crate::ui) async fn suppress(
    app: AppState,
    Administrator(there): Administrator,
    form: Sent,
) -> Result<Response, UiError> {
    let Form(AddressForm { email, reason }) = form.map_err(|_| UiError::BadForm)?;
    let suppress = move |op: &Op<'_>| mail::suppress(op, &Email::parse(&email)?, reason.trim()).map(drop);
    change(app, there, Done::Suppressed, suppress).await
}

/// POST /admin/mail/unsuppress
pub(in crate::ui) async fn unsuppress(
    app: AppState,
    Administrator(there): Administrator,
    form: Sent,
) -> Result<Response, UiError> {
    let Form(AddressForm { email, .. }) = form.map_err(|_| UiError::BadForm)?;
    change(app, there, Done::Unsuppressed, move |op| mail::unsuppress(op, &Email::parse(&email)?)).await
}

async fn change(
    State(app): AppState,
    there: SignedIn,
    done: Done,
    verb: impl FnOnce(&Op<'_>) -> Result<(), Refusal> + Send + 'static,
) -> Result<Response, UiError> {
    match app.write(there.caller.clone(), verb).await {
        Ok(()) => see_other(&paths::with(paths::MAIL, [("done", Some(done.word().to_owned()))])),
        Err(refusal) => {
            let problem = Problem::of(refusal, paths::MAIL)?;
            page(app, &there, (problem.status, Some(problem.notice()))).await
        }
    }
}

async fn page(
    app: crate::app::App,
    there: &SignedIn,
    (status, said): (StatusCode, Option<Markup>),
) -> Result<Response, UiError> {
    let read = |view: &View<'_>| {
        Ok(Shown {
            waiting: console::waiting(view)?,
            dead: mail::list(view, Some(MailState::Dead))?,
            queued: mail::list(view, Some(MailState::Queued))?,
            suppressed: mail::suppressed(view)?,
            now: view.now,
        })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    Ok(Page::new("Mail").status(status).of_console(there).body(&view(&shown, said.as_ref())))
}

fn view(shown: &Shown, said: Option<&Markup>) -> Markup {
    html! {
        (super::nav(&shown.waiting, paths::MAIL))
        h1 { "Mail" }
        @if let Some(said) = said { (said) }
        h2 { "Given up" }
        @if shown.dead.is_empty() {
            (kit::empty("No mail was given up."))
        } @else {
            (letters("Mails that were given up", &shown.dead, shown.now))
            form method="post" action=(paths::RETRY_ALL_MAIL) { button type="submit" { "Try all again" } }
        }
        h2 { "Waiting" }
        @if shown.queued.is_empty() {
            (kit::empty("No mail waits: what was written has left."))
        } @else {
            (letters("Mails that wait", &shown.queued, shown.now))
        }
        h2 { "Addresses no mail goes to" }
        @if shown.suppressed.is_empty() {
            (kit::empty("Mail goes to everybody. An address a mail server refuses for good shows here."))
        } @else {
            (kit::table("Addresses no mail goes to", &["Address", "Why", "Since", ""],
                &shown.suppressed.iter().take(MOST_SHOWN).map(|one| address_row(one, shown.now)).collect::<Vec<_>>()))
            (more(shown.suppressed.len(), "gk mail suppressed"))
        }
        h2 { "Suppress an address" }
        (suppress_form())
    }
}

fn letters(caption: &str, mails: &[MailEntry], now: Timestamp) -> Markup {
    let rows = mails.iter().take(MOST_SHOWN).map(|mail| letter_row(mail, now)).collect::<Vec<_>>();
    html! {
        (kit::table(caption, &["To", "About", "Why", "Written", ""], &rows))
        (more(mails.len(), "gk mail queue"))
    }
}

fn more(count: usize, command: &str) -> Markup {
    html! { @if count > MOST_SHOWN { p.subtle { "Only the newest " (MOST_SHOWN) " are shown; " code { (command) } " shows more." } } }
}

fn letter_row(mail: &MailEntry, now: Timestamp) -> Vec<Markup> {
    let tries = if mail.tries == 1 { "try" } else { "tries" };
    vec![
        html! { span.address { (mail.to) } },
        html! { (mail.kind) },
        html! { @if mail.tries == 0 && mail.last_error.is_empty() { span.subtle { "not tried yet" } } @else {
            span.error { (mail.last_error) } " " span.subtle { "(" (mail.tries) " " (tries) ")" }
        } },
        time::ago(mail.created_at, now),
        html! {
            form.inline method="post" action=(paths::of(paths::RETRY_MAIL, mail.id)) {
                button.quiet type="submit" { "Try now" }
            }
            (kit::confirm("Drop…", &html! {
                form method="post" action=(paths::of(paths::DROP_MAIL, mail.id)) {
                    p.hint { "It is never sent, and what it says is forgotten." }
                    button.danger type="submit" { "Drop" }
                }
            }))
        },
    ]
}

fn address_row(one: &Suppression, now: Timestamp) -> Vec<Markup> {
    let (tone, word) = match one.source {
        SuppressedBy::Bounce => (Tone::Bad, "refused by its server"),
        SuppressedBy::Hand => (Tone::Plain, "by hand"),
    };
    vec![
        html! { span.address { (one.email) } },
        html! { (kit::badge(tone, word)) " " (one.reason) },
        time::ago(one.created_at, now),
        html! {
            form.inline method="post" action=(paths::UNSUPPRESS_MAIL) {
                input type="hidden" name="email" value=(one.email);
                button.quiet type="submit" { "Send to it again" }
            }
        },
    ]
}

fn suppress_form() -> Markup {
    html! {
        form method="post" action=(paths::SUPPRESS_MAIL) {
            (kit::field("suppress-email", "Address", None, &html! {
                input #suppress-email type="email" name="email" autocomplete="off" maxlength="254" required;
            }))
            (kit::field("suppress-reason", "Why", Some("For whoever wonders later. May be left out."), &html! {
                input #suppress-reason type="text" name="reason" maxlength="200" aria-describedby="suppress-reason-hint";
            }))
            button type="submit" { "Suppress the address" }
        }
    }
}
