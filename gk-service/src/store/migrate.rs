//! Numbered migrations, forward only, all in one transaction. `PRAGMA user_version` says how many have run.

use std::fs;
use std::path::{Path, PathBuf};

use gk_shared::time::wall;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use thiserror::Error;

use super::copy::{CopyError, copy};
use super::open::open_existing;
use crate::fail_point::fail_point;

const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_initial.sql"),
    include_str!("../../migrations/0002_people_and_mail.sql"),
    include_str!("../../migrations/0003_activity.sql"),
    include_str!("../../migrations/0004_inviter.sql"),
    include_str!("../../migrations/0005_people.sql"),
    include_str!("../../migrations/0006_personal_keys.sql"),
    include_str!("../../migrations/0007_grants.sql"),
    include_str!("../../migrations/0008_open_paths.sql"),
    include_str!("../../migrations/0009_people_counted.sql"),
    include_str!("../../migrations/0010_key_makers.sql"),
    include_str!("../../migrations/0011_audit.sql"),
    include_str!("../../migrations/0012_look_and_figures.sql"),
    include_str!("../../migrations/0013_directories.sql"),
    include_str!("../../migrations/0014_stale_ok.sql"),
];

/// The schema this build reads and writes.
pub const SCHEMA_VERSION: i64 = 14;

/// Why the schema was not brought up to date.
#[derive(Debug, Error)]
pub enum MigrateError {
    #[error(
        "the database has schema {0}, and this build knows schema {SCHEMA_VERSION}: use the newer gatekeeper that wrote it"
    )]
    Newer(i64),
    #[error("the database could not be migrated")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the database is not migrated, since the copy at {0} could not be made")]
    Copy(PathBuf, #[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The schema the database has; 0 for an empty file.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Whether a file holds tables that no migration of ours made. An empty file is free to use.
pub(crate) fn is_foreign(path: &Path) -> rusqlite::Result<bool> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let has = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, bool>(0));
    let ours = has("SELECT count(*) FROM sqlite_master WHERE name = 'installation'")?;
    Ok(!ours && has("SELECT count(*) > 0 FROM sqlite_master")?)
}

/// Brings a database up to date that nobody else uses. One of an older schema is copied first, to a dated file beside it.
pub(crate) fn migrate_file(path: &Path) -> Result<(), MigrateError> {
    let mut connection = open_existing(path)?;
    let found = version(&connection)?;
    if (1..SCHEMA_VERSION).contains(&found) {
        fail_point("before-migration");
        copy_aside(path, found)?;
        fail_point("copied-for-migration");
    }
    migrate(&mut connection)
}

/// What is whole has its name; what a process left that died in between is made anew.
fn copy_aside(path: &Path, schema: i64) -> Result<(), MigrateError> {
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let kept = beside(&format!(".{}", dated(&format!("schema-{schema}"))));
    let partial = beside(".migrating");
    let copied = || {
        if partial.exists() {
            fs::remove_file(&partial)?;
        }
        copy(path, &partial, |_| Ok(()), &mut |_| {})?;
        fail_point("before-migration-copy-is-named");
        Ok::<_, CopyError>(fs::rename(&partial, &kept)?)
    };
    copied().map_err(|error| MigrateError::Copy(kept.clone(), Box::new(error)))?;
    tracing::warn!(copy = %kept.display(), schema, "the database is of an older schema: it was copied and is migrated now");
    Ok(())
}

/// A file's ending that says what it is and when it was made: `WHAT-20260102T030405Z`.
pub(crate) fn dated(what: &str) -> String {
    let now = jiff::Timestamp::from_second(wall().0).unwrap_or_default();
    let plain = now.to_string().replace(['-', ':'], "");
    format!("{what}-{plain}")
}

