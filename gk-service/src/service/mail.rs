//! The mail queue: verbs put letters in, the courier takes them out and says what became of them.

use gk_shared::model::Email;
use gk_shared::time::Timestamp;

use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use crate::secret::{Purpose, Secret};
use crate::settings::Setting;
use crate::store::mail;

/// A mail on its way.
#[derive(Debug)]
pub struct Letter {
    pub id: i64,
    pub sender: Email,
    pub sender_name: String,
    pub recipient: Email,
    pub subject: String,
    /// It may hold a sign-in link.
    pub body: Secret,
    tries: i64,
    give_up_at: Timestamp,
}

/// What became of a letter.
#[derive(Clone, Debug)]
pub enum Delivery {
    Sent,
    /// It may work later.
    Delayed(String),
    /// It will never work.
    Refused(String),
}

/// Puts a letter into the queue; it is worth sending until `give_up_at`.
pub(super) fn queue(op: &Op<'_>, to: &Email, subject: &str, body: &str, give_up_at: Timestamp) -> Result<(), Refusal> {
    let sealed = op.root.seal(Purpose::Mail, body.as_bytes());
    mail::insert(op.transaction, (to, subject), &sealed, (op.now, give_up_at))?;
    Ok(())
}

/// The letters that are due, oldest first, at most 20.
pub fn due(view: &View<'_>) -> Result<Vec<Letter>, Refusal> {
    permit(view.standing, Verb::Housekeep)?;
    let root = view.root()?;
    let sender = Email::parse(view.settings.text(Setting::MailSender))?;
    let letter = |queued: mail::QueuedMail| {
        let body = root.open(Purpose::Mail, &queued.sealed_body)?;
        Ok(Letter {
            id: queued.id,
            sender: sender.clone(),
            sender_name: view.settings.text(Setting::ServerName).to_owned(),
            recipient: queued.recipient,
            subject: queued.subject,
            body: Secret::new(String::from_utf8_lossy(&body).into_owned()),
            tries: queued.tries,
            give_up_at: queued.give_up_at,
        })
    };
    mail::due(view.connection, view.now, 20)?.into_iter().map(letter).collect()
}

/// When the next letter is due, if any waits.
pub fn next_due(view: &View<'_>) -> Result<Option<Timestamp>, Refusal> {
    permit(view.standing, Verb::Housekeep)?;
    Ok(mail::next_due(view.connection)?)
}

/// Records what became of a letter. One that cannot go now is tried again after 2, 4, 8 … 600 seconds, for as long
/// as it is worth sending.
pub fn settle(op: &Op<'_>, letter: &Letter, delivery: &Delivery) -> Result<(), Refusal> {
    permit(op.standing, Verb::Housekeep)?;
    let wait =
        2_i64.checked_shl(u32::try_from(letter.tries).unwrap_or(u32::MAX)).filter(|wait| (1..600).contains(wait));
    let again = op.now.plus(wait.unwrap_or(600));
    match delivery {
        Delivery::Sent => mail::sent(op.transaction, letter.id, op.now)?,
        Delivery::Delayed(error) if again < letter.give_up_at => mail::retry(op.transaction, letter.id, error, again)?,
        Delivery::Delayed(error) | Delivery::Refused(error) => mail::failed(op.transaction, letter.id, error)?,
    }
    Ok(())
}
