//! What `/admin/keys` looks like.

use gk_service::model::{ApiKey, KeyState};
use gk_service::service::keys::{KeyEntry, NamedReach};
use gk_shared::time::Timestamp;
use maud::{Markup, html};

use super::{Change, Message, Shown};
use crate::ui::console::{export, nav};
use crate::ui::keys::{app_boxes, last_used, name_and_days, shown_once, state, until};
use crate::ui::kit::{self, Tone};
use crate::ui::typed::Typed;
use crate::ui::{paths, time};

const SCOPES: [(&str, &str); 3] = [
    ("read", "read: look at everything, or at everything about its app"),
    ("write", "write: change people, groups and grants; for one app, its grants and requests"),
    ("mint", "mint: sign people in to apps"),
];

/// The whole page.
pub(super) fn keys(shown: &Shown, message: &Message) -> Markup {
    let page_of = |page: i64| paths::with(paths::KEYS, [("page", Some(page.to_string()))]);
    let rows = shown.listed.keys.iter().map(|entry| key_cells(entry, shown.now, to)).collect::<Vec<_>>();
    html! {
        (nav(&shown.waiting, paths::KEYS))
        div.toolbar { h1 { "API keys" } (export::buttons(paths::EXPORT_KEYS, &[])) }
        (said(message))
        @if rows.is_empty() {
            (kit::empty("There are no keys. A program needs one to use the JSON API, and a script of somebody's to use an app."))
        } @else {
            (kit::table("API keys", &["Key", "For", "Works", "Made", ""], &rows))
            (shown.paging.links(shown.listed.total, page_of))
        }
        (forms(shown))
    }
}

fn said(message: &Message) -> Markup {
    match message {
        Message::Nothing => html! {},
        Message::Done(done, id) => kit::notice(Tone::Good, &html! { "Key " (id) " " (done) "." }),
        Message::Made(new) => shown_once(&new.entry.key, &new.secret),
        Message::Problem(problem) => problem.notice(),
    }
}

/// Where a form about a key is sent.
fn to(key: &ApiKey, change: Change) -> String {
    paths::of(paths::CHANGE_KEY, key.id.0).replace("{change}", change.word())
}

/// A key's line: what it is, for whom, until when, and what can be done by forms that are sent `to` there.
pub(in crate::ui::console) fn key_cells(
    entry: &KeyEntry,
    now: Timestamp,
    to: impl Fn(&ApiKey, Change) -> String,
) -> Vec<Markup> {
    let key = &entry.key;
    let (switch, word) = match (key.enabled, entry.state) {
        (true, KeyState::InUse | KeyState::Disabled | KeyState::Expired) => (Change::Disable, "Disable"),
        (true, KeyState::MakerLeft) | (false, _) => (Change::Enable, "Enable"),
    };
    vec![
        html! { strong { (key.name) } " " span.subtle.whole { "No. " (key.id) } br; code { (key.prefix) "…" } },
        whom(&entry.reach),
        html! { (state(entry.state)) " " (until(key)) br; span.subtle { (last_used(key, now)) } },
        html! { (time::ago(key.created_at, now)) br; span.subtle { "by " (key.created_by) } },
        html! { (switching(key, word, &to(key, switch))) (deletion(key, &to(key, Change::Delete))) },
    ]
}

fn whom(reach: &NamedReach) -> Markup {
    html! {
        @match reach {
            NamedReach::Program { scopes, app } => {
                "A program " (kit::badge(Tone::Plain, &scopes.words())) br;
                span.subtle { @match app { Some(app) => { "at " (app) " only" }, None => "at every app" } }
            }
            NamedReach::Person { owner, apps } => {
                span.address { (owner) } br;
                span.subtle { "opens " @for (number, app) in apps.iter().enumerate() { @if number > 0 { ", " } (app) } }
            }
        }
    }
}

fn switching(key: &ApiKey, word: &str, to: &str) -> Markup {
    html! {
        form method="post" action=(to) {
            button.quiet type="submit" aria-label={ (word) " " (key.name) } { (word) }
        }
    }
}

fn deletion(key: &ApiKey, to: &str) -> Markup {
    kit::confirm(
        "Delete…",
        &html! {
            form method="post" action=(to) {
                p.hint { "Whatever uses " strong { (key.name) } " is refused from then on. This cannot be undone." }
                button.danger type="submit" { "Delete " (key.name) }
            }
        },
    )
}

fn forms(shown: &Shown) -> Markup {
    let (typed, nothing) = (&shown.typed, Typed::default());
    let (program, person) = if typed.one("for") == Some("person") { (&nothing, typed) } else { (typed, &nothing) };
    html! {
        h2 { "A key for a program" }
        p.subtle { "It uses the JSON API, and opens no app." }
        (program_form(shown, program))
        h2 { "A key for a person" }
        @if shown.apps.is_empty() {
            (kit::empty("It would open apps, and none is registered."))
        } @else {
            p.subtle { "It opens apps in somebody's name, as far as they may enter, and nothing else. It ends with their account." }
            (person_form(shown, person))
        }
    }
}

/// One box for each scope.
pub(in crate::ui::console) fn scope_boxes(typed: &Typed) -> Markup {
    html! {
        fieldset {
            legend { "What it may do" }
            @for (word, label) in SCOPES {
                label.choice { input type="checkbox" name="scope" value=(word) checked[typed.all("scope").any(|chosen| chosen == word)]; (label) }
            }
        }
    }
}

fn program_form(shown: &Shown, typed: &Typed) -> Markup {
    let mut apps = vec![("", "every app")];
    apps.extend(shown.apps.iter().map(|app| (app.slug.as_str(), app.name.as_str())));
    html! {
        form.invite method="post" action=(paths::KEYS) {
            input type="hidden" name="for" value="program";
            (name_and_days("program", typed, None))
            (scope_boxes(typed))
            (kit::field("program-app", "Where", None, &kit::select("program-app", "app", &apps, typed.one("app").unwrap_or_default())))
            button type="submit" { "Make a program's key" }
        }
    }
}

fn person_form(shown: &Shown, typed: &Typed) -> Markup {
    html! {
        form.invite method="post" action=(paths::KEYS) {
            input type="hidden" name="for" value="person";
            (kit::field("owner", "Whose it is", Some("Their e-mail or user name."), &html! {
                input #owner type="text" name="owner" value=[typed.one("owner")] maxlength="254" autocomplete="off" autocapitalize="none"
                    spellcheck="false" required aria-describedby="owner-hint";
            }))
            (name_and_days("person", typed, None))
            (app_boxes(shown.apps.iter().map(|app| (&app.slug, app.name.as_str())), typed))
            button type="submit" { "Make a person's key" }
        }
    }
}
