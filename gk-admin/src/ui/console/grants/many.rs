//! `/admin/grants/many`: many people and groups into many apps; first what would come of it, then all of it or nothing.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::model::App;
use gk_service::service::console::{self, Waiting};
use gk_service::service::grants::{self, Plan, Receiver, Whom};
use gk_service::service::{Op, Refusal, View, apps};
use gk_shared::model::{GroupName, Slug, Username};
use maud::{Markup, html};

use crate::ui::console::apps::grants::given;
use crate::ui::console::guard::Administrator;
use crate::ui::console::{Problem, nav};
use crate::ui::errors::UiError;
use crate::ui::kit;
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::typed::{Sent, Typed};
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths};

/// So many pairs of a plan are named; the rest is counted.
const MOST_NAMED: usize = 200;

/// What the page shows.
struct Shown {
    waiting: Waiting,
    apps: Vec<App>,
    typed: Typed,
    plan: Option<Plan>,
}

/// GET /admin/grants/many
pub(in crate::ui::console) async fn show(
    app: AppState,
    Administrator(there): Administrator,
) -> Result<Response, UiError> {
    page(app, &there, Typed::default(), None).await
}

/// POST /admin/grants/many: shows what would come of it, and does it once that was seen.
pub(in crate::ui::console) async fn give(
    app: AppState,
    Administrator(there): Administrator,
    sent: Sent,
) -> Result<Response, UiError> {
    let typed = Typed::of(sent)?;
    if typed.one("sure").is_none() {
        return page(app, &there, typed, None).await;
    }
    let wanted = typed.clone();
    let verb = move |op: &Op<'_>| grants::give_new(op, &slugs(&wanted)?, &people(&wanted)?, &given(&wanted)?);
    match app.write(there.caller.clone(), verb).await {
        Ok(_) => see_other(&format!("{}?done=given", paths::APPS)),
        Err(refusal) => {
            let problem = Problem::of(refusal, paths::MANY_GRANTS)?;
            page(app, &there, typed, Some(problem)).await
        }
    }
}

fn slugs(typed: &Typed) -> Result<Vec<Slug>, Refusal> {
    let found = typed.all("app").map(Slug::parse).collect::<Result<Vec<_>, _>>()?;
    if found.is_empty() { Err(Refusal::Invalid("choose at least one app".into())) } else { Ok(found) }
}

/// Names one a line or parted by commas; a group is written `group:crew`.
fn people(typed: &Typed) -> Result<Whom, Refusal> {
    let names = typed.raw("people").unwrap_or_default().split([',', '\n', '\r']).map(str::trim);
    let receiver = |name: &str| match name.strip_prefix("group:") {
        Some(group) => GroupName::parse(group).map(Receiver::Group).map_err(Refusal::from),
        None => Username::parse(name).map(Receiver::User).map_err(Refusal::from),
    };
    let found = names.filter(|name| !name.is_empty()).map(receiver).collect::<Result<Vec<_>, _>>()?;
    if found.is_empty() {
        Err(Refusal::Invalid("name at least one person or group".into()))
    } else {
        Ok(Whom::Named(found))
    }
}

async fn page(
    State(app): AppState,
    there: &SignedIn,
    typed: Typed,
    problem: Option<Problem>,
) -> Result<Response, UiError> {
    let asked = typed.raw("people").is_some() && problem.is_none();
    let read = move |view: &View<'_>| {
        let plan = if asked {
            Some(slugs(&typed).and_then(|apps| grants::plan(view, &apps, &people(&typed)?, &given(&typed)?)))
        } else {
            None
        };
        let (plan, refused) = match plan {
            Some(Err(refusal)) => (None, Some(refusal)),
            Some(Ok(plan)) => (Some(plan), None),
            None => (None, None),
        };
        Ok((Shown { waiting: console::waiting(view)?, apps: apps::list(view)?, typed, plan }, refused))
    };
    let (shown, refused) = app.read(there.caller.clone(), read).await?;
    let problem = match refused {
        Some(refusal) => Some(Problem::of(refusal, paths::MANY_GRANTS)?),
        None => problem,
    };
    let status = problem.as_ref().map_or(StatusCode::OK, |problem| problem.status);
    Ok(Page::new("Let many in").status(status).of_console(there).body(&view(&shown, problem.as_ref())))
}

