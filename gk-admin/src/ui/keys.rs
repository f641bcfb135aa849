//! What the pages about API keys share: one's own in the settings, and all of them in the console.

use gk_service::Secret;
use gk_service::model::{ApiKey, KeyState};
use gk_service::service::Refusal;
use gk_shared::model::Slug;
use gk_shared::time::Timestamp;
use maud::{Markup, html};

use super::kit::{self, Tone};
use super::time;
use super::typed::Typed;

/// For so long at most.
const MOST_DAYS: i64 = 3650;

/// A new key, which is shown this once.
pub(super) fn shown_once(key: &ApiKey, secret: &Secret) -> Markup {
    html! {
        (kit::notice(Tone::Good, &html! {
            "The key " strong { (key.name) } " was made. This is it; it is shown this once, so copy it now:"
        }))
        p #new-key .secret { (secret.reveal()) }
    }
}

/// Where a key stands, if it is not simply in use.
pub(super) fn state(state: KeyState) -> Markup {
    match state {
        KeyState::InUse => html! {},
        state @ KeyState::Disabled => kit::badge(Tone::Waits, state.word()),
        state @ (KeyState::Expired | KeyState::MakerLeft) => kit::badge(Tone::Bad, state.word()),
    }
}

/// Until when it works.
pub(super) fn until(key: &ApiKey) -> Markup {
    html! { @match key.expires_at { Some(at) => { "until " (time::at(at)) }, None => "without an end" } }
}

/// When it was last used.
pub(super) fn last_used(key: &ApiKey, now: Timestamp) -> Markup {
    html! { @match key.last_used_at { Some(at) => { "last used " (time::ago(at, now)) }, None => "never used" } }
}

/// What the key is for, and for how many days. Several of these forms on a page are told apart by `form`.
pub(super) fn name_and_days(form: &str, typed: &Typed, focus: Option<&'static str>) -> Markup {
    let (name, days) = (format!("{form}-name"), format!("{form}-days"));
    html! {
        (kit::field(&name, "What it is for", Some("So that you know it again, such as “backup on the file server”."), &html! {
            input id=(name) type="text" name="name" value=[typed.one("name")] maxlength="100" autocomplete="off" required
                autofocus[focus.is_some()] aria-describedby={ (name) "-hint " (focus.unwrap_or_default()) };
        }))
        (kit::field(&days, "For how many days", Some("Empty: without an end. A mail tells a week before it ends."), &html! {
            input id=(days) type="number" name="days" value=[typed.one("days")] min="1" max=(MOST_DAYS) aria-describedby={ (days) "-hint" };
        }))
    }
}

/// One box for each app: slug and name.
pub(super) fn app_boxes<'a>(apps: impl Iterator<Item = (&'a Slug, &'a str)>, typed: &Typed) -> Markup {
    html! {
        fieldset {
            legend { "Apps it opens" }
            @for (slug, name) in apps {
                label.choice {
                    input type="checkbox" name="app" value=(slug) checked[typed.all("app").any(|chosen| chosen == slug.as_str())];
                    (name)
                }
            }
        }
    }
}

/// The apps that were ticked.
pub(super) fn ticked(typed: &Typed) -> Result<Vec<Slug>, Refusal> {
    Ok(typed.all("app").map(Slug::parse).collect::<Result<_, _>>()?)
}

/// When a key that is to work for so many days ends; never if nothing was typed.
pub(super) fn end(typed: &Typed, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = typed.one("days") else { return Ok(None) };
    let days = text.parse().ok().filter(|days| (1..=MOST_DAYS).contains(days));
    let wrong = || Refusal::Invalid(format!("a key works for 1 to {MOST_DAYS} days, or without an end"));
    days.map(|days| Some(now.plus(days * 86_400))).ok_or_else(wrong)
}
