//! People's grants, 8 bytes each: which app they open, and how, is kept once for all that open it alike.

use super::arena::{Arena, Span};
use super::load::{LoadError, small};
use super::snapshot::RoleIndex;
use crate::access::Counts;
use crate::index::Index;
use crate::model::{AppId, GrantId};
use crate::time::Timestamp;

/// A grant of one app to whoever holds the list it is in.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    pub id: GrantId,
    pub app: AppId,
    pub terms: Terms,
}

/// As what a grant lets in, and from when until just before when. Open ends are the ends of the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Terms {
    pub role: Option<RoleIndex>,
    pub starts: Timestamp,
    pub expires: Timestamp,
}

impl Counts for Grant {
    fn times(&self) -> (Timestamp, Timestamp) {
        (self.terms.starts, self.terms.expires)
    }

    fn number(&self) -> GrantId {
        self.id
    }
}

/// A grant as it is kept.
#[derive(Clone, Copy)]
pub(super) struct Packed {
    id: u32,
    /// Place in the table of openings.
    opening: u32,
}

/// An app, and how it is opened.
type Opening = (AppId, Terms);

/// All lists of grants, each in order of the app.
#[derive(Clone, Default)]
pub(super) struct Grants {
    lists: Arena<Packed>,
    openings: Vec<Opening>,
    places: Index,
}

impl Grants {
    /// Makes room for so many more grants.
    pub(super) fn reserve(&mut self, count: usize) {
        self.lists.reserve(count);
    }

    /// A grant as it goes into a list here, and nowhere else.
    pub(super) fn pack(&mut self, grant: &Grant) -> Result<Packed, LoadError> {
        let opening = (grant.app, grant.terms);
        let openings = &mut self.openings;
        let known = self.places.find(&opening, |place| openings.get(place as usize).copied());
        let place = known.map_or_else(|| u32::try_from(openings.len()).map_err(|_| LoadError::TooLarge), Ok)?;
        if known.is_none() {
            openings.push(opening);
            self.places.add(&opening, place, |place| openings.get(place as usize).copied());
        }
        Ok(Packed { id: small(grant.id.0)?, opening: place })
    }

    /// Adds a list.
    pub(super) fn add(&mut self, list: &mut [Packed]) -> Result<Span, LoadError> {
        list.sort_unstable_by_key(|grant| (self.app(*grant), grant.id));
        self.lists.add(list.iter().copied()).ok_or(LoadError::TooLarge)
    }

    /// The grant of an app in a list.
    pub(super) fn find(&self, list: Span, app: AppId) -> Option<Grant> {
        let list = self.lists.get(list);
        let found = list.get(list.binary_search_by_key(&Some(app), |grant| self.app(*grant)).ok()?)?;
        self.unpacked(*found)
    }

    /// A list of another table's, added to this one.
    pub(super) fn take_over(&mut self, from: &Self, list: Span) -> Result<Span, LoadError> {
        let grants = from.lists.get(list).iter().filter_map(|grant| from.unpacked(*grant));
        let mut packed = grants.map(|grant| self.pack(&grant)).collect::<Result<Vec<_>, _>>()?;
        self.add(&mut packed)
    }

    /// Says that nothing refers to this list any more.
    pub(super) fn drop_list(&mut self, list: Span) {
        self.lists.drop_list(list);
    }

    /// Whether moving all lists to a new table would halve it.
    pub(super) fn is_mostly_unused(&self) -> bool {
        self.lists.is_mostly_unused()
    }

    /// How many grants lists refer to.
    pub(super) fn used(&self) -> usize {
        self.lists.used()
    }

    fn app(&self, packed: Packed) -> Option<AppId> {
        self.openings.get(packed.opening as usize).map(|(app, _)| *app)
    }

    fn unpacked(&self, packed: Packed) -> Option<Grant> {
        let (app, terms) = *self.openings.get(packed.opening as usize)?;
        Some(Grant { id: GrantId(i64::from(packed.id)), app, terms })
    }
}
