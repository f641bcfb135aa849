//! Lists of people.

use gk_shared::model::UserId;

use crate::model::{Part, User, UserFilter, UserOrder};
use crate::service::op::View;
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::settings::Setting;
use crate::store::users::{self, Matching};

/// A part of those who match, and how many do.
pub fn search(view: &View<'_>, filter: &UserFilter, order: &UserOrder) -> Result<Part<User>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let accepted = view.settings.list(Setting::AcceptedDomains).collect::<Vec<_>>();
    let matching = Matching::new(view.connection, filter, &accepted)?;
    let total = users::count_matching(view.connection, &matching)?;
    Ok(Part { rows: users::matching(view.connection, &matching, order)?, total })
}

/// The numbers of all who match, by user name.
pub fn numbers(view: &View<'_>, filter: &UserFilter) -> Result<Vec<UserId>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let accepted = view.settings.list(Setting::AcceptedDomains).collect::<Vec<_>>();
    let matching = Matching::new(view.connection, filter, &accepted)?;
    Ok(users::all_matching(view.connection, &matching)?)
}
