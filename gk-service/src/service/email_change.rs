//! The change of one's own address: asked for with a recent sign-in, confirmed from the new address, told to the old.
//!
//! What it does to access. The account stays the one it was: its groups, grants and rank were given to the person. Its
//! approval was too, unless the address was within an accepted domain, which alone approves: whoever leaves those waits
//! for an administrator, as they would by registering from outside, but for super-admins, whom somebody has chosen.
//! Whoever can read mail within an accepted domain is internal, as they would be by signing in there. Somebody who waits
//! for approval cannot change the address: they would be approved at the next sign-in, or an administrator would approve
//! another address than the one they looked at.

use gk_shared::model::Email;
use gk_shared::policy::ChangeKind;
use serde_json::json;

use super::account;
use super::audit::Event;
use super::mail::{self, Mail};
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use super::{notice, signin, users};
use crate::model::{EmailChange, MailKind, Session, Status, User};
use crate::secret::{Secret, hash, random_link};
use crate::store::{challenges, email_changes};

/// How long the new address has to confirm.
pub const MINUTES: i64 = 15;
/// How often an account may ask in a day.
const MOST_PER_DAY: i64 = 5;

/// Asks the new address to confirm. The answer is the same for an address that another account has, or that gets no
/// mail because it had too many: nobody learns here who has an account.
pub fn begin(op: &Op<'_>, new: &Email) -> Result<EmailChange, Refusal> {
    permit(op.standing, Verb::ChangeOwnAccount)?;
    op.need_recent_sign_in()?;
    let user = movable(op)?;
    if *new == user.email {
        return Err(Refusal::Invalid("that is your address already".into()));
    }
    // Counted with the sign-in mails, so that asking here is no way around their limits. No mailbox is called so.
    let account = format!("change of address of {}", user.id);
    if challenges::attempts(op.connection, (&account, ""), op.now)?.mailbox_daily >= MOST_PER_DAY {
        return Err(Refusal::Conflict("you asked too often today: try again tomorrow".into()));
    }
    let over = signin::limit_reached(op, new.as_str(), signin::Asker::Anybody)?.is_some();
    challenges::note_attempt(op.transaction, (&account, ""), op.now)?;
    let change = EmailChange { user: user.id, email: new.clone(), expires_at: op.now.plus(MINUTES * 60) };
    let link = random_link();
    email_changes::put(op.transaction, &change, hash(&link), op.now)?;
    if !over && is_free(op, new)? {
        mail_link(op, &user, &change, &link)?;
    }
    let after = json!({ "email": new.as_str() });
    op.audit(&Event { action: "email_change_asked", target: user.username.as_str(), after, ..Event::default() })?;
    Ok(change)
}

fn mail_link(op: &Op<'_>, user: &User, change: &EmailChange, link: &Secret) -> Result<(), Refusal> {
    let link = notice::at(op, &format!("/settings/email/{}", link.reveal()));
    let values = json!({ "link": link, "old": user.email.as_str(), "minutes": MINUTES });
    let kind = MailKind::EmailChange;
    let (to, language, give_up_at) = (&change.email, user.language, change.expires_at);
    mail::queue(op, Mail { kind, to, language, values, challenge: None, give_up_at })
}

/// The change that waits, if one does.
pub fn waiting(view: &View<'_>) -> Result<Option<EmailChange>, Refusal> {
    permit(view.standing, Verb::ChangeOwnAccount)?;
    Ok(email_changes::of_user(view.connection, view.person()?, view.now)?)
}

/// What a link confirms, for the person it is for. Looking confirms nothing. Everybody else is told what they would be
/// told of a link that never was.
pub fn look(view: &View<'_>, link: &Secret) -> Result<Option<EmailChange>, Refusal> {
    permit(view.standing, Verb::ChangeOwnAccount)?;
    let person = view.person()?;
    let change = email_changes::by_link(view.connection, hash(link), view.now)?;
    Ok(change.filter(|change| change.user == person))
}

/// Confirms a change: the first in time does. Every other session of the person ends, and every sign-in that was begun
/// with either address. `None` when the link does not work, whatever the reason.
pub fn confirm(op: &Op<'_>, link: &Secret, this: &Session) -> Result<Option<User>, Refusal> {
    permit(op.standing, Verb::ChangeOwnAccount)?;
    let user = movable(op)?;
    let Some(change) = look(op, link)? else { return Ok(None) };
    // Somebody may have taken the address since, or had it all along.
    let taken = email_changes::consume(op.transaction, user.id, hash(link), op.now)?;
    if taken == 0 || !is_free(op, &change.email)? {
        return Ok(None);
    }
    crate::store::users::set_email(op.transaction, &user, &change.email, op.now)?;
    op.changed(ChangeKind::User, user.id.0)?;
    challenges::end_all_of(op.transaction, &change.email, op.now)?;
    account::end_others(op, &user, this)?;
    // To the account as it was: at its old address.
    notice::tell(op, &user, MailKind::EmailChanged, json!({ "new": change.email.as_str() }))?;
    let waits = loses_approval(op, &user, &change.email)?;
    if waits {
        crate::store::users::set_status(op.transaction, user.id, Status::Pending, op.now)?;
    }
    let after = users::changed(op, &user, "email_changed")?;
    if waits {
        notice::registration_waits(op, &after)?;
    }
    Ok(Some(after))
}

/// Whether an account with another address has to be approved again: the accepted domain it leaves was what approved it,
/// or the one it enters would approve nobody with this mailbox.
pub fn loses_approval(view: &View<'_>, user: &User, new: &Email) -> Result<bool, Refusal> {
    let (was, is) = (users::is_internal(view, &user.email), users::is_internal(view, new));
    Ok(!user.admin && (was || is) && !users::is_approved_by_domain(view, new)?)
}

/// Gives a change up. There are no more of them than may be asked for.
pub fn cancel(op: &Op<'_>) -> Result<(), Refusal> {
    permit(op.standing, Verb::ChangeOwnAccount)?;
    let user = users::by_id(op, op.person()?)?;
    if email_changes::delete_of(op.transaction, user.id)? > 0 {
        let event = Event { action: "email_change_cancelled", target: user.username.as_str(), ..Event::default() };
        op.audit(&event)?;
    }
    Ok(())
}

/// The caller's account, if its address may change at all.
fn movable(op: &Op<'_>) -> Result<User, Refusal> {
    let user = users::by_id(op, op.person()?)?;
    if !user.is_usable() {
        return Err(Refusal::Conflict("the address can be changed once the account is approved".into()));
    }
    users::refuse_kept(&user)?;
    users::keep_listed(op, &user)?;
    Ok(user)
}

/// Whether no account goes by this name.
fn is_free(view: &View<'_>, email: &Email) -> Result<bool, Refusal> {
    Ok(crate::store::users::by_name(view.connection, email.as_str())?.is_none())
}
