//! The people of a snapshot, 48 bytes each beside their texts, groups and grants: one table and three arenas.

#[cfg(test)]
mod tests;
mod user;

use super::arena::{Arena, Span};
use super::grants::{Grant, Grants, Packed};
use super::index::Index;
use super::load::{LoadError, small};
use crate::model::{GroupId, UserId};
use crate::token::Tag;

pub use user::User;

/// Everybody, by id.
#[derive(Clone, Default)]
pub(super) struct People {
    rows: Vec<Row>,
    places: Index,
    texts: Arena<u8>,
    groups: Arena<u32>,
    grants: Grants,
}

#[derive(Clone, Copy)]
struct Row {
    id: u32,
    tag: Tag,
    /// E-mail and full name, one after the other.
    text: Span,
    groups: Span,
    grants: Span,
    domain: u32,
    generation: u32,
    email_length: u16,
    usable: bool,
    admin: bool,
}

/// A user as read from the file.
pub(super) struct UserRow<'r> {
    pub(super) email: &'r str,
    pub(super) fullname: &'r str,
    pub(super) usable: bool,
    pub(super) admin: bool,
    pub(super) tag: Tag,
    pub(super) groups: &'r [GroupId],
    /// As [`People::pack`] made them.
    pub(super) grants: &'r mut [Packed],
}

impl People {
    /// Makes room for so many people, grants and memberships.
    pub(super) fn reserve(&mut self, people: usize, grants: usize, memberships: usize) {
        self.rows.reserve_exact(people);
        self.places.reserve(people);
        self.grants.reserve(grants);
        self.groups.reserve(memberships);
    }

    /// Gives back the room that nothing was put in.
    pub(super) fn shrink(&mut self) {
        self.texts.shrink();
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The person with this id.
    pub(super) fn get(&self, id: UserId) -> Option<User<'_>> {
        let row = self.rows.get(self.place(id)? as usize)?;
        Some(User { people: self, row })
    }

    /// Everybody, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (UserId, User<'_>)> {
        self.rows.iter().map(|row| (UserId(i64::from(row.id)), User { people: self, row }))
    }

    /// A grant as it is kept here, for a [`UserRow`].
    pub(super) fn pack(&mut self, grant: &Grant) -> Result<Packed, LoadError> {
        self.grants.pack(grant)
    }

    /// Adds somebody, or puts what is known now in the place of what was.
    pub(super) fn set(
        &mut self,
        id: UserId,
        user: &mut UserRow<'_>,
        domain: u32,
        generation: u32,
    ) -> Result<(), LoadError> {
        if user.groups.iter().any(|group| small(group.0).is_err()) {
            return Err(LoadError::TooLarge);
        }
        let groups = user.groups.iter().filter_map(|group| small(group.0).ok());
        let row = Row {
            id: small(id.0)?,
            tag: user.tag,
            text: self
                .texts
                .add_parts(&[user.email.as_bytes(), user.fullname.as_bytes()])
                .ok_or(LoadError::TooLarge)?,
            groups: self.groups.add(groups).ok_or(LoadError::TooLarge)?,
            grants: self.grants.add(user.grants)?,
            domain,
            generation,
            email_length: u16::try_from(user.email.len()).map_err(|_| LoadError::TooLarge)?,
            usable: user.usable,
            admin: user.admin,
        };
        match self.place(id).and_then(|place| self.rows.get_mut(place as usize)) {
            Some(kept) => {
                let old = std::mem::replace(kept, row);
                self.drop_lists(&old);
                self.tidy()
            }
            None => self.append(row),
        }
    }

    /// Removes somebody, if there.
    pub(super) fn remove(&mut self, id: UserId) {
        let Some(place) = self.place(id) else { return };
        let old = self.rows.swap_remove(place as usize);
        self.places.remove(&old.id, place);
        self.drop_lists(&old);
        // Whoever was last is here now.
        if let Some(moved) = self.rows.get(place as usize) {
            let last = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
            self.places.moved(&moved.id, last, place);
        }
    }

    fn append(&mut self, row: Row) -> Result<(), LoadError> {
        let place = u32::try_from(self.rows.len()).map_err(|_| LoadError::TooLarge)?;
        self.rows.push(row);
        self.places.add(&row.id, place, |place| Some(self.rows.get(place as usize)?.id));
        Ok(())
    }

    fn place(&self, id: UserId) -> Option<u32> {
        self.places.find(&small(id.0).ok()?, |place| Some(self.rows.get(place as usize)?.id))
    }

    fn drop_lists(&mut self, row: &Row) {
        self.texts.drop_list(row.text);
        self.groups.drop_list(row.groups);
        self.grants.drop_list(row.grants);
    }

    /// Moves all lists together once most of what is kept is of people as they were before.
    fn tidy(&mut self) -> Result<(), LoadError> {
        if !(self.texts.is_mostly_unused() || self.groups.is_mostly_unused() || self.grants.is_mostly_unused()) {
            return Ok(());
        }
        let (mut texts, mut groups, mut grants) = (Arena::default(), Arena::default(), Grants::default());
        texts.reserve(self.texts.used());
        groups.reserve(self.groups.used());
        grants.reserve(self.grants.used());
        for row in &mut self.rows {
            row.text = texts.add_parts(&[self.texts.get(row.text)]).ok_or(LoadError::TooLarge)?;
            row.groups = groups.add_parts(&[self.groups.get(row.groups)]).ok_or(LoadError::TooLarge)?;
            row.grants = grants.take_over(&self.grants, row.grants)?;
        }
        (self.texts, self.groups, self.grants) = (texts, groups, grants);
        Ok(())
    }
}
