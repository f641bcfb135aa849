//! The courier's side: which letters are to go now, and what became of each.
//!
//! A letter is delivered once, or at most twice: a try that may arrive without an answer is noted before its last
//! word is said, and the second such try is the last one, whatever happens to this process in between.

use gk_shared::model::Email;
use gk_shared::time::Timestamp;
use serde_json::json;

use super::super::audit::Event;
use super::super::op::{Op, View};
use super::super::permit::{Verb, permit};
use super::super::refusal::Refusal;
use crate::model::{SuppressedBy, Template};
use crate::secret::{Purpose, RootKey, Secret};
use crate::settings::Setting;
use crate::store::{challenges, mail, suppressions};

/// After so many tries without an answer it is not tried again.
const MOST_UNCLEAR: i64 = 2;
/// So many seconds at most between two tries of a letter that somebody waits for.
const MOST_WAITED_FOR: i64 = 30;

/// A mail on its way.
#[derive(Clone, Debug)]
pub struct Letter {
    /// 0 for one that was never queued.
    pub id: i64,
    /// The same at every try.
    pub uuid: String,
    pub template: Template,
    pub sender: Email,
    pub sender_name: String,
    pub recipient: Email,
    /// A JSON object that fills the template. It may hold a sign-in link.
    pub values: Secret,
    pub(super) challenge: Option<i64>,
    pub(super) tries: i64,
    pub(super) unclear: i64,
    pub(super) give_up_at: Timestamp,
}

impl Letter {
    /// Whether a try has failed before.
    pub fn was_tried(&self) -> bool {
        self.tries > 0
    }
}

/// What became of a letter. Each says why, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It was taken; what the other side said.
    Sent(String),
    /// It was not taken, and may be later.
    Delayed(String),
    /// It may have been taken: no answer came.
    Unclear(String),
    /// It will not be taken as it is.
    Refused(String),
    /// There is no such recipient.
    Bounced(String),
    /// Nobody needs it any more.
    Dropped(String),
}

impl Delivery {
    /// The same, its text cut to one line that can be printed: the other side may have said anything.
    #[must_use]
    pub fn printable(self) -> Self {
        let plain = |text: String| {
            let line = text.chars().take(500).map(|c| if c.is_control() { ' ' } else { c });
            line.collect::<String>().trim_end().to_owned()
        };
        match self {
            Self::Sent(text) => Self::Sent(plain(text)),
            Self::Delayed(text) => Self::Delayed(plain(text)),
            Self::Unclear(text) => Self::Unclear(plain(text)),
            Self::Refused(text) => Self::Refused(plain(text)),
            Self::Bounced(text) => Self::Bounced(plain(text)),
            Self::Dropped(text) => Self::Dropped(plain(text)),
        }
    }
}

/// A letter that is due.
#[derive(Debug)]
pub struct Errand {
    pub letter: Letter,
    /// What has become of it already: it is not to be sent.
    pub outcome: Option<Delivery>,
}

/// What may be sent beside the letters that are on their way.
#[derive(Debug)]
pub struct Room {
    /// The letters on their way. Nobody gets two at once, so one that hangs holds up nobody else.
    pub under_way: Vec<i64>,
    /// Domains nothing may go to: enough is on its way there.
    pub crowded: Vec<String>,
    /// How many more may go.
    pub most: i64,
    /// Whether letters that have failed before may be among them.
    pub repeated: bool,
}

impl Default for Room {
    fn default() -> Self {
        Self { under_way: Vec::new(), crowded: Vec::new(), most: 20, repeated: true }
    }
}

/// The letters that are due: sign-ins first, then the oldest.
pub fn due(view: &View<'_>, room: &Room) -> Result<Vec<Errand>, Refusal> {
    permit(view.standing, Verb::Housekeep)?;
    let key = view.root()?;
    let most_tries = if room.repeated { i64::MAX } else { 0 };
    let (under_way, crowded) = (json!(room.under_way).to_string(), json!(room.crowded).to_string());
    let found = mail::due(view.connection, view.now, (&under_way, &crowded), (room.most, most_tries))?;
    found.into_iter().map(|queued| errand(view, key, queued)).collect()
}

fn errand(view: &View<'_>, key: &RootKey, queued: mail::QueuedMail) -> Result<Errand, Refusal> {
    let opened = key.open(Purpose::Mail, &queued.sealed_values);
    let values = opened.as_ref().map(|values| String::from_utf8_lossy(values).into_owned()).unwrap_or_default();
    let letter = Letter {
        id: queued.id,
        uuid: queued.uuid,
        template: queued.template,
        sender: Email::parse(view.settings.text(Setting::MailSender))?,
        sender_name: view.settings.text(Setting::ServerName).to_owned(),
        recipient: queued.recipient,
        values: Secret::new(values),
        challenge: queued.challenge,
        tries: queued.tries,
        unclear: queued.unclear,
        give_up_at: queued.give_up_at,
    };
    let outcome = match opened {
        Ok(_) => already(view, &letter)?,
        Err(error) => Some(Delivery::Refused(error.to_string())),
    };
    Ok(Errand { letter, outcome })
}

