//! Looking everybody up again: how far it is, what it asks, and whom it changed.

use gk_service::model::{DirectoryRun, RunOutcome, RunPerson, RunState};
use maud::{Markup, html};

use super::{Shown, at};
use crate::ui::kit::{self, Tone};
use crate::ui::{paths, time};

pub(super) fn run(shown: &Shown) -> Markup {
    let here = at(&shown.one.label);
    let open = shown.run.as_ref().is_some_and(|(run, _)| run.state.is_open());
    html! {
        section #run hx-get=[open.then_some(&here)] hx-trigger=[open.then_some("every 2s")] hx-select=[open.then_some("#run")] hx-swap=[open.then_some("outerHTML")] {
            h2 { "Looking everybody up again" }
            p.subtle { "It keeps " (kit::counted(shown.people, "account", "accounts")) ". Whoever is disabled or gone there is disabled here and signed out; names, details and groups are taken over." }
            @match &shown.run {
                None => { (kit::empty("Nobody was looked up again yet.")) }
                Some((run, people)) => { (told(shown, run)) (changed(people)) }
            }
            @if !open && shown.one.enabled {
                form.inline method="post" action=(change(shown, "refresh")) { button type="submit" { "Look everybody up now" } }
            }
        }
    }
}

fn change(shown: &Shown, change: &str) -> String {
    paths::CHANGE_DIRECTORY.replace("{label}", shown.one.label.as_str()).replace("{change}", change)
}

fn told(shown: &Shown, run: &DirectoryRun) -> Markup {
    let (tone, word) = match run.state {
        RunState::Waiting => (Tone::Waits, "begins in a moment"),
        RunState::Running if run.cancel => (Tone::Waits, "is being stopped"),
        RunState::Running => (Tone::Waits, "under way"),
        RunState::Done => (Tone::Good, "done"),
        RunState::Asks => (Tone::Bad, "asks"),
        RunState::Cancelled => (Tone::Plain, "stopped"),
        RunState::Failed => (Tone::Bad, "failed"),
    };
    html! {
        p { (kit::badge(tone, word)) " begun " (time::ago(run.started_at, shown.now)) " by " (run.started_by)
            @if !run.reason.is_empty() { ": " (run.reason) } "." }
        @if run.state.is_open() {
            progress value=(run.looked_at) max=(run.total.max(1)) aria-label="People looked up" {}
        }
        p { (run.looked_at) " of " (run.total) " looked up, " (run.changed) " changed, " (run.disabled)
            @if run.state == RunState::Asks { " to disable, " } @else { " disabled, " } (run.failed) " failed." }
        @if run.state == RunState::Asks {
            (kit::confirm(&format!("Disable {}…", kit::counted(run.disabled, "account", "accounts")), &html! {
                form method="post" action=(change(shown, "allow")) {
                    input type="hidden" name="run" value=(run.id);
                    p.hint { "That is a large part of them, so nobody was disabled yet. Was the directory emptied or moved by mistake? If it is right, everybody is looked up once more and as many may be disabled." }
                    button.danger type="submit" { "It is right: disable them" }
                }
            }))
        }
        @if run.state.is_open() && !run.cancel {
            form.inline method="post" action=(change(shown, "cancel")) {
                input type="hidden" name="run" value=(run.id);
                button.quiet type="submit" { "Stop it" }
            }
        }
    }
}

fn changed(people: &[RunPerson]) -> Markup {
    let row = |one: &RunPerson| {
        let tone = match one.outcome {
            RunOutcome::Changed => Tone::Good,
            RunOutcome::Disabled | RunOutcome::WouldDisable => Tone::Waits,
            RunOutcome::Failed => Tone::Bad,
        };
        vec![html! { (one.username) }, kit::badge(tone, one.outcome.word()), html! { (one.detail) }]
    };
    html! {
        @if !people.is_empty() {
            (kit::table("Whom it changed, and about whom nothing could be learned", &["Who", "Outcome", "What"],
                &people.iter().map(row).collect::<Vec<_>>()))
        }
    }
}
