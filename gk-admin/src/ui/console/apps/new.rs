//! Adding an app: what it is, where it runs, and then the configuration that protects it.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::model::{App, Origin};
use gk_service::proxy::Upstream;
use gk_service::service::apps::{self, Add, Roles};
use gk_service::service::console::{self, Waiting};
use gk_service::service::{Op, Refusal, View};
use gk_shared::model::Slug;
use maud::{Markup, html};
use serde::Deserialize;

use super::facts::{self, Facts, line};
use crate::ui::console::guard::Administrator;
use crate::ui::console::{Problem, nav};
use crate::ui::errors::UiError;
use crate::ui::kit;
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::typed::{Sent, Typed};
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths};

/// What the address says: the slug that is being typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::ui::console) struct Asked {
    #[serde(default)]
    slug: String,
}

/// What is said beside the slug.
enum Said {
    Nothing,
    /// It is free, and an app of it would be reached there.
    Free(Option<Origin>),
    Refused(String),
}

/// GET /admin/add-app
pub(in crate::ui::console) async fn new(
    app: AppState,
    Administrator(there): Administrator,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, UiError> {
    let Query(asked) = asked.unwrap_or_default();
    page(app, &there, None, (asked.slug, None)).await
}

/// POST /admin/apps
pub(in crate::ui::console) async fn add(
    app: AppState,
    Administrator(there): Administrator,
    sent: Sent,
) -> Result<Response, UiError> {
    let typed = Typed::of(sent)?;
    let wanted = typed.clone();
    match app.0.write(there.caller.clone(), move |op| create(op, &wanted)).await {
        Ok(app) => {
            let parameters =
                [("done", Some("added".to_owned())), ("upstream", typed.one("upstream").map(ToOwned::to_owned))];
            see_other(&paths::with(&paths::of_app(paths::APP_SETUP, &app.slug), parameters))
        }
        Err(refusal) => {
            let problem = Problem::of(refusal, paths::NEW_APP)?;
            let slug = typed.one("slug").unwrap_or_default().to_owned();
            page(app, &there, Some(&typed), (slug, Some(&problem))).await
        }
    }
}

/// An address that is left out is the one that was proposed.
fn create(op: &Op<'_>, typed: &Typed) -> Result<App, Refusal> {
    let slug = typed.needed("slug", Slug::parse)?;
    let facts = facts::read(typed)?;
    let origins = facts.origins.unwrap_or_default();
    let origins = if origins.is_empty() { apps::proposal(op, slug.as_str())?.into_iter().collect() } else { origins };
    let roles = match facts.roles {
        Some(Roles::These(roles)) => roles,
        Some(Roles::Any(_)) | None => Vec::new(),
    };
    typed.parsed("upstream", |text| Upstream::parse(text).map_err(|bad| Refusal::Invalid(bad.to_string())))?;
    apps::add(
        op,
        Add {
            slug,
            name: facts.name.unwrap_or_default(),
            description: facts.description.unwrap_or_default(),
            origins,
            roles,
            admin_roles: facts.admin_roles.unwrap_or_default(),
            noindex: facts.noindex == Some(true),
            callbacks: facts.callbacks.unwrap_or_default(),
            listed: facts.listed == Some(true),
            open_paths: facts.open_paths.unwrap_or_default(),
            groups_header: facts.groups_header == Some(true),
            stale_ok: facts.stale_ok == Some(true),
            contact: facts.contact.unwrap_or_default(),
        },
    )
}

async fn page(
    State(app): AppState,
    there: &SignedIn,
    typed: Option<&Typed>,
    (slug, problem): (String, Option<&Problem>),
) -> Result<Response, UiError> {
    let asked = slug.trim().to_owned();
    let read = move |view: &View<'_>| {
        // Whoever may not add an app gets no form for it.
        let said = match apps::proposal(view, &asked) {
            _ if asked.is_empty() => apps::may_add(view).map(|()| Said::Nothing)?,
            Ok(origin) => Said::Free(origin),
            Err(Refusal::Invalid(why) | Refusal::Conflict(why)) => Said::Refused(why),
            Err(refusal) => return Err(refusal),
        };
        Ok((console::waiting(view)?, said))
    };
    let (waiting, said) = app.read(there.caller.clone(), read).await?;
    let status = problem.map_or(StatusCode::OK, |problem| problem.status);
    let body = view(&waiting, typed, (&slug, &said), problem);
    Ok(Page::new("Add an app").status(status).of_console(there).body(&body))
}

fn view(waiting: &Waiting, typed: Option<&Typed>, (slug, said): (&str, &Said), problem: Option<&Problem>) -> Markup {
    let facts = Facts::new(typed, None);
    let upstream = typed.and_then(|typed| typed.one("upstream")).unwrap_or("http://127.0.0.1:3000");
    html! {
        (nav(waiting, paths::APPS))
        p.subtle { a href=(paths::APPS) { "Apps" } " › Add an app" }
        h1 { "Add an app" }
        @if let Some(problem) = problem { (problem.notice()) }
        form.invite method="post" action=(paths::APPS) {
            (slug_field(slug, said))
            (facts.shown())
            (facts.places("Empty: the address proposed above."))
            (line("upstream", "Where it listens, for nginx", Some("Goes into the configuration on the next page, and is not kept."), upstream, false))
            (facts.roles(true))
            (facts.choices(true))
            (facts.open_paths())
            (facts.callbacks())
            p.actions { button type="submit" { "Add, and show its configuration" } a href=(paths::APPS) { "Leave it" } }
        }
    }
}

/// Where scripts run, the answer stands beside it while it is typed.
fn slug_field(slug: &str, said: &Said) -> Markup {
    kit::field(
        "slug",
        "Slug: its short name, which stays",
        None,
        &html! {
            input #slug type="text" name="slug" value=(slug) required maxlength="63" pattern="[a-z0-9-]+" autofocus autocomplete="off" autocapitalize="none" spellcheck="false"
                aria-describedby="slug-said" hx-get=(paths::NEW_APP) hx-trigger="input changed delay:250ms" hx-target="#slug-said" hx-select="#slug-said" hx-swap="outerHTML";
            p.hint #slug-said role="status" {
                @match said {
                    Said::Nothing => "Small letters, digits and hyphens, such as docs. nginx sends it with every check.",
                    Said::Free(Some(origin)) => { "It is free. The app would be at " strong { (origin) } "." },
                    Said::Free(None) => "It is free.",
                    Said::Refused(why) => span.problem { (kit::sentence(why)) },
                }
            }
        },
    )
}
