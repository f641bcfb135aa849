//! Random rows of a policy file, and random changes to them as a publisher writes them: the rows, and the change rows
//! that name them.

use std::path::Path;

use rusqlite::{Connection, Result};

use super::dice::Dice;
use crate::policy::{FORMAT, SCHEMA};
use crate::token::tag;

pub(super) const DOMAINS: [&str; 3] = ["a.example", "b.example", "sub.a.example"];
pub(super) const SLUGS: [&str; 5] = ["docs", "wiki", "a", "b-2", "longer-than-most"];
pub(super) const SALTS: [&[u8]; 2] = [b"salt", b"another"];
/// How many users, groups, apps, sessions and keys there may be; their ids count from 1.
pub(super) const MOST: i64 = 5;
const ROLES: [&str; 4] = ["viewer", "editor", "owner", "edit"];

/// A policy file in memory that changes.
pub(super) struct Rows {
    pub(super) connection: Connection,
}

/// Writes a file of random rows, always the same ones, in small pages.
pub(crate) fn random_file(path: &Path) -> Result<()> {
    let (rows, mut dice) = (Rows::new()?, Dice::Seeded(1));
    (0..60).try_for_each(|_| rows.change(&mut dice))?;
    rows.connection.execute_batch("PRAGMA page_size = 512")?;
    rows.connection.execute("VACUUM INTO ?1", [path.to_str()]).map(drop)
}

