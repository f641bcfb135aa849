//! `/admin/grants`: grants of all apps that nobody uses or that end soon, taken back together and given back; and what
//! every list of grants shows.

pub(super) mod many;

use axum::extract::Query;
use axum::extract::State;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use gk_service::model::{Grant, Holder, WhichGrants};
use gk_service::service::console::{self, Waiting};
use gk_service::service::grants::{self, Listed};
use gk_service::service::{Op, Refusal, View};
use gk_shared::model::{GrantId, Slug};
use gk_shared::time::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::guard::{Administrator, AppsVisitor};
use super::{Problem, nav};
use crate::ui::errors::UiError;
use crate::ui::kit::{self, Heading, Paging, Tab, Tone};
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::typed::{Sent, Typed};
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths, time};

const DAY: i64 = 86_400;
const UNUSED_DAYS: i64 = 90;
const SOON_DAYS: i64 = 30;
/// What an address says once what was taken has been given back.
pub(super) const BACK: &str = "back";
/// What a page says then.
pub(super) const GIVEN_BACK: &str = "It was given back as it was.";

/// Which grants a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    All,
    Unused,
    Expiring,
}

impl Choice {
    pub(super) const ALL: [Self; 3] = [Self::All, Self::Unused, Self::Expiring];

    /// The word of an address; `None` for what needs none.
    pub(super) fn word(self) -> Option<String> {
        match self {
            Self::All => None,
            Self::Unused => Some("unused".to_owned()),
            Self::Expiring => Some("expiring".to_owned()),
        }
    }

    pub(super) fn parse(word: &str) -> Self {
        Self::ALL.into_iter().find(|choice| choice.word().as_deref() == Some(word)).unwrap_or(Self::All)
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Unused => "Unused for 90 days",
            Self::Expiring => "Ending within 30 days",
        }
    }

    pub(super) fn which(self, now: Timestamp) -> WhichGrants {
        match self {
            Self::All => WhichGrants::All,
            Self::Unused => WhichGrants::Unused { since: now.plus(-UNUSED_DAYS * DAY) },
            Self::Expiring => WhichGrants::Expiring { after: now, until: now.plus(SOON_DAYS * DAY) },
        }
    }
}

/// Grants that were just taken, and can be given back.
pub(super) struct Undo {
    taking: i64,
    taken: i64,
}

impl Undo {
    /// What an address says of it.
    pub(super) fn of(taking: Option<i64>, taken: Option<i64>) -> Option<Self> {
        Some(Self { taking: taking?, taken: taken? })
    }
}

/// A list's address after so many grants were taken from it.
pub(super) fn after_taking(list: &str, which: Option<String>, taking: i64, taken: usize) -> String {
    let parameters = [("which", which), ("taking", Some(taking.to_string())), ("taken", Some(taken.to_string()))];
    paths::with(list, parameters)
}

/// Says what was taken, with the way back.
pub(super) fn undone(undo: Option<&Undo>, here: &str) -> Markup {
    html! {
        @if let Some(undo) = undo {
            (kit::notice(Tone::Good, &html! {
                (kit::counted(undo.taken, "grant was taken back.", "grants were taken back.")) " "
                form.undo method="post" action=(paths::GIVE_BACK) {
                    input type="hidden" name="taking" value=(undo.taking);
                    input type="hidden" name="back" value=(here);
                    button.quiet type="submit" { "Undo" }
                }
            }))
        }
    }
}

/// Who has a grant.
pub(super) fn whom(grant: &Grant) -> Markup {
    match grant.holder {
        Holder::User(id) => {
            html! { a.whole href=(paths::of(paths::USER, id.0)) { span.address { (grant.holder_name) } } }
        }
        Holder::Group(id) => {
            html! { "everybody in " a.whole href=(paths::of(paths::GROUP, id.0)) { (grant.holder_name) } }
        }
    }
}

/// From when until when.
pub(super) fn span(grant: &Grant, now: Timestamp) -> Markup {
    html! {
        @if let Some(start) = grant.starts_at.filter(|start| *start > now) { "from " (time::at(start)) br; }
        @match grant.expires_at {
            Some(end) if end <= now => span.subtle { "ended " (time::ago(end, now)) },
            Some(end) => { "until " (time::at(end)) },
            None => span.subtle { "for good" },
        }
    }
}

/// When somebody entered by it.
pub(super) fn last_used(grant: &Grant, now: Timestamp) -> Markup {
    html! { @match grant.last_used_at { Some(at) => (time::ago(at, now)), None => span.subtle { "never" } } }
}

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::ui::console) struct Asked {
    which: String,
    page: Option<i64>,
    taking: Option<i64>,
    taken: Option<i64>,
    done: String,
}

/// What the page shows.
struct Shown {
    waiting: Waiting,
    choice: Choice,
    listed: Listed,
    paging: Paging,
    undo: Option<Undo>,
    /// Whether what was taken has just been given back.
    back: bool,
    now: Timestamp,
}

