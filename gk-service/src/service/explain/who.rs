//! Who can enter an app: everybody is asked about, once.

use gk_shared::access::{AllowReason, AskedApp, Decision};
use gk_shared::model::{Slug, UserId};
use gk_shared::policy::{Group, Snapshot, User};
use gk_shared::time::Timestamp;

use super::outcome::{Outcome, ask};
use crate::model::Part;
use crate::service::apps;
use crate::service::op::View;
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;

/// Which of those who enter: all of these together. `None` leaves a question open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhoFilter {
    /// A part of a name, of an address or of the name of a group of theirs, whatever its case.
    pub text: Option<String>,
    /// They enter as this.
    pub role: Option<String>,
    /// They enter for this reason; a grant in it stands for any.
    pub reason: Option<AllowReason>,
}

/// Somebody who enters an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entrant {
    pub id: UserId,
    pub email: String,
    /// Empty when not known.
    pub fullname: String,
    pub outcome: Outcome,
    /// The group whose grant lets them in, if one does.
    pub group: Option<String>,
    /// When the grant that lets them in ends, if it does.
    pub until: Option<Timestamp>,
}

/// Those who enter an app now, by e-mail: `most` of them after `skip`, and how many there are.
pub fn who_enters(
    view: &View<'_>,
    snapshot: &Snapshot,
    slug: &Slug,
    filter: &WhoFilter,
    (skip, most): (i64, i64),
) -> Result<Part<Entrant>, Refusal> {
    let all = numbers(view, snapshot, slug, filter)?;
    let (total, size) = (i64::try_from(all.len()).unwrap_or(i64::MAX), |count| usize::try_from(count).unwrap_or(0));
    let part = all.into_iter().skip(size(skip)).take(size(most)).collect::<Vec<_>>();
    Ok(Part { rows: entrants(view, snapshot, slug, &part)?, total })
}

/// The numbers of all of them, by e-mail.
pub fn numbers(view: &View<'_>, snapshot: &Snapshot, slug: &Slug, filter: &WhoFilter) -> Result<Vec<UserId>, Refusal> {
    apps::permitted(view, slug, Verb::SeeApp)?;
    let text = filter.text.as_deref().map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
    let app = snapshot.app(slug.as_str()).map(|app| app.id);
    let sees_groups = permit(view.standing, Verb::Inspect).is_ok();
    let named = |group: &Group| sees_groups || app.is_some_and(|app| group.grant(app).is_some());
    let has = |user: User<'_>| text.as_deref().is_none_or(|text| has_text(snapshot, user, text, named));
    let asked = snapshot.users().filter(|(_, user)| has(*user));
    let mut found = asked.filter(|(id, _)| matches(view, snapshot, slug, (*id, filter))).collect::<Vec<_>>();
    found.sort_unstable_by_key(|(id, user)| (user.email(), *id));
    Ok(found.into_iter().map(|(id, _)| id).collect())
}

/// Those of these people who enter the app now.
pub fn entrants(view: &View<'_>, snapshot: &Snapshot, slug: &Slug, people: &[UserId]) -> Result<Vec<Entrant>, Refusal> {
    apps::permitted(view, slug, Verb::SeeApp)?;
    let entrant = |id: &UserId| {
        let user = snapshot.user(*id)?;
        let outcome = Outcome::of(snapshot, *id, AskedApp::Named(slug.as_str()), view.now);
        let (group, until) = through(snapshot, user, slug, &outcome);
        let (email, fullname) = (user.email().to_owned(), user.fullname().to_owned());
        outcome.enters().then_some(Entrant { id: *id, email, fullname, outcome, group, until })
    };
    Ok(people.iter().filter_map(entrant).collect())
}

/// Whether the person's address, name or one of their groups that are `named` has this lower-case text in it.
fn has_text(snapshot: &Snapshot, user: User<'_>, text: &str, named: impl Fn(&Group) -> bool) -> bool {
    let groups = user.groups().filter_map(|id| snapshot.group(id));
    let groups = groups.filter(|group| named(group)).map(|group| &*group.name);
    [user.email(), user.fullname()].into_iter().chain(groups).any(|part| part.to_lowercase().contains(text))
}

fn matches(view: &View<'_>, snapshot: &Snapshot, slug: &Slug, (id, filter): (UserId, &WhoFilter)) -> bool {
    let Decision::Allow(pass) = ask(snapshot, id, AskedApp::Named(slug.as_str()), view.now) else { return false };
    let role = pass.role.map(|role| snapshot.role(role));
    filter.role.as_deref().is_none_or(|wanted| role == Some(wanted))
        && filter.reason.is_none_or(|wanted| wanted.position() == pass.reason.position())
}

/// The group a grant came by that an outcome rests on, and when the grant ends.
pub(super) fn through(
    snapshot: &Snapshot,
    user: User<'_>,
    slug: &Slug,
    outcome: &Outcome,
) -> (Option<String>, Option<Timestamp>) {
    let (Some(id), Some(app)) = (outcome.reason.grant(), snapshot.app(slug.as_str())) else { return (None, None) };
    let own = user.grant(app.id).map(|grant| (None, grant));
    let of_groups = user.groups().filter_map(|group| {
        let group = snapshot.group(group)?;
        Some((Some(&group.name), group.grant(app.id)?))
    });
    let found = own.into_iter().chain(of_groups).find(|(_, grant)| grant.id == id);
    found.map_or((None, None), |(group, grant)| {
        (group.map(ToString::to_string), Some(grant.terms.expires).filter(|at| *at != Timestamp(i64::MAX)))
    })
}
