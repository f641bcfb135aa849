//! Adding somebody.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::service::console::{self, Waiting};
use gk_service::service::users::{self, AccountOrigin, Add, Approval, Fullname, Rank};
use gk_service::service::{Op, Refusal, View};
use gk_shared::model::{Email, Username};
use maud::{Markup, html};

use crate::ui::console::guard::Administrator;
use crate::ui::console::{Problem, nav};
use crate::ui::errors::UiError;
use crate::ui::kit;
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::typed::{Sent, Typed};
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths};

/// GET /admin/users/new
pub(in crate::ui::console) async fn new(
    app: AppState,
    Administrator(there): Administrator,
) -> Result<Response, UiError> {
    page(app, &there, &Typed::default(), None).await
}

/// POST /admin/users
pub(in crate::ui::console) async fn add(
    app: AppState,
    Administrator(there): Administrator,
    sent: Sent,
) -> Result<Response, UiError> {
    let typed = Typed::of(sent)?;
    let wanted = typed.clone();
    let verb = move |op: &Op<'_>| users::add(op, read(&wanted)?);
    match app.0.write(there.caller.clone(), verb).await {
        Ok(user) => see_other(&format!("{}?done=added", paths::of(paths::USER, user.id.0))),
        Err(refusal) => {
            let problem = Problem::of(refusal, paths::NEW_USER)?;
            page(app, &there, &typed, Some(&problem)).await
        }
    }
}

fn read(typed: &Typed) -> Result<Add, Refusal> {
    Ok(Add {
        username: typed.parsed("username", Username::parse)?,
        email: typed.needed("email", Email::parse)?,
        fullname: Fullname::parse(typed.one("fullname").unwrap_or_default())?,
        approval: if typed.one("approved").is_some() { Approval::Given } else { Approval::ByDomain },
        rank: if typed.one("admin").is_some() { Rank::SuperAdmin } else { Rank::Person },
        origin: AccountOrigin::Added,
    })
}

async fn page(
    State(app): AppState,
    there: &SignedIn,
    typed: &Typed,
    problem: Option<&Problem>,
) -> Result<Response, UiError> {
    let waiting = app.read(there.caller.clone(), |view: &View<'_>| console::waiting(view)).await?;
    let status = problem.map_or(StatusCode::OK, |problem| problem.status);
    let body = view(&waiting, typed, problem);
    Ok(Page::new("Add somebody").status(status).of_console(there).body(&body))
}

fn view(waiting: &Waiting, typed: &Typed, problem: Option<&Problem>) -> Markup {
    // Ticked to begin with: whoever adds somebody means to let them in.
    let approved = problem.is_none() || typed.one("approved").is_some();
    html! {
        (nav(waiting, paths::USERS))
        h1 { "Add somebody" }
        @if let Some(problem) = problem { (problem.notice()) }
        form.invite method="post" action=(paths::USERS) {
            (kit::field("email", "E-mail", Some("The identity apps see. They sign in by mails to it."), &html! {
                input #email type="email" name="email" value=[typed.one("email")] maxlength="254" required autofocus autocomplete="off" spellcheck="false" aria-describedby="email-hint";
            }))
            (kit::field("fullname", "Name", None, &html! { input #fullname type="text" name="fullname" value=[typed.one("fullname")] maxlength="200" autocomplete="off"; }))
            (kit::field("username", "User name", Some("Empty: the e-mail itself. To sign in with, beside the e-mail."), &html! {
                input #username type="text" name="username" value=[typed.one("username")] maxlength="128" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="username-hint";
            }))
            label.choice { input type="checkbox" name="approved" value="yes" checked[approved]; "Approved: may sign in at once" }
            label.choice { input type="checkbox" name="admin" value="yes" checked[typed.one("admin").is_some()]; "Administrator: enters every registered app, and sees and changes all of this" }
            p.actions { button type="submit" { "Add" } a href=(paths::USERS) { "Leave it" } }
        }
    }
}
