//! One person's page: who they are, what state the account is in, what they may enter, and what happened.

use gk_service::model::{AuditEntry, Detail, Group, GroupKind, Holder, RoleList, Session, Status, in_words};
use maud::{Markup, html};

use super::change::Change;
use super::list_view::state;
use super::one::{Message, Shown};
use crate::ui::console::nav;
use crate::ui::kit::{self, Tone};
use crate::ui::{paths, time};

pub(super) fn view(shown: &Shown, message: &Message) -> Markup {
    let user = &shown.about.user;
    html! {
        (nav(&shown.waiting, paths::USERS))
        @match message {
            Message::Nothing => {},
            Message::Done(sentence) => (kit::toast(sentence)),
            Message::Refused(_, problem, _) => (problem.notice()),
        }
        p.subtle { a href=(paths::USERS) { "Users" } " › " (user.email) }
        h1 { (user.display_name()) " " (state(user)) }
        div.columns {
            section { h2 { "Who" } (profile(shown, message)) }
            section { h2 { "Account" } (account(shown)) }
            section { h2 { "Groups" } (groups(shown)) }
            section { h2 { "Apps" } (apps(shown)) }
            section { h2 { "Open sessions" } (sessions(shown)) }
            section { h2 { "Properties" } (properties(shown)) }
        }
        h2 { "What happened" }
        (audit(shown))
    }
}

/// Where a form of this page is sent.
fn to(shown: &Shown, change: Change) -> String {
    paths::of(paths::CHANGE_USER, shown.about.user.id.0).replace("{change}", change.word())
}

/// A form that is one button, with fields that are not shown.
fn button(shown: &Shown, change: Change, label: &str, hidden: &[(&str, &str)]) -> Markup {
    html! {
        form.inline method="post" action=(to(shown, change)) {
            @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
            @let about = hidden.iter().map(|(_, value)| *value).collect::<Vec<_>>().join(" ");
            button.quiet type="submit" aria-label={ (label) " " (about) } { (label) }
        }
    }
}

fn profile(shown: &Shown, message: &Message) -> Markup {
    let user = &shown.about.user;
    let typed = match message {
        Message::Refused(Change::Edit, _, typed) => Some(typed),
        Message::Nothing | Message::Done(_) | Message::Refused(..) => None,
    };
    let kept = !user.directory.is_empty();
    let field = |name: &str, label: &str, kind: &str, known: &str| {
        let value = typed.and_then(|typed| typed.raw(name)).unwrap_or(known);
        kit::field(
            name,
            label,
            None,
            &html! {
                input id=(name) type=(kind) name=(name) value=(value) maxlength="254" autocomplete="off" spellcheck="false" readonly[kept];
            },
        )
    };
    html! {
        @if kept { p.hint { "The directory " (user.directory) " keeps these: change them there." } }
        form method="post" action=(to(shown, Change::Edit)) {
            input type="hidden" name="version" value=(user.version);
            (field("fullname", "Name", "text", &user.fullname))
            (field("email", "E-mail", "email", user.email.as_str()))
            (field("username", "User name", "text", user.username.as_str()))
            details.more open[typed.is_some()] {
                summary { "Details" }
                @for detail in Detail::ALL { (field(detail.word(), detail.label(), "text", user.details.get(detail))) }
            }
            p.hint { "Another e-mail ends their sessions; a user name that was the e-mail moves with it." }
            @if !kept { button type="submit" { "Save" } }
        }
    }
}

