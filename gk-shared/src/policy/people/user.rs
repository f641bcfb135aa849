//! One person of a snapshot, where the table of people and its arenas have them.

use std::fmt;

use super::super::grants::Grant;
use super::{People, Row};
use crate::model::{AppId, GroupId};
use crate::token::Tag;

/// A person, as far as a decision goes.
#[derive(Clone, Copy)]
pub struct User<'s> {
    pub(super) people: &'s People,
    pub(super) id: u32,
    pub(super) row: &'s Row,
}

impl fmt::Debug for User<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("User").field(&self.id).finish()
    }
}

impl<'s> User<'s> {
    /// The identity apps see.
    pub fn email(self) -> &'s str {
        self.text(..usize::from(self.row.email_length))
    }

    /// The display name; empty when there is none.
    pub fn fullname(self) -> &'s str {
        self.text(usize::from(self.row.email_length)..)
    }

    /// Whether this person is approved and enabled.
    pub fn is_usable(self) -> bool {
        self.row.usable
    }

    /// Whether this person is in the built-in group `admin`.
    pub fn is_admin(self) -> bool {
        self.row.admin
    }

    /// Of the login salt: sessions made before it changed have another.
    pub fn tag(self) -> Tag {
        self.row.tag
    }

    /// Changes whenever this person is re-read.
    pub fn generation(self) -> u32 {
        self.row.generation
    }

    /// The groups this person is in, in order of their ids.
    pub fn groups(self) -> impl Iterator<Item = GroupId> + 's {
        self.people.groups.get(self.row.groups).iter().map(|id| GroupId(i64::from(*id)))
    }

    /// This person's own grant of an app.
    pub fn grant(self, app: AppId) -> Option<Grant> {
        self.people.grants.find(self.row.grants, app)
    }

    /// The number of the e-mail's domain.
    pub(in crate::policy) fn domain(self) -> u32 {
        self.row.domain
    }

    fn text<R: std::slice::SliceIndex<[u8], Output = [u8]>>(self, range: R) -> &'s str {
        let bytes = self.people.texts.get(self.row.text).get(range).unwrap_or_default();
        // Both were written from texts, and the cut is where one ends. Checking costs less than a nanosecond a byte.
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}
