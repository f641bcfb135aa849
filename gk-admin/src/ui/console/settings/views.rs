//! What the pages of settings look like.

use gk_service::service::console::Waiting;
use gk_service::settings::{Effective, Kind, Secrecy, Source, sections};
use maud::{Markup, html};

use super::{Said, Shown, at};
use crate::ui::console::nav;
use crate::ui::kit::{self, Tab, Tone};
use crate::ui::typed::Typed;
use crate::ui::{look, paths};

pub(super) fn page(shown: &Shown, said: &Said) -> Markup {
    let typed = said.typed.as_ref();
    // What was refused as outdated stays so: the other's change is looked at first.
    let seen =
        typed.and_then(|typed| typed.one("version")).map_or_else(|| shown.version.to_string(), ToOwned::to_owned);
    html! {
        (head(&shown.waiting, &shown.section))
        @if let Some(said) = &said.markup { (said) }
        form.system method="post" action=(at(&shown.section)) {
            input type="hidden" name="version" value=(seen);
            @for one in &shown.settings { (setting(shown, one, typed)) }
            p.actions {
                button type="submit" { "Save" }
                @if typed.is_some() { a href=(at(&shown.section)) { "Show it as it is now" } }
            }
        }
        @match shown.section.as_str() {
            "server" => (logo(shown)),
            "mail" | "outbox" => (test_mail(&shown.email)),
            _ => {},
        }
    }
}

/// In the place of a section's name: the pages of directories.
pub(in crate::ui::console) const DIRECTORIES: &str = "directories";

/// The head of every page of settings. `here` is a section, or [`DIRECTORIES`].
pub(in crate::ui::console) fn head(waiting: &Waiting, here: &str) -> Markup {
    let places = sections().into_iter().map(|section| (section, at(section), title(section)));
    let directories = (DIRECTORIES, paths::DIRECTORIES.to_owned(), "Directories".to_owned());
    let places = places.chain([directories]).collect::<Vec<_>>();
    html! {
        (nav(waiting, paths::SYSTEM_SETTINGS))
        h1 { "Settings" }
        (kit::tabs("Sections", &places.iter().map(|(section, href, title)| Tab {
            href, label: title, count: None, here: *section == here,
        }).collect::<Vec<_>>()))
    }
}

/// A section's name for people.
fn title(section: &str) -> String {
    match section {
        "server" => "This installation".into(),
        "session" => "Sessions".into(),
        "auth" => "Signing in".into(),
        "directory" => "Refreshing".into(),
        other => words(other),
    }
}

