//! What every verb is handed first: who asks, when, and the transaction to work in.

use std::net::IpAddr;
use std::ops::Deref;

use gk_shared::model::UserId;
use gk_shared::policy::ChangeKind;
use gk_shared::time::Timestamp;
use rusqlite::{Connection, Transaction};

use super::permit::Standing;
use super::refusal::Refusal;
use crate::secret::RootKey;
use crate::settings::Settings;
use crate::store::{change_log, settings, users};

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
    /// A signed-in person.
    Person(UserId),
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
        let (standing, label) = match &caller.who {
            Who::Operator(name) => (Standing::Operator, name.clone()),
            Who::System(part) => (Standing::System, (*part).to_owned()),
            Who::Stranger => (Standing::Stranger, "stranger".to_owned()),
            Who::Person(id) => {
                let user = users::by_id(connection, *id)?.ok_or_else(|| Refusal::missing("user", id))?;
                (Standing::of(&user), user.username.to_string())
            }
        };
        Ok(Self { caller, now, settings, standing, label, connection, root })
    }

    /// The root key, for what only a keyed process can do.
    pub(super) fn root(&self) -> Result<&'c RootKey, Refusal> {
        self.root.map_err(|why| Refusal::Key(why.to_owned()))
    }

    /// The caller's address as text; empty for a command.
    pub(super) fn ip(&self) -> String {
        self.caller.ip.map(|ip| ip.to_string()).unwrap_or_default()
    }
}

impl<'c> Op<'c> {
    pub(crate) fn new(
        transaction: &'c Transaction<'c>,
        caller: &'c Caller,
        root: &'c RootKey,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        Ok(Self { view: View::new(transaction, caller, Ok(root), now)?, transaction, root })
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
