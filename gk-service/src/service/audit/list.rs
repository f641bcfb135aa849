//! Looking through the audit.

use gk_shared::model::Username;
use gk_shared::time::Timestamp;

use super::text;
use crate::model::{AuditEntry, AuditFilter, AuditPart};
use crate::service::op::View;
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::store::audit::{self, Between, Drive, Enough};
use crate::store::users;

/// A part looks at so many rows of one index at most: what it costs does not grow with the audit.
const MOST_LOOKED_AT: usize = 1_500;
/// So many are given at once.
const MOST_GIVEN: usize = 1_000;
/// So many are given of what is new since somebody last asked.
const MOST_NEW: usize = 10_000;

/// Somebody who is meant.
#[derive(Clone, Copy)]
enum Person<'f> {
    Number(i64),
    /// Nobody has this name any more.
    Gone(&'f str),
}

/// A filter, and the index it is looked through by.
struct Search<'f> {
    filter: &'f AuditFilter,
    drive: Option<Drive>,
    person: Option<Person<'f>>,
    between: Between,
}

/// The newest rows that match and are older than the row `before`.
pub fn list(view: &View<'_>, filter: &AuditFilter, before: Option<i64>, most: usize) -> Result<AuditPart, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let search = Search::new(view, filter, Between { above: 0, below: before.unwrap_or(i64::MAX) })?;
    search.run(view, most.clamp(1, MOST_GIVEN))
}

/// Rows that match and are newer than the row `after`, the oldest first; of very many only the newest.
pub fn newer(view: &View<'_>, filter: &AuditFilter, after: i64) -> Result<Vec<AuditEntry>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let mut between = Between { above: after, below: i64::MAX };
    let mut entries = Vec::new();
    loop {
        let part = Search::new(view, filter, between)?.run(view, MOST_GIVEN)?;
        entries.extend(part.entries);
        match part.next.filter(|_| entries.len() < MOST_NEW) {
            Some(next) => between.below = next,
            None => break,
        }
    }
    Ok(entries.into_iter().rev().collect())
}

/// The row with this number.
pub fn find(view: &View<'_>, id: i64) -> Result<AuditEntry, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    audit::one(view.connection, id)?.ok_or_else(|| Refusal::missing("row of the audit", id))
}

/// Every action that is in it.
pub fn actions(view: &View<'_>) -> Result<Vec<String>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok(audit::actions(view.connection)?)
}

/// The number of the newest row, and how many there are.
pub fn kept(view: &View<'_>) -> Result<(i64, i64), Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok((audit::newest(view.connection)?, audit::count_kept(view.connection)?))
}

impl<'f> Search<'f> {
    fn new(view: &View<'_>, filter: &'f AuditFilter, bounds: Between) -> Result<Self, Refusal> {
        let times = audit::ids_between(view.connection, filter.since, filter.until)?;
        let between = Between { above: bounds.above.max(times.above), below: bounds.below.min(times.below) };
        let person = filter.person.as_deref().map(|name| Person::named(view, name)).transpose()?;
        // The one that most likely has the fewest rows; the others are looked up in each.
        let drive = if let Some(words) = &filter.text {
            text::query(words, None).map(Drive::Text)
        } else if let Some(person) = person {
            person.drive()
        } else if let Some(ip) = filter.ip {
            Some(Drive::Ip(ip.to_string()))
        } else if let Some(app) = &filter.app {
            Some(Drive::App(app.to_string()))
        } else if let Some(actor) = &filter.actor {
            Some(Drive::Actor(actor.clone()))
        } else {
            Some(filter.action.clone().map_or(Drive::Everything, Drive::Action))
        };
        Ok(Self { filter, drive, person, between })
    }

    fn run(&self, view: &View<'_>, most: usize) -> Result<AuditPart, Refusal> {
        let Some(drive) = &self.drive else { return Ok(AuditPart::default()) };
        let (mut part, mut looked, mut last) = (AuditPart::default(), 0, None);
        let ended = audit::candidates(view.connection, drive, self.between, |id| {
            if part.entries.len() == most || looked == MOST_LOOKED_AT {
                return Ok(Enough::Yes);
            }
            looked += 1;
            last = Some(id);
            // A number without its row: the row was taken away past the triggers, and the chain tells.
            let entry = audit::one(view.connection, id)?;
            part.entries.extend(entry.filter(|entry| self.takes(entry)));
            Ok(Enough::No)
        })?;
        if ended == Enough::Yes {
            part.next = last;
            let reached = last.filter(|_| part.entries.len() < most).map(|id| audit::one(view.connection, id));
            part.reached = reached.transpose()?.flatten().map(|entry| entry.at);
        }
        Ok(part)
    }

    /// Whether the rest of the filter holds too.
    fn takes(&self, entry: &AuditEntry) -> bool {
        let filter = self.filter;
        let is = |wanted: Option<&str>, found: &str| wanted.is_none_or(|wanted| wanted == found);
        let within =
            |at: Timestamp| filter.since.is_none_or(|since| since <= at) && filter.until.is_none_or(|until| at < until);
        is(filter.actor.as_deref(), &entry.actor)
            && is(filter.action.as_deref(), &entry.action)
            && is(filter.app.as_ref().map(gk_shared::model::Slug::as_str), &entry.app)
            && filter.ip.is_none_or(|ip| ip.to_string() == entry.ip)
            && self.person.is_none_or(|person| person.is_in(entry))
            && within(entry.at)
    }
}

impl<'f> Person<'f> {
    fn named(view: &View<'_>, name: &'f str) -> Result<Self, Refusal> {
        let known =
            Username::parse(name).ok().map(|name| users::by_name(view.connection, name.as_str())).transpose()?;
        Ok(known.flatten().map_or(Self::Gone(name), |user| Self::Number(user.id.0)))
    }

    fn drive(self) -> Option<Drive> {
        match self {
            Self::Number(number) => Some(Drive::Person(number)),
            Self::Gone(name) => text::query(name, Some("actor target")).map(Drive::Text),
        }
    }

    /// Whether a row is by or about them.
    fn is_in(self, entry: &AuditEntry) -> bool {
        match self {
            Self::Number(number) => {
                entry.target_user == Some(number) || (entry.actor_kind == "person" && entry.actor_id == Some(number))
            }
            Self::Gone(name) => {
                let behind = entry.target.split_once('/').map_or(entry.target.as_str(), |(_, behind)| behind);
                [entry.actor.as_str(), &entry.target, behind].iter().any(|found| found.eq_ignore_ascii_case(name))
            }
        }
    }
}
