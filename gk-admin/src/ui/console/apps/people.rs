//! `/admin/apps/{slug}/people`: who enters an app, for which reason, and why somebody does or does not.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use gk_service::model::{App, Part, User};
use gk_service::service::console::{self, Console, Waiting};
use gk_service::service::explain::{self, Entrant, Explanation, WhoFilter};
use gk_service::service::{Refusal, View, apps};
use gk_shared::model::{Role, Username};
use gk_shared::policy::Snapshot;
use maud::{Markup, html};
use serde::Deserialize;

use super::page::{Message, Named, Section, head, slug_of};
use crate::ui::console::explanation::{explanation, verdict};
use crate::ui::console::guard::AppsVisitor;
use crate::ui::console::offered::name_field;
use crate::ui::console::{Problem, offered};
use crate::ui::errors::UiError;
use crate::ui::kit::{self, Paging};
use crate::ui::page::Page;
use crate::ui::{AppState, paths, time};

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::ui::console) struct Asked {
    search: String,
    role: String,
    page: Option<i64>,
    /// Of whom to say why.
    user: String,
    /// Whether the name is complete; else people are offered for it.
    why: String,
}

/// What the page shows.
struct Shown {
    waiting: Waiting,
    console: Console,
    app: App,
    entrants: Part<Entrant>,
    paging: Paging,
    offered: Vec<User>,
    /// Why somebody enters or does not; or why that cannot be said.
    said: Option<Result<Explanation, Refusal>>,
}

/// GET /admin/apps/{slug}/people
pub(in crate::ui::console) async fn show(
    State(app): AppState,
    AppsVisitor(there): AppsVisitor,
    named: Named,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, UiError> {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let (slug, console, sent) = (slug_of(named)?, there.console, asked.clone());
    let here = paths::of_app(paths::APP_PEOPLE, &slug);
    let read = move |view: &View<'_>, snapshot: &Snapshot| {
        let filter = sent.filter();
        let total = explain::numbers(view, snapshot, &slug, &filter)?.len();
        let paging = Paging::long(sent.page).within(i64::try_from(total).unwrap_or(i64::MAX));
        let why = |name: Username| explain::explain(view, snapshot, &name, Some(&slug), view.now);
        let said = (!sent.why.is_empty()).then(|| Username::parse(&sent.user).map_err(Refusal::from).and_then(why));
        Ok(Shown {
            waiting: console::waiting(view)?,
            console,
            app: apps::show(view, &slug)?.0,
            entrants: explain::who_enters(view, snapshot, &slug, &filter, (paging.skip(), paging.most()))?,
            paging,
            offered: offered(view, &sent.user)?,
            said,
        })
    };
    let mut shown = app.read_in_force(there.caller.clone(), read).await?;
    let (said, message) = match shown.said.take() {
        Some(Ok(said)) => (Some(said), Message::Nothing),
        Some(Err(refusal)) => (None, Message::Problem(Problem::of(refusal, &here)?)),
        None => (None, Message::Nothing),
    };
    let body = view(&shown, said.as_ref(), &message, &asked);
    Ok(Page::new(&shown.app.name).status(message.status()).of_console(&there).body(&body))
}

impl Asked {
    fn filter(&self) -> WhoFilter {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        WhoFilter { text: given(&self.search), role: given(&self.role), reason: None }
    }
}

fn view(shown: &Shown, said: Option<&Explanation>, message: &Message, asked: &Asked) -> Markup {
    let here = paths::of_app(paths::APP_PEOPLE, &shown.app.slug);
    html! {
        (head((&shown.waiting, shown.console), &shown.app, Section::People, message))
        form.inline method="get" action=(here) {
            (name_field(&here, &asked.user, &shown.offered))
            button type="submit" name="why" value="yes" { "Why?" }
        }
        @if let Some(said) = said { (explanation(said)) }
        (filters(shown, asked, &here))
        @if shown.entrants.rows.is_empty() { (kit::empty("Nobody enters, or nobody of that kind.")) } @else {
            p.subtle { (kit::counted(shown.entrants.total, "person enters", "people enter")) ", administrators among them." }
            (kit::table("Who enters", &["Who", "How", "By", "Until"], &shown.entrants.rows.iter().map(row).collect::<Vec<_>>()))
            (shown.paging.links(shown.entrants.total, |page| paths::with(&here, [("search", Some(asked.search.clone())), ("role", Some(asked.role.clone())), ("page", Some(page.to_string()))])))
        }
    }
}

fn filters(shown: &Shown, asked: &Asked, here: &str) -> Markup {
    let mut roles = vec![("", "any")];
    roles.extend(shown.app.roles.iter().map(Role::as_str).map(|role| (role, role)));
    html! {
        h2 { "Who enters" }
        form.filters method="get" action=(here) role="search" {
            (kit::field("search", "Search", None, &html! {
                input #search type="search" name="search" value=(asked.search) placeholder="name, e-mail or group" maxlength="200" autocomplete="off" spellcheck="false";
            }))
            (kit::field("role", "Role", None, &kit::select("role", "role", &roles, &asked.role)))
            button type="submit" { "Search" }
        }
    }
}

fn row(entrant: &Entrant) -> Vec<Markup> {
    vec![
        html! { a.whole href=(paths::of(paths::USER, entrant.id.0)) { (kit::person(&entrant.fullname, &entrant.email)) } },
        verdict(&entrant.outcome),
        html! { @match &entrant.group { Some(group) => { "the group " (group) }, None => (entrant.outcome.reason.word()) } },
        html! { @match entrant.until { Some(at) => (time::at(at)), None => span.subtle { "for good" } } },
    ]
}
