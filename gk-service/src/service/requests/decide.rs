//! Deciding a request: whoever administers the app gives a grant, or a reason.

use gk_shared::model::{Role, Slug, UserId};
use gk_shared::time::Timestamp;

use super::super::grants::Given;
use super::super::op::{Op, View};
use super::super::permit::{Standing, Verb, permit};
use super::super::reach::Reach;
use super::super::refusal::Refusal;
use super::super::{notice, users};
use super::asked::give_asked;
use super::{administered, settle};
use crate::model::{AccessRequest, App, Remark, RequestState};
use crate::store;
use crate::store::requests;

/// What an approval gives.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    pub role: Option<Role>,
    /// Without one for good.
    pub expires_at: Option<Timestamp>,
}

/// An approved request.
#[derive(Debug)]
pub struct Approved {
    pub request: AccessRequest,
    /// None when the person has a stronger grant by now, which stays as it is.
    pub given: Option<Given>,
}

/// An app whose requests the caller decides, and the roles they may give there, weakest first.
#[derive(Clone, Debug)]
pub struct Offer {
    pub app: App,
    pub roles: Vec<Role>,
}

/// The apps whose requests the caller sees, with what they may give.
pub fn offers(view: &View<'_>) -> Result<Vec<Offer>, Refusal> {
    let grants = view.grants()?;
    let offer = |app: App| {
        let reach = Reach::among(view, &app, &grants)?;
        let may_give = |role: &&Role| reach.refuse_role(&app, Some(role)).is_ok();
        Ok(Offer { roles: app.roles.iter().filter(may_give).cloned().collect(), app })
    };
    administered(view)?.into_iter().map(offer).collect()
}

/// Lets the person in, and tells them. A grant they have got meanwhile is never made weaker.
pub fn approve(op: &Op<'_>, id: i64, decision: &Decision) -> Result<Approved, Refusal> {
    let (request, app) = open(op, id)?;
    if decision.expires_at.is_some_and(|end| end <= op.now) {
        return Err(Refusal::Invalid("the access has to end later than now".into()));
    }
    let reach = Reach::of(op, &app)?;
    reach.refuse_role(&app, decision.role.as_ref())?;
    reach.refuse_outlasting(&app, decision.role.as_ref(), decision.expires_at)?;
    let user = users::by_id(op, request.user)?;
    if !user.is_usable() {
        let state = if user.enabled { user.status.word() } else { "disabled" };
        return Err(Refusal::Conflict(format!("the account {} is {state}: see to that first", user.email)));
    }
    let given = give_asked(op, &app, &user, decision)?;
    let request = settle(op, request, RequestState::Approved, Remark::default(), "access_request_approved")?;
    let app = store::apps::by_id(op.connection, app.id.0)?.unwrap_or(app);
    notice::access_granted(op, &app, &user)?;
    Ok(Approved { request, given })
}

/// Says no, and tells the person why.
pub fn reject(op: &Op<'_>, id: i64, reason: &Remark) -> Result<AccessRequest, Refusal> {
    let (request, app) = open(op, id)?;
    let request = settle(op, request, RequestState::Rejected, reason.clone(), "access_request_rejected")?;
    notice::access_rejected(op, &app, &users::by_id(op, request.user)?, reason)?;
    Ok(request)
}

/// What somebody asked for was given to them in another way: nothing is left to decide.
pub(in super::super) fn settle_granted(op: &Op<'_>, app: &App, user: UserId) -> Result<Option<AccessRequest>, Refusal> {
    let latest = requests::latest(op.connection, app.id, user)?;
    let Some(open) = latest.filter(|request| request.state == RequestState::Pending) else { return Ok(None) };
    settle(op, open, RequestState::Approved, Remark::default(), "access_request_approved").map(Some)
}

/// Which app a request is for, for whoever decides it.
pub fn app_of(view: &View<'_>, id: i64) -> Result<Slug, Refusal> {
    decidable(view, id).map(|(_, app)| app.slug)
}

/// A request that waits, and that the caller decides. Whoever administers the app by a grant decides about others only.
fn open(op: &Op<'_>, id: i64) -> Result<(AccessRequest, App), Refusal> {
    let (request, app) = decidable(op, id)?;
    if op.standing == Standing::Person && op.person()? == request.user {
        return Err(Refusal::Conflict("this request is your own: somebody else has to decide it".into()));
    }
    if request.state == RequestState::Pending {
        return Ok((request, app));
    }
    let (state, by) = (request.state.word(), &request.decided_by);
    Err(Refusal::Conflict(format!("the request of {} for `{}` was already {state} by {by}", request.email, app.slug)))
}

/// A request of an app whose requests the caller decides. Whether there is one is told to nobody else.
fn decidable(view: &View<'_>, id: i64) -> Result<(AccessRequest, App), Refusal> {
    let Some(request) = requests::by_id(view.connection, id)? else {
        permit(view.standing, Verb::DecideRequests)?;
        return Err(Refusal::missing("request", id));
    };
    let app =
        store::apps::by_id(view.connection, request.app.0)?.ok_or_else(|| Refusal::missing("app", &request.slug))?;
    permit(view.standing_in(&app)?, Verb::DecideRequests)?;
    Ok((request, app))
}
