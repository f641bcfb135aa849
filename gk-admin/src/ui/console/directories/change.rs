//! What is done with a directory that is set up: it is tried, everybody in it is looked up again, it goes.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::model::DirectoryLabel;
use gk_service::service::directories::{self, People};
use gk_service::service::{Caller, Op, Refusal, View};
use maud::html;

use super::{Problem, Said, at, page};
use crate::app::App;
use crate::directory::probe;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::kit::{self, Tone};
use crate::ui::signin::see_other;
use crate::ui::typed::{Sent, Typed};
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths};

/// POST /admin/directories/{label}/{change}
pub(in crate::ui::console) async fn change(
    State(app): AppState,
    Administrator(there): Administrator,
    named: Result<Path<(String, String)>, PathRejection>,
    sent: Sent,
) -> Result<Response, UiError> {
    let (Path((label, change)), typed) = (named.map_err(|_| UiError::NoPage)?, Typed::of(sent)?);
    let label = DirectoryLabel::parse(&label).map_err(|_| UiError::NoPage)?;
    let caller = there.caller.clone();
    let done = match change.as_str() {
        "test" => return test(&app, &there, label, typed).await,
        "provision" => return super::people::provision(&app, &there, label, &typed).await,
        "refresh" => refresh(&app, caller, &label).await.map(|()| format!("{}?done=started", at(&label))),
        "allow" => of_run(&app, caller, &typed, |op, run| directories::allow(op, run).map(drop))
            .await
            .map(|()| format!("{}?done=started", at(&label))),
        "cancel" => of_run(&app, caller, &typed, |op, run| directories::cancel(op, run).map(drop))
            .await
            .map(|()| format!("{}?done=stopped", at(&label))),
        "remove" => remove(&app, caller, &label, &typed).await.map(|()| paths::DIRECTORIES.to_owned()),
        _ => return Err(UiError::NoPage),
    };
    match done {
        Ok(place) => see_other(&place),
        Err(refusal) => {
            let problem = Problem::of(refusal, &at(&label))?;
            page(&app, &there, label, Said::problem(&problem, None)).await
        }
    }
}

/// Tries it as it is saved, step by step.
async fn test(app: &App, there: &SignedIn, label: DirectoryLabel, typed: Typed) -> Result<Response, UiError> {
    let wanted = label.clone();
    let usable = app.read(there.caller.clone(), move |view: &View<'_>| directories::to_try(view, &wanted)).await;
    let said = match usable {
        Ok(usable) => {
            let probe = probe(&usable, typed.one("user")).await;
            let (tone, sentence) =
                if probe.is_well() { (Tone::Good, "It works.") } else { (Tone::Bad, "It does not work yet.") };
            let markup = Some(kit::notice(tone, &html! { (sentence) }));
            Said { status: StatusCode::OK, markup, probe: Some(probe), typed: None }
        }
        Err(refusal) => Said::problem(&Problem::of(refusal, &at(&label))?, None),
    };
    page(app, there, label, said).await
}

async fn refresh(app: &App, caller: Caller, label: &DirectoryLabel) -> Result<(), Refusal> {
    let label = label.clone();
    app.write(caller, move |op: &Op<'_>| directories::start(op, &label)).await.map(drop)
}

async fn of_run(
    app: &App,
    caller: Caller,
    typed: &Typed,
    verb: fn(&Op<'_>, i64) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let number = |text: &str| text.parse::<i64>().map_err(|_| Refusal::Invalid("run is a number".into()));
    let run = typed.needed("run", number)?;
    app.write(caller, move |op: &Op<'_>| verb(op, run)).await
}

async fn remove(app: &App, caller: Caller, label: &DirectoryLabel, typed: &Typed) -> Result<(), Refusal> {
    let people = if typed.one("release").is_some() { People::Release } else { People::Refuse };
    let label = label.clone();
    app.write(caller, move |op: &Op<'_>| directories::remove(op, &label, people)).await.map(drop)
}
