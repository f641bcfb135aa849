//! Grants: policy.sqlite3 → [`Snapshot`]. There are more of them than of anything else, so where there are many another
//! thread reads them while the rest is read.

use std::path::Path;
use std::thread::{self, ScopedJoinHandle};

use rusqlite::{Row, Transaction};

use super::grants::{Grant, Grants, Packed, Terms};
use super::load::{Head, LoadError, count, head, small};
use super::reader::connect;
use super::snapshot::{RoleIndex, Snapshot};
use super::text::Texts;
use crate::model::{AppId, GrantId};
use crate::time::Timestamp;

/// With fewer, opening the file again takes longer than it saves.
const WORTH_A_THREAD: usize = 20_000;

/// All grants of people, and the tables that they refer to.
pub(super) struct GrantsOfPeople {
    pub(super) table: Grants,
    /// Each with the id of whoever holds it, in no order.
    pub(super) held: Vec<(u32, Packed)>,
    roles: Texts,
}

/// Grants that are being read by another thread, or have yet to be read by this one.
pub(super) struct Coming<'s> {
    elsewhere: Option<ScopedJoinHandle<'s, Option<GrantsOfPeople>>>,
    count: usize,
}

impl<'s> Coming<'s> {
    /// Begins to read them, as of the state that a transaction sees. Until they are added no role may become known.
    pub(super) fn begin<'e>(
        scope: &'s thread::Scope<'s, 'e>,
        transaction: &Transaction<'_>,
        snapshot: &Snapshot,
    ) -> rusqlite::Result<Self> {
        let count = count(transaction, "SELECT count(*) FROM access_grant WHERE user_id IS NOT NULL")?;
        let path = transaction.path().filter(|path| count >= WORTH_A_THREAD && !path.is_empty());
        let elsewhere = path.and_then(|path| {
            let (path, roles) = (path.to_owned(), snapshot.roles.clone());
            let state = (snapshot.identity, snapshot.revision);
            let reading = move || {
                let mut connection = connect(Path::new(&path)).ok()?;
                let transaction = connection.transaction().ok()?;
                let Head { identity, revision, .. } = head(&transaction).ok()?;
                // Something may have been committed in between.
                if (identity, revision) == state { read(&transaction, roles, count).ok() } else { None }
            };
            // What goes wrong there, or if there can be no other thread, is tried again here, where it can be said.
            thread::Builder::new().spawn_scoped(scope, reading).ok()
        });
        Ok(Self { elsewhere, count })
    }

    /// Gives everybody theirs. Comes after the people.
    pub(super) fn add(self, transaction: &Transaction<'_>, snapshot: &mut Snapshot) -> Result<(), LoadError> {
        let read_elsewhere = self.elsewhere.and_then(|thread| thread.join().ok().flatten());
        let GrantsOfPeople { table, held, roles } = match read_elsewhere {
            Some(grants) => grants,
            None => read(transaction, snapshot.roles.clone(), self.count)?,
        };
        snapshot.roles = roles;
        snapshot.people().take_grants(table, held)
    }
}

/// In the order of the file: SQLite would look each one up if they were to come by person.
fn read(transaction: &Transaction<'_>, mut roles: Texts, count: usize) -> Result<GrantsOfPeople, LoadError> {
    let (mut table, mut held) = (Grants::default(), Vec::with_capacity(count));
    let mut statement = transaction.prepare(
        "SELECT user_id, id, app_id, role, starts_at, expires_at FROM access_grant NOT INDEXED WHERE user_id IS NOT NULL",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        held.push((small(row.get(0)?)?, table.pack(&grant_from_row(row, &mut roles)?)?));
    }
    Ok(GrantsOfPeople { table, held, roles })
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

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::schema::SCHEMA;
    use super::super::{PolicyReader, load};
    use super::*;
    use crate::model::UserId;

    const PEOPLE: i64 = 1_000;
    const EACH: i64 = 25;

    /// A file with more grants than one thread reads alone. Those of a person lie far apart in it.
    fn file(folder: &tempfile::TempDir) -> Connection {
        let connection = Connection::open(folder.path().join("policy.sqlite3")).unwrap();
        let n = |count: i64| {
            format!(
                "(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) SELECT i FROM n)"
            )
        };
        let (people, each) = (n(PEOPLE), n(EACH));
        let rows = format!(
            "PRAGMA journal_mode = WAL; {SCHEMA}
             INSERT INTO policy VALUES (1, 4, zeroblob(16), zeroblob(16), 1, zeroblob(8), 'deny', 0, zeroblob(8), zeroblob(32), NULL);
             INSERT INTO app SELECT i, printf('app-%d', i), 'viewer,editor', 0, 0 FROM {each};
             INSERT INTO user SELECT i, printf('p%d@example.com', i), '', 1, zeroblob(8), '' FROM {people};
             INSERT INTO access_grant SELECT app.i * {PEOPLE} + person.i, app.i, person.i, NULL,
                 iif(app.i % 2, 'editor', 'owner-' || app.i), app.i, NULL FROM {each} app, {people} person;
             INSERT INTO access_grant VALUES (NULL, 1, {PEOPLE} + 1, NULL, 'viewer', NULL, NULL);"
        );
        connection.execute_batch(&rows).unwrap();
        connection
    }

    fn everybody_has_theirs(snapshot: &Snapshot) {
        for person in 1..=PEOPLE {
            let user = snapshot.user(UserId(person)).unwrap();
            for app in 1..=EACH {
                let grant = user.grant(AppId(app)).unwrap();
                let role = snapshot.role(grant.terms.role.unwrap());
                let expected = if app % 2 == 1 { "editor".to_owned() } else { format!("owner-{app}") };
                assert_eq!((grant.id.0, grant.terms.starts.0, role), (app * PEOPLE + person, app, &*expected));
            }
        }
    }

    #[test]
    fn many_grants_are_read_by_another_thread_and_given_to_their_holders() {
        let folder = tempfile::tempdir().unwrap();
        let connection = file(&folder);
        let (_, snapshot) = PolicyReader::open(&folder.path().join("policy.sqlite3")).unwrap();
        everybody_has_theirs(&snapshot);
        // A person whom only a grant names does not exist.
        assert!(snapshot.user(UserId(PEOPLE + 1)).is_none());
        drop(connection);
    }

    #[test]
    fn what_was_committed_since_is_not_mixed_with_what_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = file(&folder);
        let mut snapshot = load::whole(&mut connection, &[]).unwrap();
        let later = Connection::open(folder.path().join("policy.sqlite3")).unwrap();
        let transaction = connection.transaction().unwrap();
        assert_eq!(head(&transaction).map(|head| head.revision).ok(), Some(1));
        later.execute_batch("BEGIN; UPDATE policy SET revision = 2; DELETE FROM access_grant; COMMIT").unwrap();
        thread::scope(|scope| {
            let mut coming = Coming::begin(scope, &transaction, &snapshot).unwrap();
            let read_elsewhere = coming.elsewhere.take().expect("there are many").join().unwrap();
            assert!(read_elsewhere.is_none(), "the other thread sees another state");
            coming.add(&transaction, &mut snapshot).unwrap();
        });
        everybody_has_theirs(&snapshot);
    }
}
