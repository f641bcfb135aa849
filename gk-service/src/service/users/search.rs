//! Lists of people.

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

/// A part of those who match, for whoever does not need to know how many do.
pub fn part(view: &View<'_>, filter: &UserFilter, order: &UserOrder) -> Result<Vec<User>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let accepted = view.settings.list(Setting::AcceptedDomains).collect::<Vec<_>>();
    let matching = Matching::new(view.connection, filter, &accepted)?;
    Ok(users::matching(view.connection, &matching, order)?)
}