/// A name of the registry for people: `smtp_host` is "SMTP host".
fn words(name: &str) -> String {
    let word = |word: &str| match word {
        "smtp" | "url" | "api" | "ca" | "ldap" => word.to_uppercase(),
        "db" => "database".into(),
        "dir" => "folder".into(),
        other => other.to_owned(),
    };
    let joined = name.split('_').map(word).collect::<Vec<_>>().join(" ");
    let mut letters = joined.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn setting(shown: &Shown, one: &Effective, typed: Option<&Typed>) -> Markup {
    let definition = one.definition;
    let id = definition.key.replace('.', "-");
    let name = definition.key.strip_prefix(definition.section()).unwrap_or(definition.key).trim_start_matches('.');
    let problem = shown.problems.iter().find(|problem| problem.key == definition.key);
    let described = if problem.is_some() { format!("{id}-hint {id}-problem") } else { format!("{id}-hint") };
    html! {
        div.setting {
            div.field {
                label for=(id) { (words(name)) " " (source(one)) }
                (control(one, typed, (&id, &described)))
                @if let Some(problem) = problem { p.problem id={ (id) "-problem" } role="alert" { "It " (problem.sentence) "." } }
                p.hint id={ (id) "-hint" } { (definition.meaning.replace('`', "")) "." @if definition.secrecy == Secrecy::Open && !definition.default.is_empty() { " Default: " (definition.default) "." } }
            }
            (way_back(one, (&id, typed)))
            p.subtle { code { (definition.key) } " " code { (definition.alias) } }
        }
    }
}

fn source(one: &Effective) -> Markup {
    match (&one.source, one.definition.secrecy) {
        (Source::Pin(_), _) => kit::badge(Tone::Waits, "fixed"),
        (Source::Database, Secrecy::Open) => kit::badge(Tone::Good, "set here"),
        (Source::Default, Secrecy::Open) => kit::badge(Tone::Plain, "default"),
        (Source::Database | Source::Default, Secrecy::Secret) if one.is_set() => kit::badge(Tone::Good, "set"),
        (Source::Database | Source::Default, Secrecy::Secret) => kit::badge(Tone::Plain, "not set"),
    }
}

fn control(one: &Effective, typed: Option<&Typed>, (id, described): (&str, &str)) -> Markup {
    let (key, locked) = (one.definition.key, matches!(one.source, Source::Pin(_)));
    if one.definition.secrecy == Secrecy::Secret {
        // Never shown again, so what was typed in vain is typed again.
        return html! {
            input id=(id) type="password" name=(key) autocomplete="new-password" disabled[locked] aria-describedby=(described)
                placeholder=(if one.is_set() { "Type a new one to change it" } else { "" });
        };
    }
    let value = typed.and_then(|typed| typed.raw(key)).filter(|_| !locked).unwrap_or(one.open_text());
    match one.definition.kind {
        Kind::Flag => choices(&["true", "false"], value, (id, key, locked, described)),
        Kind::Choice(words) => choices(words, value, (id, key, locked, described)),
        // As text, so that what was typed stands there again whatever it was.
        Kind::Whole { .. } => html! {
            input id=(id) type="text" inputmode="numeric" name=(key) value=(value) autocomplete="off" disabled[locked] aria-describedby=(described);
        },
        Kind::Text
        | Kind::Email
        | Kind::Origin
        | Kind::Emails
        | Kind::Domains
        | Kind::CookieDomain
        | Kind::Networks
        | Kind::Recipient
        | Kind::ForwardTo
        | Kind::Colour(_) => html! {
            input id=(id) type="text" name=(key) value=(value) autocomplete="off" spellcheck="false" disabled[locked] aria-describedby=(described);
        },
    }
}

fn choices(words: &[&str], chosen: &str, (id, key, locked, described): (&str, &str, bool, &str)) -> Markup {
    html! {
        select id=(id) name=(key) disabled[locked] aria-describedby=(described) {
            @for word in words { option value=(word) selected[*word == chosen] { (word) } }
        }
    }
}

/// How a value goes back to its default, or where it is fixed.
fn way_back(one: &Effective, (id, typed): (&str, Option<&Typed>)) -> Markup {
    let definition = one.definition;
    let ticked = typed.is_some_and(|typed| typed.all("reset").any(|key| key == definition.key));
    let back = match (definition.secrecy, definition.default) {
        (Secrecy::Secret, _) => "Clear it".to_owned(),
        (Secrecy::Open, "") => "Back to nothing, the default".to_owned(),
        (Secrecy::Open, default) => format!("Back to the default, {default}"),
    };
    match (&one.source, one.pinned_at()) {
        (_, Some(place)) => html! { p.hint { "Fixed by " (place) ": change it there and restart gk-admin." } },
        (Source::Database, None) => html! {
            label.choice for={ (id) "-reset" } { input id={ (id) "-reset" } type="checkbox" name="reset" value=(definition.key) checked[ticked]; (back) }
        },
        (Source::Default | Source::Pin(_), None) => html! {},
    }
}

fn logo(shown: &Shown) -> Markup {
    html! {
        h2 { "Logo" }
        @if let Some(address) = look::logo(&shown.look) {
            p { img.shown-logo src=(address) alt="The logo as it is now"; }
            form.inline method="post" action=(paths::CLEAR_LOGO) { button.quiet type="submit" { "Take it away" } }
        }
        form.invite method="post" action=(paths::SET_LOGO) enctype="multipart/form-data" {
            (kit::field("logo", "Picture", Some("PNG, JPEG or WebP, at most 128 KiB; shown beside the name on every page, 24 pixels high."), &html! {
                input #logo type="file" name="logo" accept="image/png,image/jpeg,image/webp" required aria-describedby="logo-hint";
            }))
            button type="submit" { "Use this picture" }
        }
    }
}

fn test_mail(email: &str) -> Markup {
    html! {
        h2 { "Send a test mail" }
        form.inline method="post" action=(paths::TEST_MAIL) {
            (kit::field("to", "To", None, &html! { input #to type="email" name="to" value=(email) maxlength="254" required autocomplete="off"; }))
            button type="submit" { "Send it now" }
        }
        p.hint { "It goes by the settings as they are saved, and the answer of the other side is shown." }
    }
}