fn view(shown: &Shown, problem: Option<&Problem>) -> Markup {
    html! {
        (nav(&shown.waiting, paths::APPS))
        p.subtle { a href=(paths::APPS) { "Apps" } " › Let many in" }
        h1 { "Let many people into many apps" }
        @if let Some(problem) = problem { (problem.notice()) }
        @match &shown.plan {
            Some(plan) => (planned(shown, plan)),
            None => (form(shown)),
        }
    }
}

fn form(shown: &Shown) -> Markup {
    let typed = &shown.typed;
    let chosen = |app: &App| typed.all("app").any(|slug| slug == app.slug.as_str());
    html! {
        form.invite method="post" action=(paths::MANY_GRANTS) {
            (kit::field("people", "Who", Some("User names or e-mails, one a line. A whole group: group:crew."), &html! {
                textarea #people name="people" rows="6" required spellcheck="false" autocapitalize="none" aria-describedby="people-hint" { (typed.raw("people").unwrap_or_default()) }
            }))
            fieldset {
                legend { "Into which apps" }
                @for app in &shown.apps { label.choice { input type="checkbox" name="app" value=(app.slug) checked[chosen(app)]; (app.name) " " code { (app.slug) } } }
            }
            (kit::field("role", "Role, if any", None, &html! { input #role type="text" name="role" value=[typed.one("role")] maxlength="64" autocapitalize="none" spellcheck="false"; }))
            (kit::field("from", "From, if not at once", None, &html! { input #from type="date" name="from" value=[typed.one("from")]; }))
            (kit::field("until", "Until, if not for good", None, &html! { input #until type="date" name="until" value=[typed.one("until")]; }))
            (kit::field("note", "Note", None, &html! { input #note type="text" name="note" value=[typed.one("note")] maxlength="500" autocomplete="off"; }))
            p.actions { button type="submit" { "Show what would come of it" } a href=(paths::APPS) { "Leave it" } }
        }
    }
}

fn planned(shown: &Shown, plan: &Plan) -> Markup {
    let count = i64::try_from(plan.count()).unwrap_or(i64::MAX);
    if let Err(refusal) = plan.check() {
        return html! {
            (kit::notice(kit::Tone::Bad, &html! { "Nothing would be given: " (refusal) "." }))
            (form(shown))
        };
    }
    html! {
        (gaining(plan, count))
        form method="post" action=(paths::MANY_GRANTS) {
            @for (name, value) in shown.typed.fields() { @if name != "sure" { input type="hidden" name=(name) value=(value); } }
            input type="hidden" name="sure" value="yes";
            p.actions { @if count > 0 { button type="submit" { "Let them in" } } a href=(paths::MANY_GRANTS) { "Begin again" } }
        }
    }
}

fn gaining(plan: &Plan, count: i64) -> Markup {
    let kept = i64::try_from(plan.pairs.len()).unwrap_or(i64::MAX) - count;
    html! {
        p { strong { (kit::counted(count, "grant is new", "grants are new")) } @if kept > 0 { "; " (kept) " have one already and keep it as it is" } "." }
        @if !plan.new_role_in.is_empty() { p.hint { "The role is new in " @for (number, slug) in plan.new_role_in.iter().enumerate() { @if number > 0 { ", " } code { (slug) } } ", where it is put at the strong end." } }
        ul.names { @for pair in plan.gaining().take(MOST_NAMED) { li { (pair.name) " " span.subtle { "into" } " " code { (pair.app) } } } }
        @if plan.count() > MOST_NAMED { p.subtle { "and " (plan.count() - MOST_NAMED) " more." } }
    }
}
