//! `auth.admin_emails`: who shall be administrators, whatever becomes of the database.

use gk_shared::model::Email;

use super::{AccountOrigin, Add, Approval, Fullname, Rank, changed, create, join};
use crate::model::GroupKind;
use crate::service::notice;
use crate::service::op::Op;
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::settings::Setting;
use crate::store::users;

/// What became of one address of `auth.admin_emails`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ensured {
    Created,
    Promoted,
    /// In the group, but not usable: a disabled, pending or rejected account is never revived by a list.
    NotUsable,
    AlreadyThere,
}

/// Sees to it that every address of `auth.admin_emails` has an account in the group `admin`.
pub fn ensure_admins(op: &Op<'_>) -> Result<Vec<(Email, Ensured)>, Refusal> {
    permit(op.standing, Verb::Housekeep)?;
    let listed = op.settings.list(Setting::AdminEmails).map(Email::parse).collect::<Result<Vec<_>, _>>()?;
    listed.into_iter().map(|email| ensure_admin(op, &email).map(|ensured| (email, ensured))).collect()
}

fn ensure_admin(op: &Op<'_>, email: &Email) -> Result<Ensured, Refusal> {
    let Some(user) = users::by_name(op.connection, email.as_str())? else {
        let add = Add {
            username: None,
            email: email.clone(),
            fullname: Fullname::default(),
            approval: Approval::Given,
            rank: Rank::SuperAdmin,
            origin: AccountOrigin::Added,
        };
        return create(op, add, "user_created").map(|_| Ensured::Created);
    };
    let ensured = match (user.admin, user.is_usable()) {
        (true, true) => return Ok(Ensured::AlreadyThere),
        (true, false) => return Ok(Ensured::NotUsable),
        (false, true) => Ensured::Promoted,
        (false, false) => Ensured::NotUsable,
    };
    join(op, user.id, GroupKind::Admin)?;
    notice::made_admin(op, user.id)?;
    changed(op, &user, "user_updated")?;
    Ok(ensured)
}
