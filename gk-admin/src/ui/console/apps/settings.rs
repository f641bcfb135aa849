//! `/admin/apps/{slug}/settings`: what is set of an app, and removing it.

use axum::extract::State;
use axum::response::Response;
use gk_service::model::App;
use gk_service::service::apps::{self, Update};
use gk_service::service::console::{self, Console, Waiting};
use gk_service::service::{Op, Refusal, View};
use gk_shared::model::{Role, Slug};

use super::page::{Message, Named, Section, foretold, slug_of, worth_showing};
use super::{facts, settings_view};
use crate::ui::console::Problem;
use crate::ui::console::guard::{Administrator, AppsVisitor};
use crate::ui::errors::UiError;
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::typed::{Sent, Typed};
use crate::ui::visitor::{SignedIn, Visitor};
use crate::ui::{AppState, paths};

/// What the page shows.
pub(super) struct Shown {
    pub(super) waiting: Waiting,
    pub(super) console: Console,
    pub(super) app: App,
    /// How many grants there are.
    pub(super) grants: usize,
    pub(super) version: i64,
}

/// GET /admin/apps/{slug}/settings
pub(in crate::ui::console) async fn show(
    app: AppState,
    AppsVisitor(there): AppsVisitor,
    visitor: Visitor,
    named: Named,
) -> Result<Response, UiError> {
    let done = match visitor.parameter("done") {
        Some("saved") => Message::Done("The settings were saved."),
        Some("renamed") => Message::Done("The role was renamed; whoever had it has it still."),
        Some(_) | None => Message::Nothing,
    };
    page(app, &there, slug_of(named)?, done, None).await
}

/// POST /admin/apps/{slug}/settings
pub(in crate::ui::console) async fn save(
    app: AppState,
    AppsVisitor(there): AppsVisitor,
    named: Named,
    sent: Sent,
) -> Result<Response, UiError> {
    let (slug, typed) = (slug_of(named)?, Typed::of(sent)?);
    let (wanted, all) = (typed.clone(), there.console == Console::Everything);
    let verb = move |op: &Op<'_>, slug: &Slug| {
        let parse = |text: &str| text.parse().map_err(|_| Refusal::Outdated);
        let update = Update { version: wanted.parsed("version", parse)?, ..facts::read(&wanted)? };
        apps::update(op, slug, &if all { update } else { own(update) }).map(drop)
    };
    if typed.one("sure").is_none() {
        let (trial, tried) = (verb.clone(), slug.clone());
        let effects = app.what_if(there.caller.clone(), move |op| trial(op, &tried)).await;
        if let Some(effects) = worth_showing(effects)? {
            let here = paths::of_app(paths::APP_SETTINGS, &slug);
            return foretold(app, &there, (slug, Section::Settings), (&effects, &typed), (&here, &here)).await;
        }
    }
    finish(app, &there, (slug, "saved"), Some(typed), verb).await
}

/// What stands in the form of somebody who administers the app: the rest is left as it is.
fn own(update: Update) -> Update {
    Update { admin_roles: None, groups_header: None, stale_ok: None, open_paths: None, origins: None, ..update }
}

/// POST /admin/apps/{slug}/rename-role
pub(in crate::ui::console) async fn rename_role(
    app: AppState,
    AppsVisitor(there): AppsVisitor,
    named: Named,
    sent: Sent,
) -> Result<Response, UiError> {
    let (slug, typed) = (slug_of(named)?, Typed::of(sent)?);
    let verb = move |op: &Op<'_>, slug: &Slug| {
        let (from, to) = (typed.needed("role", Role::parse)?, typed.needed("new_name", Role::parse)?);
        apps::rename_role(op, slug, (&from, &to)).map(drop)
    };
    finish(app, &there, (slug, "renamed"), None, verb).await
}

/// POST /admin/apps/{slug}/remove: only with its slug typed.
pub(in crate::ui::console) async fn remove(
    app: AppState,
    Administrator(there): Administrator,
    named: Named,
    sent: Sent,
) -> Result<Response, UiError> {
    let (slug, typed) = (slug_of(named)?, Typed::of(sent)?);
    let wanted = slug.clone();
    let verb = move |op: &Op<'_>| {
        if typed.one("slug") != Some(wanted.as_str()) {
            return Err(Refusal::Invalid(format!("to remove the app, type its slug, {wanted}")));
        }
        apps::remove(op, &wanted).map(drop)
    };
    match app.write(there.caller.clone(), verb).await {
        Ok(()) => see_other(&format!("{}?done=removed", paths::APPS)),
        Err(refusal) => {
            let problem = Problem::of(refusal, &paths::of_app(paths::APP_SETTINGS, &slug))?;
            page(app, &there, slug, Message::Problem(problem), None).await
        }
    }
}

/// Does it, and goes back to the page; what was typed and refused stands there again.
async fn finish(
    app: AppState,
    there: &SignedIn,
    (slug, done): (Slug, &str),
    typed: Option<Typed>,
    verb: impl FnOnce(&Op<'_>, &Slug) -> Result<(), Refusal> + Send + 'static,
) -> Result<Response, UiError> {
    let (here, wanted) = (paths::of_app(paths::APP_SETTINGS, &slug), slug.clone());
    match app.write(there.caller.clone(), move |op| verb(op, &wanted)).await {
        Ok(()) => see_other(&format!("{here}?done={done}")),
        Err(refusal) => {
            let problem = Problem::of(refusal, &here)?;
            page(app, there, slug, Message::Problem(problem), typed.as_ref()).await
        }
    }
}

async fn page(
    State(app): AppState,
    there: &SignedIn,
    slug: Slug,
    message: Message,
    typed: Option<&Typed>,
) -> Result<Response, UiError> {
    let console = there.console;
    let read = move |view: &View<'_>| {
        let (app, grants) = apps::show(view, &slug)?;
        let version = apps::version(&app);
        Ok(Shown { waiting: console::waiting(view)?, console, app, grants: grants.len(), version })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    let body = settings_view::view(&shown, &message, typed);
    Ok(Page::new(&shown.app.name).status(message.status()).of_console(there).body(&body))
}
