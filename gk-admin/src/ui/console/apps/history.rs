//! `/admin/apps/{slug}/history`: what happened to an app.

use axum::extract::State;
use axum::response::Response;
use gk_service::model::{App, AuditEntry};
use gk_service::service::apps::{self, History};
use gk_service::service::console::{self, Console, Waiting};
use gk_service::service::{Refusal, View};
use maud::{Markup, html};

use super::page::{Message, Named, Section, head, slug_of};
use crate::ui::console::changes::differing;
use crate::ui::console::guard::AppsVisitor;
use crate::ui::errors::UiError;
use crate::ui::kit::{self, Paging};
use crate::ui::page::Page;
use crate::ui::visitor::Visitor;
use crate::ui::{AppState, paths, time};

/// What the page shows.
struct Shown {
    waiting: Waiting,
    console: Console,
    app: App,
    history: History,
    paging: Paging,
}

/// GET /admin/apps/{slug}/history
pub(in crate::ui::console) async fn show(
    State(app): AppState,
    AppsVisitor(there): AppsVisitor,
    visitor: Visitor,
    named: Named,
) -> Result<Response, UiError> {
    let (slug, console) = (slug_of(named)?, there.console);
    let page = visitor.parameter("page").and_then(|page| page.parse().ok());
    let read = move |view: &View<'_>| -> Result<Shown, Refusal> {
        let paging = Paging::long(page).within(apps::history(view, &slug, 0, 0)?.total);
        Ok(Shown {
            waiting: console::waiting(view)?,
            console,
            app: apps::show(view, &slug)?.0,
            history: apps::history(view, &slug, paging.skip(), paging.most())?,
            paging,
        })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    Ok(Page::new(&shown.app.name).of_console(&there).body(&view(&shown)))
}

fn view(shown: &Shown) -> Markup {
    let here = paths::of_app(paths::APP_HISTORY, &shown.app.slug);
    let rows = shown.history.entries.iter().map(row).collect::<Vec<_>>();
    html! {
        (head((&shown.waiting, shown.console), &shown.app, Section::History, &Message::Nothing))
        @if rows.is_empty() { (kit::empty("Nothing yet.")) } @else {
            (kit::table("What happened to this app, the newest first", &["When", "Who", "What", "To", "Change"], &rows))
            (shown.paging.links(shown.history.total, |page| format!("{here}?page={page}")))
        }
    }
}

fn row(entry: &AuditEntry) -> Vec<Markup> {
    vec![
        time::at(entry.at),
        html! { (entry.actor) @if !entry.ip.is_empty() { " " span.subtle { (entry.ip) } } },
        html! { code { (entry.action) } },
        html! { (entry.target) },
        differing(&entry.before, &entry.after),
    ]
}
