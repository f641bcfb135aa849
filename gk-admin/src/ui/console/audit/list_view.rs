//! The list of what happened.

use gk_service::model::{AuditEntry, AuditPart};
use maud::{Markup, html};

use super::{Live, Shown};
use crate::audit_asked::forwarding_text;
use crate::ui::console::changes::differing;
use crate::ui::console::{export, nav};
use crate::ui::kit::{self, Tone};
use crate::ui::{paths, time};

pub(super) fn list(shown: &Shown) -> Markup {
    html! {
        (nav(&shown.waiting, paths::AUDIT))
        h1 { "Audit" }
        (filters(shown))
        (rows(shown))
        (health(shown))
    }
}

/// Where scripts run, the list follows what is typed; elsewhere the button does it.
fn filters(shown: &Shown) -> Markup {
    let asked = &shown.asked;
    let input = |id: &str, kind: &str, value: &str, hint: &str| html! { input id=(id) type=(kind) name=(id) value=(value) placeholder=(hint) maxlength="200" autocomplete="off" autocapitalize="none" spellcheck="false"; };
    let mut actions = vec![("", "anything")];
    actions.extend(shown.actions.iter().map(|action| (action.as_str(), action.as_str())));
    let mut apps = vec![("", "any")];
    apps.extend(shown.apps.iter().map(|app| (app.slug.as_str(), app.name.as_str())));
    // One that is gone has a past all the same.
    if !asked.app.is_empty() && !apps.iter().any(|(slug, _)| *slug == asked.app) {
        apps.push((&asked.app, &asked.app));
    }
    html! {
        form.filters method="get" action=(paths::AUDIT) role="search"
            hx-get=(paths::AUDIT) hx-trigger="input delay:300ms, submit" hx-target="#list" hx-select="#list" hx-swap="outerHTML" hx-push-url="true" {
            (kit::field("text", "Words", None, &input("text", "search", &asked.text, "whole words in the row")))
            (kit::field("person", "Person", None, &input("person", "text", &asked.person, "by or to whom")))
            (kit::field("actor", "By", None, &input("actor", "text", &asked.actor, "user name, api_key:1, root")))
            (kit::field("action", "What", None, &kit::select("action", "action", &actions, &asked.action)))
            (kit::field("app", "App", None, &kit::select("app", "app", &apps, &asked.app)))
            (kit::field("ip", "Address", None, &input("ip", "text", &asked.ip, "192.0.2.1")))
            (kit::field("since", "From", None, &input("since", day(&asked.since), &asked.since, "")))
            (kit::field("until", "To", None, &input("until", day(&asked.until), &asked.until, "")))
            button type="submit" { "Search" }
        }
    }
}

/// A field for days; for a time of another form one that can hold it.
fn day(value: &str) -> &'static str {
    let is_day = value.len() == 10 && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if value.is_empty() || is_day { "date" } else { "text" }
}

/// The rows; while they are followed, they ask for themselves again.
fn rows(shown: &Shown) -> Markup {
    let live = shown.part.live.is_some() && shown.part.before.is_none();
    let here = live.then(|| shown.at(None, Some(Live::On)));
    html! {
        div #list hx-get=[here.as_deref()] hx-trigger=[live.then_some("every 3s")] hx-select=[live.then_some("#list")] hx-swap=[live.then_some("outerHTML")] {
            @match &shown.found {
                Err(why) => (kit::notice(Tone::Bad, &html! { (kit::sentence(why)) })),
                Ok(part) => {
                    div.toolbar {
                        p.subtle role="status" { (told(shown, part, live)) }
                        (follow(shown, live))
                        (export::buttons(paths::EXPORT_AUDIT, &shown.asked.narrowing()))
                    }
                    @if part.entries.is_empty() { (kit::empty("Nothing here matches.")) } @else { (table(part)) }
                    (paging(shown, part))
                }
            }
        }
    }
}

fn told(shown: &Shown, part: &AuditPart, live: bool) -> Markup {
    let count = kit::counted(i64::try_from(part.entries.len()).unwrap_or(i64::MAX), "row", "rows");
    html! {
        (count)
        @if let Some(reached) = part.reached { ", looked back to " (time::at(reached)) }
        @if live { ", followed since " (time::at(shown.now)) }
    }
}

fn follow(shown: &Shown, live: bool) -> Markup {
    html! {
        @if live { a href=(shown.at(None, None)) { "Stop following" } }
        @else { a href=(shown.at(None, Some(Live::On))) { "Follow what happens" } }
    }
}

fn table(part: &AuditPart) -> Markup {
    let rows = part.entries.iter().map(row).collect::<Vec<_>>();
    kit::table("What happened, the newest first", &["When", "Who", "What", "To", "App", "Change"], &rows)
}

fn row(entry: &AuditEntry) -> Vec<Markup> {
    vec![
        html! { a.whole href=(paths::of(paths::AUDIT_ROW, entry.id)) { (time::at(entry.at)) } },
        html! { span.address { (entry.actor) } @if !entry.ip.is_empty() { " " span.subtle { (entry.ip) } } },
        html! { code { (entry.action) } },
        html! { span.address { (entry.target) } },
        html! { (entry.app) },
        differing(&entry.before, &entry.after),
    ]
}

fn paging(shown: &Shown, part: &AuditPart) -> Markup {
    html! {
        nav.paging aria-label="Pages" {
            @if shown.part.before.is_some() { a href=(shown.at(None, None)) rel="first" { "Newest" } }
            @if let Some(next) = part.next {
                a href=(shown.at(Some(next), None)) rel="next" { @if part.reached.is_some() { "Look further back" } @else { "Older" } }
            }
        }
    }
}

fn health(shown: &Shown) -> Markup {
    let health = &shown.health;
    let failing = health.forwarding.failing_since.is_some();
    html! {
        section aria-labelledby="record" {
            h2 #record { "The record itself" }
            p { "About " (health.kept) " rows are kept"
                @if health.keep_days > 0 { ", each for " (kit::counted(health.keep_days, "day", "days")) } @else { ", for ever" } "." }
            @if failing { (kit::notice(Tone::Bad, &html! { (forwarding_text(&health.forwarding)) })) }
            @else { p { (forwarding_text(&health.forwarding)) } }
            form method="post" action=(paths::VERIFY_AUDIT) { button.quiet type="submit" { "Check every row" } }
        }
    }
}
