//! Requests for access: ask, withdraw, look. Deciding them is in `decide`.

mod asked;
mod decide;
#[cfg(test)]
mod tests;

pub(super) use decide::settle_granted;
pub use decide::{Approved, Decision, Offer, app_of, approve, offers, reject};

use gk_shared::model::{AppId, Slug, UserId};
use gk_shared::policy::Snapshot;
use serde_json::json;

use super::audit::Event;
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use super::{apps, explain, notice, users};
use crate::model::{AccessRequest, App, Remark, RequestState};
use crate::store;
use crate::store::requests::{self, Wanted};

/// Requests of one person that may wait at once, and that they may make in a day.
const MOST_OF_A_PERSON: usize = 20;

/// Requests of one person for one app in a day: each is a mail to whoever decides.
const MOST_FOR_AN_APP: usize = 3;

const DAY: i64 = 86_400;

/// How long a person is shown what became of a request.
const RECENT: i64 = 30 * DAY;

/// Which requests to list.
#[derive(Clone, Debug)]
pub struct Filter {
    pub app: Option<Slug>,
    pub states: Vec<RequestState>,
    pub skip: i64,
    /// At most so many.
    pub most: i64,
}

/// One part of a list.
#[derive(Clone, Debug)]
pub struct Listed {
    pub requests: Vec<AccessRequest>,
    /// How many the whole list has.
    pub total: i64,
}

/// Asks for access to an app; those who decide hear of it. Refused to whoever enters already, by the policy in force.
pub fn ask(op: &Op<'_>, snapshot: &Snapshot, slug: &Slug, message: &Remark) -> Result<AccessRequest, Refusal> {
    permit(op.standing, Verb::RequestAccess)?;
    let user = users::by_id(op, op.person()?)?;
    let app = apps::named(op, slug)?;
    if explain::enters(op, snapshot, &user, slug) {
        return Err(Refusal::Conflict(format!("you may enter {} already", app.name)));
    }
    refuse_too_many(op, user.id, &app)?;
    let id = requests::insert(op.transaction, app.id, user.id, message, op.now)?;
    let request = by_id(op, id)?;
    let after = json!({ "request": id, "message": message.as_str() });
    audit(op, "access_requested", &request, after)?;
    notice::access_requested(op, &app, &request)?;
    Ok(request)
}

fn refuse_too_many(op: &Op<'_>, user: UserId, app: &App) -> Result<(), Refusal> {
    let mine = requests::of_user(op.connection, user)?;
    let today = || mine.iter().filter(|request| op.now.since(request.created_at) < DAY);
    let pending = mine.iter().filter(|request| request.state == RequestState::Pending);
    let refuse = |why: String| Err(Refusal::Conflict(why));
    if pending.clone().any(|request| request.app == app.id) {
        return refuse(format!("you have asked for {} already, and nobody has decided yet", app.name));
    }
    if pending.count() >= MOST_OF_A_PERSON || today().count() >= MOST_OF_A_PERSON {
        return refuse(format!("you have asked for {MOST_OF_A_PERSON} apps already; wait until some are decided"));
    }
    if today().filter(|request| request.app == app.id).count() >= MOST_FOR_AN_APP {
        return refuse(format!("you have asked for {} {MOST_FOR_AN_APP} times today; ask again tomorrow", app.name));
    }
    Ok(())
}

/// Withdraws the caller's own request for an app.
pub fn withdraw(op: &Op<'_>, slug: &Slug) -> Result<AccessRequest, Refusal> {
    permit(op.standing, Verb::RequestAccess)?;
    let user = op.person()?;
    let app = apps::named(op, slug)?;
    let latest = requests::latest(op.connection, app.id, user)?;
    let open = latest.filter(|request| request.state == RequestState::Pending);
    let request = open.ok_or_else(|| Refusal::Conflict(format!("no request of yours for {} waits", app.name)))?;
    settle(op, request, RequestState::Withdrawn, Remark::default(), "access_request_withdrawn")
}

