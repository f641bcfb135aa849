//! Browsers an account was used from, and the mail about one that is new to it.
//!
//! Each keeps a secret of its own, which opens nothing: it only tells a browser that has signed in before from one
//! that never did.

use gk_shared::model::UserId;
use serde_json::json;

use super::notice;
use super::op::{Op, View};
use super::refusal::Refusal;
use crate::model::{MailKind, User, in_words};
use crate::secret::{Secret, hash, random_link};
use crate::settings::Setting;
use crate::store::{devices, sessions};

/// A browser that was not used for so long is a new one.
pub const KNOWN_DAYS: i64 = 400;
/// More browsers than this nobody has; the one used longest ago is forgotten.
const MOST_PER_PERSON: i64 = 50;

/// Whether this person has signed in before from the browser that keeps this secret.
pub(super) fn knows(view: &View<'_>, user: UserId, device: Option<&Secret>) -> Result<bool, Refusal> {
    let Some(device) = device else { return Ok(false) };
    Ok(devices::is_known(view.connection, user, hash(device), view.now.plus(-KNOWN_DAYS * 86_400))?)
}

/// Whether a new browser is worth a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tell {
    Person,
    /// An operator has printed the link, and knows.
    Nobody,
}

/// Notes a sign-in, before its session is made; gives the secret the browser is to keep. One that this person does not
/// know is never theirs: whoever used the browser before may have kept a copy of it, or somebody planted it. So people who
/// share a browser make it new to each other, and hear of it more often than they need.
pub(super) fn note(op: &Op<'_>, user: &User, presented: Option<&Secret>, tell: Tell) -> Result<Secret, Refusal> {
    let known = knows(op, user.id, presented)?;
    let signed_in_before = devices::any_of(op.connection, user.id)? || sessions::any_signed_in(op.connection, user.id)?;
    let wanted = op.settings.flag(Setting::NewDeviceMail) && user.new_device_mail;
    if tell == Tell::Person && wanted && signed_in_before && !known {
        tell_of_new(op, user)?;
    }
    let device = presented.filter(|_| known).cloned().unwrap_or_else(random_link);
    devices::note(op.transaction, user.id, hash(&device), op.now)?;
    devices::keep_newest(op.transaction, user.id, MOST_PER_PERSON)?;
    Ok(device)
}

/// Whether anybody has signed in before from the browser that keeps this secret. Needs no permission: it says nothing of
/// whom.
pub fn is_anybodys(view: &View<'_>, device: Option<&Secret>) -> Result<bool, Refusal> {
    let Some(device) = device else { return Ok(false) };
    Ok(devices::is_anybodys(view.connection, hash(device))?)
}

fn tell_of_new(op: &Op<'_>, user: &User) -> Result<(), Refusal> {
    let values = json!({
        "browser": in_words(&op.caller.user_agent),
        "ip": op.ip(),
        "at": notice::written(op.now),
        "link": notice::at(op, "/settings"),
    });
    notice::tell(op, user, MailKind::NewDevice, values)
}

/// Forgets browsers that were not used for long.
pub(super) fn prune(op: &Op<'_>) -> Result<usize, Refusal> {
    Ok(devices::delete_old(op.transaction, op.now.plus(-KNOWN_DAYS * 86_400))?)
}
