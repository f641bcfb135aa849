//! Deciding about people in two snapshots, each pair of person and place once in either.

use std::collections::{BTreeMap, BTreeSet};

use gk_shared::access::{AllowReason, AskedApp, Decision};
use gk_shared::model::{AppId, GroupId, UserId};
use gk_shared::policy::{ChangeKind, Snapshot};
use gk_shared::time::Timestamp;

use super::AdminRoles;
use super::effects::{Affected, Effects, Names, Place, PlaceEffects};
use crate::service::explain::{Outcome, ask};

/// One of the two states that are compared.
pub(super) struct Side<'s> {
    pub(super) snapshot: &'s Snapshot,
    pub(super) admin_roles: &'s AdminRoles,
    pub(super) now: Timestamp,
}

/// What somebody is at a place.
#[derive(PartialEq, Eq)]
struct Standing<'s> {
    enters: bool,
    role: Option<&'s str>,
    administers: bool,
}

/// For whom, where, something can have changed.
struct Scope {
    /// Everything is looked at for these.
    people: BTreeSet<UserId>,
    /// Everybody is looked at here.
    places: BTreeSet<Place>,
}

/// What changes from the first side to the second, if these rows differ.
pub(super) fn compare(sides: &[Side<'_>; 2], touched: &[(ChangeKind, i64)]) -> Effects {
    let places = places(sides);
    let scope = Scope::of(sides, touched, &places);
    let everybody = if scope.places.is_empty() { BTreeSet::new() } else { everybody(sides) };
    let mut effects = Effects::default();
    for place in places {
        let people = if scope.places.contains(&place) { &everybody } else { &scope.people };
        let mut found = PlaceEffects::at(place);
        for id in people {
            compare_one(sides, *id, &mut found);
        }
        effects.compared += people.len();
        if !found.is_empty() {
            effects.places.push(found);
        }
    }
    effects
}

fn compare_one(sides: &[Side<'_>; 2], id: UserId, found: &mut PlaceEffects) {
    let [before, after] = sides.each_ref().map(|side| side.standing(id, &found.place));
    if before == after {
        return;
    }
    let place = found.place.clone();
    let affected = || affected(sides, id, &place);
    let count = |names: &mut Names| names.add(affected);
    match (before.enters, after.enters) {
        (false, true) => count(&mut found.gains),
        (true, false) => count(&mut found.losses),
        (true, true) if before.role != after.role => count(&mut found.roles),
        (true, true) | (false, false) => {}
    }
    match (before.administers, after.administers) {
        (false, true) => count(&mut found.admins_gained),
        (true, false) => count(&mut found.admins_lost),
        (true, true) | (false, false) => {}
    }
}

fn affected(sides: &[Side<'_>; 2], id: UserId, place: &Place) -> Affected {
    let [before, after] = sides;
    let known = after.snapshot.user(id).or_else(|| before.snapshot.user(id));
    let (email, fullname) = known.map_or(("", ""), |user| (user.email(), user.fullname()));
    let outcome = |side: &Side<'_>| Outcome::of(side.snapshot, id, place.asked(), side.now);
    Affected { id, email: email.into(), fullname: fullname.into(), before: outcome(before), after: outcome(after) }
}

impl Side<'_> {
    fn standing(&self, id: UserId, place: &Place) -> Standing<'_> {
        match ask(self.snapshot, id, place.asked(), self.now) {
            Decision::SignIn(_) | Decision::Forbid(_) => Standing { enters: false, role: None, administers: false },
            Decision::Allow(pass) => {
                let role = pass.role.map(|role| self.snapshot.role(role));
                let by_grant = matches!(pass.reason, AllowReason::OwnGrant(_) | AllowReason::GroupGrant(_));
                Standing { enters: true, role, administers: by_grant && self.is_of_admins(role, place) }
            }
        }
    }

    fn is_of_admins(&self, role: Option<&str>, place: &Place) -> bool {
        let Place::App(slug) = place else { return false };
        let roles = self.snapshot.app(slug).and_then(|app| self.admin_roles.get(&app.id));
        roles.is_some_and(|roles| roles.iter().any(|one| Some(one.as_str()) == role))
    }
}

impl Place {
    /// No app is registered under an empty slug.
    fn asked(&self) -> AskedApp<'_> {
        match self {
            Self::App(slug) => AskedApp::Named(slug),
            Self::Unregistered => AskedApp::Named(""),
            Self::NoApp => AskedApp::Absent,
        }
    }
}

impl Scope {
    /// A person's row is looked at everywhere, a group's for its members, an app's for everybody, and settings for
    /// everybody everywhere. Sessions and keys change nothing for people.
    fn of(sides: &[Side<'_>; 2], touched: &[(ChangeKind, i64)], all: &BTreeSet<Place>) -> Self {
        let mut scope = Self { people: BTreeSet::new(), places: BTreeSet::new() };
        let slugs = slugs(sides);
        let places_of = |id: AppId| slugs.get(&id).into_iter().flatten().cloned();
        scope.places.extend(other_admin_roles(sides).into_iter().flat_map(places_of));
        for (kind, id) in touched.iter().copied().collect::<BTreeSet<_>>() {
            match kind {
                ChangeKind::User => drop(scope.people.insert(UserId(id))),
                ChangeKind::Group => scope.people.extend(members(sides, GroupId(id))),
                ChangeKind::App => scope.places.extend(places_of(AppId(id))),
                ChangeKind::Settings => scope.places.extend(all.iter().cloned()),
                ChangeKind::Session | ChangeKind::Key => {}
            }
        }
        scope
    }
}

/// Apps that other roles administer. They are not published, so no row says so.
fn other_admin_roles(sides: &[Side<'_>; 2]) -> Vec<AppId> {
    let [before, after] = sides.each_ref().map(|side| side.admin_roles);
    let differs = |id: &&AppId| before.get(*id) != after.get(*id);
    before.keys().chain(after.keys()).filter(differs).copied().collect()
}

/// Every place of either side.
fn places(sides: &[Side<'_>; 2]) -> BTreeSet<Place> {
    let apps = sides.iter().flat_map(|side| side.snapshot.slugs()).map(|slug| Place::App(slug.into()));
    apps.chain([Place::Unregistered, Place::NoApp]).collect()
}

/// The places of each app: two, if its slug changes.
fn slugs(sides: &[Side<'_>; 2]) -> BTreeMap<AppId, BTreeSet<Place>> {
    let mut found = BTreeMap::<_, BTreeSet<_>>::new();
    for side in sides {
        for slug in side.snapshot.slugs() {
            if let Some(app) = side.snapshot.app(slug) {
                found.entry(app.id).or_default().insert(Place::App(slug.into()));
            }
        }
    }
    found
}

fn everybody(sides: &[Side<'_>; 2]) -> BTreeSet<UserId> {
    sides.iter().flat_map(|side| side.snapshot.users()).map(|(id, _)| id).collect()
}

fn members(sides: &[Side<'_>; 2], group: GroupId) -> BTreeSet<UserId> {
    let all = sides.iter().flat_map(|side| side.snapshot.users());
    all.filter(|(_, user)| user.groups().any(|one| one == group)).map(|(id, _)| id).collect()
}
