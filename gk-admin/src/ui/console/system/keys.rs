//! `/admin/system/keys`: the keys that sign and seal, and exchanging them. What comes of it stands before each button.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::service::console::{self, Waiting};
use gk_service::service::rotation::{self, Keys, SigningKey};
use gk_service::service::{Caller, Refusal, View, sessions};
use gk_shared::time::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::nav;
use crate::app::App;
use crate::ui::console::Problem;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::kit::{self, Tone};
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths, time};

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::ui) struct Asked {
    done: Option<String>,
}

/// What can be exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    SigningKey,
    AppSalt,
    RootKey,
}

impl Change {
    const ALL: [Self; 3] = [Self::SigningKey, Self::AppSalt, Self::RootKey];

    /// The last word of its path.
    fn word(self) -> &'static str {
        match self {
            Self::SigningKey => "signing-key",
            Self::AppSalt => "app-salt",
            Self::RootKey => "root-key",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.word() == word)
    }

    fn done(self) -> &'static str {
        match self {
            Self::SigningKey => "Sessions are signed with a new key. Nobody was signed out.",
            Self::AppSalt => "Every session has ended.",
            Self::RootKey => "Everything is sealed with a new root key. Copy its file to where you keep it.",
        }
    }

    async fn run(self, app: &App, caller: Caller) -> Result<(), Refusal> {
        match self {
            Self::SigningKey => app.write(caller, rotation::rotate_signing_key).await.map(drop),
            Self::AppSalt => app.write(caller, sessions::end_everybodys).await.map(drop),
            Self::RootKey => app.rotate_root_key(caller).await.map(drop),
        }
    }
}

/// What the page shows.
struct Shown {
    waiting: Waiting,
    keys: Keys,
    now: Timestamp,
}

/// GET /admin/system/keys
pub(in crate::ui) async fn show(
    State(app): AppState,
    Administrator(there): Administrator,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, UiError> {
    let done = asked.unwrap_or_default().0.done.as_deref().and_then(Change::parse);
    let said = done.map(|done| kit::notice(Tone::Good, &html! { (done.done()) }));
    page(app, &there, (StatusCode::OK, said)).await
}

/// POST /admin/system/keys/{change}
pub(in crate::ui) async fn change(
    State(app): AppState,
    Administrator(there): Administrator,
    named: Result<Path<String>, PathRejection>,
) -> Result<Response, UiError> {
    let Path(word) = named.map_err(|_| UiError::NoPage)?;
    let change = Change::parse(&word).ok_or(UiError::NoPage)?;
    match change.run(&app, there.caller.clone()).await {
        Ok(()) => see_other(&paths::with(paths::SYSTEM_KEYS, [("done", Some(word))])),
        Err(refusal) => {
            let problem = Problem::of(refusal, paths::SYSTEM_KEYS)?;
            page(app, &there, (problem.status, Some(problem.notice()))).await
        }
    }
}

async fn page(app: App, there: &SignedIn, (status, said): (StatusCode, Option<Markup>)) -> Result<Response, UiError> {
    let read =
        |view: &View<'_>| Ok(Shown { waiting: console::waiting(view)?, keys: rotation::keys(view)?, now: view.now });
    let shown = app.read(there.caller.clone(), read).await?;
    Ok(Page::new("Keys and salts").status(status).of_console(there).body(&view(&shown, said.as_ref())))
}

fn view(shown: &Shown, said: Option<&Markup>) -> Markup {
    let keys = &shown.keys;
    let sessions = kit::counted(keys.sessions, "open session", "open sessions");
    let people = kit::counted(keys.people, "person", "people");
    let touched = format!("{sessions} of {people}");
    html! {
        (nav(&shown.waiting, paths::SYSTEM_KEYS))
        h1 { "Keys and salts" }
        @if let Some(said) = said { (said) }
        h2 { "Signing key" }
        p { "Every session is signed with it. With a new one nobody is signed out: the tokens of an old one are believed until the last has run out, and it signs nothing more." }
        (kit::table("Signing keys", &["Key", "Made", "Believed"],
            &keys.signing.iter().map(|key| row(key, shown.now)).collect::<Vec<_>>()))
        (button(Change::SigningKey, "Exchange the signing key…", &html! {
            p.hint { "No session ends: " (touched) " go on." }
            button type="submit" { "Exchange the signing key" }
        }))
        h2 { "App salt" }
        p { "It ties every session to this installation. With a new one everybody has to sign in again. If the signing key may have leaked, exchange that first, then this." }
        (button(Change::AppSalt, "Sign everybody out…", &html! {
            p.hint { (touched) " end at once, yours too." }
            button.danger type="submit" { "Sign everybody out" }
        }))
        h2 { "One person's salt" }
        p { "The same for one person: " strong { "End all" } " beside their open sessions, under " a href=(paths::USERS) { "Users" } "." }
        h2 { "Root key" }
        p { "Keys and passwords in the database are sealed with it. Its fingerprint is " code { (keys.fingerprint) } "." }
        (button(Change::RootKey, "Exchange the root key…", &html! {
            p.hint { "No session ends: " (kit::counted(keys.sealed, "sealed value is", "sealed values are")) " sealed anew. Backups taken until now need the old key, which stays beside the new one under its fingerprint." }
            button type="submit" { "Exchange the root key" }
        }))
    }
}

fn button(change: Change, summary: &str, form: &Markup) -> Markup {
    let action = paths::ROTATE_KEY.replace("{change}", change.word());
    kit::confirm(summary, &html! { form method="post" action=(action) { (form) } })
}

fn row(key: &SigningKey, now: Timestamp) -> Vec<Markup> {
    let believed = match key.until {
        None => kit::badge(Tone::Good, "in use"),
        Some(until) if until <= now => html! { "no longer needed" },
        Some(until) => html! { "until " (time::at(until)) },
    };
    vec![html! { (key.id.0) }, time::ago(key.created_at, now), believed]
}
