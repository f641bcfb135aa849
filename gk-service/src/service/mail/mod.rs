//! The mail queue: verbs put mails in as values, the courier takes them out, words them, and says what came of them.

mod care;
mod sending;
#[cfg(test)]
mod tests;

pub use care::{Retried, counts, discard, list, retry, retry_all, suppress, suppressed, test_letter, unsuppress};
pub use sending::{Delivery, Errand, Letter, Room, due, note_unclear, settle};

use gk_shared::model::Email;
use gk_shared::time::Timestamp;
use serde_json::{Value, json};

use super::op::{Op, View};
use super::refusal::Refusal;
use crate::model::{Language, MailKind, Template};
use crate::secret::{Purpose, random_uuid};
use crate::settings::Setting;
use crate::store::mail;

/// A mail to be written.
pub(super) struct Mail<'m> {
    pub(super) kind: MailKind,
    pub(super) to: &'m Email,
    /// What they chose, or what their browser asks for; else the setting decides.
    pub(super) language: Option<Language>,
    /// An object with the values the kind's template names.
    pub(super) values: Value,
    /// The sign-in it is for.
    pub(super) challenge: Option<i64>,
    /// It is worth sending until then.
    pub(super) give_up_at: Timestamp,
}

/// Puts a mail into the queue. What it tells of happens also if the queue has no room for it.
pub(super) fn queue(op: &Op<'_>, new: Mail<'_>) -> Result<(), Refusal> {
    if mail::count_queued(op.connection)? >= most_waiting(new.kind) {
        tracing::error!(kind = new.kind.word(), to = %new.to, "the mail queue is full: a mail was not queued");
        return Ok(());
    }
    let template = template(op, new.kind, new.language);
    let values = with_common_values(op, new.to, new.values).to_string();
    mail::insert(
        op.transaction,
        &mail::NewMail {
            uuid: &random_uuid(),
            template,
            recipient: new.to,
            sealed_values: &op.root.seal(Purpose::Mail, values.as_bytes()),
            challenge: new.challenge,
            created_at: op.now,
            give_up_at: new.give_up_at,
        },
    )?;
    Ok(())
}

/// So many mails may wait before one of this kind finds no room. News never takes the room of sign-ins.
fn most_waiting(kind: MailKind) -> i64 {
    if kind.carries_a_purpose() { 20_000 } else { 10_000 }
}

fn template(view: &View<'_>, kind: MailKind, language: Option<Language>) -> Template {
    let default = Language::parse(view.settings.text(Setting::MailLanguage)).unwrap_or(Language::English);
    Template { kind, language: language.unwrap_or(default) }
}

/// Adds what every template knows.
fn with_common_values(view: &View<'_>, to: &Email, mut values: Value) -> Value {
    if let Some(values) = values.as_object_mut() {
        values.insert("name".into(), json!(view.settings.text(Setting::ServerName)));
        values.insert("url".into(), json!(view.settings.text(Setting::PublicUrl)));
        values.insert("email".into(), json!(to.as_str()));
    }
    values
}

/// The queue as the tests of other verbs look at it: every waiting letter, oldest first.
#[cfg(test)]
pub(crate) fn waiting(view: &View<'_>) -> Result<Vec<Letter>, Refusal> {
    let mut letters = due(view, &Room::default())?.into_iter().map(|errand| errand.letter).collect::<Vec<_>>();
    letters.sort_by_key(|letter| letter.id);
    Ok(letters)
}
