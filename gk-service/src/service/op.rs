//! What every verb is handed first: who asks, when, and the transaction to work in.

use std::cell::Cell;
use std::net::IpAddr;
use std::ops::Deref;

use gk_shared::model::{ApiKeyId, AppId, UserId};
use gk_shared::policy::ChangeKind;
use gk_shared::time::Timestamp;
use rusqlite::{Connection, Transaction};

use super::keys;
use super::permit::{SignIn, Standing};
use super::refusal::Refusal;
use crate::model::{App, Grant, Scopes};
use crate::secret::RootKey;
use crate::settings::{Setting, Settings};
use crate::store::{api_keys, change_log, grants, settings, users};

/// Who asks, before the database was looked at.
#[derive(Clone, Debug)]
pub struct Caller {
    pub who: Who,
    pub ip: Option<IpAddr>,
    pub user_agent: String,
}

/// The kinds of callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Somebody with a shell on this machine, by account name.
    Operator(String),
    /// A signed-in person, and when they signed in.
    Person(UserId, Timestamp),
    /// A program, by the number of its key.
    Key(ApiKeyId),
    /// Gatekeeper itself.
    System(&'static str),
    /// Anybody.
    Stranger,
}

impl Caller {
    /// An operator at the command line.
    pub fn operator(name: impl Into<String>) -> Self {
        Self { who: Who::Operator(name.into()), ip: None, user_agent: String::new() }
    }

    /// A part of Gatekeeper that acts by itself.
    pub fn system(part: &'static str) -> Self {
        Self { who: Who::System(part), ip: None, user_agent: String::new() }
    }
}

/// A look at the state: caller, time, settings and a connection in a read transaction.
pub struct View<'c> {
    pub caller: &'c Caller,
    pub now: Timestamp,
    pub settings: Settings,
    pub(super) standing: Standing,
    /// All that a key may touch, and what it may do there, if it is bound to an app.
    pub(super) only_app: Option<(AppId, Scopes)>,
    /// How the caller is named in the audit.
    pub(super) label: String,
    pub(super) connection: &'c Connection,
    pub(super) root: Result<&'c RootKey, &'c str>,
}

/// A change of the state: a view inside a write transaction.
pub struct Op<'c> {
    view: View<'c>,
    pub(super) transaction: &'c Transaction<'c>,
    pub(super) root: &'c RootKey,
    /// Whether it has left a row in the audit.
    pub(crate) audited: Cell<bool>,
}

impl<'c> View<'c> {
    /// Reads who the caller is, and the settings.
    pub(crate) fn new(
        connection: &'c Connection,
        caller: &'c Caller,
        root: Result<&'c RootKey, &'c str>,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let settings = settings::read(connection)?;
        let mut only_app = None;
        let (standing, label) = match &caller.who {
            Who::Operator(name) => (Standing::Operator, name.clone()),
            Who::System(part) => (Standing::System, (*part).to_owned()),
            Who::Stranger => (Standing::Stranger, "stranger".to_owned()),
            Who::Person(id, since) => {
                let user = users::by_id(connection, *id)?.ok_or_else(|| Refusal::missing("user", id))?;
                let standing = Standing::of(&user, sign_in(&settings, *since, now));
                (standing, user.username.to_string())
            }
            Who::Key(id) => {
                let program = match api_keys::by_id(connection, *id)? {
                    Some(key) => keys::program(connection, &key, now)?,
                    None => None,
                };
                let (scopes, app) = program.ok_or(Refusal::Forbidden("a key that is in force"))?;
                only_app = app.map(|app| (app, scopes));
                let standing = if app.is_some() { Standing::BoundKey } else { Standing::Key(scopes) };
                (standing, format!("api_key:{id}"))
            }
        };
        Ok(Self { caller, now, settings, standing, only_app, label, connection, root })
    }

    /// The root key, for what only a keyed process can do.
    pub(super) fn root(&self) -> Result<&'c RootKey, Refusal> {
        self.root.map_err(|why| Refusal::Key(why.to_owned()))
    }

    /// The signed-in person who asks.
    pub(super) fn person(&self) -> Result<UserId, Refusal> {
        match self.caller.who {
            Who::Person(id, _) => Ok(id),
            Who::Operator(_) | Who::Key(_) | Who::System(_) | Who::Stranger => {
                Err(Refusal::Forbidden("a signed-in person"))
            }
        }
    }

    /// Refuses what a stolen cookie must not be enough for, unless the person has signed in a short while ago.
    pub(super) fn need_recent_sign_in(&self) -> Result<(), Refusal> {
        match self.caller.who {
            Who::Person(_, since) if sign_in(&self.settings, since, self.now) == SignIn::Old => {
                Err(Refusal::SignInAgain)
            }
            Who::Person(..) | Who::Operator(_) | Who::Key(_) | Who::System(_) | Who::Stranger => Ok(()),
        }
    }

    /// What the caller is where this app is concerned: more than elsewhere for whoever administers it by a grant, and for
    /// a key that is bound to it.
    pub(super) fn standing_in(&self, app: &App) -> Result<Standing, Refusal> {
        Ok(self.standing_among(app, &self.grants()?))
    }

    /// The same, for many apps: `grants` are the caller's, from [`View::grants`].
    pub(super) fn standing_among(&self, app: &App, grants: &[Grant]) -> Standing {
        match (self.standing, &self.caller.who) {
            (Standing::Person, Who::Person(_, since)) if app.is_administered_by(grants, self.now) => {
                Standing::of_app_admin(sign_in(&self.settings, *since, self.now))
            }
            (Standing::BoundKey, _) => {
                let bound = self.only_app.filter(|(only, _)| *only == app.id);
                bound.map_or(Standing::BoundKey, |(_, scopes)| Standing::AppKey(scopes))
            }
            (standing, _) => standing,
        }
    }

    /// Every grant of the person who asks and of their groups; nobody else has any.
    pub(super) fn grants(&self) -> Result<Vec<Grant>, Refusal> {
        match (self.standing, &self.caller.who) {
            (Standing::Person, Who::Person(id, _)) => Ok(grants::of_person(self.connection, *id)?),
            _ => Ok(Vec::new()),
        }
    }

    /// The caller's address as text; empty for a command.
    pub(super) fn ip(&self) -> String {
        self.caller.ip.map(|ip| ip.to_string()).unwrap_or_default()
    }
}

/// Whether somebody who signed in then did so a short while ago.
fn sign_in(settings: &Settings, since: Timestamp, now: Timestamp) -> SignIn {
    let fresh = since.plus(settings.number(Setting::AdminFreshMinutes) * 60) > now;
    if fresh { SignIn::Fresh } else { SignIn::Old }
}

impl<'c> Op<'c> {
    pub(crate) fn new(
        transaction: &'c Transaction<'c>,
        caller: &'c Caller,
        root: &'c RootKey,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        Ok(Self { view: View::new(transaction, caller, Ok(root), now)?, transaction, root, audited: Cell::new(false) })
    }

    /// Notes that this row changed, so that it is published.
    pub(super) fn changed(&self, kind: ChangeKind, id: i64) -> Result<(), Refusal> {
        Ok(change_log::note(self.transaction, kind, id)?)
    }
}

impl<'c> Deref for Op<'c> {
    type Target = View<'c>;

    fn deref(&self) -> &View<'c> {
        &self.view
    }
}
