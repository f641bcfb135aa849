//! Who gains and who loses by a change, shown before it is made.

use gk_service::service::Refusal;
use gk_service::service::whatif::{Effects, Names, PlaceEffects};
use maud::{Markup, html};

use crate::ui::errors::UiError;
use crate::ui::kit::{self, Tone};
use crate::ui::paths;
use crate::ui::typed::Typed;

/// What would come of what was typed, and the form that goes on with it, sent to `to`.
pub(super) fn preview(effects: &Effects, typed: &Typed, (to, back): (&str, &str)) -> Markup {
    let (gain, lose, roles) = effects.totals();
    html! {
        (kit::notice(if lose > 0 { Tone::Bad } else { Tone::Waits }, &html! {
            "Access gained: " strong { (gain) } ", lost: " strong { (lose) } ", with another role: " strong { (roles) } ". Nothing is changed yet."
        }))
        @for place in &effects.places { (at(place)) }
        form method="post" action=(to) {
            @for (name, value) in typed.fields() { @if name != "sure" { input type="hidden" name=(name) value=(value); } }
            input type="hidden" name="sure" value="yes";
            p.actions { button.danger[lose > 0] type="submit" { "Do it" } a href=(back) { "Leave it" } }
        }
    }
}

/// What is to be seen before it is done. What would be refused is said by doing it; but what cannot be foretold is not done.
pub(super) fn worth_showing(effects: Result<Effects, Refusal>) -> Result<Option<Effects>, UiError> {
    match effects {
        Ok(effects) => Ok(Some(effects).filter(|effects| !effects.is_empty())),
        Err(refusal @ (Refusal::Database(_) | Refusal::Exchanged | Refusal::Policy(_) | Refusal::Key(_))) => {
            Err(UiError::from(refusal))
        }
        Err(_) => Ok(None),
    }
}

fn at(place: &PlaceEffects) -> Markup {
    html! {
        h2 { (place.place.words()) }
        @for (label, names) in place.kinds() { @if names.total > 0 { (people(label, names)) } }
    }
}

/// A kind of effect, as a heading.
fn heading(label: &str) -> String {
    let mut letters = label.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn people(label: &str, names: &Names) -> Markup {
    html! {
        p { strong { (heading(label)) } ": " (kit::counted(i64::try_from(names.total).unwrap_or(i64::MAX), "person", "people")) }
        ul.names {
            @for one in &names.people { li { a href=(paths::of(paths::USER, one.id.0)) { (one.email) } " " span.subtle { (one.before.phrase()) " → " (one.after.phrase()) } } }
            @if names.unnamed() > 0 { li { "and " (names.unnamed()) " more" } }
        }
    }
}