impl Rows {
    /// A file with settings and the built-in groups, at revision 1.
    pub(super) fn new() -> Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(SCHEMA)?;
        let head = "INSERT INTO policy VALUES (1, ?1, zeroblob(16), zeroblob(16), 1, x'00', 'deny', 0, ?2, zeroblob(32), NULL)";
        connection.execute(head, (FORMAT, tag(0, SALTS[0]).0))?;
        connection.execute_batch(
            "INSERT INTO groups VALUES (1, 'admin', 'admin'), (2, 'standard', 'standard');
             INSERT INTO change VALUES (1, 'settings', 0)",
        )?;
        Ok(Self { connection })
    }

    /// Changes one thing.
    pub(super) fn change(&self, dice: &mut Dice<'_>) -> Result<()> {
        let id = 1 + i64::try_from(dice.below(5)).expect("less than 5");
        match dice.below(8) {
            0 => self.settings(dice),
            1 | 2 => self.app(id, dice),
            3 | 4 => self.group(id, dice),
            5 => self.session(id, dice),
            6 => self.key(id, dice),
            _ => self.user(id, dice),
        }
    }

    fn changed(&self, kind: &str, id: i64) -> Result<()> {
        self.connection.execute("UPDATE policy SET revision = revision + 1", ())?;
        let sql = "INSERT INTO change SELECT revision, ?1, ?2 FROM policy";
        self.connection.prepare_cached(sql)?.execute((kind, id)).map(drop)
    }

    fn settings(&self, dice: &mut Dice<'_>) -> Result<()> {
        let sql = "UPDATE policy SET default_app = ?1, idle_seconds = ?2, global_tag = ?3";
        let salt = if dice.one_in(8) { SALTS[1] } else { SALTS[0] };
        let values = (dice.one_of(&["deny", "allow"]), dice.one_of(&[0, 0, 3]), tag(0, salt).0);
        self.connection.execute(sql, values)?;
        self.connection.execute("DELETE FROM accepted_domain", ())?;
        for domain in dice.some_of(&DOMAINS) {
            self.connection.execute("INSERT INTO accepted_domain VALUES (?1)", [domain])?;
        }
        self.changed("settings", 0)
    }

    /// An app may take the slug of another, which then gets none.
    fn app(&self, id: i64, dice: &mut Dice<'_>) -> Result<()> {
        let slug = dice.one_of(&SLUGS);
        let sql = "SELECT id FROM app WHERE slug = ?1 AND id <> ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let robbed = statement.query_map((slug, id), |row| row.get::<_, i64>(0))?.collect::<Result<Vec<_>>>()?;
        self.connection.execute("DELETE FROM app WHERE id = ?1 OR slug = ?2", (id, slug))?;
        if !dice.one_in(6) {
            let mut roles = dice.some_of(&ROLES);
            if dice.one_in(2) {
                roles.reverse();
            }
            let row = (id, slug, roles.join(","), dice.one_in(2), false);
            self.connection.execute("INSERT INTO app VALUES (?1, ?2, ?3, ?4, ?5)", row)?;
        }
        robbed.into_iter().chain([id]).try_for_each(|id| self.changed("app", id))
    }

    /// The built-in groups stay. Whoever was in a group that goes has changed too.
    fn group(&self, id: i64, dice: &mut Dice<'_>) -> Result<()> {
        self.connection.execute("DELETE FROM access_grant WHERE group_id = ?1", [id])?;
        if id > 2 && dice.one_in(6) {
            let sql = "UPDATE user SET group_ids = (SELECT coalesce(group_concat(value, ','), '')
                    FROM json_each('[' || group_ids || ']') WHERE value <> ?1)
                WHERE ?1 IN (SELECT value FROM json_each('[' || group_ids || ']')) RETURNING id";
            let mut statement = self.connection.prepare_cached(sql)?;
            let members = statement.query_map([id], |row| row.get::<_, i64>(0))?.collect::<Result<Vec<_>>>()?;
            self.connection.execute("DELETE FROM groups WHERE id = ?1", [id])?;
            members.into_iter().try_for_each(|user| self.changed("user", user))?;
        } else {
            // One of a directory that is called as ours is no group of administrators.
            let sql = "INSERT OR IGNORE INTO groups SELECT ?1, 'admin', iif(?1 > 3, 'directory', 'local')";
            self.connection.execute(sql, [id])?;
            self.grants("group_id", id, dice)?;
        }
        self.changed("group", id)
    }

    fn user(&self, id: i64, dice: &mut Dice<'_>) -> Result<()> {
        for table in ["access_grant WHERE user_id", "user WHERE id"] {
            self.connection.execute(&format!("DELETE FROM {table} = ?1"), [id])?;
        }
        if !dice.one_in(8) {
            let email = format!("u{id}@{}", dice.one_of(&DOMAINS));
            let admin = dice.one_in(5).then_some("1").into_iter();
            let groups = admin.chain(dice.some_of(&["2", "3", "4", "5"])).collect::<Vec<_>>().join(",");
            let row = (id, email, dice.one_of(&["", "Zoë"]), !dice.one_in(4), tag(id, dice.one_of(&SALTS)).0, groups);
            let sql = "INSERT INTO user SELECT ?1, ?2, ?3, ?4, ?5, coalesce(group_concat(id, ','), '')
                FROM (SELECT id FROM groups WHERE id IN (SELECT value FROM json_each('[' || ?6 || ']')) ORDER BY id)";
            self.connection.execute(sql, row)?;
            self.grants("user_id", id, dice)?;
        }
        self.changed("user", id)
    }

    /// At most one grant of each app, as the main file has it. Ids in no order.
    fn grants(&self, holder: &str, id: i64, dice: &mut Dice<'_>) -> Result<()> {
        let sql = format!(
            "INSERT OR IGNORE INTO access_grant (id, app_id, {holder}, role, starts_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        );
        for app in 1..=MOST {
            if !dice.one_in(2) {
                continue;
            }
            let number = i64::try_from(dice.below(200)).expect("less than 200");
            let role =
                dice.one_of(&[None, Some("viewer"), Some("editor"), Some("owner"), Some("edit"), Some("unlisted")]);
            let (starts, expires) = (dice.one_in(4), dice.one_in(4));
            let (starts, expires) = (starts.then(|| dice.moment()), expires.then(|| dice.moment()));
            self.connection.prepare_cached(&sql)?.execute((number, app, id, role, starts, expires))?;
        }
        Ok(())
    }

    fn session(&self, id: i64, dice: &mut Dice<'_>) -> Result<()> {
        self.connection.execute("DELETE FROM revoked_session WHERE id = ?1", [id])?;
        self.connection.execute("DELETE FROM seen_session WHERE id = ?1", [id])?;
        if dice.one_in(2) {
            self.connection.execute("INSERT INTO seen_session VALUES (?1, ?2, ?3)", (id, sid(id), dice.moment()))?;
        }
        if dice.one_in(3) {
            self.connection.execute("INSERT INTO revoked_session VALUES (?1, ?2, 999)", (id, sid(id)))?;
        }
        self.changed("session", id)
    }

    fn key(&self, id: i64, dice: &mut Dice<'_>) -> Result<()> {
        self.connection.execute("DELETE FROM api_key WHERE id = ?1", [id])?;
        if !dice.one_in(4) {
            let owner = 1 + i64::try_from(dice.below(5)).expect("less than 5");
            let apps = dice.some_of(&["1", "2", "3", "4", "5", "12"]).join(",");
            let expires = if dice.one_in(2) { Some(dice.moment()) } else { None };
            let row = (id, hash(id, dice.below(2)), owner, expires, apps);
            self.connection.execute("INSERT INTO api_key VALUES (?1, ?2, ?3, ?4, ?5)", row)?;
        }
        self.changed("key", id)
    }
}

/// The session in this row.
pub(super) fn sid(id: i64) -> [u8; 16] {
    u128::from(id.unsigned_abs()).to_be_bytes()
}

/// A secret's hash: each key may have had two.
pub(super) fn hash(id: i64, version: usize) -> [u8; 32] {
    let mut hash = [0; 32];
    let [first, second, ..] = &mut hash;
    (*first, *second) = (id.to_le_bytes()[0], u8::from(version > 0));
    hash
}
