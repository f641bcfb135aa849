//! `/admin/directories`: where people come from besides this installation, and looking everybody there up again.

mod change;
mod form;
mod people;
mod run_view;
mod views;

pub(super) use change::change;
pub(super) use people::search;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::model::{Directory, DirectoryLabel, DirectoryRun, RunPerson};
use gk_service::service::console::{self, Waiting};
use gk_service::service::{Op, Refusal, View, directories};
use gk_shared::time::Timestamp;
use maud::Markup;

use super::Problem;
use crate::app::App;
use crate::directory::Probe;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::kit;
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::typed::{Sent, Typed};
use crate::ui::visitor::{SignedIn, Visitor};
use crate::ui::{AppState, paths};

type Named = Result<Path<String>, PathRejection>;

/// What a directory's page shows.
struct Shown {
    waiting: Waiting,
    one: Directory,
    /// Its place in the order, from 1, and how many there are.
    place: (usize, usize),
    /// The newest run, and whom it changed.
    run: Option<(DirectoryRun, Vec<RunPerson>)>,
    /// Accounts that it keeps.
    people: i64,
    now: Timestamp,
}

/// What is said above a page, and what was typed and is not saved.
#[derive(Default)]
struct Said {
    status: StatusCode,
    markup: Option<Markup>,
    typed: Option<Typed>,
    probe: Option<Probe>,
}

impl Said {
    fn done(sentence: &str) -> Self {
        Self { markup: Some(kit::toast(sentence)), ..Self::default() }
    }

    fn problem(problem: &Problem, typed: Option<Typed>) -> Self {
        Self { status: problem.status, markup: Some(problem.notice()), typed, ..Self::default() }
    }
}

/// Where a directory's page is.
fn at(label: &DirectoryLabel) -> String {
    paths::DIRECTORY.replace("{label}", label.as_str())
}

fn labelled(named: Named) -> Result<DirectoryLabel, UiError> {
    let Path(label) = named.map_err(|_| UiError::NoPage)?;
    DirectoryLabel::parse(&label).map_err(|_| UiError::NoPage)
}

/// GET /admin/directories
pub(super) async fn list(State(app): AppState, Administrator(there): Administrator) -> Result<Response, UiError> {
    let read = |view: &View<'_>| Ok((console::waiting(view)?, directories::list(view)?));
    let (waiting, all) = app.read(there.caller.clone(), read).await?;
    Ok(Page::new("Directories").of_console(&there).body(&views::list(&waiting, &all)))
}

/// GET /admin/add-directory
pub(super) async fn new(State(app): AppState, Administrator(there): Administrator) -> Result<Response, UiError> {
    blank(&app, &there, Said::default()).await
}

/// POST /admin/directories
pub(super) async fn add(
    State(app): AppState,
    Administrator(there): Administrator,
    sent: Sent,
) -> Result<Response, UiError> {
    let typed = Typed::of(sent)?;
    match added(&app, &there, &typed).await {
        Ok(one) => see_other(&format!("{}?done=added", at(&one.label))),
        Err(refusal) => {
            let problem = Problem::of(refusal, paths::NEW_DIRECTORY)?;
            blank(&app, &there, Said::problem(&problem, Some(typed))).await
        }
    }
}

async fn added(app: &App, there: &SignedIn, typed: &Typed) -> Result<Directory, Refusal> {
    let label = typed.needed("label", DirectoryLabel::parse)?;
    let setup = form::given(typed, true)?.setup()?;
    app.write(there.caller.clone(), move |op: &Op<'_>| directories::add(op, &label, &setup)).await
}

async fn blank(app: &App, there: &SignedIn, said: Said) -> Result<Response, UiError> {
    let waiting = app.read(there.caller.clone(), |view: &View<'_>| console::waiting(view)).await?;
    let page = Page::new("New directory").status(said.status).of_console(there);
    Ok(page.body(&views::new(&waiting, &said)))
}

/// GET /admin/directories/{label}
pub(super) async fn show(
    State(app): AppState,
    Administrator(there): Administrator,
    visitor: Visitor,
    named: Named,
) -> Result<Response, UiError> {
    let label = labelled(named)?;
    let said = match visitor.parameter("done") {
        Some("added") => Said::done("It is set up. Try it before anybody signs in by it."),
        Some("saved") => Said::done("Saved, and in force."),
        Some("started") => Said::done("Everybody is looked up again. You may close this page."),
        Some("stopped") => Said::done("The run stops after the person it is at."),
        Some(_) | None => Said::default(),
    };
    page(&app, &there, label, said).await
}

/// POST /admin/directories/{label}
pub(super) async fn save(
    State(app): AppState,
    Administrator(there): Administrator,
    named: Named,
    sent: Sent,
) -> Result<Response, UiError> {
    let (label, typed) = (labelled(named)?, Typed::of(sent)?);
    let here = at(&label);
    match saved(&app, &there, label.clone(), &typed).await {
        Ok(_) => see_other(&format!("{here}?done=saved")),
        Err(refusal) => {
            let problem = Problem::of(refusal, &here)?;
            page(&app, &there, label, Said::problem(&problem, Some(typed))).await
        }
    }
}

async fn saved(app: &App, there: &SignedIn, label: DirectoryLabel, typed: &Typed) -> Result<Directory, Refusal> {
    let setup = form::given(typed, false)?.setup()?;
    // A form that says no version has looked at none.
    let version = typed.one("version").and_then(|text| text.parse().ok()).unwrap_or(-1);
    let verb = move |op: &Op<'_>| directories::update_seen(op, &label, &setup, Some(version));
    app.write(there.caller.clone(), verb).await
}

async fn page(app: &App, there: &SignedIn, label: DirectoryLabel, said: Said) -> Result<Response, UiError> {
    let read = move |view: &View<'_>| {
        let all = directories::list(view)?;
        let place = all.iter().position(|one| one.label == label).map_or(0, |place| place + 1);
        let one = directories::find(view, &label)?;
        let people = directories::count(view, &label)?;
        let run = directories::latest(view, &label)?;
        Ok(Shown { waiting: console::waiting(view)?, one, place: (place, all.len()), run, people, now: view.now })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    let title = format!("Directory {}", shown.one.label);
    Ok(Page::new(&title).status(said.status).of_console(there).body(&views::one(&shown, &said)))
}
