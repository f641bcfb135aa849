//! The kinds of properties, and those who have one.

use gk_service::model::{PropertyType, User};
use gk_service::service::console::Waiting;
use maud::{Markup, html};

use super::{Change, Kind, Shown};
use crate::ui::console::{Problem, export, nav};
use crate::ui::kit;
use crate::ui::paths;
use crate::ui::typed::Typed;

pub(super) fn list(
    waiting: &Waiting,
    kinds: &[PropertyType],
    done: Option<&str>,
    (typed, problem): (&Typed, Option<&Problem>),
) -> Markup {
    let row = |found: &PropertyType| {
        let kind = Kind { app: found.app.clone(), key: found.key.clone() };
        vec![html! { a.whole href=(kind.path()) { (found.app) "/" (found.key) } }, html! { (found.people) }]
    };
    let field = |name: &str, label: &str, needed: bool| {
        kit::field(
            name,
            label,
            None,
            &html! { input id=(name) type="text" name=(name) value=[typed.raw(name)] required[needed] maxlength="4000" autocomplete="off" spellcheck="false"; },
        )
    };
    html! {
        (nav(waiting, paths::PROPERTIES))
        @if let Some(sentence) = done { (kit::toast(sentence)) }
        div.toolbar { h1 { "Properties" } @if !kinds.is_empty() { (export::buttons(paths::EXPORT_PROPERTIES, &[])) } }
        p.subtle { "What apps keep about people: each has an app, a key and, mostly, a value. Apps set them over the API." }
        @if kinds.is_empty() { (kit::empty("No app keeps anything yet. The first property makes its kind.")) } @else {
            (kit::table("Kinds of properties", &["Property", "People"], &kinds.iter().map(row).collect::<Vec<_>>()))
        }
        h2 { "Set one for somebody" }
        @if let Some(problem) = problem { (problem.notice()) }
        form.inline method="post" action=(paths::PROPERTIES) {
            (field("app", "App", true)) (field("key", "Key", true)) (field("user", "User name or e-mail", true)) (field("value", "Value", false))
            button type="submit" { "Set" }
        }
    }
}

fn to(change: Change) -> String {
    paths::CHANGE_PROPERTY.replace("{change}", change.word())
}

fn named(kind: &Kind) -> Markup {
    html! { input type="hidden" name="app" value=(kind.app); input type="hidden" name="key" value=(kind.key); }
}

pub(super) fn one(shown: &Shown, done: Option<&str>, problem: Option<&Problem>) -> Markup {
    let kind = &shown.kind;
    html! {
        (nav(&shown.waiting, paths::PROPERTIES))
        @if let Some(sentence) = done { (kit::toast(sentence)) }
        @if let Some(problem) = problem { (problem.notice()) }
        p.subtle { a href=(paths::PROPERTIES) { "Properties" } " › " (kind.app) "/" (kind.key) }
        h1 { (kind.app) "/" (kind.key) }
        p.subtle { (kit::counted(shown.holders.total, "person has it.", "people have it.")) }
        @if shown.holders.rows.is_empty() { (kit::empty("Nobody has it. It is gone from the list, too.")) } @else { (holders(shown)) }
        div.actions {
            (kit::confirm("Rename…", &html! {
                form method="post" action=(to(Change::Rename)) {
                    (named(kind))
                    (kit::field("new_app", "App", None, &html! { input #new_app type="text" name="new_app" value=(kind.app) required maxlength="100" autocomplete="off" spellcheck="false"; }))
                    (kit::field("new_key", "Key", None, &html! { input #new_key type="text" name="new_key" value=(kind.key) required maxlength="100" autocomplete="off" spellcheck="false"; }))
                    button type="submit" { "Rename it for everybody" }
                }
            }))
            (kit::confirm("Delete…", &html! {
                form method="post" action=(to(Change::Delete)) {
                    (named(kind))
                    p.hint { (kit::counted(shown.holders.total, "value is", "values are")) " lost, and apps no longer find them." }
                    button.danger type="submit" { "Delete " (kind.app) "/" (kind.key) " of everybody" }
                }
            }))
        }
    }
}

fn holders(shown: &Shown) -> Markup {
    let row = |(user, value): &(User, Option<String>)| {
        vec![
            html! { a.whole href=(paths::of(paths::USER, user.id.0)) { (user.display_name()) } " " span.address { (user.email) } },
            html! { @match value { Some(value) => (value), None => span.subtle { "no value" } } },
            html! {
                form.inline method="post" action=(to(Change::Unset)) {
                    (named(&shown.kind))
                    input type="hidden" name="user" value=(user.username);
                    button.quiet type="submit" aria-label={ "Delete it of " (user.email) } { "Delete" }
                }
            },
        ]
    };
    let rows = shown.holders.rows.iter().map(row).collect::<Vec<_>>();
    let here = shown.kind.path();
    html! {
        (kit::table("People who have it", &["Who", "Value", ""], &rows))
        (shown.paging.links(shown.holders.total, |page| format!("{here}&page={page}")))
    }
}
