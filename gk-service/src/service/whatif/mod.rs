//! Who would gain and who would lose by a change, before it is made.
//!
//! The verb is done and taken back; what it would have published is laid over a copy of what is in force, and everybody
//! it can touch is decided about in both. The writer waits only while the verb is tried, not while people are compared.

mod compare;
mod effects;
#[cfg(test)]
mod large;
#[cfg(test)]
mod missed;
#[cfg(test)]
mod tests;

pub use effects::{Affected, Effects, Names, Place, PlaceEffects};

use std::collections::BTreeMap;

use gk_shared::model::{AppId, Role};
use gk_shared::policy::{ChangeKind, Snapshot, Supposed};
use gk_shared::time::Timestamp;

use super::op::Op;
use super::refusal::Refusal;
use crate::publish::suppose;
use crate::store::{apps, change_log};

/// The roles of each app whose holders administer it.
pub(super) type AdminRoles = BTreeMap<AppId, Vec<Role>>;

/// What a verb would change, taken down while it was tried.
pub(crate) struct Tried {
    /// What is saved and was not in force then.
    missed: Supposed,
    /// What the verb would add.
    change: Supposed,
    /// The rows it names.
    touched: Vec<(ChangeKind, i64)>,
    admin_roles: [AdminRoles; 2],
    now: Timestamp,
}

/// Does a verb and takes down what it changes; `in_force` is the revision of the snapshot that it is to be laid over.
pub(crate) fn take_down<T>(
    op: &Op<'_>,
    in_force: i64,
    verb: impl FnOnce(&Op<'_>) -> Result<T, Refusal>,
) -> Result<(T, Tried), Refusal> {
    let cannot = |error: &dyn std::fmt::Display| Refusal::Conflict(format!("this cannot be tried now: {error}"));
    let saved = change_log::head(op.connection)?.map_or(0, |head| head.revision);
    let missed = suppose(op.connection, op.root, in_force).map_err(|error| cannot(&error))?;
    let before = admin_roles(op)?;
    let value = verb(op)?;
    let change = suppose(op.connection, op.root, saved).map_err(|error| cannot(&error))?;
    let touched = change_log::after(op.connection, saved)?.into_iter().map(|(_, kind, id)| (kind, id)).collect();
    Ok((value, Tried { missed, change, touched, admin_roles: [before, admin_roles(op)?], now: op.now }))
}

fn admin_roles(op: &Op<'_>) -> Result<AdminRoles, Refusal> {
    Ok(apps::list(op.connection)?.into_iter().map(|app| (app.id, app.admin_roles)).collect())
}

impl Tried {
    /// Compares what is decided without the change and with it. `in_force` is a copy of the snapshot that was named when
    /// the verb was tried.
    pub(crate) fn effects(mut self, mut in_force: Snapshot) -> Result<Effects, Refusal> {
        self.missed.lay_over(&mut in_force)?;
        let mut changed = in_force.clone();
        self.change.lay_over(&mut changed)?;
        let [before, after] = &self.admin_roles;
        let sides = [(&in_force, before), (&changed, after)].map(|(snapshot, admin_roles)| compare::Side {
            snapshot,
            admin_roles,
            now: self.now,
        });
        Ok(compare::compare(&sides, &self.touched))
    }
}
