//! The rows themselves: read from the main file, written to the policy file.

use std::collections::BTreeSet;
use std::fmt::Display;

use gk_shared::model::{ApiKeyId, GroupId, Role, UserId};
use gk_shared::policy::{CHANGES_KEPT, ChangeKind, FORMAT};
use gk_shared::token::tag;
use rusqlite::{Connection, Transaction, params};

use super::PublishError;
use crate::model::{ApiKey, App, Grant, Group, Holder, KeyReach, Session, User};
use crate::secret::{Purpose, RootKey};
use crate::settings::Setting;
use crate::store::keys::{self, KeyPurpose};
use crate::store::sessions::Seen;
use crate::store::{api_keys, apps, change_log, grants, groups, installation, sessions, settings, users};

/// Where rows come from: one read transaction on the main file.
pub(super) struct Source<'s> {
    pub(super) main: &'s Connection,
    pub(super) root: &'s RootKey,
}

impl Source<'_> {
    /// Copies everything.
    pub(super) fn whole(&self, policy: &Transaction<'_>) -> Result<(), PublishError> {
        policy.execute_batch(
            "DELETE FROM user; DELETE FROM groups; DELETE FROM app; DELETE FROM access_grant;
             DELETE FROM revoked_session; DELETE FROM seen_session; DELETE FROM api_key; DELETE FROM change;",
        )?;
        self.settings(policy)?;
        apps::list(self.main)?.iter().try_for_each(|app| insert_app(policy, app))?;
        groups::list(self.main)?.iter().try_for_each(|group| self.insert_group(policy, group))?;
        for user in users::list(self.main, None)? {
            self.insert_user(policy, &user)?;
        }
        sessions::all_revoked(self.main)?.iter().try_for_each(|session| insert_revoked(policy, session))?;
        sessions::all_seen(self.main)?.iter().try_for_each(|seen| insert_seen(policy, seen))?;
        api_keys::list(self.main, 0, i64::MAX)?.iter().try_for_each(|key| self.key(policy, key.id))?;
        Ok(())
    }

    /// Copies the rows that changed after a revision, and notes them for readers.
    pub(super) fn changes(&self, policy: &Transaction<'_>, after: i64) -> Result<(), PublishError> {
        let changes = change_log::after(self.main, after)?;
        let touched = changes.iter().map(|(_, kind, id)| (*kind, *id)).collect::<BTreeSet<_>>();
        for (kind, id) in touched {
            self.one(policy, kind, id)?;
        }
        let mut statement = policy.prepare_cached("INSERT INTO change (revision, kind, id) VALUES (?1, ?2, ?3)")?;
        for (revision, kind, id) in &changes {
            statement.execute(params![revision, kind.word(), id])?;
        }
        let head = change_log::head(self.main)?.ok_or(PublishError::NoInstallation)?;
        let sql = "UPDATE policy SET revision = ?1, nonce = ?2 WHERE id = 1";
        policy.prepare_cached(sql)?.execute(params![head.revision, head.nonce])?;
        let sql = "DELETE FROM change WHERE revision <= ?1";
        policy.prepare_cached(sql)?.execute([head.revision - CHANGES_KEPT])?;
        Ok(())
    }

    /// Copies the same into an empty policy: all that a snapshot of that revision lacks, and the groups that people who
    /// changed are in.
    pub(super) fn apart(&self, policy: &Transaction<'_>, after: i64) -> Result<(), PublishError> {
        self.settings(policy)?;
        groups::list(self.main)?.iter().try_for_each(|group| self.insert_group(policy, group))?;
        self.changes(policy, after)
    }

    fn one(&self, policy: &Transaction<'_>, kind: ChangeKind, id: i64) -> Result<(), PublishError> {
        match kind {
            ChangeKind::User => self.user(policy, UserId(id)),
            ChangeKind::Group => self.group(policy, GroupId(id)),
            ChangeKind::App => self.app(policy, id),
            ChangeKind::Session => self.session(policy, id),
            ChangeKind::Key => self.key(policy, ApiKeyId(id)),
            ChangeKind::Settings => self.settings(policy),
        }
    }

    fn settings(&self, policy: &Transaction<'_>) -> Result<(), PublishError> {
        let found = installation::read(self.main)?.ok_or(PublishError::NoInstallation)?;
        let head = change_log::head(self.main)?.ok_or(PublishError::NoInstallation)?;
        let settings = settings::read(self.main)?;
        let filter = keys::active(self.main, KeyPurpose::Filter)?;
        let filter = self.root.open(Purpose::Key, &filter.sealed)?;
        let sql = "INSERT OR REPLACE INTO policy (id, format, database_id, restore_id, revision, nonce, default_app, idle_seconds, global_tag, filter_key, beat)
                   VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, iif(?10, (SELECT beat FROM policy), NULL))";
        policy.prepare_cached(sql)?.execute(params![
            FORMAT,
            found.identity.database,
            found.identity.restore,
            head.revision,
            head.nonce,
            settings.text(Setting::DefaultApp),
            settings.idle_limit().seconds(),
            tag(0, &found.app_salt).0,
            filter.as_slice(),
            settings.flag(Setting::PolicyHeartbeat),
        ])?;
        policy.execute("DELETE FROM accepted_domain", [])?;
        for domain in settings.list(Setting::AcceptedDomains) {
            policy.execute("INSERT OR IGNORE INTO accepted_domain (domain) VALUES (?1)", [domain])?;
        }
        policy.execute("DELETE FROM verify_key", [])?;
        for (id, public) in keys::verify_keys(self.main)? {
            policy.execute("INSERT INTO verify_key (id, public) VALUES (?1, ?2)", params![id.0, public])?;
        }
        Ok(())
    }

    fn user(&self, policy: &Transaction<'_>, id: UserId) -> Result<(), PublishError> {
        policy.prepare_cached("DELETE FROM user WHERE id = ?1")?.execute([id.0])?;
        policy.prepare_cached("DELETE FROM access_grant WHERE user_id = ?1")?.execute([id.0])?;
        match users::by_id(self.main, id)? {
            Some(user) => self.insert_user(policy, &user),
            None => Ok(()),
        }
    }

    fn insert_user(&self, policy: &Transaction<'_>, user: &User) -> Result<(), PublishError> {
        let Some(tag) = users::salt_tag(self.main, user.id)? else { return Ok(()) };
        let groups = joined(groups::of_user(self.main, user.id)?);
        let sql = "INSERT INTO user (id, email, fullname, usable, tag, group_ids) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let values = params![user.id.0, user.email.as_str(), user.fullname, user.is_usable(), tag.0, groups];
        policy.prepare_cached(sql)?.execute(values)?;
        insert_grants(policy, &grants::of_holder(self.main, Holder::User(user.id))?)
    }

    fn group(&self, policy: &Transaction<'_>, id: GroupId) -> Result<(), PublishError> {
        policy.prepare_cached("DELETE FROM groups WHERE id = ?1")?.execute([id.0])?;
        policy.prepare_cached("DELETE FROM access_grant WHERE group_id = ?1")?.execute([id.0])?;
        match groups::by_id(self.main, id)? {
            Some(group) => self.insert_group(policy, &group),
            // Ids are never reused, so memberships left behind open nothing; they go when their user is copied.
            None => Ok(()),
        }
    }

    fn insert_group(&self, policy: &Transaction<'_>, group: &Group) -> Result<(), PublishError> {
        let sql = "INSERT INTO groups (id, name, kind) VALUES (?1, ?2, ?3)";
        policy.prepare_cached(sql)?.execute(params![group.id.0, group.name, group.kind.word()])?;
        insert_grants(policy, &grants::of_holder(self.main, Holder::Group(group.id))?)
    }

    fn app(&self, policy: &Transaction<'_>, id: i64) -> Result<(), PublishError> {
        policy.prepare_cached("DELETE FROM app WHERE id = ?1")?.execute([id])?;
        if let Some(app) = apps::by_id(self.main, id)? {
            return insert_app(policy, &app);
        }
        policy.prepare_cached("DELETE FROM access_grant WHERE app_id = ?1")?.execute([id])?;
        Ok(())
    }

    fn session(&self, policy: &Transaction<'_>, row: i64) -> Result<(), PublishError> {
        policy.prepare_cached("DELETE FROM revoked_session WHERE id = ?1")?.execute([row])?;
        policy.prepare_cached("DELETE FROM seen_session WHERE id = ?1")?.execute([row])?;
        if let Some(session) = sessions::revoked(self.main, row)? {
            return insert_revoked(policy, &session);
        }
        sessions::seen(self.main, row)?.map_or(Ok(()), |seen| insert_seen(policy, &seen))
    }

    fn key(&self, policy: &Transaction<'_>, id: ApiKeyId) -> Result<(), PublishError> {
        policy.prepare_cached("DELETE FROM api_key WHERE id = ?1")?.execute([id.0])?;
        api_keys::published(self.main, id)?.map_or(Ok(()), |(hash, key)| insert_key(policy, hash, &key))
    }
}

