//! `/settings`: one's own account. Each form goes to a path of its own and comes back here, saying what was done.

mod email;
mod keys;
mod views;

pub(super) use email::{ask as ask_email, cancel as cancel_email, confirm as confirm_email, show as show_email};
pub(super) use keys::{delete as delete_key, make as make_key};

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::model::{EmailChange, Language};
use gk_service::service::account::{self, OwnSession, Update};
use gk_service::service::console::Console;
use gk_service::service::explain::OwnApp;
use gk_service::service::keys::{self as service_keys, KeyEntry, NewKey};
use gk_service::service::users::Fullname;
use gk_service::service::{Refusal, View, email_change};
use gk_service::settings::Setting;
use gk_shared::model::SessionId;
use gk_shared::policy::Snapshot;
use gk_shared::time::Timestamp;
use serde::Deserialize;

use super::cookies::{self, CookieRules};
use super::errors::UiError;
use super::page::Page;
use super::signin::see_other;
use super::typed::Typed;
use super::visitor::{SignedIn, Visitor};
use super::{AppState, paths};
use crate::app::App;

/// What the page shows besides the person.
struct Shown {
    sessions: Vec<OwnSession>,
    change: Option<EmailChange>,
    keys: Vec<KeyEntry>,
    /// The apps a key could be for; `None` where people make none.
    key_choices: Option<Vec<OwnApp>>,
    /// What was typed for a key and not accepted.
    typed: Typed,
    /// Whether the installation tells of new browsers at all.
    tells_of_devices: bool,
    now: Timestamp,
}

/// What is said above the sections.
enum Message {
    Nothing,
    Done(&'static str),
    /// A key, with its secret.
    MadeKey(Box<NewKey>),
    /// In this section, this.
    Problem(Section, String),
}

/// Where a form that was not accepted stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Profile,
    Mails,
    Email,
    Keys,
    Delete,
}

#[derive(Deserialize)]
pub(super) struct NameForm {
    fullname: String,
}

#[derive(Deserialize)]
pub(super) struct MailsForm {
    #[serde(default)]
    language: String,
    // A box that is not ticked is not sent.
    new_device_mail: Option<String>,
    notify: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct SessionForm {
    session: String,
}

#[derive(Deserialize)]
pub(super) struct DeleteForm {
    confirmation: String,
}

type Sent<T> = Result<Form<T>, FormRejection>;

/// GET /settings
pub(super) async fn show(State(app): AppState, visitor: Visitor, there: SignedIn) -> Result<Response, UiError> {
    let done = visitor.parameter("done").and_then(words);
    page(&app, &there, done.map_or(Message::Nothing, Message::Done), Typed::default()).await
}

/// What was done, by the word in the address: a text from there would be anybody's.
fn words(done: &str) -> Option<&'static str> {
    match done {
        "name" => Some("Your name was saved."),
        "mails" => Some("Your settings were saved."),
        "session" => Some("The session was ended."),
        "others" => Some("All other sessions were ended."),
        "key-deleted" => Some("The key was deleted."),
        "email-asked" => Some("If the address can be used, a mail is on its way there. Open the link in it."),
        "email-changed" => Some("Your e-mail was changed. All other sessions were ended."),
        "email-cancelled" => Some("Your e-mail stays as it is."),
        _ => None,
    }
}

async fn page(app: &App, there: &SignedIn, message: Message, typed: Typed) -> Result<Response, UiError> {
    let read = move |view: &View<'_>, snapshot: &Snapshot| {
        Ok(Shown {
            sessions: account::sessions(view)?,
            change: email_change::waiting(view)?,
            keys: service_keys::list_own(view)?,
            key_choices: service_keys::choices(view, snapshot)?,
            typed,
            tells_of_devices: view.settings.flag(Setting::NewDeviceMail),
            now: view.now,
        })
    };
    let shown = app.read_in_force(there.caller.clone(), read).await?;
    let status = match &message {
        Message::Nothing | Message::Done(_) | Message::MadeKey(_) => StatusCode::OK,
        Message::Problem(..) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let body = views::settings(there, &shown, &message);
    Ok(Page::new("Settings").status(status).signed_in(there).body(&body))
}

