//! `/admin/keys`: everybody's API keys. A new key is shown in the answer to its form, and never again.

mod views;

pub(super) use views::{key_cells, scope_boxes};

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::model::{App as Service, Scopes};
use gk_service::service::console::{self, Waiting};
use gk_service::service::keys::{self, Add, KeyEntry, Listed, NewKey, NewReach};
use gk_service::service::{Op, Refusal, View, apps};
use gk_shared::model::{ApiKeyId, Slug, Username};
use gk_shared::time::Timestamp;
use serde::Deserialize;

use super::Problem;
use super::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::keys::{end, ticked};
use crate::ui::kit::Paging;
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::typed::{Sent, Typed};
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths};

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::ui) struct Asked {
    page: Option<i64>,
    /// What was just done, and to which key.
    done: Option<String>,
    key: Option<i64>,
}

/// What the page shows.
struct Shown {
    waiting: Waiting,
    listed: Listed,
    apps: Vec<Service>,
    paging: Paging,
    /// What was typed and not accepted.
    typed: Typed,
    now: Timestamp,
}

/// What is said above the list.
enum Message {
    Nothing,
    /// What was done to the key of this number.
    Done(&'static str, i64),
    Made(Box<NewKey>),
    Problem(Problem),
}

type Asking = Result<Query<Asked>, QueryRejection>;

/// What can be done to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Enable,
    Disable,
    Delete,
}

impl Change {
    const ALL: [Self; 3] = [Self::Enable, Self::Disable, Self::Delete];

    /// The last word of its path.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::Delete => "delete",
        }
    }

    /// A word of an address; a text from there would be anybody's.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.word() == word)
    }

    /// What is said of the key once it is done.
    pub(super) fn done(self) -> &'static str {
        match self {
            Self::Enable => "is in use again",
            Self::Disable => "is out of use",
            Self::Delete => "was deleted",
        }
    }

    pub(super) fn run(self, op: &Op<'_>, id: ApiKeyId) -> Result<KeyEntry, Refusal> {
        match self {
            Self::Enable => keys::enable(op, id),
            Self::Disable => keys::disable(op, id),
            Self::Delete => keys::remove(op, id),
        }
    }
}

/// GET /admin/keys
pub(in crate::ui) async fn show(
    app: AppState,
    Administrator(there): Administrator,
    asked: Asking,
) -> Result<Response, UiError> {
    let Query(asked) = asked.unwrap_or_default();
    let done = asked.done.as_deref().and_then(Change::parse).map(Change::done).zip(asked.key);
    let message = done.map_or(Message::Nothing, |(done, key)| Message::Done(done, key));
    page(app, &there, asked.page, (message, Typed::default())).await
}

/// POST /admin/keys
pub(in crate::ui) async fn make(
    app: AppState,
    Administrator(there): Administrator,
    sent: Sent,
) -> Result<Response, UiError> {
    let typed = Typed::of(sent)?;
    let sent = typed.clone();
    let said = match app.write(there.caller.clone(), move |op| keys::add(op, &wanted(&sent, op.now)?)).await {
        Ok(new) => (Message::Made(Box::new(new)), Typed::default()),
        Err(refusal) => (Message::Problem(Problem::of(refusal, paths::KEYS)?), typed),
    };
    page(app, &there, None, said).await
}

/// Reads the form: with an owner it is a person's key, else a program's.
fn wanted(typed: &Typed, now: Timestamp) -> Result<Add, Refusal> {
    let reach = if typed.one("for") == Some("person") {
        let owner = Username::parse(typed.one("owner").unwrap_or_default())?;
        NewReach::Person { owner, apps: ticked(typed)? }
    } else {
        let scopes = Scopes::parse(&typed.all("scope").collect::<Vec<_>>().join(","));
        let scopes = scopes.ok_or_else(|| Refusal::Invalid("choose what the program may do".into()))?;
        NewReach::Program { scopes, app: typed.one("app").map(Slug::parse).transpose()? }
    };
    let name = typed.one("name").unwrap_or_default().to_owned();
    Ok(Add { name, reach, expires_at: end(typed, now)? })
}

/// POST /admin/keys/{id}/{change}
pub(in crate::ui) async fn change(
    app: AppState,
    Administrator(there): Administrator,
    named: Result<Path<(i64, String)>, PathRejection>,
) -> Result<Response, UiError> {
    let Path((id, word)) = named.map_err(|_| UiError::NoPage)?;
    let change = Change::parse(&word).ok_or(UiError::NoPage)?;
    match app.write(there.caller.clone(), move |op| change.run(op, ApiKeyId(id))).await {
        Ok(_) => see_other(&paths::with(paths::KEYS, [("done", Some(word)), ("key", Some(id.to_string()))])),
        Err(refusal) => {
            let problem = Message::Problem(Problem::of(refusal, paths::KEYS)?);
            page(app, &there, None, (problem, Typed::default())).await
        }
    }
}

async fn page(
    State(app): AppState,
    there: &SignedIn,
    number: Option<i64>,
    (message, typed): (Message, Typed),
) -> Result<Response, UiError> {
    let read = move |view: &View<'_>| {
        let paging = Paging::of(number).within(keys::list(view, 0, 0)?.total);
        Ok(Shown {
            waiting: console::waiting(view)?,
            listed: keys::list(view, paging.skip(), paging.most())?,
            apps: apps::list(view)?,
            paging,
            typed,
            now: view.now,
        })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    let status = match &message {
        Message::Nothing | Message::Done(..) | Message::Made(_) => StatusCode::OK,
        Message::Problem(problem) => problem.status,
    };
    Ok(Page::new("Keys").status(status).of_console(there).body(&views::keys(&shown, &message)))
}