/// GET /admin/grants
pub(super) async fn show(
    app: AppState,
    Administrator(there): Administrator,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, UiError> {
    page(app, &there, asked.map(|Query(asked)| asked).unwrap_or_default(), None).await
}

/// POST /admin/grants/take: those that are ticked, or none.
pub(super) async fn take(app: AppState, Administrator(there): Administrator, sent: Sent) -> Result<Response, UiError> {
    let typed = Typed::of(sent)?;
    let which = Choice::parse(typed.one("which").unwrap_or_default()).word();
    let verb = move |op: &Op<'_>| {
        let ids = typed.all("grant").map(|id| id.parse().map(GrantId)).collect::<Result<Vec<_>, _>>();
        grants::take_many(op, &ids.map_err(|_| Refusal::Invalid("no such grant".into()))?)
    };
    match app.write(there.caller.clone(), verb).await {
        Ok(taken) => see_other(&after_taking(paths::GRANTS, which, taken.number, taken.grants.len())),
        Err(refusal) => {
            let problem = Problem::of(refusal, paths::GRANTS)?;
            page(app, &there, Asked { which: which.unwrap_or_default(), ..Asked::default() }, Some(problem)).await
        }
    }
}

/// POST /admin/grants/give-back: what was taken together, as it was.
pub(super) async fn give_back(app: AppState, AppsVisitor(there): AppsVisitor, sent: Sent) -> Result<Response, UiError> {
    let typed = Typed::of(sent)?;
    let back = typed.one("back").unwrap_or_default();
    let back = back.strip_prefix("/admin/apps/").and_then(|slug| Slug::parse(slug).ok());
    let back = back.map_or_else(|| paths::GRANTS.to_owned(), |slug| paths::of_app(paths::APP, &slug));
    let taking = typed.one("taking").and_then(|text| text.parse().ok()).unwrap_or_default();
    match app.write(there.caller.clone(), move |op| grants::give_back(op, taking)).await {
        Ok(_) => see_other(&paths::with(&back, [("done", Some(BACK.to_owned()))])),
        Err(refusal) => {
            let problem = Problem::of(refusal, &back)?;
            let body = html! {
                h1 { "Nothing was given back" }
                (problem.notice())
                p.actions { a.button href=(back) { "To the grants" } }
            };
            Ok(Page::new("Nothing was given back").status(problem.status).of_console(&there).body(&body))
        }
    }
}

async fn page(
    State(app): AppState,
    there: &SignedIn,
    asked: Asked,
    problem: Option<Problem>,
) -> Result<Response, UiError> {
    let read = move |view: &View<'_>| {
        let choice = if asked.which.is_empty() { Choice::Unused } else { Choice::parse(&asked.which) };
        let part = |part| grants::list(view, None, choice.which(view.now), part);
        let paging = Paging::long(asked.page).within(part((0, 0))?.total);
        Ok(Shown {
            waiting: console::waiting(view)?,
            choice,
            listed: part((paging.skip(), paging.most()))?,
            paging,
            undo: Undo::of(asked.taking, asked.taken),
            back: asked.done == BACK,
            now: view.now,
        })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    let status = problem.as_ref().map_or(axum::http::StatusCode::OK, |problem| problem.status);
    Ok(Page::new("Grants").status(status).of_console(there).body(&view(&shown, problem.as_ref())))
}

fn view(shown: &Shown, problem: Option<&Problem>) -> Markup {
    let hrefs = [Choice::Unused, Choice::Expiring]
        .map(|choice| (choice, paths::with(paths::GRANTS, [("which", choice.word())])));
    let tabs = hrefs.each_ref().map(|(choice, href)| Tab {
        href,
        label: choice.label(),
        count: None,
        here: *choice == shown.choice,
    });
    html! {
        (nav(&shown.waiting, paths::APPS))
        (undone(shown.undo.as_ref(), paths::GRANTS))
        @if shown.back { (kit::toast(GIVEN_BACK)) }
        @if let Some(problem) = problem { (problem.notice()) }
        p.subtle { a href=(paths::APPS) { "Apps" } " › Grants" }
        h1 { "Grants of all apps" }
        (kit::tabs("Which grants", &tabs))
        @if shown.listed.grants.is_empty() { (kit::empty("None: nothing to clear up.")) } @else { (table(shown)) }
    }
}

fn table(shown: &Shown) -> Markup {
    let headings = ["App", "Who", "When", "Given", "Last used"].map(Heading::Text);
    let headings = [Heading::Ticks("grant")].into_iter().chain(headings).collect::<Vec<_>>();
    let rows = shown.listed.grants.iter().map(|(grant, slug)| row(shown, grant, slug)).collect::<Vec<_>>();
    let page =
        |page: i64| paths::with(paths::GRANTS, [("which", shown.choice.word()), ("page", Some(page.to_string()))]);
    html! {
        form.many method="post" action=(paths::TAKE_GRANTS) {
            input type="hidden" name="which" value=[shown.choice.word()];
            (kit::table_under("Grants", &headings, &rows))
            (shown.paging.links(shown.listed.total, page))
            p.actions { button.danger type="submit" { "Take back those that are ticked" } span.hint { "In force at once; the next page has a way back." } }
        }
    }
}

fn row(shown: &Shown, grant: &Grant, slug: &Slug) -> Vec<Markup> {
    vec![
        html! { input type="checkbox" name="grant" value=(grant.id) aria-label={ "Choose the grant of " (grant.holder_name) " of " (slug) }; },
        html! { a href=(paths::of_app(paths::APP, slug)) { code { (slug) } } @if let Some(role) = &grant.role { " " (role) } },
        whom(grant),
        span(grant, shown.now),
        html! { (time::ago(grant.granted_at, shown.now)) br; span.subtle { "by " (grant.granted_by) } },
        last_used(grant, shown.now),
    ]
}