/// The caller's requests that wait or were decided in the last 30 days: the newest for each app, newest first.
pub fn own(view: &View<'_>) -> Result<Vec<AccessRequest>, Refusal> {
    permit(view.standing, Verb::SeeOwnApps)?;
    let mut shown: Vec<AccessRequest> = Vec::new();
    for request in requests::of_user(view.connection, view.person()?)? {
        let recent = request.decided_at.is_none_or(|at| view.now.since(at) < RECENT);
        if recent && shown.iter().all(|newer| newer.app != request.app) {
            shown.push(request);
        }
    }
    Ok(shown)
}

/// The caller's newest request for an app.
pub fn own_latest(view: &View<'_>, slug: &Slug) -> Result<Option<AccessRequest>, Refusal> {
    permit(view.standing, Verb::SeeOwnApps)?;
    let Some(app) = store::apps::by_slug(view.connection, slug)? else { return Ok(None) };
    Ok(requests::latest(view.connection, app.id, view.person()?)?)
}

/// The apps the caller sees, may not enter, and has not asked for.
pub fn askable(view: &View<'_>, snapshot: &Snapshot) -> Result<Vec<App>, Refusal> {
    permit(view.standing, Verb::SeeOwnApps)?;
    let user = users::by_id(view, view.person()?)?;
    let mine = requests::of_user(view.connection, user.id)?;
    let waits = |app: &App| mine.iter().any(|one| one.app == app.id && one.state == RequestState::Pending);
    let others = explain::other_apps(view, snapshot, &user)?.into_iter();
    Ok(others.filter(|app| !waits(app)).collect())
}

/// The apps whose requests the caller may see, by slug.
pub fn administered(view: &View<'_>) -> Result<Vec<App>, Refusal> {
    apps::those_open_to(view, Verb::SeeRequests)
}

/// Requests the caller may see: those that wait first, the longest first; then the decided ones, newest first.
pub fn list(view: &View<'_>, filter: &Filter) -> Result<Listed, Refusal> {
    let seen = administered(view)?;
    let apps = match &filter.app {
        None => seen.iter().map(|app| app.id).collect::<Vec<_>>(),
        Some(slug) => vec![only(view, &seen, slug)?],
    };
    let wanted = Wanted { apps: &apps, states: &filter.states, skip: filter.skip.max(0), most: filter.most.max(0) };
    let total = requests::count(view.connection, &wanted)?;
    Ok(Listed { requests: requests::list(view.connection, &wanted)?, total })
}

/// One request the caller may see; `None` also for one of somebody else's app.
pub fn find(view: &View<'_>, id: i64) -> Result<Option<AccessRequest>, Refusal> {
    let seen = administered(view)?;
    let found = requests::by_id(view.connection, id)?;
    Ok(found.filter(|request| seen.iter().any(|app| app.id == request.app)))
}

/// One of the apps the caller sees. Whether another one exists is told only to those who see all.
fn only(view: &View<'_>, seen: &[App], slug: &Slug) -> Result<AppId, Refusal> {
    if let Some(app) = seen.iter().find(|app| app.slug == *slug) {
        return Ok(app.id);
    }
    permit(view.standing, Verb::SeeRequests)?;
    Err(Refusal::missing("app", slug))
}

fn by_id(view: &View<'_>, id: i64) -> Result<AccessRequest, Refusal> {
    requests::by_id(view.connection, id)?.ok_or_else(|| Refusal::missing("request", id))
}

/// Writes what became of a request, and who said so.
fn settle(
    op: &Op<'_>,
    request: AccessRequest,
    state: RequestState,
    reason: Remark,
    action: &str,
) -> Result<AccessRequest, Refusal> {
    let settled = AccessRequest { state, reason, decided_by: op.label.clone(), decided_at: Some(op.now), ..request };
    requests::settle(op.transaction, &settled)?;
    let after = json!({ "request": settled.id, "state": state.word(), "reason": settled.reason.as_str() });
    audit(op, action, &settled, after)?;
    by_id(op, settled.id)
}

fn audit(op: &Op<'_>, action: &str, request: &AccessRequest, after: serde_json::Value) -> Result<(), Refusal> {
    let (target, app) = (request.email.as_str(), request.slug.as_str());
    op.audit(&Event { action, target, app, after, ..Event::default() })
}
