//! The tables of who enters an app, and of where somebody can go.

use std::sync::Arc;

use gk_service::Database;
use gk_service::service::explain::{self, Destination, Entrant, PlaceFilter, WhoFilter};
use gk_service::service::{Caller, Refusal};
use gk_shared::model::{Slug, UserId};
use gk_shared::time::Timestamp;

use super::exports::BATCH;
use super::{Row, Sheet};
use crate::time;

/// Those who enter an app, by e-mail, in batches. Who they are is settled at the first; whoever no longer enters when
/// their batch comes is left out.
pub(super) struct Entrants {
    database: Arc<Database>,
    caller: Caller,
    slug: Slug,
    filter: WhoFilter,
    left: Option<std::vec::IntoIter<UserId>>,
}

impl Entrants {
    pub(super) fn of(database: Arc<Database>, caller: Caller, slug: Slug, filter: WhoFilter) -> Self {
        Self { database, caller, slug, filter, left: None }
    }
}

impl Iterator for Entrants {
    type Item = Result<Vec<Row>, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        let Self { database, caller, slug, filter, left } = self;
        let read = database.in_force(|snapshot| {
            database.read(caller, |view| {
                if left.is_none() {
                    *left = Some(explain::numbers(view, snapshot, slug, filter)?.into_iter());
                }
                let batch = left.iter_mut().flatten().take(BATCH).collect::<Vec<_>>();
                Ok(explain::entrants(view, snapshot, slug, &batch)?.iter().map(entrant).collect())
            })
        });
        match read.and_then(|read| read) {
            Ok(rows) if Vec::is_empty(&rows) && left.as_ref().is_none_or(|left| left.len() == 0) => None,
            rows => Some(rows),
        }
    }
}

pub(super) fn entrants(title: &str, entrants: Entrants) -> Sheet {
    Sheet::new(title, &["Email", "Full Name", "Role", "Reason", "Group", "Until"], entrants)
}

/// There are few apps: all of them come at once.
pub(super) fn destinations(
    title: &str,
    database: Arc<Database>,
    caller: Caller,
    (user, filter): (UserId, PlaceFilter),
) -> Sheet {
    let read = move || {
        database.in_force(|snapshot| {
            database.read(&caller, |view| {
                let (_, places) = explain::where_to(view, snapshot, user, &filter)?;
                Ok(places.iter().map(destination).collect())
            })
        })?
    };
    let headings = ["App", "Name", "Verdict", "Role", "Reason", "Group", "Until"];
    Sheet::new(title, &headings, std::iter::once_with(read))
}

fn entrant(one: &Entrant) -> Row {
    vec![
        one.email.clone(),
        one.fullname.clone(),
        one.outcome.role.clone().unwrap_or_default(),
        one.outcome.reason.word().to_owned(),
        one.group.clone().unwrap_or_default(),
        shown(one.until),
    ]
}

fn destination(place: &Destination) -> Row {
    vec![
        place.app.slug.to_string(),
        place.app.name.clone(),
        place.outcome.verdict.to_owned(),
        place.outcome.role.clone().unwrap_or_default(),
        place.outcome.reason.word().to_owned(),
        place.group.clone().unwrap_or_default(),
        shown(place.until),
    ]
}

fn shown(at: Option<Timestamp>) -> String {
    at.map(time::show).unwrap_or_default()
}
