//! The traps of `auth_request`, one file for each kind. Each check is a function of what is written and what is known.

mod answers;
mod apps;
mod asking;
mod caching;
mod identity;
mod openings;
mod redirects;
mod secrets;
mod servers;
mod upstreams;

#[cfg(test)]
mod faults;
#[cfg(test)]
mod trial;

use super::facts::Facts;
use super::finding::Finding;
use super::nginx::Config;
use super::site::Site;

type Check = fn(&Site<'_>, &Facts) -> Vec<Finding>;

const CHECKS: [Check; 10] = [
    openings::check,
    asking::check,
    identity::check,
    secrets::check,
    answers::check,
    redirects::check,
    caching::check,
    upstreams::check,
    servers::check,
    apps::check,
];

/// What is wrong with a configuration, in the order of its files. What several places inherit is said once.
pub(crate) fn examine(config: &Config, facts: &Facts) -> Vec<Finding> {
    let site = Site::of(config, facts);
    let mut found = CHECKS.iter().flat_map(|check| check(&site, facts)).collect::<Vec<_>>();
    let key = |one: &Finding| (one.place.as_ref().map(|place| (place.file.clone(), place.line)), one.check);
    found.sort_by_key(key);
    found.dedup_by(|one, other| one.place.is_some() && key(one) == key(other));
    found
}
