//! `/admin/invitations`: links that let people in. A new link is shown in the answer to the form, and never again.

mod views;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::Secret;
use gk_service::model::{App as Service, Group, GroupKind, Invitation};
use gk_service::service::console::{self, Waiting};
use gk_service::service::invitations::{self, Create};
use gk_service::service::{Op, Refusal, View, apps, groups};
use gk_shared::model::{Email, GroupName, Role, Slug};
use gk_shared::time::Timestamp;
use serde::Deserialize;

use super::Problem;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::typed::{Sent, Typed};
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths};

/// What the address says.
#[derive(Deserialize)]
pub(in crate::ui) struct Asked {
    /// The invitation that was just withdrawn.
    withdrawn: Option<i64>,
}

/// What the page shows.
struct Shown {
    waiting: Waiting,
    invitations: Vec<Invitation>,
    groups: Vec<Group>,
    apps: Vec<Service>,
    now: Timestamp,
}

/// What is said above the list.
enum Message {
    Nothing,
    Withdrawn(i64),
    Made(Box<Invitation>, Secret),
    Problem(Problem),
}

/// GET /admin/invitations
pub(in crate::ui) async fn show(
    app: AppState,
    Administrator(there): Administrator,
    Query(asked): Query<Asked>,
) -> Result<Response, UiError> {
    let message = asked.withdrawn.map_or(Message::Nothing, Message::Withdrawn);
    page(app, &there, (message, Typed::default())).await
}

/// POST /admin/invitations
pub(in crate::ui) async fn make(
    app: AppState,
    Administrator(there): Administrator,
    sent: Sent,
) -> Result<Response, UiError> {
    let typed = Typed::of(sent)?;
    let sent = typed.clone();
    let verb = move |op: &Op<'_>| invitations::create(op, &wanted(&sent, op.now)?);
    let said = match app.write(there.caller.clone(), verb).await {
        Ok((invitation, link)) => (Message::Made(Box::new(invitation), link), Typed::default()),
        Err(refusal) => (Message::Problem(Problem::of(refusal, paths::INVITATIONS)?), typed),
    };
    page(app, &there, said).await
}

/// POST /admin/invitations/{id}/withdraw
pub(in crate::ui) async fn withdraw(
    app: AppState,
    Administrator(there): Administrator,
    Path(id): Path<i64>,
) -> Result<Response, UiError> {
    match app.write(there.caller.clone(), move |op| invitations::withdraw(op, id)).await {
        Ok(_) => see_other(&format!("{}?withdrawn={id}", paths::INVITATIONS)),
        Err(refusal) => {
            let problem = Message::Problem(Problem::of(refusal, paths::INVITATIONS)?);
            page(app, &there, (problem, Typed::default())).await
        }
    }
}

async fn page(State(app): AppState, there: &SignedIn, (message, typed): (Message, Typed)) -> Result<Response, UiError> {
    let read = |view: &View<'_>| {
        let local = |group: &Group| group.kind == GroupKind::Local;
        Ok(Shown {
            waiting: console::waiting(view)?,
            invitations: invitations::list(view)?,
            groups: groups::list(view)?.into_iter().filter(local).collect(),
            apps: apps::list(view)?,
            now: view.now,
        })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    let status = match &message {
        Message::Nothing | Message::Withdrawn(_) | Message::Made(..) => StatusCode::OK,
        Message::Problem(problem) => problem.status,
    };
    Ok(Page::new("Invitations").status(status).of_console(there).body(&views::view(&shown, &message, &typed)))
}

/// Reads the form. An app is `slug`, or `slug=role`.
fn wanted(typed: &Typed, now: Timestamp) -> Result<Create, Refusal> {
    let number = |name| typed.one(name).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    let app = |text: &str| {
        let (slug, role) = text.split_once('=').map_or((text, None), |(slug, role)| (slug, Some(role)));
        Ok::<_, Refusal>((Slug::parse(slug)?, role.map(Role::parse).transpose()?))
    };
    Ok(Create {
        email: typed.one("email").map(Email::parse).transpose()?,
        groups: typed.all("group").map(GroupName::parse).collect::<Result<_, _>>()?,
        apps: typed.all("app").map(app).collect::<Result<_, _>>()?,
        uses: number("uses"),
        expires_at: now.plus(number("days").saturating_mul(86_400)),
        note: typed.one("note").unwrap_or_default().to_owned(),
    })
}
