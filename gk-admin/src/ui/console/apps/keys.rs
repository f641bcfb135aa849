//! `/admin/apps/{slug}/keys`: the keys of programs that are bound to an app.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use gk_service::model::{ApiKey, App, Scopes};
use gk_service::service::console::{self, Console, Waiting};
use gk_service::service::keys::{self, Add, KeyEntry, NewKey, NewReach};
use gk_service::service::{Op, Refusal, View, apps};
use gk_shared::model::{ApiKeyId, Slug};
use gk_shared::time::Timestamp;
use maud::{Markup, html};

use super::page::{Message, Named, Section, head, slug_of};
use crate::ui::console::Problem;
use crate::ui::console::guard::AppsVisitor;
use crate::ui::console::keys::{Change, key_cells, scope_boxes};
use crate::ui::errors::UiError;
use crate::ui::keys::{end, name_and_days, shown_once};
use crate::ui::kit;
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::typed::{Sent, Typed};
use crate::ui::visitor::{SignedIn, Visitor};
use crate::ui::{AppState, paths};

/// What the page shows.
struct Shown {
    waiting: Waiting,
    console: Console,
    app: App,
    keys: Vec<KeyEntry>,
    /// What was typed and not accepted.
    typed: Typed,
    now: Timestamp,
}

/// GET /admin/apps/{slug}/keys
pub(in crate::ui::console) async fn show(
    app: AppState,
    AppsVisitor(there): AppsVisitor,
    visitor: Visitor,
    named: Named,
) -> Result<Response, UiError> {
    let done = visitor.parameter("done").and_then(Change::parse).map(Change::done);
    let message = done.map_or(Message::Nothing, Message::Done);
    page(app, &there, slug_of(named)?, (message, None), Typed::default()).await
}

/// POST /admin/apps/{slug}/keys
pub(in crate::ui::console) async fn make(
    app: AppState,
    AppsVisitor(there): AppsVisitor,
    named: Named,
    sent: Sent,
) -> Result<Response, UiError> {
    let (slug, typed) = (slug_of(named)?, Typed::of(sent)?);
    let (wanted, sent) = (slug.clone(), typed.clone());
    match app.write(there.caller.clone(), move |op| keys::add(op, &new_key(wanted, &sent, op.now)?)).await {
        Ok(new) => page(app, &there, slug, (Message::Nothing, Some(new)), Typed::default()).await,
        Err(refusal) => {
            let problem = Problem::of(refusal, &paths::of_app(paths::APP_KEYS, &slug))?;
            page(app, &there, slug, (Message::Problem(problem), None), typed).await
        }
    }
}

fn new_key(slug: Slug, typed: &Typed, now: Timestamp) -> Result<Add, Refusal> {
    let scopes = Scopes::parse(&typed.all("scope").collect::<Vec<_>>().join(","));
    let scopes = scopes.ok_or_else(|| Refusal::Invalid("choose what the program may do".into()))?;
    let name = typed.one("name").unwrap_or_default().to_owned();
    Ok(Add { name, reach: NewReach::Program { scopes, app: Some(slug) }, expires_at: end(typed, now)? })
}

/// POST /admin/apps/{slug}/keys/{id}/{change}
pub(in crate::ui::console) async fn change(
    app: AppState,
    AppsVisitor(there): AppsVisitor,
    named: Result<Path<(String, i64, String)>, PathRejection>,
) -> Result<Response, UiError> {
    let Path((slug, id, word)) = named.map_err(|_| UiError::NoPage)?;
    let (slug, change) = Slug::parse(&slug).ok().zip(Change::parse(&word)).ok_or(UiError::NoPage)?;
    let (id, wanted) = (ApiKeyId(id), slug.clone());
    let here = paths::of_app(paths::APP_KEYS, &slug);
    let verb = move |op: &Op<'_>| match keys::bound_to(op, id)? {
        Some(bound) if bound == wanted => change.run(op, id).map(drop),
        Some(_) | None => Err(Refusal::NotFound { what: "key", name: id.to_string() }),
    };
    match app.write(there.caller.clone(), verb).await {
        Ok(()) => see_other(&format!("{here}?done={}", change.word())),
        Err(refusal) => {
            let problem = Message::Problem(Problem::of(refusal, &here)?);
            page(app, &there, slug, (problem, None), Typed::default()).await
        }
    }
}

async fn page(
    State(app): AppState,
    there: &SignedIn,
    slug: Slug,
    (message, made): (Message, Option<NewKey>),
    typed: Typed,
) -> Result<Response, UiError> {
    let console = there.console;
    let read = move |view: &View<'_>| {
        let (app, keys) = (apps::show(view, &slug)?.0, keys::of_app(view, &slug)?);
        Ok(Shown { waiting: console::waiting(view)?, console, app, keys, typed, now: view.now })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    let body = view(&shown, &message, made.as_ref());
    Ok(Page::new(&shown.app.name).status(message.status()).of_console(there).body(&body))
}

fn view(shown: &Shown, message: &Message, made: Option<&NewKey>) -> Markup {
    let slug = &shown.app.slug;
    let to = |key: &ApiKey, change: Change| {
        paths::of(&paths::of_app(paths::CHANGE_APP_KEY, slug), key.id.0).replace("{change}", change.word())
    };
    let rows = shown.keys.iter().map(|entry| key_cells(entry, shown.now, to)).collect::<Vec<_>>();
    html! {
        (head((&shown.waiting, shown.console), &shown.app, Section::Keys, message))
        @if let Some(new) = made { (shown_once(&new.entry.key, &new.secret)) }
        @if rows.is_empty() { (kit::empty("No program has a key for this app alone.")) } @else {
            (kit::table("API keys of this app", &["Key", "For", "Works", "Made", ""], &rows))
        }
        h2 { "A key for a program" }
        p.subtle { "It uses the JSON API for this app only: its grants, requests and audit, as far as you choose. It opens no app." }
        form.invite method="post" action=(paths::of_app(paths::APP_KEYS, slug)) {
            (name_and_days("program", &shown.typed, None))
            (scope_boxes(&shown.typed))
            button type="submit" { "Make a key" }
        }
    }
}
