//! `/admin/users/{id}`: one person, with everything that hangs on them and everything that can be done.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::model::{App as Service, Group};
use gk_service::service::console::{self, Waiting};
use gk_service::service::users::{self, Overview};
use gk_service::service::{Op, View, apps, groups};
use gk_shared::model::UserId;
use gk_shared::time::Timestamp;

use super::change::Change;
use super::one_view;
use crate::ui::console::Problem;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::typed::{Sent, Typed};
use crate::ui::visitor::{SignedIn, Visitor};
use crate::ui::{AppState, paths};

/// What the page shows.
pub(super) struct Shown {
    pub(super) waiting: Waiting,
    pub(super) about: Overview,
    /// All there are, to choose from.
    pub(super) groups: Vec<Group>,
    pub(super) apps: Vec<Service>,
    pub(super) now: Timestamp,
}

/// What is said above it.
pub(super) enum Message {
    Nothing,
    Done(&'static str),
    /// This was asked for and refused, with what was typed.
    Refused(Change, Problem, Typed),
}

/// GET /admin/users/{id}
pub(in crate::ui::console) async fn show(
    app: AppState,
    Administrator(there): Administrator,
    visitor: Visitor,
    id: Result<Path<i64>, PathRejection>,
) -> Result<Response, UiError> {
    let Path(id) = id.map_err(|_| UiError::NoPage)?;
    let done = match visitor.parameter("done") {
        Some("added") => Some("The account was made."),
        Some(word) => Change::parse(word).map(Change::done),
        None => None,
    };
    page(app, &there, UserId(id), done.map_or(Message::Nothing, Message::Done)).await
}

/// POST /admin/users/{id}/{change}
pub(in crate::ui::console) async fn change(
    app: AppState,
    Administrator(there): Administrator,
    named: Result<Path<(i64, String)>, PathRejection>,
    sent: Sent,
) -> Result<Response, UiError> {
    let Path((id, word)) = named.map_err(|_| UiError::NoPage)?;
    let change = Change::parse(&word).ok_or(UiError::NoPage)?;
    let (typed, id) = (Typed::of(sent)?, UserId(id));
    let wanted = typed.clone();
    let verb = move |op: &Op<'_>| change.run(op, &users::find_by_id(op, id)?, &wanted);
    let here = paths::of(paths::USER, id.0);
    match app.0.write(there.caller.clone(), verb).await {
        Ok(()) if change == Change::Delete => see_other(&format!("{}?done=deleted", paths::USERS)),
        Ok(()) => see_other(&format!("{here}?done={word}")),
        Err(refusal) => {
            let problem = Problem::of(refusal, &here)?;
            page(app, &there, id, Message::Refused(change, problem, typed)).await
        }
    }
}

async fn page(State(app): AppState, there: &SignedIn, id: UserId, message: Message) -> Result<Response, UiError> {
    let read = move |view: &View<'_>| {
        Ok(Shown {
            waiting: console::waiting(view)?,
            about: users::overview(view, id)?,
            groups: groups::list(view)?,
            apps: apps::list(view)?,
            now: view.now,
        })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    let status = match &message {
        Message::Nothing | Message::Done(_) => StatusCode::OK,
        Message::Refused(_, problem, _) => problem.status,
    };
    let title = shown.about.user.email.to_string();
    Ok(Page::new(&title).status(status).of_console(there).body(&one_view::view(&shown, &message)))
}
