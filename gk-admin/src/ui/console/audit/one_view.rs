//! One row with all it says, and what a check of all of them found.

use gk_service::model::{AuditEntry, in_words};
use gk_service::service::audit::Verified;
use gk_service::service::console::Waiting;
use gk_shared::model::Slug;
use maud::{Markup, html};

use crate::audit_asked::chain;
use crate::ui::console::changes::side_by_side;
use crate::ui::console::nav;
use crate::ui::kit::{self, Tone};
use crate::ui::{paths, time};

pub(super) fn one(waiting: &Waiting, entry: &AuditEntry) -> Markup {
    html! {
        (nav(waiting, paths::AUDIT))
        p { a href=(paths::AUDIT) { "All of the audit" } }
        h1 { code { (entry.action) } }
        dl.facts {
            dt { "Row" } dd { (entry.id) }
            dt { "When" } dd { (time::at(entry.at)) }
            dt { "Who" } dd { (who(entry)) }
            @if !entry.target.is_empty() { dt { "To" } dd { (whom(entry)) } }
            @if !entry.app.is_empty() { dt { "App" } dd { (app(entry)) } }
            @if !entry.ip.is_empty() { dt { "From" } dd { a href=(narrowed("ip", &entry.ip)) { (entry.ip) } } }
            @if !entry.user_agent.is_empty() { dt { "By" } dd { (in_words(&entry.user_agent)) " " span.subtle { (entry.user_agent) } } }
            dt { "Chain" } dd { code { (chain(entry)) } }
        }
        @if entry.before.is_empty() && entry.after.is_empty() { (kit::empty("It says nothing more.")) }
        @else { (side_by_side(&entry.before, &entry.after)) }
    }
}

fn who(entry: &AuditEntry) -> Markup {
    html! {
        a href=(narrowed("actor", &entry.actor)) { (entry.actor) } " " (kit::badge(Tone::Plain, &entry.actor_kind))
        @if let Some(id) = entry.actor_id.filter(|_| entry.actor_kind == "person") { " " a href=(paths::of(paths::USER, id)) { "their account" } }
    }
}

fn whom(entry: &AuditEntry) -> Markup {
    html! {
        (entry.target)
        @if let Some(id) = entry.target_user { " " a href=(paths::of(paths::USER, id)) { "their account" } }
    }
}

/// What was written may be no slug of an app.
fn app(entry: &AuditEntry) -> Markup {
    html! {
        @match Slug::parse(&entry.app) {
            Ok(slug) => a href=(paths::of_app(paths::APP, &slug)) { (entry.app) },
            Err(_) => (entry.app),
        }
    }
}

fn narrowed(name: &str, value: &str) -> String {
    paths::with(paths::AUDIT, [(name, Some(value.to_owned()))])
}

pub(super) fn verified(waiting: &Waiting, found: &Verified) -> Markup {
    let unnamed = found.broken - found.breaks.len() as u64;
    html! {
        (nav(waiting, paths::AUDIT))
        p { a href=(paths::AUDIT) { "All of the audit" } }
        h1 { "Every row was checked" }
        @if found.broken == 0 {
            (kit::notice(Tone::Good, &html! { (found.rows) " rows, " (found.first) " to " (found.last) ": each is as it was written." }))
        } @else {
            (kit::notice(Tone::Bad, &html! { "The audit is not as it was written." }))
            ul { @for what in &found.breaks { li { (kit::sentence(&what.to_string())) } } @if unnamed > 0 { li { "And " (unnamed) " more." } } }
        }
        @if found.checkpoint > 0 { p.subtle { "Rows up to " (found.checkpoint) " were deleted for their age, behind a signed checkpoint." } }
    }
}
