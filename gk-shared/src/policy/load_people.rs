//! People and grants: policy.sqlite3 → [`Snapshot`].

use rusqlite::{Row, Transaction};

use super::grants::{Grant, Packed, Terms};
use super::load::{LoadError, count, small};
use super::people::UserRow;
use super::snapshot::{RoleIndex, Snapshot};
use super::text::Texts;
use crate::model::{AppId, GrantId, GroupId, UserId};
use crate::time::Timestamp;
use crate::token::Tag;

/// Walks users in order of id, and beside them, in the same order, what belongs to each.
pub(super) fn load_users(transaction: &Transaction<'_>, snapshot: &mut Snapshot) -> Result<(), LoadError> {
    let people = count(transaction, "SELECT count(*) FROM user")?;
    let mut memberships = memberships(transaction)?;
    let mut grants = grants_of_people(transaction, snapshot)?;
    snapshot.people().reserve(people, grants.rows.len(), memberships.rows.len());
    let mut users = transaction.prepare("SELECT id, email, fullname, usable, tag FROM user ORDER BY id")?;
    let mut users = users.query([])?;
    while let Some(row) = users.next()? {
        let id = row.get(0)?;
        set_user(snapshot, UserId(id), row, memberships.of(id), grants.of(id))?;
    }
    snapshot.people().shrink();
    Ok(())
}

fn memberships(transaction: &Transaction<'_>) -> Result<ByPerson<GroupId>, LoadError> {
    let mut found = Vec::with_capacity(count(transaction, "SELECT count(*) FROM membership")?);
    let mut statement = transaction.prepare("SELECT user_id, group_id FROM membership ORDER BY user_id, group_id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        found.push((small(row.get(0)?)?, GroupId(row.get(1)?)));
    }
    Ok(ByPerson::new(found))
}

/// In the order of the file, and put into people's here: SQLite would look each one up by way of an index.
fn grants_of_people(transaction: &Transaction<'_>, snapshot: &mut Snapshot) -> Result<ByPerson<Packed>, LoadError> {
    let of_people = "SELECT count(*) FROM access_grant WHERE user_id IS NOT NULL";
    let mut found = Vec::with_capacity(count(transaction, of_people)?);
    let mut statement = transaction.prepare(
        "SELECT user_id, id, app_id, role, starts_at, expires_at FROM access_grant NOT INDEXED WHERE user_id IS NOT NULL",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let grant = grant_from_row(row, &mut snapshot.roles)?;
        found.push((small(row.get(0)?)?, snapshot.people().pack(&grant)?));
    }
    Ok(ByPerson::new(found))
}

/// What belongs to people, by their ids.
struct ByPerson<T> {
    rows: Vec<(u32, T)>,
    next: usize,
    /// Of the person last asked for.
    found: Vec<T>,
}

impl<T: Copy> ByPerson<T> {
    fn new(mut rows: Vec<(u32, T)>) -> Self {
        // Most often they are in order already, which takes a glance and no room.
        rows.sort_unstable_by_key(|(owner, _)| *owner);
        Self { rows, next: 0, found: Vec::new() }
    }

    /// All rows of this person, who comes after whoever was asked for before. Rows of people who do not exist are
    /// passed over.
    fn of(&mut self, person: i64) -> &mut [T] {
        self.found.clear();
        while let Some((owner, value)) = self.rows.get(self.next).filter(|(owner, _)| i64::from(*owner) <= person) {
            if i64::from(*owner) == person {
                self.found.push(*value);
            }
            self.next += 1;
        }
        &mut self.found
    }
}

/// Reads one person anew; one who is no longer there goes.
pub(super) fn reload_user(transaction: &Transaction<'_>, snapshot: &mut Snapshot, id: UserId) -> Result<(), LoadError> {
    let mut statement =
        transaction.prepare_cached("SELECT id, email, fullname, usable, tag FROM user WHERE id = ?1")?;
    let mut rows = statement.query([id.0])?;
    let Some(row) = rows.next()? else {
        snapshot.remove_user(id);
        return Ok(());
    };
    let mut statement =
        transaction.prepare_cached("SELECT group_id FROM membership WHERE user_id = ?1 ORDER BY group_id")?;
    let groups = statement.query_map([id.0], |row| row.get(0).map(GroupId))?.collect::<Result<Vec<_>, _>>()?;
    let sql = "SELECT user_id, id, app_id, role, starts_at, expires_at FROM access_grant WHERE user_id = ?1";
    let grants = grants(transaction, sql, id.0, &mut snapshot.roles)?;
    let mut packed = grants.iter().map(|grant| snapshot.people().pack(grant)).collect::<Result<Vec<_>, _>>()?;
    set_user(snapshot, id, row, &groups, &mut packed)
}

fn set_user(
    snapshot: &mut Snapshot,
    id: UserId,
    row: &Row<'_>,
    groups: &[GroupId],
    grants: &mut [Packed],
) -> Result<(), LoadError> {
    let email = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
    // It was parsed before it was written. Anything else here is damage, and would go into a header.
    if email.is_empty() || !email.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(LoadError::BadEmail(id));
    }
    let mut user = UserRow {
        email,
        fullname: row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?,
        usable: row.get(3)?,
        admin: groups.iter().any(|group| snapshot.group(*group).is_some_and(|group| group.admin)),
        tag: Tag(row.get(4)?),
        groups,
        grants,
    };
    snapshot.set_user(id, &mut user)
}

/// The grants a query finds by their holder.
pub(super) fn grants(
    transaction: &Transaction<'_>,
    sql: &str,
    owner: i64,
    roles: &mut Texts,
) -> rusqlite::Result<Vec<Grant>> {
    let mut statement = transaction.prepare_cached(sql)?;
    statement.query_map([owner], |row| grant_from_row(row, roles))?.collect()
}

fn grant_from_row(row: &Row<'_>, roles: &mut Texts) -> rusqlite::Result<Grant> {
    let role = row.get_ref(3)?.as_str_or_null()?.map(|role| RoleIndex(roles.index(role)));
    Ok(Grant {
        id: GrantId(row.get(1)?),
        app: AppId(row.get(2)?),
        terms: Terms {
            role,
            starts: Timestamp(row.get::<_, Option<i64>>(4)?.unwrap_or(i64::MIN)),
            expires: Timestamp(row.get::<_, Option<i64>>(5)?.unwrap_or(i64::MAX)),
        },
    })
}
