//! Looking everybody up again whom a directory keeps: a run, which whoever works on it writes its progress into, so that it
//! can be watched and cancelled from elsewhere.

use gk_shared::time::Timestamp;
use serde_json::json;

use super::labelled;
use crate::model::{DirectoryLabel, DirectoryRun, RunPerson, RunState};
use crate::service::audit::Event;
use crate::service::permit::{Verb, permit};
use crate::service::{Op, Refusal, View};
use crate::settings::Setting;
use crate::store::directories::{self, runs};

/// A run nobody has worked on for so long has failed.
const MOST_SILENCE: i64 = 180;
/// So many runs of each directory are remembered.
const KEPT: i64 = 20;
/// So many people of a run are shown.
const MOST_SHOWN: i64 = 200;

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub looked_at: i64,
    pub changed: i64,
    pub disabled: i64,
    pub failed: i64,
}

/// Asks for a run; gk-admin works on it.
pub fn start(op: &Op<'_>, label: &DirectoryLabel) -> Result<DirectoryRun, Refusal> {
    add(op, label, 0)
}

/// Says yes to what a run asks: everybody is looked up once more, and as many may be disabled as it would have.
pub fn allow(op: &Op<'_>, id: i64) -> Result<DirectoryRun, Refusal> {
    permit(op.standing, Verb::RefreshDirectories)?;
    let asked = numbered(op, id)?;
    if asked.state != RunState::Asks {
        return Err(Refusal::Conflict("this run asks nothing".into()));
    }
    add(op, &asked.directory, asked.disabled)
}

fn add(op: &Op<'_>, label: &DirectoryLabel, may_disable: i64) -> Result<DirectoryRun, Refusal> {
    permit(op.standing, Verb::RefreshDirectories)?;
    if !labelled(op, label)?.enabled {
        return Err(Refusal::Conflict(format!("{label} is switched off")));
    }
    if runs::open(op.connection)?.iter().any(|run| run.directory == *label) {
        return Err(Refusal::Conflict(format!("everybody in {label} is being looked up already")));
    }
    runs::keep_newest(op.transaction, label, KEPT)?;
    let id = runs::insert(op.transaction, label, may_disable, (&op.label, op.now))?;
    let after = json!({ "run": id, "may_disable": may_disable });
    op.audit(&Event { action: "directory_refresh_started", target: label.as_str(), after, ..Event::default() })?;
    numbered(op, id)
}

/// The newest run of a directory, with whom it has something to say about.
pub fn latest(view: &View<'_>, label: &DirectoryLabel) -> Result<Option<(DirectoryRun, Vec<RunPerson>)>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let Some(run) = runs::latest(view.connection, label)? else { return Ok(None) };
    let people = runs::people(view.connection, run.id, MOST_SHOWN)?;
    Ok(Some((run, people)))
}

/// One run, with whom it has something to say about.
pub fn noted(view: &View<'_>, id: i64) -> Result<(DirectoryRun, Vec<RunPerson>), Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok((numbered(view, id)?, runs::people(view.connection, id, MOST_SHOWN)?))
}

/// Asks a run to stop after whom it looks at now.
pub fn cancel(op: &Op<'_>, id: i64) -> Result<DirectoryRun, Refusal> {
    permit(op.standing, Verb::RefreshDirectories)?;
    let run = numbered(op, id)?;
    if !run.state.is_open() {
        return Err(Refusal::Conflict("this run has ended".into()));
    }
    runs::cancel(op.transaction, id)?;
    let event = Event { action: "directory_refresh_cancelled", target: run.directory.as_str(), ..Event::default() };
    op.audit(&event)?;
    numbered(op, id)
}

/// Which runs wait to be worked on.
pub fn waiting(view: &View<'_>) -> Result<Vec<DirectoryRun>, Refusal> {
    permit(view.standing, Verb::RefreshDirectories)?;
    let open = runs::open(view.connection)?.into_iter();
    Ok(open.filter(|run| run.state == RunState::Waiting || is_silent(run, view.now)).collect())
}

