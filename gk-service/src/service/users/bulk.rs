//! The same done to many people at once: all of it, or nothing.

use gk_shared::model::{GroupName, Slug, UserId, Username};

use super::{Status, Update, approve, by_id, update};
use crate::model::User;
use crate::service::grants::{self, Give, Outcome, Receiver};
use crate::service::groups;
use crate::service::op::Op;
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;

/// So many people at once.
const MOST: usize = 1000;

/// What to do to each.
#[derive(Clone, Debug)]
pub enum Bulk {
    Approve,
    Enable,
    Disable,
    Join(GroupName),
    Grant(Slug, Give),
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Many {
    /// Those for whom something changed.
    pub changed: Vec<User>,
    /// Those who were so already.
    pub unchanged: Vec<User>,
}

/// Does the same to each of these people. One who cannot be changed has everything refused, naming them.
pub fn many(op: &Op<'_>, people: &[UserId], bulk: &Bulk) -> Result<Many, Refusal> {
    permit(op.standing, Verb::ChangeUsers)?;
    if people.is_empty() || people.len() > MOST {
        return Err(Refusal::Invalid(format!("choose from 1 to {MOST} people")));
    }
    let mut many = Many::default();
    for id in people {
        let user = by_id(op, *id)?;
        let list = if one(op, &user, bulk)? { &mut many.changed } else { &mut many.unchanged };
        list.push(user);
    }
    Ok(many)
}

/// Whether it changed anything.
fn one(op: &Op<'_>, user: &User, bulk: &Bulk) -> Result<bool, Refusal> {
    let name = &user.username;
    match bulk {
        Bulk::Approve if user.status == Status::Approved => Ok(false),
        Bulk::Approve => approve(op, name).map(|_| true),
        Bulk::Enable => set_enabled(op, user, name, true),
        Bulk::Disable => set_enabled(op, user, name, false),
        Bulk::Join(group) => groups::admit(op, group, user),
        Bulk::Grant(slug, give) => {
            let given = grants::give(op, slug, &Receiver::User(name.clone()), give)?;
            Ok(given.outcome != Outcome::Unchanged)
        }
    }
}

fn set_enabled(op: &Op<'_>, user: &User, name: &Username, enabled: bool) -> Result<bool, Refusal> {
    if user.enabled == enabled {
        return Ok(false);
    }
    update(op, name, &Update { enabled: Some(enabled), ..Update::default() }).map(|_| true)
}
