//! The list of groups, and one group.

use gk_service::model::{Group, GroupKind, User};
use gk_service::service::users::MOST_BROWSED;
use gk_shared::model::Role;
use maud::{Markup, html};

use super::{Change, Listed, Shown};
use crate::ui::console::offered::name_field;
use crate::ui::console::{Problem, export, nav};
use crate::ui::kit::{self, Tone};
use crate::ui::typed::Typed;
use crate::ui::{paths, time};

pub(super) fn list(listed: &Listed, done: Option<&str>, typed: &Typed, problem: Option<&Problem>) -> Markup {
    let rows = listed.groups.iter().map(|group| {
        vec![
            html! { a.whole href=(paths::of(paths::GROUP, group.id.0)) { (group.name) } },
            kind(group),
            html! { (group.description) },
            html! { (group.members) },
            time::ago(group.created_at, listed.now),
        ]
    });
    html! {
        (nav(&listed.waiting, paths::GROUPS))
        @if let Some(sentence) = done { (kit::toast(sentence)) }
        div.toolbar { h1 { "Groups" } (export::buttons(paths::EXPORT_GROUPS, &[])) }
        (kit::table("Groups", &["Name", "Kind", "What for", "Members", "Since"], &rows.collect::<Vec<_>>()))
        h2 { "Add a group" }
        @if let Some(problem) = problem { (problem.notice()) }
        form.inline method="post" action=(paths::GROUPS) {
            (kit::field("name", "Name", None, &html! { input #name type="text" name="name" value=[typed.one("name")] required maxlength="128" autocomplete="off"; }))
            (kit::field("description", "What for", None, &html! { input #description type="text" name="description" value=[typed.one("description")] maxlength="500" autocomplete="off"; }))
            button type="submit" { "Add" }
        }
    }
}

fn kind(group: &Group) -> Markup {
    match group.kind {
        GroupKind::Admin | GroupKind::Standard => kit::badge(Tone::Good, "built in"),
        GroupKind::Local => kit::badge(Tone::Plain, "local"),
        GroupKind::Directory => kit::badge(Tone::Waits, "directory"),
    }
}

/// Where a form of a group's page is sent.
fn to(group: &Group, change: Change) -> String {
    paths::of(paths::CHANGE_GROUP, group.id.0).replace("{change}", change.word())
}

pub(super) fn one(shown: &Shown, done: Option<&str>, problem: Option<&Problem>, typed: &str) -> Markup {
    let group = &shown.group;
    html! {
        (nav(&shown.waiting, paths::GROUPS))
        @if let Some(sentence) = done { (kit::toast(sentence)) }
        @if let Some(problem) = problem { (problem.notice()) }
        p.subtle { a href=(paths::GROUPS) { "Groups" } " › " (group.name) }
        h1 { (group.name) " " (kind(group)) }
        div.columns {
            section { h2 { "What for" } (description(group)) }
            section { h2 { "What it opens" } (opens(shown)) }
        }
        h2 { "Members" }
        (add_member(shown, typed))
        (members(shown))
    }
}

fn description(group: &Group) -> Markup {
    html! {
        @if group.kind == GroupKind::Directory { p { (group.description) } } @else {
            form method="post" action=(to(group, Change::Describe)) {
                (kit::field("description", "Description", None, &html! { textarea #description name="description" rows="2" maxlength="500" { (group.description) } }))
                button type="submit" { "Save" }
            }
        }
        @if group.kind == GroupKind::Local {
            (kit::confirm("Delete…", &html! {
                form method="post" action=(to(group, Change::Delete)) {
                    p.hint { (kit::counted(group.members, "member loses", "members lose")) " what they enter by it. Their accounts stay." }
                    button.danger type="submit" { "Delete the group " (group.name) }
                }
            }))
        }
    }
}

fn opens(shown: &Shown) -> Markup {
    html! {
        @if shown.opens.is_empty() { p.subtle { "No app." } }
        ul.entries { @for (grant, app) in &shown.opens { li {
            strong { a href=(paths::of_app(paths::APP, &app.slug)) { (app.name) } }
            @if let Some(role) = grant.role.as_ref().map(Role::as_str) { " " (kit::badge(Tone::Plain, role)) }
            @if let Some(end) = grant.expires_at { " " span.subtle { "until " (time::at(end)) } }
        } } }
        p.hint { "It is let into an app on that app's page, below " a href=(paths::APPS) { "Apps" } "." }
    }
}

/// Whether people are put in and taken out here.
fn takes_members(group: &Group) -> bool {
    matches!(group.kind, GroupKind::Admin | GroupKind::Local)
}

/// Where scripts run, those whose names begin as typed are offered.
fn add_member(shown: &Shown, typed: &str) -> Markup {
    let here = paths::of(paths::GROUP, shown.group.id.0);
    html! {
        @if takes_members(&shown.group) {
            form.inline method="post" action=(to(&shown.group, Change::Join)) {
                (name_field(&here, typed, &shown.offered))
                button type="submit" { "Put in" }
            }
        } @else if shown.group.kind == GroupKind::Standard {
            p.hint { "Everybody who is approved is in it, by itself." }
        } @else {
            p.hint { "The directory says who is in it." }
        }
    }
}

fn members(shown: &Shown) -> Markup {
    if shown.members.rows.is_empty() {
        return kit::empty("Nobody is in it yet.");
    }
    let out = |user: &User| {
        html! {
            @if takes_members(&shown.group) {
                form.inline method="post" action=(to(&shown.group, Change::Leave)) {
                    input type="hidden" name="user" value=(user.username);
                    button.quiet type="submit" aria-label={ "Take " (user.email) " out" } { "Take out" }
                }
            }
        }
    };
    let row = |user: &User| {
        let name = html! { a.whole href=(paths::of(paths::USER, user.id.0)) { (user.display_name()) } };
        vec![name, html! { span.address { (user.email) } }, out(user)]
    };
    let rows = shown.members.rows.iter().map(row).collect::<Vec<_>>();
    let here = paths::of(paths::GROUP, shown.group.id.0);
    html! {
        (kit::table("Members", &["Who", "E-mail", ""], &rows))
        (shown.paging.links(shown.members.total.min(MOST_BROWSED), |page| format!("{here}?page={page}")))
    }
}