fn account(shown: &Shown) -> Markup {
    let user = &shown.about.user;
    let confirmed = |change: Change, label: &str, hint: &str| {
        kit::confirm(
            &format!("{label}…"),
            &html! {
                form method="post" action=(to(shown, change)) { p.hint { (hint) } button.danger type="submit" { (label) " " (user.email) } }
            },
        )
    };
    html! {
        dl.facts {
            dt { "Status" } dd { (user.status.word()) @if !user.enabled { ", disabled" } }
            dt { "Since" } dd { (time::at(user.created_at)) }
            dt { "Changed" } dd { (time::ago(user.updated_at, shown.now)) }
            @if user.seeded { dt { "Made" } dd { "at installation: only the command line deletes it" } }
        }
        div.actions {
            @if user.status != Status::Approved { (button(shown, Change::Approve, "Approve", &[])) }
            @if !user.enabled { (button(shown, Change::Enable, "Enable", &[])) }
            @if !user.admin { (kit::confirm("Make an administrator…", &html! {
                form method="post" action=(to(shown, Change::Promote)) { p.hint { "They enter every registered app, and see and change all of this." } button type="submit" { "Make " (user.email) " an administrator" } }
            })) }
            @if user.admin { (confirmed(Change::Demote, "Take the rank away from", "They keep their account, groups and grants.")) }
            @if user.enabled { (confirmed(Change::Disable, "Disable", "They are signed out at once and cannot sign in. Nothing is deleted, and enabling revives no session.")) }
            @if user.status != Status::Rejected { (confirmed(Change::Reject, "Reject", "They are signed out and can open nothing until somebody approves them again.")) }
            (kit::confirm("Delete…", &html! {
                form method="post" action=(to(shown, Change::Delete)) {
                    p.hint { "Grants, memberships, properties and sessions go with the account. The audit stays." }
                    (kit::field("name", &format!("Type {} to delete it", user.email), None, &html! { input #name type="text" name="name" required autocomplete="off" autocapitalize="none" spellcheck="false"; }))
                    button.danger type="submit" { "Delete " (user.email) }
                }
            }))
        }
    }
}

fn groups(shown: &Shown) -> Markup {
    let mine = &shown.about.groups;
    let others = shown
        .groups
        .iter()
        .filter(|group| matches!(group.kind, GroupKind::Local) && mine.iter().all(|own| own.id != group.id));
    let others = others.map(|group| (group.name.as_str(), group.name.as_str())).collect::<Vec<_>>();
    html! {
        ul.entries { @for group in mine { li {
            a href=(paths::of(paths::GROUP, group.id.0)) { (group.name) }
            @if group.kind == GroupKind::Directory { " " (kit::badge(Tone::Plain, "directory")) }
            @if leaves(group) { (button(shown, Change::Leave, "Take out", &[("group", &group.name)])) }
        } } }
        @if !others.is_empty() {
            form.inline method="post" action=(to(shown, Change::Join)) {
                (kit::field("group", "Another group", None, &kit::select("group", "group", &others, "")))
                button type="submit" { "Put in" }
            }
        }
        (kit::confirm("Copy somebody's groups…", &html! {
            form method="post" action=(to(shown, Change::CopyGroups)) {
                (kit::field("from", "User name or e-mail of whom to copy from", Some("Only local groups; the group of administrators never."), &html! {
                    input #from type="text" name="from" required maxlength="254" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="from-hint";
                }))
                button type="submit" { "Copy" }
            }
        }))
    }
}

/// Whether somebody can be taken out of it here.
fn leaves(group: &Group) -> bool {
    group.kind == GroupKind::Local
}

fn apps(shown: &Shown) -> Markup {
    let row = |(grant, app): &(gk_service::model::Grant, gk_service::model::App)| {
        let of_group = matches!(grant.holder, Holder::Group(_));
        html! { li {
            strong { a href=(paths::of_app(paths::APP, &app.slug)) { (app.name) } }
            @if let Some(role) = &grant.role { " " (kit::badge(Tone::Plain, role.as_str())) }
            @if of_group { " " span.subtle { "by the group " (grant.holder_name) } }
            @if let Some(end) = grant.expires_at { " " span.subtle { "until " (time::at(end)) } }
            @if let Some(start) = grant.starts_at { " " span.subtle { "from " (time::at(start)) } }
            @if !grant.note.is_empty() { " " span.subtle { (grant.note) } }
            @if !of_group { (button(shown, Change::Revoke, "Take back", &[("app", app.slug.as_str())])) }
        } }
    };
    html! {
        p { a href=(paths::of(paths::USER_PLACES, shown.about.user.id.0)) { "Where they can go, and why" } }
        @if shown.about.grants.is_empty() { p.subtle { "No grants. Administrators and internal people enter without." } }
        ul.entries { @for held in &shown.about.grants { (row(held)) } }
        @if shown.apps.is_empty() { p.hint { "No app is registered yet: " a href=(paths::NEW_APP) { "add one" } "." } } @else { (grant_form(shown)) }
    }
}

fn grant_form(shown: &Shown) -> Markup {
    let slugs = shown.apps.iter().map(|app| (app.slug.as_str(), app.name.as_str())).collect::<Vec<_>>();
    let roles = shown
        .apps
        .iter()
        .flat_map(|app| &app.roles)
        .map(gk_shared::model::Role::as_str)
        .collect::<std::collections::BTreeSet<_>>();
    let open = shown.apps.iter().any(|app| app.role_list == RoleList::Open);
    html! {
        form.inline method="post" action=(to(shown, Change::Grant)) {
            (kit::field("grant-app", "App", None, &kit::select("grant-app", "app", &slugs, "")))
            (kit::field("grant-role", "Role, if any", None, &html! {
                input #grant-role type="text" name="role" maxlength="64" list="roles" autocapitalize="none" spellcheck="false" placeholder=[open.then_some("none")];
                datalist #roles { @for role in roles { option value=(role) {} } }
            }))
            (kit::field("grant-until", "Until, if not for good", None, &html! { input #grant-until type="date" name="until"; }))
            button type="submit" { "Let in" }
        }
    }
}

fn sessions(shown: &Shown) -> Markup {
    let row = |session: &Session| {
        html! { li {
            strong { @if session.user_agent.is_empty() { (session.method) } @else { (in_words(&session.user_agent)) } }
            " " span.subtle { (session.ip) " · signed in " (time::ago(session.created_at, shown.now)) " · last seen " (time::ago(session.last_seen_at, shown.now)) }
            (button(shown, Change::EndSession, "End", &[("session", &session.id.to_string())]))
        } }
    };
    html! {
        @if shown.about.sessions.is_empty() { p.subtle { "Not signed in anywhere." } } @else {
            ul.entries { @for session in &shown.about.sessions { (row(session)) } }
            (kit::confirm("End all…", &html! {
                form method="post" action=(to(shown, Change::EndSessions)) { p.hint { "In force at their next request. Links on their way end, too." } button.danger type="submit" { "Sign " (shown.about.user.email) " out everywhere" } }
            }))
        }
    }
}

fn properties(shown: &Shown) -> Markup {
    let input = |name: &str, label: &str, needed: bool| {
        let id = format!("property-{name}");
        kit::field(
            &id,
            label,
            None,
            &html! { input id=(id) type="text" name=(name) maxlength="4000" required[needed] autocomplete="off" spellcheck="false"; },
        )
    };
    html! {
        ul.entries { @for property in &shown.about.properties { li {
            code { (property.app) "/" (property.key) } " "
            @match &property.value { Some(value) => (value), None => span.subtle { "no value" } }
            (button(shown, Change::UnsetProperty, "Delete", &[("app", property.app.as_str()), ("key", property.key.as_str())]))
        } } }
        form.inline method="post" action=(to(shown, Change::SetProperty)) {
            (input("app", "App", true)) (input("key", "Key", true)) (input("value", "Value", false))
            button type="submit" { "Set" }
        }
    }
}

fn audit(shown: &Shown) -> Markup {
    if shown.about.audit.is_empty() {
        return kit::empty("Nothing yet.");
    }
    let row = |entry: &AuditEntry| {
        vec![
            time::at(entry.at),
            html! { (entry.actor) @if !entry.ip.is_empty() { " " span.subtle { (entry.ip) } } },
            html! { code { (entry.action) } },
            html! { (entry.target) @if !entry.app.is_empty() { " " (kit::badge(Tone::Plain, &entry.app)) } },
        ]
    };
    let rows = shown.about.audit.iter().map(row).collect::<Vec<_>>();
    kit::table("The newest entries of the audit about this person", &["When", "Who", "What", "To"], &rows)
}
