//! People and the groups they are in: policy.sqlite3 → [`Snapshot`].

use rusqlite::{Row, Transaction};

use super::grants::Packed;
use super::load::{LoadError, count, ids};
use super::load_grants::grants;
use super::people::UserRow;
use super::snapshot::Snapshot;
use crate::model::{GroupId, UserId};
use crate::token::Tag;

// Of one person.
const PERSON: &str = "SELECT id, email, fullname, usable, tag, group_ids FROM user WHERE id = ?1";
const GRANTS: &str = "SELECT user_id, id, app_id, role, starts_at, expires_at FROM access_grant WHERE user_id = ?1";

/// Reads everybody. Grants come later.
pub(super) fn load_users(transaction: &Transaction<'_>, snapshot: &mut Snapshot) -> Result<(), LoadError> {
    snapshot.people().reserve(count(transaction, "SELECT count(*) FROM user")?);
    let mut users = transaction.prepare("SELECT id, email, fullname, usable, tag, group_ids FROM user ORDER BY id")?;
    let mut users = users.query([])?;
    while let Some(row) = users.next()? {
        set_user(snapshot, UserId(row.get(0)?), row, &mut [])?;
    }
    snapshot.people().shrink();
    Ok(())
}

/// Reads one person anew; one who is no longer there goes.
pub(super) fn reload_user(transaction: &Transaction<'_>, snapshot: &mut Snapshot, id: UserId) -> Result<(), LoadError> {
    let mut statement = transaction.prepare_cached(PERSON)?;
    let mut rows = statement.query([id.0])?;
    let Some(row) = rows.next()? else {
        snapshot.remove_user(id);
        return Ok(());
    };
    let grants = grants(transaction, GRANTS, id.0, &mut snapshot.roles)?;
    let mut packed = grants.iter().map(|grant| snapshot.people().pack(grant)).collect::<Result<Vec<_>, _>>()?;
    set_user(snapshot, id, row, &mut packed)
}

fn set_user(snapshot: &mut Snapshot, id: UserId, row: &Row<'_>, grants: &mut [Packed]) -> Result<(), LoadError> {
    let email = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
    // It was parsed before it was written. Anything else here is damage, and would go into a header.
    if email.is_empty() || !email.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(LoadError::BadEmail(id));
    }
    let groups = ids(row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?).map(GroupId).collect::<Vec<_>>();
    let mut user = UserRow {
        email,
        fullname: row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?,
        usable: row.get(3)?,
        admin: groups.iter().any(|group| snapshot.group(*group).is_some_and(|group| group.admin)),
        tag: Tag(row.get(4)?),
        groups: &groups,
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
             INSERT INTO policy VALUES (1, 4, zeroblob(16), zeroblob(16), 1, zeroblob(8), 'deny', 0, zeroblob(8), zeroblob(32), NULL);
             INSERT INTO user SELECT value, 'a@b', '', 1, zeroblob(8), '' FROM json_each('[1, 2, 3]');
             INSERT INTO access_grant SELECT NULL, 5, id, NULL, NULL, NULL, NULL FROM user;";
        let writer = Connection::open(&path).unwrap();
        writer.execute_batch(&format!("{SCHEMA} {rows}")).unwrap();
        let mut connection = connect(&path).unwrap();
        let mut snapshot = load::whole(&mut connection, &[]).unwrap();
        let transaction = connection.transaction().unwrap();
        for id in [1, 2, 3, 1] {
            reload_user(&transaction, &mut snapshot, UserId(id)).unwrap();
        }
        for sql in [PERSON, GRANTS] {
            let statement = transaction.prepare_cached(sql).unwrap();
            let status = |of| statement.get_status(of);
            assert_eq!((status(StatementStatus::Run), status(StatementStatus::RePrepare)), (4, 0), "{sql}");
        }
        let plan = format!("EXPLAIN QUERY PLAN {GRANTS}");
        let plan: String = transaction.query_row(&plan, [1], |row| row.get(3)).unwrap();
        assert!(plan.contains("COVERING INDEX access_grant_by_user"), "{plan}");
    }
}
