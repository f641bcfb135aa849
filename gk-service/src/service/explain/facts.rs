//! What a decision rests on: of the account, of the app, of the settings, and of every grant that could count.

use gk_shared::access::{AllowReason, Counts};
use gk_shared::model::{GrantId, Slug};
use gk_shared::policy::{App as Registered, DefaultAccess, Grant as Published, Snapshot, User as Known};
use gk_shared::time::Timestamp;

use super::Reason;
use crate::model::{Grant, Status, User};
use crate::service::op::View;
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::store;
use crate::store::change_log;

/// One of the facts. Who is let in depends on nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Something is saved and not yet in force, so that the other facts may be older than what is shown elsewhere.
    NotYetInForce,
    /// Only who is approved and enabled enters anything.
    Account {
        status: Status,
        enabled: bool,
    },
    /// Whether the person is in the group `admin`.
    SuperAdmin {
        member: bool,
    },
    /// Whether the domain of their e-mail is accepted.
    Domain {
        domain: String,
        accepted: bool,
    },
    /// The request names no app.
    NoApp,
    /// Whether there is such an app.
    App {
        slug: Slug,
        registered: bool,
    },
    /// What becomes of requests for apps that are not registered, or for none.
    DefaultAccess(DefaultAccess),
    /// Neither the person nor a group of theirs has a grant of the app.
    NoGrants,
    Grant(GrantFact),
}

/// A grant of the app to the person or to a group of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantFact {
    pub id: GrantId,
    pub held: Held,
    pub role: Option<String>,
    /// How strong the role is in this app: 0 is none, 1 one that the app no longer lists, and from 2 on its place.
    pub rank: usize,
    pub starts_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    /// Who gave it, when, and why; not known once it is taken and that is not yet in force.
    pub given: Option<GivenBy>,
    pub weight: Weight,
}

/// Where a grant comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenBy {
    pub by: String,
    pub at: Timestamp,
    pub note: String,
}

/// Whose a grant is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    Own,
    ByGroup(String),
}

/// Whether a grant counts, and otherwise why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It is the one that lets the person in.
    Counts,
    NotStarted,
    Ended,
    /// The person's own grant counts before those of groups, however weak it is.
    OwnCounts,
    /// Another group's is stronger, or as strong and older.
    Weaker,
    /// Nothing counts while the account is not usable.
    AccountNotUsable,
}

impl Weight {
    /// The label.
    pub fn word(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::NotStarted => "not-started",
            Self::Ended => "ended",
            Self::OwnCounts => "own-counts",
            Self::Weaker => "weaker",
            Self::AccountNotUsable => "account-not-usable",
        }
    }
}

/// Every fact behind a decision made at a time for a reason.
pub(super) fn gather(
    view: &View<'_>,
    snapshot: &Snapshot,
    user: &User,
    slug: Option<&Slug>,
    (at, reason): (Timestamp, Reason),
) -> Result<Vec<Fact>, Refusal> {
    let known = snapshot.user(user.id);
    let newest = change_log::head(view.connection)?.map_or(0, |head| head.revision);
    let mut facts = Vec::new();
    if newest > snapshot.revision {
        facts.push(Fact::NotYetInForce);
    }
    // What somebody is beyond the app is not its administrators' to know.
    if permit(view.standing, Verb::Inspect).is_ok() {
        facts.push(Fact::Account { status: user.status, enabled: user.enabled });
        facts.push(Fact::SuperAdmin { member: known.is_some_and(Known::is_admin) });
        let accepted = known.is_some_and(|known| snapshot.is_internal(known));
        facts.push(Fact::Domain { domain: user.email.domain().to_owned(), accepted });
    }
    let app = slug.and_then(|slug| snapshot.app(slug.as_str()));
    facts.push(slug.map_or(Fact::NoApp, |slug| Fact::App { slug: slug.clone(), registered: app.is_some() }));
    match app {
        None => facts.push(Fact::DefaultAccess(snapshot.settings.default_app)),
        Some(app) => facts.extend(grants(view, snapshot, user, app, (at, reason))?),
    }
    Ok(facts)
}

/// The person's own grant, then those of their groups, or that there is none.
fn grants(
    view: &View<'_>,
    snapshot: &Snapshot,
    user: &User,
    app: &Registered,
    (at, reason): (Timestamp, Reason),
) -> Result<Vec<Fact>, Refusal> {
    let Some(known) = snapshot.user(user.id) else { return Ok(vec![Fact::NoGrants]) };
    let stored = store::grants::of_person(view.connection, user.id)?;
    let own = known.grant(app.id).map(|grant| (Held::Own, grant));
    let of_groups = known.groups().filter_map(|id| {
        let group = snapshot.group(id)?;
        Some((Held::ByGroup(group.name.to_string()), group.grant(app.id)?))
    });
    let fact = |(held, grant): (Held, Published)| {
        let weight = weigh(&held, &grant, at, reason);
        Fact::Grant(GrantFact {
            id: grant.id,
            held,
            role: grant.terms.role.map(|role| snapshot.role(role).to_owned()),
            rank: app.rank(grant.terms.role),
            starts_at: Some(grant.terms.starts).filter(|at| *at != Timestamp(i64::MIN)),
            expires_at: Some(grant.terms.expires).filter(|at| *at != Timestamp(i64::MAX)),
            given: stored.iter().find(|stored| stored.id == grant.id).map(given),
            weight,
        })
    };
    let all = own.into_iter().chain(of_groups).map(fact).collect::<Vec<_>>();
    Ok(if all.is_empty() { vec![Fact::NoGrants] } else { all })
}

fn given(grant: &Grant) -> GivenBy {
    GivenBy { by: grant.granted_by.clone(), at: grant.granted_at, note: grant.note.clone() }
}

/// Whether the decision rests on this grant: the decision itself says so, by the grant's number.
fn weigh(held: &Held, grant: &Published, at: Timestamp, reason: Reason) -> Weight {
    match (reason.grant(), held) {
        (Some(id), _) if id == grant.id => Weight::Counts,
        _ if grant.terms.starts > at => Weight::NotStarted,
        _ if !grant.in_force(at) => Weight::Ended,
        (None, _) => Weight::AccountNotUsable,
        (Some(_), Held::ByGroup(_)) if matches!(reason, Reason::Allow(AllowReason::OwnGrant(_))) => Weight::OwnCounts,
        (Some(_), _) => Weight::Weaker,
    }
}
