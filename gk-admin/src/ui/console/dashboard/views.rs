//! What the start page looks like.

use gk_service::model::{Directory, DirectoryRun, MailState, RunState};
use gk_service::service::figures::{Bar, Happening};
use gk_shared::time::Timestamp;
use maud::{Markup, html};

use super::chart::{Series, chart};
use super::jobs;
use super::{Backup, Bars, Shown};
use crate::activity::Instance;
use crate::ui::console::{nav, settings};
use crate::ui::kit::{self, Tone};
use crate::ui::{paths, time};

/// An answer that is older was not brought up to date as it should have been.
const MOST_AGE: i64 = 10;

pub(super) fn page(shown: &Shown) -> Markup {
    let figures = &shown.figures;
    html! {
        (nav(&shown.waiting, paths::ADMIN))
        h1 { "Console" }
        ul.figures {
            (figure(paths::REQUESTS, figures.requests, ("request for access", "requests for access"), Tone::Waits))
            (figure(paths::PEOPLE, figures.pending, ("new account to approve", "new accounts to approve"), Tone::Waits))
            (figure(paths::USERS, figures.people, ("person", "people"), Tone::Plain))
            (figure(paths::APPS, figures.apps, ("app", "apps"), Tone::Plain))
            (figure(paths::KEYS, figures.keys, ("API key", "API keys"), Tone::Plain))
            (figure(paths::USERS, figures.sessions, ("open session", "open sessions"), Tone::Plain))
            (figure(&settings::at("auth"), figures.failed_sign_ins, ("failed sign-in in 24 hours", "failed sign-ins in 24 hours"), Tone::Plain))
            (figure(paths::MAIL, mails(shown, MailState::Queued), ("mail waits to be sent", "mails wait to be sent"), Tone::Plain))
            (figure(paths::MAIL, mails(shown, MailState::Dead), ("mail was given up", "mails were given up"), Tone::Bad))
        }
        div.charts {
            (signed_in("day", "Sign-ins, 24 hours", &shown.bars, 0)) (signed_in("month", "Sign-ins, 30 days", &shown.bars, 1))
            (decided("day", "Decisions, 24 hours", &shown.bars, 0)) (decided("month", "Decisions, 30 days", &shown.bars, 1))
        }
        h2 { "How the parts are" }
        (parts(shown))
        h2 { "What is deleted by itself" }
        (jobs::table(&shown.cleaned, shown.figures.now))
    }
}

fn mails(shown: &Shown, state: MailState) -> i64 {
    shown.figures.mails.iter().find(|(known, _)| *known == state).map_or(0, |(_, count)| *count)
}

fn figure(href: &str, count: i64, (one, many): (&str, &str), tone: Tone) -> Markup {
    html! {
        li { a.figure.waits[count > 0 && tone == Tone::Waits].bad[count > 0 && tone == Tone::Bad] href=(href) {
            strong { (count) }
            span { @if count == 1 { (one) } @else { (many) } }
        } }
    }
}

/// What was counted of one thing over one span.
fn of(bars: &Bars, what: Happening, span: usize) -> &[Bar] {
    let all = Happening::ALL.iter().zip(bars).find(|(known, _)| **known == what);
    all.and_then(|(_, spans)| spans.get(span)).map(Vec::as_slice).unwrap_or_default()
}

fn signed_in(id: &str, title: &str, bars: &Bars, span: usize) -> Markup {
    let one = |label, class, what| Series { label, class, bars: of(bars, what, span) };
    let series = [one("signed in", "good", Happening::SignedIn), one("failed", "bad", Happening::SignInFailed)];
    chart(&format!("sign-ins-{id}"), title, &series)
}

fn decided(id: &str, title: &str, bars: &Bars, span: usize) -> Markup {
    let one = |label, class, what| Series { label, class, bars: of(bars, what, span) };
    let series = [
        one("let in", "good", Happening::Allowed),
        one("sent to sign in", "waits", Happening::Unknown),
        one("refused", "bad", Happening::Forbidden),
        one("not answered", "worst", Happening::Unavailable),
    ];
    chart(&format!("decisions-{id}"), title, &series)
}

