//! A whole installation in a temporary folder, for tests of the verbs.

use gk_shared::model::{Email, GroupName, Role, Slug, UserId, Username};
use tempfile::TempDir;

use super::grants::{Give, Receiver, RoleChange};
use super::users::{AccountOrigin, Add, Approval, Fullname, Rank};
use super::{Caller, Op, Refusal, Who, apps, users};
use crate::model::{App, User};
use crate::{Database, KeyFile, Paths};

/// The folder goes when the trial does.
pub(crate) struct Trial {
    pub(crate) database: Database,
    pub(crate) folder: TempDir,
}

impl Trial {
    /// A database with a seeded super-admin `admin@example.com`.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyFile::at(folder.path().join("gatekeeper.key"));
        let paths = Paths { database: folder.path().join("gatekeeper.sqlite3"), policy: None, key };
        let trial = Self { database: Database::initialise(&paths).unwrap(), folder };
        let admin = new_account("admin@example.com", Rank::SuperAdmin);
        trial.run(|op| users::add(op, Add { origin: AccountOrigin::Seeded, ..admin })).unwrap();
        trial
    }

    /// Runs a verb as the operator.
    pub(crate) fn run<T>(&self, verb: impl FnOnce(&Op<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.database.write(&Caller::operator("root"), verb).map(|done| done.value)
    }

    /// Runs a verb as anybody.
    pub(crate) fn run_as_stranger<T>(&self, verb: impl FnOnce(&Op<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let caller = Caller { who: Who::Stranger, ip: "192.0.2.1".parse().ok(), user_agent: "a browser".into() };
        self.database.write(&caller, verb).map(|done| done.value)
    }

    /// Runs a verb as somebody who signed in this many minutes ago.
    pub(crate) fn run_as<T>(
        &self,
        user: UserId,
        minutes: i64,
        verb: impl FnOnce(&Op<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let who = Who::Person(user, self.database.now().plus(-60 * minutes));
        let caller = Caller { who, ip: None, user_agent: String::new() };
        self.database.write(&caller, verb).map(|done| done.value)
    }

    /// Adds an approved account.
    pub(crate) fn user(&self, email: &str, rank: Rank) -> User {
        self.run(|op| users::add(op, new_account(email, rank))).unwrap()
    }

    /// Adds an app; without roles its list is open.
    pub(crate) fn app(&self, slug: &str, roles: &[&str]) -> App {
        self.run(|op| apps::add(op, new_app(slug, roles))).unwrap()
    }

    /// Changes the database past all verbs.
    pub(crate) fn change(&self, sql: &str) {
        rusqlite::Connection::open(self.folder.path().join("gatekeeper.sqlite3")).unwrap().execute_batch(sql).unwrap();
    }

    /// One number from the database.
    pub(crate) fn count(&self, sql: &str) -> i64 {
        let connection = rusqlite::Connection::open(self.folder.path().join("gatekeeper.sqlite3")).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// An app with these roles; without any its list is open.
pub(crate) fn new_app(slug: &str, roles: &[&str]) -> apps::Add {
    apps::Add {
        slug: Slug::parse(slug).unwrap(),
        name: slug.to_owned(),
        description: String::new(),
        origins: Vec::new(),
        roles: roles.iter().map(|role| Role::parse(role).unwrap()).collect(),
        admin_roles: Vec::new(),
        noindex: false,
        callbacks: Vec::new(),
        open_paths: Vec::new(),
        listed: false,
        groups_header: false,
        stale_ok: false,
        contact: String::new(),
    }
}

fn new_account(email: &str, rank: Rank) -> Add {
    let (username, email, fullname) = (None, Email::parse(email).unwrap(), Fullname::default());
    Add { username, email, fullname, approval: Approval::Given, rank, origin: AccountOrigin::Added }
}

pub(crate) fn name(text: &str) -> Username {
    Username::parse(text).unwrap()
}

pub(crate) fn group(text: &str) -> GroupName {
    GroupName::parse(text).unwrap()
}

pub(crate) fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

pub(crate) fn to(user: &str) -> Receiver {
    Receiver::User(name(user))
}

/// A grant that changes nothing but what `role` says.
pub(crate) fn with(role: RoleChange) -> Give {
    Give { role, ..Give::default() }
}
