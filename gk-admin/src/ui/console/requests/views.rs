//! What the page of requests looks like.

use gk_service::model::{AccessRequest, Remark, RequestState, RoleList};
use gk_service::service::requests::Offer;
use gk_shared::time::Timestamp;
use maud::{Markup, html};

use super::{Asked, Shown};
use crate::ui::kit::{self, Paging, Tab, Tone};
use crate::ui::{console, paths, time};

pub(super) fn view(shown: &Shown) -> Markup {
    let (asked, decided) = (&shown.asked, shown.asked.decided());
    let state = |state: &str| {
        Asked { state: state.into(), app: asked.app.clone(), ..Asked::default() }.told_to(paths::REQUESTS)
    };
    let (waiting, past) = (state("pending"), state("decided"));
    let tabs = [
        Tab { href: &waiting, label: "Waiting", count: None, here: !decided },
        Tab { href: &past, label: "Decided", count: None, here: decided },
    ];
    html! {
        (console::nav(&shown.waiting, paths::REQUESTS))
        h1 { "Requests for access" }
        @if let Some(refused) = &shown.refused { (refused.problem.notice()) }
        @if let Some(request) = &shown.done { (done(request)) }
        div.toolbar { (kit::tabs("Which requests", &tabs)) (app_filter(shown)) }
        @if shown.listed.requests.is_empty() {
            (kit::empty(if decided { "Nothing has been decided yet." } else { "Nobody waits. When somebody asks for one of these apps, it shows here." }))
        } @else {
            (list(shown))
        }
        (Paging::of(asked.page).links(shown.listed.total, |page| Asked { page: Some(page), done: None, ..asked.clone() }.told_to(paths::REQUESTS)))
    }
}

/// What became of the request that was just decided.
fn done(request: &AccessRequest) -> Markup {
    let (email, app) = (&request.email, &request.app_name);
    match request.state {
        RequestState::Approved => kit::notice(
            Tone::Good,
            &html! { strong { (email) } " may enter " strong { (app) } ", and is told so by mail." },
        ),
        RequestState::Rejected => kit::notice(
            Tone::Plain,
            &html! { "Rejected: " strong { (email) } " stays out of " strong { (app) } ", and is told so by mail." },
        ),
        RequestState::Pending | RequestState::Withdrawn => html! {},
    }
}

/// A choice between the apps, if there are several.
fn app_filter(shown: &Shown) -> Markup {
    let mut options = vec![("", "All apps")];
    options.extend(shown.offers.iter().map(|offer| (offer.app.slug.as_str(), offer.app.name.as_str())));
    html! {
        @if shown.offers.len() > 1 {
            form.filter method="get" action=(paths::REQUESTS) {
                @if shown.asked.decided() { input type="hidden" name="state" value="decided"; }
                label.unseen for="app" { "App" }
                (kit::select("app", "app", &options, &shown.asked.app))
                button.quiet type="submit" { "Show" }
            }
        }
    }
}

fn list(shown: &Shown) -> Markup {
    let last = if shown.asked.decided() { "Outcome" } else { "" };
    let row = |request: &AccessRequest| {
        let offer = shown.offers.iter().find(|offer| offer.app.id == request.app);
        vec![
            kit::person(&request.fullname, request.email.as_str()),
            html! { (request.app_name) },
            if request.message.is_empty() {
                html! { span.subtle { "no message" } }
            } else {
                kit::quote(request.message.as_str())
            },
            time::ago(request.created_at, shown.now),
            match (request.state, offer) {
                (RequestState::Pending, Some(offer)) => forms(request, offer, shown),
                (RequestState::Pending, None) => html! {},
                (RequestState::Approved | RequestState::Rejected | RequestState::Withdrawn, _) => {
                    outcome(request, shown.now)
                }
            },
        ]
    };
    let rows = shown.listed.requests.iter().map(row).collect::<Vec<_>>();
    kit::table("Requests for access", &["Who", "App", "Message", "Asked", last], &rows)
}

fn outcome(request: &AccessRequest, now: Timestamp) -> Markup {
    let tone = match request.state {
        RequestState::Approved => Tone::Good,
        RequestState::Rejected => Tone::Bad,
        RequestState::Pending | RequestState::Withdrawn => Tone::Plain,
    };
    html! {
        (kit::badge(tone, request.state.word()))
        @if let Some(held) = &request.held {
            @if let Some(role) = &held.role { " as " (kit::badge(Tone::Plain, role.as_str())) }
            @if let Some(end) = held.expires_at { " until " (time::at(end)) }
        }
        " by " (request.decided_by) " "
        @if let Some(at) = request.decided_at { span.subtle { (time::ago(at, now)) } }
        @if !request.reason.is_empty() { (kit::quote(request.reason.as_str())) }
    }
}

fn forms(request: &AccessRequest, offer: &Offer, shown: &Shown) -> Markup {
    let typed = shown.refused.as_ref().filter(|refused| refused.id == request.id).map(|refused| &refused.form);
    let day = typed.map(|typed| typed.until.as_str());
    let why = typed.and_then(|typed| typed.reason.as_deref());
    let here = Asked { done: None, ..shown.asked.clone() };
    let sent_to = |path| here.told_to(&paths::of(path, request.id));
    let id = |what: &str| format!("{what}-{}", request.id);
    let (role, until, reason) = (id("role"), id("until"), id("reason"));
    html! {
        form.inline method="post" action=(sent_to(paths::APPROVE_REQUEST)) {
            (kit::field(&role, "Role", None, &role_choice(&role, offer, typed.and_then(|typed| typed.role.as_deref()))))
            (kit::field(&until, "Until, if not for good", None, &html! { input id=(until) type="date" name="until" value=[day]; }))
            button type="submit" { "Approve" }
        }
        (kit::confirm_begun("Reject…", why.is_some(), &html! {
            form method="post" action=(sent_to(paths::REJECT_REQUEST)) {
                (kit::field(&reason, "Reason", Some("Goes into the mail to them. May stay empty."), &html! {
                    textarea id=(reason) name="reason" rows="2" maxlength=(Remark::MOST) aria-describedby={ (reason) "-hint" } { (why.unwrap_or_default()) }
                }))
                button.danger type="submit" { "Reject" }
            }
        }))
    }
}

/// The roles of a closed list, the weakest chosen unless another was; any text for an open one.
fn role_choice(id: &str, offer: &Offer, typed: Option<&str>) -> Markup {
    let roles = offer.roles.iter().map(|role| (role.as_str(), role.as_str())).collect::<Vec<_>>();
    match offer.app.role_list {
        RoleList::Closed => {
            let weakest = roles.first().map_or("", |(role, _)| *role);
            kit::select(id, "role", &[roles.as_slice(), &[("", "no role")]].concat(), typed.unwrap_or(weakest))
        }
        RoleList::Open => html! {
            input id=(id) type="text" name="role" value=[typed] maxlength="64" placeholder="none" autocapitalize="none" spellcheck="false" list={ (id) "-known" };
            datalist id={ (id) "-known" } { @for (role, _) in &roles { option value=(role) {} } }
        },
    }
}