fn insert_key(policy: &Transaction<'_>, hash: [u8; 32], key: &ApiKey) -> Result<(), PublishError> {
    let KeyReach::Person { owner, apps } = &key.reach else { return Ok(()) };
    let sql = "INSERT INTO api_key (id, hash, owner_id, expires_at, apps) VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![key.id.0, hash, owner.0, key.expires_at.map(|at| at.0), joined(apps.iter())];
    policy.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn insert_app(policy: &Transaction<'_>, app: &App) -> Result<(), PublishError> {
    let roles = apps::joined(&app.roles);
    let sql = "INSERT INTO app (id, slug, roles, groups_header, stale_ok) VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![app.id.0, app.slug.as_str(), roles, app.groups_header, app.stale_ok];
    policy.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Ids as the policy file has them.
fn joined(ids: impl IntoIterator<Item = impl Display>) -> String {
    ids.into_iter().map(|id| id.to_string()).collect::<Vec<_>>().join(",")
}

fn insert_grants(policy: &Transaction<'_>, grants: &[Grant]) -> Result<(), PublishError> {
    let sql = "INSERT INTO access_grant (id, app_id, user_id, group_id, role, starts_at, expires_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let mut statement = policy.prepare_cached(sql)?;
    for grant in grants {
        let (user, group) = match grant.holder {
            Holder::User(id) => (Some(id.0), None),
            Holder::Group(id) => (None, Some(id.0)),
        };
        let role = grant.role.as_ref().map(Role::as_str);
        let (starts, expires) = (grant.starts_at.map(|at| at.0), grant.expires_at.map(|at| at.0));
        statement.execute(params![grant.id.0, grant.app.0, user, group, role, starts, expires])?;
    }
    Ok(())
}

fn insert_revoked(policy: &Transaction<'_>, session: &Session) -> Result<(), PublishError> {
    let sql = "INSERT INTO revoked_session (id, sid, expires_at) VALUES (?1, ?2, ?3)";
    policy.prepare_cached(sql)?.execute(params![session.row, session.id.0, session.expires_at.0])?;
    Ok(())
}

fn insert_seen(policy: &Transaction<'_>, seen: &Seen) -> Result<(), PublishError> {
    let sql = "INSERT INTO seen_session (id, sid, seen_at) VALUES (?1, ?2, ?3)";
    policy.prepare_cached(sql)?.execute(params![seen.row, seen.id.0, seen.at.0])?;
    Ok(())
}
