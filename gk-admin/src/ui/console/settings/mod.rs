//! `/admin/settings`: the installation's settings, a page for each section of the registry.

mod logo;
mod test_mail;
mod views;

pub(super) use logo::{clear as clear_logo, set as set_logo};
pub(super) use test_mail::send as send_test_mail;
pub(super) use views::{DIRECTORIES, head};

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::service::console::{self, Waiting};
use gk_service::service::settings::{self, Change, Look, Part, Seen};
use gk_service::service::{Op, Refusal, View};
use gk_service::settings::{DEFINITIONS, Effective, Secrecy, sections};
use maud::{Markup, html};

use super::Problem;
use super::effects::{preview, worth_showing};
use crate::app::App;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::kit::{self, Tone};
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::typed::{Sent, Typed};
use crate::ui::visitor::{SignedIn, Visitor};
use crate::ui::{AppState, paths};

type Named = Result<Path<String>, PathRejection>;

/// What a page shows.
struct Shown {
    waiting: Waiting,
    section: String,
    settings: Vec<Effective>,
    version: i64,
    /// What is wrong with what was typed, by key.
    problems: Vec<settings::Problem>,
    look: Look,
    /// Whose page it is: the test mail is offered to them.
    email: String,
}

/// What is said above a page.
#[derive(Default)]
struct Said {
    status: StatusCode,
    markup: Option<Markup>,
    /// What was typed and is not saved.
    typed: Option<Typed>,
}

impl Said {
    fn done(sentence: &str) -> Self {
        Self { markup: Some(kit::toast(sentence)), ..Self::default() }
    }

    fn notice(tone: Tone, sentence: &Markup) -> Self {
        Self { markup: Some(kit::notice(tone, sentence)), ..Self::default() }
    }

    fn problem(problem: &Problem, typed: Option<Typed>) -> Self {
        Self { status: problem.status, markup: Some(problem.notice()), typed }
    }
}

/// Where a section's page is.
pub(super) fn at(section: &str) -> String {
    paths::SECTION.replace("{section}", section)
}

/// GET /admin/settings
pub(super) async fn first(_: Administrator) -> Result<Response, UiError> {
    see_other(&at(sections().first().copied().unwrap_or_default()))
}

/// GET /admin/settings/{section}
pub(super) async fn show(
    State(app): AppState,
    Administrator(there): Administrator,
    visitor: Visitor,
    named: Named,
) -> Result<Response, UiError> {
    let Path(section) = named.map_err(|_| UiError::NoPage)?;
    let said = match visitor.parameter("done") {
        Some("saved") => Said::done("Saved, and in force."),
        Some("logo") => Said::done("The logo was changed."),
        Some(_) | None => Said::default(),
    };
    page(&app, &there, section, said).await
}

/// POST /admin/settings/{section}
pub(super) async fn save(
    State(app): AppState,
    Administrator(there): Administrator,
    named: Named,
    sent: Sent,
) -> Result<Response, UiError> {
    let (Path(section), typed) = (named.map_err(|_| UiError::NoPage)?, Typed::of(sent)?);
    let (here, wanted) = (at(&section), typed.clone());
    // A form that says no version has looked at none.
    let version = typed.one("version").and_then(|text| text.parse().ok()).unwrap_or(-1);
    let (seen, named) = (Seen { part: Part::Section(section.clone()), version }, section.clone());
    let verb = move |op: &Op<'_>| settings::change(op, Some(&seen), &changes(op, &named, &wanted)?).map(drop);
    if decides_access(&section) && typed.one("sure").is_none() {
        let effects = app.what_if(there.caller.clone(), verb.clone()).await;
        if let Some(effects) = worth_showing(effects)? {
            let preview = preview(&effects, &typed, (&here, &here));
            return framed(&app, &there, &section, &preview).await;
        }
    }
    match app.write(there.caller.clone(), verb).await {
        Ok(()) => see_other(&format!("{here}?done=saved")),
        Err(refusal) => {
            let problem = Problem::of(refusal, &here)?;
            page(&app, &there, section, Said::problem(&problem, Some(typed))).await
        }
    }
}

/// Whether who enters may change with a setting of this section.
fn decides_access(section: &str) -> bool {
    DEFINITIONS.iter().any(|one| one.section() == section && one.setting.decides_access())
}

/// What a form changes: values that are not those there are, new secrets, and what goes back to its default.
fn changes(view: &View<'_>, section: &str, typed: &Typed) -> Result<Vec<Change>, Refusal> {
    let mut changes = Vec::new();
    for one in settings::part(view, &Part::Section(section.to_owned()))? {
        let key = one.definition.key;
        let sent = typed.raw(key).map(str::trim).filter(|sent| match one.definition.secrecy {
            Secrecy::Secret => !sent.is_empty(),
            Secrecy::Open => *sent != one.open_text(),
        });
        if typed.all("reset").any(|reset| reset == key) {
            changes.push(Change { key: key.to_owned(), value: None });
        } else if let Some(sent) = sent {
            changes.push(Change { key: key.to_owned(), value: Some(sent.to_owned()) });
        }
    }
    Ok(changes)
}

async fn page(app: &App, there: &SignedIn, section: String, said: Said) -> Result<Response, UiError> {
    let (email, typed) = (there.user.email.to_string(), said.typed.clone());
    let read = move |view: &View<'_>| {
        let settings = settings::part(view, &Part::Section(section.clone()))?;
        let problems = match &typed {
            Some(typed) => settings::problems(view, &changes(view, &section, typed)?)?,
            None => Vec::new(),
        };
        let (waiting, look) = (console::waiting(view)?, settings::look(view)?);
        Ok(Shown { waiting, version: settings::version(&settings), section, settings, problems, look, email })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    let body = views::page(&shown, &said);
    Ok(Page::new("Settings").status(said.status).of_console(there).body(&body))
}

/// Something else in the place of a section's form.
async fn framed(app: &App, there: &SignedIn, section: &str, body: &Markup) -> Result<Response, UiError> {
    let waiting = app.read(there.caller.clone(), |view: &View<'_>| console::waiting(view)).await?;
    let body = html! { (views::head(&waiting, section)) (body) };
    Ok(Page::new("Settings").of_console(there).body(&body))
}
