//! `/admin/people`: accounts that wait for approval, and those that were rejected lately.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::model::{Status, User};
use gk_service::service::console::{self, Waiting};
use gk_service::service::{Op, Refusal, View, users};
use gk_shared::model::UserId;
use gk_shared::time::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::Problem;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::kit::{self, Paging, Tone};
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths, time};

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::ui) struct Asked {
    page: Option<i64>,
    /// The account that was just decided about.
    done: Option<i64>,
}

impl Asked {
    /// This part of the list, as one of the console's paths is told it.
    fn told_to(&self, path: &str) -> String {
        let page = self.page.filter(|page| *page > 1);
        paths::with(
            path,
            [("page", page), ("done", self.done)].map(|(name, value)| (name, value.map(|value| value.to_string()))),
        )
    }
}

type Asking = Result<Query<Asked>, QueryRejection>;
type Numbered = Result<Path<i64>, PathRejection>;

/// What the page shows.
struct Shown {
    paging: Paging,
    waiting: Waiting,
    people: Vec<User>,
    rejected: Vec<User>,
    done: Option<User>,
    now: Timestamp,
}

impl Shown {
    /// Where a decision about somebody is sent.
    fn decision(&self, path: &str, user: &User) -> String {
        Asked { page: Some(self.paging.number()), done: None }.told_to(&paths::of(path, user.id.0))
    }
}

/// GET /admin/people
pub(in crate::ui) async fn show(
    app: AppState,
    Administrator(there): Administrator,
    asked: Asking,
) -> Result<Response, UiError> {
    let Query(asked) = asked.unwrap_or_default();
    page(app, &there, asked, None).await
}

async fn page(
    State(app): AppState,
    there: &SignedIn,
    asked: Asked,
    problem: Option<Problem>,
) -> Result<Response, UiError> {
    let read = move |view: &View<'_>| {
        let waiting = console::waiting(view)?;
        let paging = Paging::of(asked.page).within(waiting.people.unwrap_or(0));
        Ok(Shown {
            waiting,
            people: users::waiting(view, paging.skip(), paging.most())?,
            rejected: users::rejected_lately(view)?,
            done: asked.done.and_then(|id| users::find_by_id(view, UserId(id)).ok()),
            now: view.now,
            paging,
        })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    let status = problem.as_ref().map_or(StatusCode::OK, |problem| problem.status);
    let body = view(&shown, problem.as_ref());
    Ok(Page::new("People").status(status).of_console(there).body(&body))
}

/// POST /admin/people/{id}/approve
pub(in crate::ui) async fn approve(
    app: AppState,
    Administrator(there): Administrator,
    id: Numbered,
    asked: Asking,
) -> Result<Response, UiError> {
    decide(app, there, (id, asked), |op, user| users::approve(op, &user.username)).await
}

/// POST /admin/people/{id}/reject
pub(in crate::ui) async fn reject(
    app: AppState,
    Administrator(there): Administrator,
    id: Numbered,
    asked: Asking,
) -> Result<Response, UiError> {
    decide(app, there, (id, asked), |op, user| users::reject(op, &user.username)).await
}

async fn decide(
    State(app): AppState,
    there: SignedIn,
    (id, asked): (Numbered, Asking),
    verb: impl FnOnce(&Op<'_>, &User) -> Result<User, Refusal> + Send + 'static,
) -> Result<Response, UiError> {
    let Path(id) = id.map_err(|_| UiError::NoPage)?;
    let Query(asked) = asked.unwrap_or_default();
    let decide = move |op: &Op<'_>| verb(op, &users::find_by_id(op, UserId(id))?);
    match app.write(there.caller.clone(), decide).await {
        Ok(_) => see_other(&Asked { done: Some(id), ..asked }.told_to(paths::PEOPLE)),
        Err(refusal) => {
            let problem = Problem::of(refusal, &asked.told_to(paths::PEOPLE))?;
            page(State(app), &there, asked, Some(problem)).await
        }
    }
}

fn view(shown: &Shown, problem: Option<&Problem>) -> Markup {
    html! {
        (super::nav(&shown.waiting, paths::PEOPLE))
        h1 { "People who wait" }
        @if let Some(problem) = problem { (problem.notice()) }
        @if let Some(user) = &shown.done { (done(user)) }
        @if shown.people.is_empty() {
            (kit::empty("Nobody waits. Who registers from outside shows here until you decide."))
        } @else {
            (kit::table("People who wait for approval", &["Who", "Registered", ""], &shown.people.iter().map(|user| row(user, shown)).collect::<Vec<_>>()))
        }
        (shown.paging.links(shown.waiting.people.unwrap_or(0), |page| Asked { page: Some(page), done: None }.told_to(paths::PEOPLE)))
        @if !shown.rejected.is_empty() {
            h2 { "Rejected lately" }
            (kit::table("People who were rejected lately", &["Who", "Rejected", ""], &shown.rejected.iter().map(|user| rejected_row(user, shown)).collect::<Vec<_>>()))
        }
    }
}

fn done(user: &User) -> Markup {
    let email = &user.email;
    match user.status {
        Status::Approved => kit::notice(Tone::Good, &html! { strong { (email) } " is approved, and gets in at once." }),
        Status::Rejected => kit::notice(Tone::Plain, &html! { strong { (email) } " is rejected and signed out." }),
        Status::Pending => html! {},
    }
}

fn row(user: &User, shown: &Shown) -> Vec<Markup> {
    vec![
        kit::person(&user.fullname, user.email.as_str()),
        time::ago(user.created_at, shown.now),
        html! {
            (approval(user, shown))
            (kit::confirm("Reject…", &html! {
                form method="post" action=(shown.decision(paths::REJECT_PERSON, user)) {
                    p.hint { "They are signed out and can open nothing. They are listed below from then on, and can still be approved there." }
                    button.danger type="submit" { "Reject" }
                }
            }))
        },
    ]
}

fn rejected_row(user: &User, shown: &Shown) -> Vec<Markup> {
    vec![kit::person(&user.fullname, user.email.as_str()), time::ago(user.updated_at, shown.now), approval(user, shown)]
}

fn approval(user: &User, shown: &Shown) -> Markup {
    html! {
        form.inline method="post" action=(shown.decision(paths::APPROVE_PERSON, user)) { button type="submit" { "Approve" } }
    }
}