fn parts(shown: &Shown) -> Markup {
    let mut rows = shown.instances.iter().map(|one| instance(one, shown.figures.revision)).collect::<Vec<_>>();
    if rows.is_empty() {
        rows.push(vec![
            html! { "gk-validate" },
            kit::badge(Tone::Plain, "not asked"),
            html! { "GATEKEEPER_ACTIVITY names none." },
        ]);
    }
    rows.extend(denied(&shown.panic));
    rows.extend(shown.directories.iter().map(|(one, run)| directory(one, run.as_ref(), shown.figures.now)));
    rows.push(last_backup(shown));
    rows.push(vec![
        html! { "gk-admin" },
        kit::badge(Tone::Good, "runs"),
        html! { "Version " (env!("CARGO_PKG_VERSION")) ", revision " (shown.figures.revision) },
    ]);
    kit::table("How the parts are", &["Part", "State", "More"], &rows)
}

/// Whoever looks here must not wonder why nobody gets in.
fn denied(panic: &Result<Vec<String>, String>) -> Option<Vec<Markup>> {
    let (word, more) = match panic {
        Ok(rules) if rules.is_empty() => return None,
        Ok(rules) => ("denies", html! { "Denied whatever grants say: " (rules.join(", ")) ". " }),
        Err(why) => (
            "everybody",
            html! { (kit::sentence(&format!("nobody is let in, since the panic file says nothing clear: {why}"))) " " },
        ),
    };
    let mend = html! { code { "gk panic lift" } " takes it back." };
    Some(vec![html! { "gk panic" }, kit::badge(Tone::Bad, word), html! { (more) (mend) }])
}

fn directory(one: &Directory, run: Option<&DirectoryRun>, now: Timestamp) -> Vec<Markup> {
    let (tone, word) = match run.map(|run| run.state) {
        _ if !one.enabled => (Tone::Plain, "off"),
        Some(RunState::Asks) => (Tone::Bad, "asks"),
        Some(RunState::Failed) => (Tone::Bad, "failed"),
        Some(RunState::Waiting | RunState::Running) => (Tone::Waits, "under way"),
        Some(RunState::Done | RunState::Cancelled) | None => (Tone::Good, "on"),
    };
    let more = html! {
        @if let Some(run) = run { "Everybody was looked up again " (time::ago(run.started_at, now)) ": " (run.state.word()) "." }
        @else { "Nobody was looked up again yet." }
    };
    let here = paths::DIRECTORY.replace("{label}", one.label.as_str());
    vec![html! { a href=(here) { "Directory " (one.label) } }, kit::badge(tone, word), more]
}

fn last_backup(shown: &Shown) -> Vec<Markup> {
    let (backup, now) = (&shown.backup, shown.figures.now);
    let (tone, word) = match backup {
        Backup { failed: Some(_), .. } => (Tone::Bad, "failed"),
        Backup { taken: Some(_), .. } => (Tone::Good, "taken"),
        Backup { planned: true, .. } => (Tone::Waits, "not yet"),
        Backup { planned: false, .. } => (Tone::Waits, "none"),
    };
    let more = html! {
        @if let Some(failed) = &backup.failed { (kit::sentence(&failed.why)) " " }
        @match backup.taken {
            Some(at) => { "The newest was taken " (time::ago(at, now)) "." }
            None if backup.planned => { "The first is taken soon." }
            None => { "None are taken by themselves." }
        }
    };
    vec![html! { a href=(paths::BACKUPS) { "Last backup" } }, kit::badge(tone, word), more]
}

fn instance(one: &Instance, newest: i64) -> Vec<Markup> {
    let name = html! { "gk-validate " code { (one.path.display()) } };
    let state = match &one.state {
        Ok(state) => state,
        Err(why) => {
            return vec![name, kit::badge(Tone::Bad, "does not answer"), html! { (kit::sentence(why)) }];
        }
    };
    let (tone, word) = match state.file.as_str() {
        "ok" if state.revision >= newest && state.age <= MOST_AGE => (Tone::Good, "up to date"),
        "ok" => (Tone::Waits, "behind"),
        other => (Tone::Bad, other),
    };
    let more = html! {
        "Revision " (state.revision) " of " (newest) ", known to be so "
        (kit::counted(state.age, "second", "seconds")) " ago, "
        (kit::counted(state.users, "person", "people"))
    };
    vec![name, kit::badge(tone, word), more]
}