fn is_silent(run: &DirectoryRun, now: Timestamp) -> bool {
    run.state == RunState::Running && run.beat_at.plus(MOST_SILENCE) < now
}

/// Takes a run on, `None` when somebody else has: it is worked on from the beginning, also one that was left.
pub fn take_over(op: &Op<'_>, id: i64, total: usize) -> Result<Option<DirectoryRun>, Refusal> {
    permit(op.standing, Verb::RefreshDirectories)?;
    let run = numbered(op, id)?;
    if run.state != RunState::Waiting && !is_silent(&run, op.now) {
        return Ok(None);
    }
    let total = i64::try_from(total).unwrap_or(i64::MAX);
    let begun = DirectoryRun {
        state: RunState::Running,
        total,
        looked_at: 0,
        changed: 0,
        disabled: 0,
        failed: 0,
        beat_at: op.now,
        ..run
    };
    runs::save(op.transaction, &begun)?;
    Ok(Some(begun))
}

/// Begins a run that whoever asks works on at once.
pub fn begin(op: &Op<'_>, (label, may_disable): (&DirectoryLabel, i64), total: usize) -> Result<DirectoryRun, Refusal> {
    let run = add(op, label, may_disable)?;
    take_over(op, run.id, total)?.ok_or_else(|| Refusal::Conflict("somebody else has taken it on".into()))
}

/// Writes how far a run is, and what became of people; gives the run, which somebody may want to stop.
pub fn progress(op: &Op<'_>, id: i64, so_far: Progress, people: &[RunPerson]) -> Result<DirectoryRun, Refusal> {
    permit(op.standing, Verb::RefreshDirectories)?;
    let run = numbered(op, id)?;
    if run.state != RunState::Running {
        return Err(Refusal::Conflict("this run has ended".into()));
    }
    let Progress { looked_at, changed, disabled, failed } = so_far;
    let run = DirectoryRun { looked_at, changed, disabled, failed, beat_at: op.now, ..run };
    runs::save(op.transaction, &run)?;
    for person in people {
        runs::note(op.transaction, id, person)?;
    }
    Ok(run)
}

/// Ends a run.
pub fn finish(op: &Op<'_>, id: i64, state: RunState, reason: &str) -> Result<DirectoryRun, Refusal> {
    permit(op.standing, Verb::RefreshDirectories)?;
    let run = numbered(op, id)?;
    let ended = DirectoryRun { state, reason: reason.to_owned(), beat_at: op.now, ended_at: Some(op.now), ..run };
    runs::save(op.transaction, &ended)?;
    let after = json!({ "refreshed": ended.looked_at, "changed": ended.changed, "disabled": ended.disabled, "failed": ended.failed,
        "outcome": state.word(), "reason": reason });
    let target = ended.directory.as_str();
    op.audit(&Event { action: "users_ldap_refreshed_all", target, after, ..Event::default() })?;
    Ok(ended)
}

/// Whose people have not been looked up for as long as the settings say.
pub fn due(view: &View<'_>) -> Result<Vec<DirectoryLabel>, Refusal> {
    permit(view.standing, Verb::RefreshDirectories)?;
    let minutes = view.settings.number(Setting::DirectoryRefreshMinutes);
    let mut due = Vec::new();
    for directory in directories::list(view.connection)?.into_iter().filter(|one| one.enabled && minutes > 0) {
        let last = runs::latest(view.connection, &directory.label)?;
        let rested = last.is_none_or(|run| !run.state.is_open() && run.started_at.plus(minutes * 60) <= view.now);
        if rested && directories::people::count(view.connection, &directory.label)? > 0 {
            due.push(directory.label);
        }
    }
    Ok(due)
}

fn numbered(view: &View<'_>, id: i64) -> Result<DirectoryRun, Refusal> {
    runs::by_id(view.connection, id)?.ok_or_else(|| Refusal::missing("run", id))
}
