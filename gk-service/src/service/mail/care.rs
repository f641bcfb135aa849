//! The operator's side: look at the queue, try dead letters again, drop some, and say where no mail may go.

use gk_shared::model::Email;
use gk_shared::time::Timestamp;
use serde_json::json;

use super::super::audit::Event;
use super::super::notice::written;
use super::super::op::{Op, View};
use super::super::permit::{Verb, permit};
use super::super::refusal::Refusal;
use super::sending::{Letter, suppressed_because};
use super::{template, with_common_values};
use crate::model::{MailEntry, MailKind, MailState, SuppressedBy, Suppression};
use crate::secret::{Secret, random_uuid};
use crate::settings::Setting;
use crate::store::{challenges, mail, suppressions};

/// As many are shown at once.
const MOST_LISTED: i64 = 1000;
/// News that was given up is worth sending for as long again.
const WORTH_SENDING_SECONDS: i64 = 2 * 86_400;

/// What became of all dead letters.
#[derive(Debug, Default)]
pub struct Retried {
    pub queued: Vec<MailEntry>,
    /// Those that cannot be tried again, and why.
    pub left: Vec<(i64, String)>,
}

/// The newest thousand mails in a state, or in any; newest first.
pub fn list(view: &View<'_>, state: Option<MailState>) -> Result<Vec<MailEntry>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok(mail::list(view.connection, state, MOST_LISTED)?)
}

/// How many letters there are of each state.
pub fn counts(view: &View<'_>) -> Result<[(MailState, i64); 4], Refusal> {
    permit(view.standing, Verb::Housekeep)?;
    let mut counts = MailState::ALL.map(|state| (state, 0));
    for (state, count) in &mut counts {
        *count = mail::count(view.connection, *state)?;
    }
    Ok(counts)
}

/// Queues a dead letter anew, or has one that waits tried now.
pub fn retry(op: &Op<'_>, id: i64) -> Result<MailEntry, Refusal> {
    permit(op.standing, Verb::ChangeMail)?;
    let before = named(op, id)?;
    match before.state {
        MailState::Queued => mail::hurry(op.transaction, id, op.now)?,
        MailState::Dead => {
            let give_up_at = worth_sending_until(op, id)?;
            mail::revive(op.transaction, id, op.now, give_up_at)?;
        }
        MailState::Sent | MailState::Dropped => {
            return Err(Refusal::Conflict(format!("mail {id} was {}: there is nothing to send", before.state.word())));
        }
    }
    noted(op, "mail_retried", &before)
}

/// Until when a dead letter is worth another try; refused if it is not.
fn worth_sending_until(op: &Op<'_>, id: i64) -> Result<Timestamp, Refusal> {
    let dead = mail::dead_by_id(op.connection, id)?.ok_or_else(|| Refusal::missing("dead mail", id))?;
    let conflict = |why: String| Err(Refusal::Conflict(format!("mail {id} cannot be tried again: {why}")));
    let Some(kind) = dead.kind.filter(|_| dead.has_values) else {
        return conflict("what it says is not known any more".into());
    };
    if let Some(found) = suppressions::of(op.connection, &dead.recipient)? {
        return conflict(format!(
            "{} is {}; `gk mail unsuppress --email {0}` changes that",
            dead.recipient,
            suppressed_because(&found.reason)
        ));
    }
    let over = match dead.challenge {
        Some(challenge) => !challenges::is_open(op.connection, challenge, op.now)?,
        None => kind.carries_a_purpose() && dead.give_up_at <= op.now,
    };
    match (over, kind.carries_a_purpose()) {
        (true, _) => conflict("its link is dead; ask for a new one".into()),
        (false, true) => Ok(dead.give_up_at),
        (false, false) => Ok(op.now.plus(WORTH_SENDING_SECONDS)),
    }
}

/// Queues every dead letter anew that is worth it.
pub fn retry_all(op: &Op<'_>) -> Result<Retried, Refusal> {
    permit(op.standing, Verb::ChangeMail)?;
    let mut retried = Retried::default();
    for dead in mail::list(op.connection, Some(MailState::Dead), i64::MAX)? {
        match retry(op, dead.id) {
            Ok(entry) => retried.queued.push(entry),
            Err(Refusal::Conflict(why)) => retried.left.push((dead.id, why)),
            Err(other) => return Err(other),
        }
    }
    Ok(retried)
}

