//! `/admin/apps`: every app, and of each one who may enter, what is set, and what happened.

mod facts;
pub(super) mod grants;
mod grants_view;
pub(super) mod history;
pub(super) mod keys;
mod new;
pub(super) mod nginx;
mod page;
pub(super) mod people;
pub(super) mod settings;
mod settings_view;
pub(super) mod setup;

pub(super) use new::{add, new};

use axum::extract::State;
use axum::response::Response;
use gk_service::model::Origin;
use gk_service::service::View;
use gk_service::service::apps::{self, BlockState, Entry};
use gk_service::service::console::{self, Console, Waiting};
use gk_shared::model::Role;
use maud::{Markup, html};

use super::guard::AppsVisitor;
use super::nav;
use crate::ui::errors::UiError;
use crate::ui::kit::{self, Tone};
use crate::ui::page::Page;
use crate::ui::visitor::Visitor;
use crate::ui::{AppState, paths};

/// What the list shows.
struct Listed {
    waiting: Waiting,
    entries: Vec<Entry>,
}

/// GET /admin/apps
pub(super) async fn list(
    State(app): AppState,
    AppsVisitor(there): AppsVisitor,
    visitor: Visitor,
) -> Result<Response, UiError> {
    let read = |view: &View<'_>| Ok(Listed { waiting: console::waiting(view)?, entries: apps::overview(view)? });
    let listed = app.read(there.caller.clone(), read).await?;
    let done = match visitor.parameter("done") {
        Some("removed") => Some("The app was removed, with its grants and keys."),
        Some("given") => Some("They may enter."),
        Some(_) | None => None,
    };
    Ok(Page::new("Apps").of_console(&there).body(&view(&listed, there.console, done)))
}

fn view(listed: &Listed, console: Console, done: Option<&str>) -> Markup {
    html! {
        (nav(&listed.waiting, paths::APPS))
        @if let Some(sentence) = done { (kit::toast(sentence)) }
        div.toolbar {
            h1 { "Apps" }
            @if console == Console::Everything {
                div.actions {
                    a href=(paths::GRANTS) { "Unused and ending grants" }
                    a href=(paths::MANY_GRANTS) { "Let many in" }
                    a.button href=(paths::NEW_APP) { "Add an app" }
                }
            }
        }
        @if listed.entries.is_empty() {
            (kit::empty("No app is registered yet. Add the first: its nginx configuration is written for you."))
        } @else {
            (kit::table("Apps", &["App", "Where", "Roles", "Grants", "Waiting", "Proxy"], &listed.entries.iter().map(row).collect::<Vec<_>>()))
        }
    }
}

fn row(entry: &Entry) -> Vec<Markup> {
    let app = &entry.app;
    vec![
        html! {
            a.whole href=(paths::of_app(paths::APP, &app.slug)) { (app.name) } " " code { (app.slug) }
            @if !app.description.is_empty() { p.hint { (app.description) } }
        },
        places(&app.origins),
        html! { @for role in &app.roles { (kit::badge(tone(role, &app.admin_roles), role.as_str())) " " } },
        html! { (entry.grants) },
        html! {
            @if entry.waiting > 0 { a href=(format!("{}?app={}", paths::REQUESTS, app.slug)) { (kit::counted(entry.waiting, "request", "requests")) } }
            @else { span.subtle { "nobody" } }
        },
        block(entry.block),
    ]
}

/// Where its block stands: a short word that says what to do.
fn block(state: BlockState) -> Markup {
    match state {
        BlockState::Current => kit::badge(Tone::Good, "in place"),
        BlockState::Outdated => kit::badge(Tone::Bad, "out of date"),
        BlockState::NeverSeen => kit::badge(Tone::Waits, "never seen"),
    }
}

/// Where an app is reached.
fn places(origins: &[Origin]) -> Markup {
    html! {
        @if origins.is_empty() { span.subtle { "not said" } }
        @for origin in origins { a.place href=(origin) rel="noreferrer" { (origin) } " " }
    }
}

/// A role that administers the app stands out.
fn tone(role: &Role, admin_roles: &[Role]) -> Tone {
    if admin_roles.contains(role) { Tone::Good } else { Tone::Plain }
}
