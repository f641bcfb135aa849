//! People and their memberships: policy.sqlite3 → [`Snapshot`].

use rusqlite::{Error, Row, Rows, Transaction};

use super::grants::Packed;
use super::load::{LoadError, count};
use super::load_grants::grants;
use super::people::UserRow;
use super::snapshot::Snapshot;
use crate::model::{GroupId, UserId};
use crate::token::Tag;

// Of one person.
const PERSON: &str = "SELECT id, email, fullname, usable, tag FROM user WHERE id = ?1";
const GROUPS: &str = "SELECT group_id FROM membership WHERE user_id = ?1 ORDER BY group_id";
const GRANTS: &str = "SELECT user_id, id, app_id, role, starts_at, expires_at FROM access_grant WHERE user_id = ?1";

/// Walks users in order of id, and beside them, in the same order, their memberships. Grants come later.
pub(super) fn load_users(transaction: &Transaction<'_>, snapshot: &mut Snapshot) -> Result<(), LoadError> {
    let people = count(transaction, "SELECT count(*) FROM user")?;
    snapshot.people().reserve(people, count(transaction, "SELECT count(*) FROM membership")?);
    let mut members = transaction.prepare("SELECT user_id, group_id FROM membership ORDER BY user_id, group_id")?;
    let mut memberships = Memberships { rows: members.query([])?, ahead: None };
    let mut users = transaction.prepare("SELECT id, email, fullname, usable, tag FROM user ORDER BY id")?;
    let mut users = users.query([])?;
    let mut groups = Vec::new();
    while let Some(row) = users.next()? {
        let id = row.get(0)?;
        memberships.of(id, &mut groups)?;
        set_user(snapshot, UserId(id), row, &groups, &mut [])?;
    }
    snapshot.people().shrink();
    Ok(())
}

/// Memberships as they come, in order of the person.
struct Memberships<'r> {
    rows: Rows<'r>,
    /// The one that was read and not yet asked for.
    ahead: Option<(i64, GroupId)>,
}

impl Memberships<'_> {
    /// All groups of this person, who comes after whoever was asked for before. Those of people who do not exist are passed
    /// over.
    fn of(&mut self, person: i64, groups: &mut Vec<GroupId>) -> rusqlite::Result<()> {
        groups.clear();
        loop {
            if self.ahead.is_none() {
                self.ahead =
                    self.rows.next()?.map(|row| Ok::<_, Error>((row.get(0)?, GroupId(row.get(1)?)))).transpose()?;
            }
            match self.ahead {
                Some((member, group)) if member <= person => {
                    groups.extend((member == person).then_some(group));
                    self.ahead = None;
                }
                Some(_) | None => return Ok(()),
            }
        }
    }
}

/// Reads one person anew; one who is no longer there goes.
pub(super) fn reload_user(transaction: &Transaction<'_>, snapshot: &mut Snapshot, id: UserId) -> Result<(), LoadError> {
    let mut statement = transaction.prepare_cached(PERSON)?;
    let mut rows = statement.query([id.0])?;
    let Some(row) = rows.next()? else {
        snapshot.remove_user(id);
        return Ok(());
    };
    let mut statement = transaction.prepare_cached(GROUPS)?;
    let groups = statement.query_map([id.0], |row| row.get(0).map(GroupId))?.collect::<Result<Vec<_>, _>>()?;
    let grants = grants(transaction, GRANTS, id.0, &mut snapshot.roles)?;
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

#[cfg(test)]
mod tests {
    use rusqlite::{Connection, StatementStatus};

    use super::super::load;
    use super::super::reader::connect;
    use super::super::schema::SCHEMA;
    use super::*;

    #[test]
    fn a_person_is_read_anew_without_planning_anew_and_with_grants_from_one_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.sqlite3");
        let rows = "PRAGMA journal_mode = WAL;
             INSERT INTO policy VALUES (1, 3, zeroblob(16), zeroblob(16), 1, zeroblob(8), 'deny', 0, zeroblob(8), zeroblob(32));
             INSERT INTO user SELECT value, 'a@b', '', 1, zeroblob(8) FROM json_each('[1, 2, 3]');
             INSERT INTO access_grant SELECT NULL, 5, id, NULL, NULL, NULL, NULL FROM user;";
        let writer = Connection::open(&path).unwrap();
        writer.execute_batch(&format!("{SCHEMA} {rows}")).unwrap();
        let mut connection = connect(&path).unwrap();
        let mut snapshot = load::whole(&mut connection, &[]).unwrap();
        let transaction = connection.transaction().unwrap();
        for id in [1, 2, 3, 1] {
            reload_user(&transaction, &mut snapshot, UserId(id)).unwrap();
        }
        for sql in [PERSON, GROUPS, GRANTS] {
            let statement = transaction.prepare_cached(sql).unwrap();
            let status = |of| statement.get_status(of);
            assert_eq!((status(StatementStatus::Run), status(StatementStatus::RePrepare)), (4, 0), "{sql}");
        }
        let plan = format!("EXPLAIN QUERY PLAN {GRANTS}");
        let plan: String = transaction.query_row(&plan, [1], |row| row.get(3)).unwrap();
        assert!(plan.contains("COVERING INDEX access_grant_by_user"), "{plan}");
    }
}
