//! What the page of an app's settings looks like.

use gk_service::service::console::Console;
use maud::{Markup, html};

use super::facts::{Facts, line};
use super::page::{Message, Section, head};
use super::settings::Shown;
use crate::ui::kit;
use crate::ui::paths;
use crate::ui::typed::Typed;

pub(super) fn view(shown: &Shown, message: &Message, typed: Option<&Typed>) -> Markup {
    let all = shown.console == Console::Everything;
    let (slug, facts) = (&shown.app.slug, Facts::new(typed, Some(&shown.app)));
    html! {
        (head((&shown.waiting, shown.console), &shown.app, Section::Settings, message))
        form.invite method="post" action=(paths::of_app(paths::APP_SETTINGS, slug)) {
            // What was refused as outdated stays so: the other's change is looked at first.
            @let seen = typed.and_then(|typed| typed.one("version")).map_or_else(|| shown.version.to_string(), ToOwned::to_owned);
            input type="hidden" name="version" value=(seen);
            (facts.shown())
            @if all { (facts.places("The origins, such as https://docs.example.com. People are sent back to these after signing in.")) }
            (facts.roles(all))
            (facts.choices(all))
            @if all { (facts.open_paths()) }
            (facts.callbacks())
            p.actions { button type="submit" { "Save" } @if typed.is_some() { a href=(paths::of_app(paths::APP_SETTINGS, slug)) { "Show it as it is now" } } }
        }
        @if !shown.app.roles.is_empty() { (renaming(shown)) }
        @if all { (removal(shown)) }
    }
}

fn renaming(shown: &Shown) -> Markup {
    let roles = shown.app.roles.iter().map(|role| (role.as_str(), role.as_str())).collect::<Vec<_>>();
    html! {
        h2 { "Rename a role" }
        form.inline method="post" action=(paths::of_app(paths::RENAME_ROLE, &shown.app.slug)) {
            (kit::field("role", "Role", None, &kit::select("role", "role", &roles, "")))
            (line("new_name", "New name", None, "", true))
            button type="submit" { "Rename" }
        }
        p.hint { "Whoever has it keeps it, under its new name. The app is told that name from the next request on." }
    }
}

fn removal(shown: &Shown) -> Markup {
    let (slug, grants) = (&shown.app.slug, i64::try_from(shown.grants).unwrap_or(i64::MAX));
    html! {
        h2 { "Remove the app" }
        (kit::confirm("Remove…", &html! {
            form method="post" action=(paths::of_app(paths::REMOVE_APP, slug)) {
                p.hint { (kit::counted(grants, "grant goes", "grants go")) " with it, and its keys. nginx goes on asking for it, and everybody is refused. This cannot be undone." }
                (line("slug", &format!("Type {slug} to remove it"), None, "", true))
                button.danger type="submit" { "Remove " (shown.app.name) }
            }
        }))
    }
}