/// Runs what has not run yet.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), MigrateError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let found = version(&transaction)?;
    if found > SCHEMA_VERSION {
        return Err(MigrateError::Newer(found));
    }
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(migration)?;
        fail_point("inside-migration");
    }
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    fail_point("before-migration-is-committed");
    transaction.commit()?;
    fail_point("after-migration");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_number_counts_the_migrations() {
        assert_eq!(usize::try_from(SCHEMA_VERSION), Ok(MIGRATIONS.len()));
    }

    #[test]
    fn an_invitation_of_schema_3_stays_and_is_nobodys() {
        let mut connection = Connection::open_in_memory().unwrap();
        MIGRATIONS.iter().take(3).for_each(|migration| connection.execute_batch(migration).unwrap());
        connection.pragma_update(None, "user_version", 3).unwrap();
        let old = "INSERT INTO invitation (link_hash, uses, created_by, created_at, expires_at)
                   VALUES (zeroblob(32), 1, 'alice@example.com', 0, 1)";
        connection.execute(old, []).unwrap();
        migrate(&mut connection).unwrap();
        let nobodys = "SELECT count(*) FROM invitation WHERE created_by_id IS NULL";
        assert_eq!(connection.query_row(nobodys, [], |row| row.get(0)), Ok(1));
    }

    #[test]
    fn a_key_of_schema_5_stays_a_programs() {
        let mut connection = Connection::open_in_memory().unwrap();
        MIGRATIONS.iter().take(5).for_each(|migration| connection.execute_batch(migration).unwrap());
        connection.pragma_update(None, "user_version", 5).unwrap();
        let old = "INSERT INTO api_key (name, prefix, hash, scopes, created_by, created_at)
                   VALUES ('reader', 'gk_x', zeroblob(32), 'read', 'root', 1)";
        connection.execute(old, []).unwrap();
        migrate(&mut connection).unwrap();
        let key = crate::store::api_keys::by_hash(&connection, [0; 32]).unwrap().unwrap();
        let program = crate::service::keys::program(&connection, &key, gk_shared::time::Timestamp(2)).unwrap();
        assert_eq!(program, Some((crate::model::Scopes::READ, None)));
        for nonsense in ["owner_id = 1", "scopes = ''", "owner_id = 1, scopes = '', app_id = 1"] {
            let sql = format!("PRAGMA foreign_keys = OFF; UPDATE api_key SET {nonsense}");
            assert!(connection.execute_batch(&sql).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn a_grant_of_schema_6_stays_and_was_never_used() {
        let mut connection = Connection::open_in_memory().unwrap();
        MIGRATIONS.iter().take(6).for_each(|migration| connection.execute_batch(migration).unwrap());
        connection.pragma_update(None, "user_version", 6).unwrap();
        let old = "INSERT INTO app (id, slug, name, role_list, created_at, updated_at) VALUES (1, 'docs', 'Docs', 'open', 1, 1);
                   INSERT INTO access_grant (app_id, group_id, role, granted_by, granted_at)
                   SELECT 1, min(id), 'viewer', 'root', 1 FROM groups";
        connection
            .execute_batch("INSERT INTO groups (id, kind, name, created_at) VALUES (90, 'local', 'crew', 1)")
            .unwrap();
        connection.execute_batch(old).unwrap();
        migrate(&mut connection).unwrap();
        let app = crate::store::apps::by_id(&connection, 1).unwrap().unwrap();
        let [grant] = crate::store::grants::of_app(&connection, app.id).unwrap().try_into().unwrap();
        assert_eq!((app.seen_block, grant.last_used_at, grant.granted_by.as_str()), (None, None, "root"));
    }

    #[test]
    fn people_of_schema_8_are_counted_and_those_who_come_and_go() {
        let mut connection = Connection::open_in_memory().unwrap();
        MIGRATIONS.iter().take(8).for_each(|migration| connection.execute_batch(migration).unwrap());
        connection.pragma_update(None, "user_version", 8).unwrap();
        let add = "INSERT INTO user (username, email, status, login_salt, created_at, updated_at)
                   VALUES (?1, ?1, 'approved', zeroblob(16), 0, 0)";
        connection.execute(add, ["a@example.com"]).unwrap();
        migrate(&mut connection).unwrap();
        let counted = |connection: &Connection| {
            let whole = "SELECT people, (SELECT count(*) FROM user) FROM people_counted";
            connection.query_row(whole, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))).unwrap()
        };
        assert_eq!(counted(&connection), (1, 1));
        connection.execute(add, ["b@example.com"]).unwrap();
        connection.execute(add, ["c@example.com"]).unwrap();
        connection.execute("DELETE FROM user WHERE username = 'a@example.com'", []).unwrap();
        assert_eq!(counted(&connection), (2, 2));
    }

    #[test]
    fn sessions_apps_and_keys_of_earlier_schemas_are_counted_and_what_comes_of_them() {
        const EARLIER: u8 = 11;
        let mut connection = Connection::open_in_memory().unwrap();
        MIGRATIONS.iter().take(usize::from(EARLIER)).for_each(|migration| connection.execute_batch(migration).unwrap());
        connection.pragma_update(None, "user_version", EARLIER).unwrap();
        let old = "INSERT INTO user (id, username, email, status, login_salt, created_at, updated_at)
                   VALUES (1, 'a@b.c', 'a@b.c', 'approved', zeroblob(16), 0, 0);
                   INSERT INTO app (slug, name, role_list, created_at, updated_at) VALUES ('docs', 'Docs', 'open', 0, 0);
                   INSERT INTO session (sid, user_id, method, created_at, last_seen_at, expires_at, ended_at)
                   VALUES (randomblob(16), 1, 'link', 1, 1, 7200, NULL), (randomblob(16), 1, 'link', 1, 1, 7201, NULL),
                          (randomblob(16), 1, 'link', 1, 1, 7200, 5);
                   INSERT INTO mail (uuid, kind, recipient, language, state, next_try_at, give_up_at, created_at)
                   VALUES ('1', 'x', 'a@b.c', 'en', 'queued', 1, 1, 1), ('2', 'x', 'a@b.c', 'en', 'sent', 1, 1, 1);";
        connection.execute_batch(old).unwrap();
        migrate(&mut connection).unwrap();
        let mails = |connection: &Connection| {
            let sql = "SELECT group_concat(what || count) FROM (SELECT * FROM counted WHERE what LIKE 'mail:%' ORDER BY what)";
            connection.query_row::<String, _, _>(sql, [], |row| row.get(0)).unwrap()
        };
        assert_eq!(mails(&connection), "mail:queued1,mail:sent1");
        connection
            .execute_batch("UPDATE mail SET state = 'dead' WHERE uuid = '1'; DELETE FROM mail WHERE uuid = '2'")
            .unwrap();
        assert_eq!(mails(&connection), "mail:dead1,mail:queued0,mail:sent0");
        let counted = |connection: &Connection| {
            let sql =
                "SELECT (SELECT count FROM counted WHERE what = 'app'), (SELECT count FROM counted WHERE what = 'key'),
                              (SELECT group_concat(hour || ':' || count) FROM open_sessions WHERE count > 0)";
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            connection.query_row::<(i64, i64, Option<String>), _, _>(sql, [], row).unwrap()
        };
        assert_eq!(counted(&connection), (1, 0, Some("2:2".into())));
        let changes = "UPDATE session SET expires_at = 3600 WHERE id = 1; UPDATE session SET ended_at = 9 WHERE id = 2;
                       UPDATE session SET ended_at = 9 WHERE id = 3; DELETE FROM session WHERE id = 3; DELETE FROM app;
                       INSERT INTO session (sid, user_id, method, created_at, last_seen_at, expires_at)
                       VALUES (randomblob(16), 1, 'link', 1, 1, 3700);";
        connection.execute_batch(changes).unwrap();
        assert_eq!(counted(&connection), (0, 0, Some("1:2".into())));
        connection.execute_batch("PRAGMA foreign_keys = ON; DELETE FROM user").unwrap();
        assert_eq!(counted(&connection), (0, 0, None));
    }

    #[test]
    fn a_key_of_schema_9_is_the_installations_and_only_an_apps_key_has_a_maker() {
        let mut connection = Connection::open_in_memory().unwrap();
        MIGRATIONS.iter().take(9).for_each(|migration| connection.execute_batch(migration).unwrap());
        connection.pragma_update(None, "user_version", 9).unwrap();
        let old = "INSERT INTO api_key (name, prefix, hash, scopes, created_by, created_at)
                   VALUES ('reader', 'gk_x', zeroblob(32), 'read', 'root', 1)";
        connection.execute(old, []).unwrap();
        migrate(&mut connection).unwrap();
        let key = crate::store::api_keys::by_hash(&connection, [0; 32]).unwrap().unwrap();
        let scopes = crate::model::Scopes::READ;
        assert_eq!(key.reach, crate::model::KeyReach::Program { scopes, app: None, maker: None });
        assert!(connection.execute_batch("PRAGMA foreign_keys = OFF; UPDATE api_key SET maker_id = 1").is_err());
    }

    #[test]
    fn rows_of_the_audit_of_schema_10_are_found_by_word_and_by_time() {
        let mut connection = Connection::open_in_memory().unwrap();
        MIGRATIONS.iter().take(10).for_each(|migration| connection.execute_batch(migration).unwrap());
        connection.pragma_update(None, "user_version", 10).unwrap();
        let old = "INSERT INTO audit (at, actor_kind, actor, action, target, key_id, chain)
                   VALUES (1199, 'operator', 'root', 'user_created', 'alice@example.com', 3, zeroblob(32))";
        connection.execute(old, []).unwrap();
        migrate(&mut connection).unwrap();
        let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        assert_eq!(one("SELECT rowid FROM audit_text WHERE audit_text MATCH 'alice'"), Ok(1));
        assert_eq!(one("SELECT last FROM audit_time WHERE ten_minutes = 1"), Ok(1));
        assert_eq!(one("SELECT form FROM audit"), Ok(1));
    }

    #[test]
    fn an_app_of_schema_7_has_nothing_open() {
        let mut connection = Connection::open_in_memory().unwrap();
        MIGRATIONS.iter().take(7).for_each(|migration| connection.execute_batch(migration).unwrap());
        connection.pragma_update(None, "user_version", 7).unwrap();
        let old =
            "INSERT INTO app (slug, name, role_list, created_at, updated_at) VALUES ('docs', 'Docs', 'open', 0, 0)";
        connection.execute(old, []).unwrap();
        migrate(&mut connection).unwrap();
        let apps = crate::store::apps::list(&connection).unwrap();
        assert_eq!(apps.iter().map(|app| app.open_paths.len()).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn an_empty_file_is_migrated_and_a_newer_one_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        assert_eq!(version(&connection), Ok(SCHEMA_VERSION));
        connection.pragma_update(None, "user_version", SCHEMA_VERSION + 1).unwrap();
        assert!(matches!(migrate(&mut connection), Err(MigrateError::Newer(newer)) if newer == SCHEMA_VERSION + 1));
    }
}
