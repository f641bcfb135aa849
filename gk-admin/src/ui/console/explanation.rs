//! Why somebody may or may not enter, as it stands on the pages of apps and of people.

use gk_service::service::explain::{Explanation, Outcome};
use maud::{Markup, html};

use crate::ui::kit::{self, Tone};

/// A verdict in two or three words.
pub(super) fn verdict(outcome: &Outcome) -> Markup {
    let tone = if outcome.enters() { Tone::Good } else { Tone::Bad };
    kit::badge(tone, &outcome.phrase())
}

/// The whole explanation: the verdict, what it rests on, and what would change it.
pub(super) fn explanation(said: &Explanation) -> Markup {
    html! {
        section #explanation .explained {
            p { (verdict(&said.outcome)) " " (said.sentence()) }
            h3 { "It rests on" }
            dl { @for fact in &said.facts { dt { (fact.label()) } dd { (fact.sentence()) "." } } }
            @if !said.changes.is_empty() {
                h3 { "What would change it" }
                ul { @for change in &said.changes { li { (change.sentence()) "." } } }
            }
        }
    }
}
