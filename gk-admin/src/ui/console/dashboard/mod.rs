//! `/admin` for administrators: what there is, what waits, what happened, and how the parts are.

mod chart;
mod jobs;
mod views;

use axum::response::Response;
use gk_service::model::{Directory, DirectoryRun};
use gk_service::service::console::{self, Waiting};
use gk_service::service::figures::{self, Bar, Figures, Happening, Span};
use gk_service::service::janitor::JOBS;
use gk_service::service::{Refusal, View, backups, directories};
use gk_shared::panic;
use gk_shared::time::Timestamp;
use tokio::task::JoinSet;

use crate::activity::{self, Instance};
use crate::app::App;
use crate::backups::Failed;
use crate::janitor::Ran;
use crate::ui::errors::UiError;
use crate::ui::page::Page;
use crate::ui::visitor::SignedIn;

/// What is counted, over both spans, in the order of [`Happening::ALL`].
type Bars = [[Vec<Bar>; 2]; 6];

/// What the page shows.
struct Shown {
    waiting: Waiting,
    figures: Figures,
    bars: Bars,
    instances: Vec<Instance>,
    backup: Backup,
    /// What `gk panic` denies, or why nobody is let in.
    panic: Result<Vec<String>, String>,
    /// Each with the newest run that looked everybody up again.
    directories: Vec<(Directory, Option<DirectoryRun>)>,
    /// In the order of the janitor's jobs.
    cleaned: [Option<Ran>; JOBS.len()],
}

/// The last backups.
struct Backup {
    /// Whether any are taken by themselves.
    planned: bool,
    taken: Option<Timestamp>,
    /// The last try, if it came to nothing.
    failed: Option<Failed>,
}

/// The page.
pub(super) async fn page(app: &App, there: &SignedIn) -> Result<Response, UiError> {
    let failed = app.backups.failed();
    let read = move |view: &View<'_>| {
        let mut bars = Bars::default();
        for (what, spans) in Happening::ALL.into_iter().zip(&mut bars) {
            *spans = [figures::bars(view, what, Span::Day)?, figures::bars(view, what, Span::Month)?];
        }
        let (plan, stored) = backups::list(view)?;
        let backup = Backup {
            planned: plan.is_kept(),
            taken: stored.first().map(|newest| newest.made_at),
            failed: failed.clone(),
        };
        Ok((console::waiting(view)?, figures::now(view)?, bars, backup, of_directories(view)?))
    };
    let (waiting, figures, bars, backup, directories) = app.read(there.caller.clone(), read).await?;
    let instances = instances(app).await;
    let panic = panic::read(&panic::beside(app.database.policy_path()));
    let panic = panic.map(|denied| denied.rules().map(ToString::to_string).collect()).map_err(|why| why.to_string());
    let shown = Shown { waiting, figures, bars, instances, backup, panic, directories, cleaned: app.janitor.last() };
    Ok(Page::new("Console").of_console(there).body(&views::page(&shown)))
}

/// Every gk-validate as it is now, asked all at once.
async fn instances(app: &App) -> Vec<Instance> {
    let mut asked = app.validates.iter().cloned().map(activity::look).collect::<JoinSet<_>>();
    let mut found = Vec::new();
    while let Some(instance) = asked.join_next().await {
        found.extend(instance);
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn of_directories(view: &View<'_>) -> Result<Vec<(Directory, Option<DirectoryRun>)>, Refusal> {
    let run = |one: Directory| {
        let run = directories::latest(view, &one.label)?.map(|(run, _)| run);
        Ok((one, run))
    };
    directories::list(view)?.into_iter().map(run).collect()
}
