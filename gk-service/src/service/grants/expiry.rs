//! Grants that end soon: a mail says so once for each end, a week before.

use crate::model::{Grant, Holder};
use crate::service::notice;
use crate::service::op::{Op, View};
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::store::grants;

/// So long before its end. A grant that was given for no longer is not told of: its end was in sight all the time.
const SECONDS_BEFORE: i64 = 7 * 86_400;
/// Told of in one transaction.
const MOST_AT_ONCE: i64 = 100;

/// Grants to be told of: some of those of people that end within a week, the first first.
pub fn running_out(view: &View<'_>) -> Result<Vec<Grant>, Refusal> {
    permit(view.standing, Verb::Housekeep)?;
    let span = (view.now, view.now.plus(SECONDS_BEFORE));
    Ok(grants::to_tell(view.connection, span, MOST_AT_ONCE)?)
}

/// Tells the people of them; gives of how many.
pub fn tell_running_out(op: &Op<'_>) -> Result<usize, Refusal> {
    let soon = running_out(op)?;
    for grant in &soon {
        match grant.holder {
            Holder::User(user) => notice::access_ends(op, grant, user)?,
            Holder::Group(_) => {}
        }
        grants::set_told(op.transaction, grant.id)?;
    }
    Ok(soon.len())
}
