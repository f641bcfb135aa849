//! The people of a snapshot, 44 bytes each beside their texts, groups and grants: one table and three arenas.

#[cfg(test)]
mod tests;
mod user;

use super::arena::{Arena, Span};
use super::grants::{Grant, Grants, Packed};
use super::load::{LoadError, small};
use super::pages::Pages;
use crate::model::{GroupId, UserId};
use crate::token::Tag;

pub use user::User;

/// Everybody, by id.
#[derive(Clone, Default)]
pub(super) struct People {
    rows: Pages<Row>,
    texts: Arena<u8>,
    groups: Arena<u32>,
    grants: Grants,
}

/// Kept in this order: what a decision reads stands together and is most often fetched from memory at once.
#[derive(Clone, Copy)]
#[repr(C)]
struct Row {
    tag: Tag,
    grants: Span,
    domain: u32,
    generation: u32,
    email_length: u16,
    usable: bool,
    admin: bool,
    /// E-mail and full name, one after the other.
    text: Span,
    groups: Span,
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
    /// Makes room for so many people.
    pub(super) fn reserve(&mut self, people: usize) {
        self.rows.reserve(people);
    }

    /// Gives back the room that nothing was put in.
    pub(super) fn shrink(&mut self) {
        self.rows.shrink();
        self.texts.shrink();
        self.groups.shrink();
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The person with this id.
    pub(super) fn get(&self, id: UserId) -> Option<User<'_>> {
        let id = small(id.0).ok()?;
        self.rows.get(id).map(|row| User { people: self, id, row })
    }

    /// Everybody, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (UserId, User<'_>)> {
        self.rows.iter().map(|(id, row)| (UserId(i64::from(id)), User { people: self, id, row }))
    }

    /// Gives everybody their grants, packed into that table: each comes with its holder, and there were none before.
    /// Those of people who do not exist are passed over.
    pub(super) fn take_grants(&mut self, table: Grants, mut held: Vec<(u32, Packed)>) -> Result<(), LoadError> {
        self.grants = table;
        self.grants.reserve(held.len());
        // Most often they are in order already, which takes a glance and no room.
        held.sort_unstable_by_key(|(holder, _)| *holder);
        let mut list = Vec::new();
        for of_one in held.chunk_by(|(one, _), (next, _)| one == next) {
            let Some(row) = of_one.first().and_then(|(holder, _)| self.rows.get_mut(*holder)) else { continue };
            list.clear();
            list.extend(of_one.iter().map(|(_, grant)| *grant));
            row.grants = self.grants.add(&mut list)?;
        }
        Ok(())
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
        let id = small(id.0)?;
        let groups = user.groups.iter().filter_map(|group| small(group.0).ok());
        let row = Row {
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
        if let Some(old) = self.rows.set(id, row) {
            self.drop_lists(&old);
        }
        self.tidy()
    }

    /// Removes somebody, if there.
    pub(super) fn remove(&mut self, id: UserId) {
        if let Some(old) = small(id.0).ok().and_then(|id| self.rows.remove(id)) {
            self.drop_lists(&old);
        }
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
        for row in self.rows.iter_mut() {
            row.text = texts.add_parts(&[self.texts.get(row.text)]).ok_or(LoadError::TooLarge)?;
            row.groups = groups.add_parts(&[self.groups.get(row.groups)]).ok_or(LoadError::TooLarge)?;
            row.grants = grants.take_over(&self.grants, row.grants)?;
        }
        (self.texts, self.groups, self.grants) = (texts, groups, grants);
        Ok(())
    }
}