/// Drops a letter that waits or is dead, and forgets what it says.
pub fn discard(op: &Op<'_>, id: i64) -> Result<MailEntry, Refusal> {
    permit(op.standing, Verb::ChangeMail)?;
    let before = named(op, id)?;
    match before.state {
        MailState::Queued | MailState::Dead => {
            mail::dropped(op.transaction, id, &format!("dropped by {}", op.label), op.now)?;
            noted(op, "mail_dropped", &before)
        }
        MailState::Sent | MailState::Dropped => {
            Err(Refusal::Conflict(format!("mail {id} was {} already", before.state.word())))
        }
    }
}

fn named(view: &View<'_>, id: i64) -> Result<MailEntry, Refusal> {
    mail::by_id(view.connection, id)?.ok_or_else(|| Refusal::missing("mail", id))
}

fn noted(op: &Op<'_>, action: &str, before: &MailEntry) -> Result<MailEntry, Refusal> {
    let after = named(op, before.id)?;
    let shown = |entry: &MailEntry| json!({ "mail": entry.id, "kind": entry.kind, "state": entry.state.word() });
    let (before, shown_after) = (shown(before), shown(&after));
    op.audit(&Event { action, target: &after.to, before, after: shown_after, app: "" })?;
    Ok(after)
}

/// Puts an address on the list of those no mail goes to, whatever it is for.
pub fn suppress(op: &Op<'_>, email: &Email, reason: &str) -> Result<Suppression, Refusal> {
    permit(op.standing, Verb::ChangeMail)?;
    if reason.chars().count() > 200 || reason.chars().any(char::is_control) {
        return Err(Refusal::Invalid("a reason is one line of at most 200 characters".into()));
    }
    if suppressions::insert(op.transaction, email, (SuppressedBy::Hand, reason), op.now)? != 0 {
        let after = json!({ "source": SuppressedBy::Hand.word(), "reason": reason });
        op.audit(&Event { action: "mail_suppressed", target: email.as_str(), after, ..Event::default() })?;
    }
    suppressions::of(op.connection, email.as_str())?.ok_or_else(|| Refusal::missing("suppressed address", email))
}

/// Takes an address off that list.
pub fn unsuppress(op: &Op<'_>, email: &Email) -> Result<(), Refusal> {
    permit(op.standing, Verb::ChangeMail)?;
    if suppressions::delete(op.transaction, email)? == 0 {
        return Err(Refusal::missing("suppressed address", email));
    }
    op.audit(&Event { action: "mail_unsuppressed", target: email.as_str(), ..Event::default() })
}

/// The newest thousand addresses no mail goes to, newest first.
pub fn suppressed(view: &View<'_>) -> Result<Vec<Suppression>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok(suppressions::list(view.connection, MOST_LISTED)?)
}

/// A letter that is sent at once and only says when that was. Never queued.
pub fn test_letter(op: &Op<'_>, to: &Email) -> Result<Letter, Refusal> {
    permit(op.standing, Verb::ChangeMail)?;
    if let Some(found) = suppressions::of(op.connection, to.as_str())? {
        return Err(Refusal::Conflict(format!(
            "{to} is {}: nothing was sent; `gk mail unsuppress --email {to}` changes that",
            suppressed_because(&found.reason)
        )));
    }
    op.audit(&Event { action: "test_mail", target: to.as_str(), ..Event::default() })?;
    Ok(Letter {
        id: 0,
        uuid: random_uuid(),
        template: template(op, MailKind::Test, None),
        sender: Email::parse(op.settings.text(Setting::MailSender))?,
        sender_name: op.settings.text(Setting::ServerName).to_owned(),
        recipient: to.clone(),
        values: Secret::new(with_common_values(op, to, json!({ "at": written(op.now) })).to_string()),
        challenge: None,
        tries: 0,
        unclear: 0,
        give_up_at: op.now,
    })
}
