//! What the pages of directories look like.

use gk_service::model::{Directory, DirectoryUri};
use gk_service::service::console::Waiting;
use maud::{Markup, html};

use super::{Said, Shown, at, form, run_view};
use crate::directory::{Probe, Probed};
use crate::ui::console::settings;
use crate::ui::kit::{self, Tone};
use crate::ui::paths;

/// The head of every page of directories.
pub(super) fn head(waiting: &Waiting) -> Markup {
    settings::head(waiting, settings::DIRECTORIES)
}

pub(super) fn list(waiting: &Waiting, all: &[Directory]) -> Markup {
    let row = |one: &Directory| {
        let state = if one.enabled { kit::badge(Tone::Good, "on") } else { kit::badge(Tone::Plain, "off") };
        let uris = one.uris.iter().map(DirectoryUri::as_str).collect::<Vec<_>>().join(" ");
        vec![
            html! { a href=(at(&one.label)) { strong { (one.label) } } },
            state,
            html! { (uris) },
            html! { (one.base_dns.join("; ")) },
        ]
    };
    html! {
        (head(waiting))
        div.toolbar {
            p.subtle { "Whoever is in an LDAP directory or Active Directory signs in by mail like everybody else, and needs no account first." }
            a.button href=(paths::NEW_DIRECTORY) { "Add a directory" }
        }
        @if all.is_empty() { (kit::empty("No directory is set up: everybody is kept here.")) }
        @else {
            (kit::table("Directories, in the order they are asked", &["Label", "State", "Addresses", "Base DNs"],
                &all.iter().map(row).collect::<Vec<_>>()))
        }
    }
}

pub(super) fn new(waiting: &Waiting, said: &Said) -> Markup {
    let typed = said.typed.as_ref();
    html! {
        (head(waiting))
        h2 { "New directory" }
        @if let Some(markup) = &said.markup { (markup) }
        form.system method="post" action=(paths::DIRECTORIES) {
            (kit::field("label", "Label", Some("A short name, such as corp: people may sign in as corp\\name, and its groups are called so."), &html! {
                input #label type="text" name="label" value=[typed.and_then(|typed| typed.raw("label"))] maxlength="32" required autocomplete="off" spellcheck="false" aria-describedby="label-hint";
            }))
            (form::fields(None, typed))
            p.hint { "What is left empty starts as an Active Directory is usually set up." }
            p.actions { button type="submit" { "Add it" } a href=(paths::DIRECTORIES) { "Cancel" } }
        }
    }
}

pub(super) fn one(shown: &Shown, said: &Said) -> Markup {
    let (one, typed) = (&shown.one, said.typed.as_ref());
    // What was refused as outdated stays so: the other's change is looked at first.
    let seen = typed.and_then(|typed| typed.one("version")).map_or_else(|| one.version.to_string(), ToOwned::to_owned);
    html! {
        (head(&shown.waiting))
        div.toolbar {
            h2 { (one.label) " " @if one.enabled { (kit::badge(Tone::Good, "on")) } @else { (kit::badge(Tone::Plain, "off")) } }
            a.button.quiet href=(paths::DIRECTORY_PEOPLE.replace("{label}", one.label.as_str())) { "Find people there" }
        }
        @if let Some(markup) = &said.markup { (markup) }
        (test(one, said.probe.as_ref()))
        (run_view::run(shown))
        h2 { "How it is set up" }
        form.system method="post" action=(at(&one.label)) {
            input type="hidden" name="version" value=(seen);
            (kit::field("enabled", "State", None, &kit::select("enabled", "enabled",
                &[("on", "On"), ("off", "Off: nobody is looked up there")],
                typed.and_then(|typed| typed.one("enabled")).unwrap_or(if one.enabled { "on" } else { "off" }))))
            @if shown.place.1 > 1 { (place(shown.place)) }
            (form::fields(Some(one), typed))
            p.actions { button type="submit" { "Save" } @if typed.is_some() { a href=(at(&one.label)) { "Show it as it is now" } } }
        }
        (remove(shown))
    }
}

fn place((place, all): (usize, usize)) -> Markup {
    let places = (1..=all).map(|place| (place.to_string(), format!("{place} of {all}"))).collect::<Vec<_>>();
    let places = places.iter().map(|(value, label)| (value.as_str(), label.as_str())).collect::<Vec<_>>();
    kit::field("place", "Place in the order", None, &kit::select("place", "place", &places, &place.to_string()))
}

/// The button that tries it, and what came of it.
fn test(one: &Directory, probe: Option<&Probe>) -> Markup {
    let action = paths::CHANGE_DIRECTORY.replace("{label}", one.label.as_str()).replace("{change}", "test");
    html! {
        h2 { "Try it" }
        @if let Some(probe) = probe { (steps(probe)) }
        form.inline method="post" action=(action) {
            (kit::field("user", "And look somebody up", None, &html! {
                input #user type="text" name="user" placeholder="User name or e-mail; may be left out" autocomplete="off" spellcheck="false";
            }))
            button type="submit" { "Try it" }
        }
    }
}

fn steps(probe: &Probe) -> Markup {
    let row = |step: &Probed| {
        let (tone, word, text) = match &step.result {
            Ok(text) => (Tone::Good, "ok", text),
            Err(why) => (Tone::Bad, "failed", why),
        };
        let took = format!("{} ms", step.took.as_millis());
        vec![html! { (step.step) }, kit::badge(tone, word), html! { (took) }, html! { (text) }]
    };
    html! {
        (kit::table("Steps", &["Step", "", "Took", "Result"], &probe.steps.iter().map(row).collect::<Vec<_>>()))
        @if let Some(found) = &probe.found { @if !found.groups.is_empty() {
            p { "Groups:" }
            ul { @for group in &found.groups { li { (group.written) } } }
        } }
    }
}

fn remove(shown: &Shown) -> Markup {
    let action = paths::CHANGE_DIRECTORY.replace("{label}", shown.one.label.as_str()).replace("{change}", "remove");
    let people = kit::counted(shown.people, "account", "accounts");
    kit::confirm(
        "Remove the directory…",
        &html! {
            form method="post" action=(action) {
                p.hint { "Its groups go, and with them what they open." @if shown.people > 0 { " It keeps " (people) ", which stay as they are and are kept here from then on." } }
                @if shown.people > 0 { label.choice for="release" { input #release type="checkbox" name="release" value="yes" required; "Keep them here from now on" } }
                button.danger type="submit" { "Remove it" }
            }
        },
    )
}
