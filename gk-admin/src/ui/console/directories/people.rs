//! `/admin/directories/{label}/people`: whom a directory has, and making accounts for them.

use axum::extract::State;
use axum::response::Response;
use gk_service::model::{DirectoryLabel, Found};
use gk_service::service::console::{self, Waiting};
use gk_service::service::{Op, Refusal, View, directories};
use maud::{Markup, html};

use super::{Named, Problem, at, labelled, views};
use crate::app::App;
use crate::directory::Sought;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::kit::{self, Tone};
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::typed::Typed;
use crate::ui::visitor::{SignedIn, Visitor};
use crate::ui::{AppState, paths};

/// So many people are found at most.
const MOST_FOUND: usize = 50;

/// Where a search is.
fn here(label: &DirectoryLabel, text: &str) -> String {
    let place = paths::DIRECTORY_PEOPLE.replace("{label}", label.as_str());
    paths::with(&place, [("text", (!text.is_empty()).then(|| text.to_owned()))])
}

/// GET /admin/directories/{label}/people
pub(in crate::ui::console) async fn search(
    State(app): AppState,
    Administrator(there): Administrator,
    visitor: Visitor,
    named: Named,
) -> Result<Response, UiError> {
    let label = labelled(named)?;
    let text = visitor.parameter("text").unwrap_or_default().trim().to_owned();
    page(&app, &there, (&label, &text), None).await
}

/// Makes an account for somebody, and goes to it.
pub(super) async fn provision(
    app: &App,
    there: &SignedIn,
    label: DirectoryLabel,
    typed: &Typed,
) -> Result<Response, UiError> {
    let (name, text) = (typed.one("username").unwrap_or_default(), typed.one("text").unwrap_or_default());
    match provisioned(app, there, &label, name).await {
        Ok(id) => see_other(&paths::USER.replace("{id}", &id.to_string())),
        Err(refusal) => {
            let problem = Problem::of(refusal, &here(&label, text))?;
            page(app, there, (&label, text), Some(problem)).await
        }
    }
}

async fn provisioned(app: &App, there: &SignedIn, label: &DirectoryLabel, name: &str) -> Result<i64, Refusal> {
    app.read(there.caller.clone(), directories::may_look).await?;
    let found = match app.directories.find(Some(label), name).await? {
        Sought::Found(found) => found,
        other => return Err(other.refusal(name)),
    };
    let user = app.write(there.caller.clone(), move |op: &Op<'_>| directories::provision(op, &found)).await?;
    Ok(user.id.0)
}

async fn page(
    app: &App,
    there: &SignedIn,
    (label, text): (&DirectoryLabel, &str),
    problem: Option<Problem>,
) -> Result<Response, UiError> {
    let wanted = label.clone();
    let read = move |view: &View<'_>| {
        directories::may_look(view)?;
        directories::find(view, &wanted)?;
        console::waiting(view)
    };
    let waiting = app.read(there.caller.clone(), read).await?;
    let found = if text.is_empty() { Ok(Vec::new()) } else { app.directories.search(label, text, MOST_FOUND).await };
    let known = match &found {
        Ok(found) => accounts(app, there, found.clone()).await?,
        Err(_) => Vec::new(),
    };
    let problem = match (problem, found) {
        (None, Err(refusal)) => Some(Problem::of(refusal, &here(label, text))?),
        (problem, _) => problem,
    };
    let status = problem.as_ref().map(|problem| problem.status).unwrap_or_default();
    let body = view(&waiting, (label, text), &known, problem.as_ref());
    Ok(Page::new(&format!("People of {label}")).status(status).of_console(there).body(&body))
}

/// Beside each their account, if they have one.
async fn accounts(app: &App, there: &SignedIn, found: Vec<Found>) -> Result<Vec<(Found, Option<i64>)>, Refusal> {
    let read = move |view: &View<'_>| {
        let one = |found: Found| {
            let account = directories::known(view, &found)?.map(|user| user.id.0);
            Ok((found, account))
        };
        found.into_iter().map(one).collect()
    };
    app.read(there.caller.clone(), read).await
}

fn view(
    waiting: &Waiting,
    (label, text): (&DirectoryLabel, &str),
    found: &[(Found, Option<i64>)],
    problem: Option<&Problem>,
) -> Markup {
    let rows = found.iter().map(|(found, account)| row((label, text), found, *account)).collect::<Vec<_>>();
    html! {
        (views::head(waiting))
        h2 { "People of " a href=(at(label)) { (label) } }
        @if let Some(problem) = problem { (problem.notice()) }
        form.filter method="get" action=(here(label, "")) role="search" {
            input type="search" name="text" value=(text) aria-label="Part of a name, user name or e-mail" placeholder="Part of a name, user name or e-mail" required;
            button type="submit" { "Search" }
        }
        @if !rows.is_empty() {
            (kit::table("People who were found", &["Who", "Account", "Office", "Where", ""], &rows))
            @if rows.len() == MOST_FOUND { p.hint { "There may be more: type more of the name." } }
        } @else if !text.is_empty() && problem.is_none() {
            (kit::empty("Nobody there has that in their name, user name or e-mail."))
        }
    }
}

fn row((label, text): (&DirectoryLabel, &str), found: &Found, account: Option<i64>) -> Vec<Markup> {
    let email = found.emails.first().map_or_else(|| found.username.to_string(), ToString::to_string);
    let provision = paths::CHANGE_DIRECTORY.replace("{label}", label.as_str()).replace("{change}", "provision");
    let tone = if found.account == gk_service::model::Account::Enabled { Tone::Good } else { Tone::Bad };
    let own = html! {
        @if let Some(id) = account {
            a href=(paths::USER.replace("{id}", &id.to_string())) { "Has an account" }
        } @else {
            form method="post" action=(provision) {
                input type="hidden" name="username" value=(found.username);
                input type="hidden" name="text" value=(text);
                button.quiet type="submit" { "Create the account" }
            }
        }
    };
    let state = kit::badge(tone, found.account.word());
    vec![
        kit::person(&found.fullname, &email),
        state,
        html! { (found.office) },
        html! { span.subtle { (found.dn) } },
        own,
    ]
}