/// Why a letter that is due is not to be sent.
fn already(view: &View<'_>, letter: &Letter) -> Result<Option<Delivery>, Refusal> {
    if let Some(challenge) = letter.challenge
        && !challenges::is_open(view.connection, challenge, view.now)?
    {
        return Ok(Some(Delivery::Dropped("its sign-in is over".into())));
    }
    if let Some(found) = suppressions::of(view.connection, letter.recipient.as_str())? {
        return Ok(Some(Delivery::Refused(suppressed_because(&found.reason))));
    }
    if letter.unclear >= MOST_UNCLEAR {
        return Ok(Some(Delivery::Refused(may_have_arrived("this program ended meanwhile"))));
    }
    Ok((letter.give_up_at <= view.now).then(|| Delivery::Refused("it could not be sent in time".into())))
}

pub(super) fn suppressed_because(reason: &str) -> String {
    if reason.is_empty() { "suppressed".into() } else { format!("suppressed: {reason}") }
}

fn may_have_arrived(error: &str) -> String {
    format!("it may have arrived: {MOST_UNCLEAR} tries ended without an answer, the last one because {error}")
}

/// Notes that from now on this try may arrive, answer or not. Refused if the letter was dropped meanwhile.
pub fn note_unclear(op: &Op<'_>, letter: &Letter) -> Result<(), Refusal> {
    permit(op.standing, Verb::Housekeep)?;
    if letter.id != 0 && mail::note_unclear(op.transaction, letter.id, letter.unclear + 1)? == 0 {
        return Err(Refusal::Conflict("it was dropped meanwhile".into()));
    }
    Ok(())
}

/// Records what became of a letter. One that cannot go now is tried again after 2, 4, 8 … 600 seconds, for as long
/// as it is worth sending; one that somebody waits for, twice a minute and up to the end of its link.
pub fn settle(op: &Op<'_>, letter: &Letter, delivery: &Delivery) -> Result<(), Refusal> {
    permit(op.standing, Verb::Housekeep)?;
    let unclear = letter.unclear + 1;
    match delivery {
        Delivery::Sent(_) => mail::sent(op.transaction, letter.id, op.now)?,
        Delivery::Delayed(error) => again(op, letter, error, letter.unclear)?,
        Delivery::Unclear(error) if unclear < MOST_UNCLEAR => again(op, letter, error, unclear)?,
        Delivery::Unclear(error) => mail::dead(op.transaction, letter.id, &may_have_arrived(error), op.now)?,
        Delivery::Refused(error) => mail::dead(op.transaction, letter.id, error, op.now)?,
        Delivery::Dropped(why) => mail::dropped(op.transaction, letter.id, why, op.now)?,
        Delivery::Bounced(error) => {
            mail::dead(op.transaction, letter.id, error, op.now)?;
            suppress_bounced(op, &letter.recipient, error)?;
        }
    }
    Ok(())
}

/// Keeps a letter for another try, if there is time for one.
fn again(op: &Op<'_>, letter: &Letter, error: &str, unclear: i64) -> Result<(), Refusal> {
    let at = op.now.plus(wait(op.now, letter));
    if op.now < at && at < letter.give_up_at {
        mail::retry(op.transaction, letter.id, error, &mail::NextTry { at, unclear })?;
    } else if letter.challenge.is_some() {
        mail::dropped(op.transaction, letter.id, error, op.now)?;
    } else {
        mail::dead(op.transaction, letter.id, error, op.now)?;
    }
    Ok(())
}

/// How many seconds a letter waits for its next try.
fn wait(now: Timestamp, letter: &Letter) -> i64 {
    let tries = u32::try_from(letter.tries).unwrap_or(u32::MAX);
    let wait = 2_i64.checked_shl(tries).filter(|wait| (1..600).contains(wait)).unwrap_or(600);
    if letter.template.kind.carries_a_purpose() {
        // Half of what is left, so that there is a last try whenever the one before it failed.
        wait.min(MOST_WAITED_FOR).min((letter.give_up_at.0 - now.0) / 2)
    } else {
        wait
    }
}

fn suppress_bounced(op: &Op<'_>, email: &Email, error: &str) -> Result<(), Refusal> {
    if suppressions::insert(op.transaction, email, (SuppressedBy::Bounce, error), op.now)? == 0 {
        return Ok(());
    }
    let after = json!({ "source": SuppressedBy::Bounce.word(), "reason": error });
    op.audit(&Event { action: "mail_suppressed", target: email.as_str(), after, ..Event::default() })
}