/// Back to the settings, saying what was done; or the settings with what was wrong, for what the person can put right.
async fn come_back<T>(
    app: &App,
    there: &SignedIn,
    (section, done): (Section, &str),
    outcome: Result<T, Refusal>,
) -> Result<Response, UiError> {
    match outcome {
        Ok(_) => see_other(&paths::settings_after(done)),
        Err(Refusal::Invalid(problem) | Refusal::Conflict(problem)) => {
            page(app, there, Message::Problem(section, problem), Typed::default()).await
        }
        Err(refusal) => Err(UiError::refused_at(paths::SETTINGS, refusal)),
    }
}

/// POST /settings/name
pub(super) async fn rename(State(app): AppState, there: SignedIn, form: Sent<NameForm>) -> Result<Response, UiError> {
    let Form(form) = form.map_err(|_| UiError::BadForm)?;
    let caller = there.caller.clone();
    let write = move |op: &gk_service::service::Op<'_>| {
        let fullname = Some(Fullname::parse(&form.fullname)?);
        account::update(op, &Update { fullname, ..Update::default() })
    };
    let outcome = app.write(caller, write).await;
    come_back(&app, &there, (Section::Profile, "name"), outcome).await
}

/// POST /settings/mails
pub(super) async fn mails(State(app): AppState, there: SignedIn, form: Sent<MailsForm>) -> Result<Response, UiError> {
    let Form(form) = form.map_err(|_| UiError::BadForm)?;
    let update = Update {
        language: Some(Language::parse(&form.language)),
        new_device_mail: Some(form.new_device_mail.is_some()),
        notify: (there.console != Console::Closed).then_some(form.notify.is_some()),
        ..Update::default()
    };
    let outcome = app.write(there.caller.clone(), move |op| account::update(op, &update)).await;
    come_back(&app, &there, (Section::Mails, "mails"), outcome).await
}

/// POST /settings/sessions/end: one of one's own. Ending the one in hand is signing out.
pub(super) async fn end_session(
    State(app): AppState,
    there: SignedIn,
    form: Sent<SessionForm>,
) -> Result<Response, UiError> {
    let Form(form) = form.map_err(|_| UiError::BadForm)?;
    let id = SessionId::parse(&form.session).ok_or(UiError::NoPage)?;
    let rules = app.write(there.caller, move |op| account::end_session(op, id).map(|()| CookieRules::of(op))).await?;
    if id != there.session.id {
        return see_other(&paths::settings_after("session"));
    }
    let mut response = see_other(paths::SIGNIN)?;
    cookies::end_session(response.headers_mut(), &rules);
    Ok(response)
}

/// POST /settings/sessions/end-others
pub(super) async fn end_others(State(app): AppState, there: SignedIn) -> Result<Response, UiError> {
    let this = there.session;
    app.write(there.caller, move |op| account::end_other_sessions(op, &this)).await?;
    see_other(&paths::settings_after("others"))
}

/// POST /settings/delete
pub(super) async fn delete(State(app): AppState, there: SignedIn, form: Sent<DeleteForm>) -> Result<Response, UiError> {
    let Form(form) = form.map_err(|_| UiError::BadForm)?;
    let write =
        move |op: &gk_service::service::Op<'_>| account::remove(op, &form.confirmation).map(|_| CookieRules::of(op));
    match app.write(there.caller.clone(), write).await {
        Ok(rules) => {
            let mut response = Page::new("Account deleted").body(&views::deleted());
            cookies::end_session(response.headers_mut(), &rules);
            Ok(response)
        }
        Err(refusal) => come_back::<()>(&app, &there, (Section::Delete, ""), Err(refusal)).await,
    }
}
