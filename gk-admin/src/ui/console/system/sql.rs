//! `/admin/system/sql`: asking the database, and taking away what was shown.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::query::{Answer, Rows};
use gk_service::service::console::{self, Waiting};
use gk_service::service::{Op, Refusal, View, queries};

use super::sql_view;
use crate::app::App;
use crate::question::{self, Taken};
use crate::sheets::{self, Format};
use crate::ui::console::Problem;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::page::Page;
use crate::ui::typed::{Sent, Typed};
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths};

/// What the page shows beside the answer.
pub(super) struct Shown {
    pub(super) waiting: Waiting,
    pub(super) on: bool,
    pub(super) remembered: Vec<String>,
    pub(super) question: String,
}

/// What came of the question.
pub(super) enum Came {
    Nothing,
    /// Rows, and the number they are kept by.
    Rows(Rows, u64),
    Refused(String),
    Problem(Problem),
}

/// GET /admin/system/sql
pub(in crate::ui) async fn show(
    State(app): AppState,
    Administrator(there): Administrator,
) -> Result<Response, UiError> {
    page(app, &there, (String::new(), Came::Nothing)).await
}

/// POST /admin/system/sql
pub(in crate::ui) async fn ask(
    State(app): AppState,
    Administrator(there): Administrator,
    sent: Sent,
) -> Result<Response, UiError> {
    let question = Typed::of(sent)?.one("sql").unwrap_or_default().to_owned();
    let came = match noted(&app, &there, &question).await {
        Ok(()) => answered(&app, &there, &question).await,
        Err(refusal) => Came::Problem(Problem::of(refusal, paths::SQL)?),
    };
    page(app, &there, (question, came)).await
}

/// POST /admin/system/sql/{number}/export
pub(in crate::ui) async fn export(
    State(app): AppState,
    Administrator(there): Administrator,
    number: Result<Path<u64>, PathRejection>,
    sent: Sent,
) -> Result<Response, UiError> {
    let Path(number) = number.map_err(|_| UiError::NoPage)?;
    let format = Typed::of(sent)?.one("format").and_then(Format::parse).ok_or(UiError::BadForm)?;
    let Some(taken) = app.shown.of(number, there.user.id) else {
        let came = Came::Refused(
            "those rows are not kept any more: ask again, and take them away within a quarter of an hour".into(),
        );
        return page(app, &there, (String::new(), came)).await;
    };
    let (question, rows) = (taken.question.clone(), taken.rows.rows.len());
    let left = app.write(there.caller.clone(), move |op: &Op<'_>| queries::take_away(op, &question, rows)).await;
    left.map_err(|refusal| UiError::refused_at(paths::SQL, refusal))?;
    Ok(sheets::answer(sheets::answer_as_sheet(taken.rows.clone()), format).await?)
}

async fn noted(app: &App, there: &SignedIn, question: &str) -> Result<(), Refusal> {
    let question = question.to_owned();
    app.write(there.caller.clone(), move |op: &Op<'_>| queries::begin(op, &question)).await
}

async fn answered(app: &App, there: &SignedIn, question: &str) -> Came {
    match question::ask(app.database.path(), question).await {
        Answer::Rows(rows) => {
            let taken = Taken { asked_by: there.user.id, question: question.to_owned(), rows: rows.clone() };
            Came::Rows(rows, app.shown.keep(taken))
        }
        Answer::Refused(why) => Came::Refused(why),
    }
}

async fn page(app: App, there: &SignedIn, (question, came): (String, Came)) -> Result<Response, UiError> {
    let status = match &came {
        Came::Nothing | Came::Rows(..) => StatusCode::OK,
        Came::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Came::Problem(problem) => problem.status,
    };
    let read = move |view: &View<'_>| {
        let (waiting, on) = (console::waiting(view)?, queries::is_on(view));
        Ok(Shown { waiting, on, remembered: queries::remembered(view)?, question })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    Ok(Page::new("SQL").status(status).of_console(there).body(&sql_view::view(&shown, &came)))
}
