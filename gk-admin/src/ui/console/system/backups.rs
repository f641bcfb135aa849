//! `/admin/system/backups`: those there are, taking one now, and taking one away.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::backup::folder::{Check, Stored};
use gk_service::service::backups::{self, Plan};
use gk_service::service::console::{self, Waiting};
use gk_service::service::{Op, View};
use gk_shared::time::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::nav;
use crate::backups::Failed;
use crate::sheets;
use crate::ui::console::Problem;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::kit::{self, Tone};
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths, time};

/// More are not shown; the folder has them.
const MOST_SHOWN: usize = 100;

/// What the address says.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(in crate::ui) struct Asked {
    done: Option<Done>,
}

/// What was just done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Done {
    Taken,
}

/// What the page shows.
struct Shown {
    waiting: Waiting,
    plan: Plan,
    stored: Vec<Stored>,
    failed: Option<Failed>,
    now: Timestamp,
}

/// GET /admin/system/backups
pub(in crate::ui) async fn show(
    State(app): AppState,
    Administrator(there): Administrator,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, UiError> {
    let done = asked.unwrap_or_default().done;
    let said = done.map(|Done::Taken| kit::notice(Tone::Good, &html! { "The backup was taken." }));
    page(app, &there, (StatusCode::OK, said)).await
}

/// POST /admin/system/backups
pub(in crate::ui) async fn take(
    State(app): AppState,
    Administrator(there): Administrator,
) -> Result<Response, UiError> {
    match app.back_up(there.caller.clone()).await {
        Ok(_) => see_other(&paths::with(paths::BACKUPS, [("done", Some("taken".to_owned()))])),
        Err(refusal) => {
            let problem = Problem::of(refusal, paths::BACKUPS)?;
            page(app, &there, (problem.status, Some(problem.notice()))).await
        }
    }
}

/// POST /admin/system/backups/{name}
pub(in crate::ui) async fn take_away(
    State(app): AppState,
    Administrator(there): Administrator,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, UiError> {
    let Path(name) = name.map_err(|_| UiError::NoPage)?;
    let wanted = name.clone();
    let file = app.write(there.caller.clone(), move |op: &Op<'_>| backups::take_away(op, &wanted)).await;
    let file = file.map_err(|refusal| UiError::refused_at(paths::BACKUPS, refusal))?;
    Ok(sheets::file(file, &name).await?)
}

async fn page(
    app: crate::app::App,
    there: &SignedIn,
    (status, said): (StatusCode, Option<Markup>),
) -> Result<Response, UiError> {
    let failed = app.backups.failed();
    let read = |view: &View<'_>| {
        let (plan, stored) = backups::list(view)?;
        Ok(Shown { waiting: console::waiting(view)?, plan, stored, failed, now: view.now })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    Ok(Page::new("Backups").status(status).of_console(there).body(&view(&shown, said.as_ref())))
}

fn view(shown: &Shown, said: Option<&Markup>) -> Markup {
    html! {
        (nav(&shown.waiting, paths::BACKUPS))
        h1 { "Backups" }
        @if let Some(said) = said { (said) }
        @if let Some(failed) = &shown.failed {
            (kit::notice(Tone::Bad, &html! { strong { "The last backup failed " (time::ago(failed.at, shown.now)) ": " } (failed.why) "." }))
        }
        (planned(&shown.plan))
        h2 { "In the folder" }
        @if shown.stored.is_empty() {
            (kit::empty("There are no backups in the folder."))
        } @else {
            (kit::table("Backups", &["Name", "Size", "Taken", "Checked", ""],
                &shown.stored.iter().take(MOST_SHOWN).map(|one| row(one, shown.now)).collect::<Vec<_>>()))
        }
        p.hint { "Each is the whole database, sealed. It is brought back at the command line, with gk-admin stopped: " code { "gk restore FILE --identity KEY" } "." }
    }
}

fn planned(plan: &Plan) -> Markup {
    let Some(folder) = &plan.folder else {
        return html! {
            p { "Gatekeeper takes no backups by itself: the setting " code { "backup.folder" } " says where to." }
        };
    };
    let Some(recipient) = &plan.recipient else {
        return html! {
            p { "Gatekeeper takes no backups: the setting " code { "backup.recipient" } " has to say which public key they are sealed to. " code { "gk backup-key" } " makes one." }
        };
    };
    html! {
        p { "One every " (kit::counted(plan.hours, "hour", "hours")) " to " code { (folder.display()) } "; the newest " (plan.keep) " are kept." }
        p.subtle { "Sealed to " code.address { (recipient) } }
        form method="post" action=(paths::BACKUPS) { button type="submit" { "Back up now" } }
    }
}

fn row(stored: &Stored, now: Timestamp) -> Vec<Markup> {
    let check = match stored.check {
        Check::Passed => kit::badge(Tone::Good, "when taken"),
        Check::Unknown => kit::badge(Tone::Waits, "not known"),
    };
    vec![
        html! { span.address { (stored.name) } },
        html! { (size(stored.bytes)) },
        time::ago(stored.made_at, now),
        check,
        html! {
            form.inline method="post" action=(paths::TAKE_BACKUP.replace("{name}", &stored.name)) {
                button.quiet type="submit" { "Download" }
            }
        },
    ]
}

/// In the largest unit of which there is one.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}
