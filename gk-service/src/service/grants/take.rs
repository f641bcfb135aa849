//! Taking grants, one or many at once, and giving back what was taken together.

use std::slice;

use gk_shared::model::{GrantId, Role, Slug};
use serde_json::Value;

use super::{
    Change, Given, News, Outcome, Receiver, admit_role, audit_given, described, follow_up, holder, id_of, kind_of,
    numbered,
};
use crate::model::{App, Grant, Holder};
use crate::service::apps;
use crate::service::audit::Event;
use crate::service::op::Op;
use crate::service::permit::{Verb, permit};
use crate::service::reach::Reach;
use crate::service::refusal::Refusal;
use crate::store;
use crate::store::grants;

/// So many are taken at once.
const MOST_AT_ONCE: usize = 10_000;
/// So long they can be given back.
const KEPT_SECONDS: i64 = 86_400;

/// Grants that were taken together.
#[derive(Clone, Debug)]
pub struct Taken {
    /// What [`give_back`] wants to hear, within a day.
    pub number: i64,
    pub grants: Vec<Grant>,
}

/// Takes a grant back.
pub fn take(op: &Op<'_>, slug: &Slug, from: &Receiver) -> Result<Grant, Refusal> {
    let app = apps::permitted(op, slug, Verb::ChangeGrants)?;
    let (holder, name) = holder(op, slice::from_ref(&app), from)?;
    let found = grants::find(op.connection, app.id, holder)?;
    let grant = found.ok_or_else(|| Refusal::Conflict(format!("{name} has no grant of `{slug}`")))?;
    take_one(op, &app, &grant)?;
    Ok(grant)
}

/// Takes back the grant with this number, which has to be the app's.
pub fn take_numbered(op: &Op<'_>, slug: &Slug, id: GrantId) -> Result<Grant, Refusal> {
    let app = apps::permitted(op, slug, Verb::ChangeGrants)?;
    let grant = numbered(op, &app, id)?;
    take_one(op, &app, &grant)?;
    Ok(grant)
}

/// Takes each of these grants, or none: one that is gone has everything refused.
pub fn take_many(op: &Op<'_>, ids: &[GrantId]) -> Result<Taken, Refusal> {
    if ids.is_empty() || ids.len() > MOST_AT_ONCE {
        return Err(Refusal::Invalid(format!("choose from 1 to {MOST_AT_ONCE} grants")));
    }
    grants::forget_taken(op.transaction, op.now.plus(-KEPT_SECONDS))?;
    let mut taken = Taken { number: grants::next_taking(op.connection)?, grants: Vec::new() };
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let grant = grants::by_id(op.connection, id)?
            .ok_or_else(|| gone(op, format!("grant {id} is gone: look at the list again")))?;
        grants::keep(op.transaction, taken.number, id, op.now)?;
        let app = app_of(op, &grant)?;
        permit(op.standing_in(&app)?, Verb::ChangeGrants)?;
        take_one(op, &app, &grant)?;
        taken.grants.push(grant);
    }
    Ok(taken)
}

/// Gives back what was taken together, as it was, or nothing: whoever has a grant of the app by now has everything
/// refused. Those whose holder or app is gone stay gone.
pub fn give_back(op: &Op<'_>, number: i64) -> Result<Vec<Grant>, Refusal> {
    let taken = grants::taken(op.connection, number, op.now.plus(-KEPT_SECONDS))?;
    if taken.is_empty() {
        return Err(gone(op, "nothing is left to give back: it was given back, or taken more than a day ago".into()));
    }
    for grant in &taken {
        let app = app_of(op, grant)?;
        permit(op.standing_in(&app)?, Verb::ChangeGrants)?;
        let reach = Reach::of(op, &app)?;
        reach.refuse_grant(&app, None, grant)?;
        reach.refuse_person(op, &app, grant.holder)?;
        if grants::find(op.connection, app.id, grant.holder)?.is_some() {
            return Err(Refusal::Conflict(format!("{} has a grant of `{}` again", grant.holder_name, app.slug)));
        }
        put_back(op, &app, grant)?;
    }
    Ok(taken)
}

/// What is not there is told only to those who see all, as another app's grant is refused to everybody else.
fn gone(op: &Op<'_>, sentence: String) -> Refusal {
    permit(op.standing, Verb::ChangeGrants).err().unwrap_or(Refusal::Conflict(sentence))
}

fn put_back(op: &Op<'_>, app: &App, grant: &Grant) -> Result<(), Refusal> {
    let new_role: Option<Role> = admit_role(op, app, &Change::from(grant.role.clone()))?;
    grants::put_back(op.transaction, grant.id)?;
    op.changed(kind_of(grant.holder), id_of(grant.holder))?;
    audit_given(op, app, None, grant)?;
    follow_up(op, app, &Given { grant: grant.clone(), outcome: Outcome::Granted, new_role }, News::IfAsked)
}

fn take_one(op: &Op<'_>, app: &App, grant: &Grant) -> Result<(), Refusal> {
    let reach = Reach::of(op, app)?;
    reach.refuse_role(app, grant.role.as_ref())?;
    reach.refuse_person(op, app, grant.holder)?;
    if matches!(grant.holder, Holder::Group(_)) {
        reach.refuse_groups()?;
    }
    grants::delete(op.transaction, grant.id)?;
    op.changed(kind_of(grant.holder), id_of(grant.holder))?;
    op.audit(&Event {
        action: "grant_revoked",
        target: &grant.holder_name,
        app: app.slug.as_str(),
        before: described(grant),
        after: Value::Null,
    })
}

fn app_of(op: &Op<'_>, grant: &Grant) -> Result<App, Refusal> {
    store::apps::by_id(op.connection, grant.app.0)?.ok_or_else(|| Refusal::missing("app", grant.app))
}
