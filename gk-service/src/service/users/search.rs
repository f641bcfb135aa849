//! Lists of people.

use gk_shared::model::UserId;

use crate::model::{Part, User, UserFilter, UserOrder};
use crate::service::op::View;
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::settings::Setting;
use crate::store::users::{self, Matching};

/// So many of a list are looked through part by part; whoever wants another narrows it, or turns it round.
pub const MOST_BROWSED: i64 = 10_000;

/// A part of those who match, and how many do.
pub fn search(view: &View<'_>, filter: &UserFilter, order: &UserOrder) -> Result<Part<User>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let matching = matching(view, filter)?;
    let total = users::count_matching(view.connection, &matching, i64::MAX)?;
    Ok(Part { rows: users::matching(view.connection, &matching, order)?, total })
}

/// The same for looking through: at most [`MOST_BROWSED`] of them, the last part of those if `order` is past their end. A
/// total above that only says that there are more. So no part costs more for there being more people.
pub fn browse(view: &View<'_>, filter: &UserFilter, order: &UserOrder) -> Result<Part<User>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let matching = matching(view, filter)?;
    let total = users::count_matching(view.connection, &matching, MOST_BROWSED)?;
    let most = order.most.max(1);
    let last = (total.min(MOST_BROWSED) - 1).max(0) / most * most;
    let order = UserOrder { skip: order.skip.min(last), ..order.clone() };
    Ok(Part { rows: users::matching(view.connection, &matching, &order)?, total })
}

fn matching(view: &View<'_>, filter: &UserFilter) -> rusqlite::Result<Matching> {
    let accepted = view.settings.list(Setting::AcceptedDomains).collect::<Vec<_>>();
    Matching::new(view.connection, filter, &accepted)
}

/// The numbers of all who match, by user name.
pub fn numbers(view: &View<'_>, filter: &UserFilter) -> Result<Vec<UserId>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let matching = matching(view, filter)?;
    Ok(users::all_matching(view.connection, &matching)?)
}
