//! What a change comes to: for each app, who gains and who loses, some of them by name.

use gk_shared::model::UserId;

use crate::service::explain::Outcome;

/// So many people are named for each app and kind of effect; the rest are counted.
pub(super) const MOST_NAMED: usize = 20;

/// Everything a change does to who may enter what, now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// The places where something changes, by slug; then those without an app.
    pub places: Vec<PlaceEffects>,
    /// How many pairs of a person and a place were compared: each is decided about twice.
    pub compared: usize,
}

/// What changes at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceEffects {
    pub place: Place,
    /// Those who enter with the change and not without.
    pub gains: Names,
    /// Those who enter without the change and not with it.
    pub losses: Names,
    /// Those who enter either way, with another role.
    pub roles: Names,
    /// Those who administer the app with the change and not without.
    pub admins_gained: Names,
    /// Those who administer the app without the change and not with it.
    pub admins_lost: Names,
}

/// Where people are let in or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    App(Box<str>),
    /// Any app that is not registered.
    Unregistered,
    /// A request that names no app.
    NoApp,
}

/// Some people, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The first accounts among them.
    pub people: Vec<Affected>,
    pub total: usize,
}

/// Somebody for whom something changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    pub id: UserId,
    pub email: String,
    /// Empty when not known.
    pub fullname: String,
    pub before: Outcome,
    pub after: Outcome,
}

impl Effects {
    /// Whether nothing changes for anybody.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// How many gain, how many lose, and how many have another role: somebody counts once for each app.
    pub fn totals(&self) -> (usize, usize, usize) {
        let sum = |of: fn(&PlaceEffects) -> &Names| self.places.iter().map(|place| of(place).total).sum();
        (sum(|place| &place.gains), sum(|place| &place.losses), sum(|place| &place.roles))
    }
}

impl PlaceEffects {
    pub(super) fn at(place: Place) -> Self {
        let none = Names::default;
        Self { place, gains: none(), losses: none(), roles: none(), admins_gained: none(), admins_lost: none() }
    }

    /// Each kind of effect with its label, in the order in which they matter.
    pub fn kinds(&self) -> [(&'static str, &Names); 5] {
        [
            ("lose", &self.losses),
            ("gain", &self.gains),
            ("have another role", &self.roles),
            ("no longer administer", &self.admins_lost),
            ("begin to administer", &self.admins_gained),
        ]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kinds().iter().all(|(_, names)| names.total == 0)
    }
}

impl Place {
    /// The place in words.
    pub fn words(&self) -> &str {
        match self {
            Self::App(slug) => slug,
            Self::Unregistered => "apps that are not registered",
            Self::NoApp => "requests that name no app",
        }
    }
}

impl Names {
    /// Counts somebody, and names them while there is room.
    pub(super) fn add(&mut self, affected: impl FnOnce() -> Affected) {
        self.total += 1;
        if self.people.len() < MOST_NAMED {
            self.people.push(affected());
        }
    }

    /// How many are counted and not named.
    pub fn unnamed(&self) -> usize {
        self.total.saturating_sub(self.people.len())
    }
}
