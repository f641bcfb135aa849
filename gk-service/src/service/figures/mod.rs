//! What there is and what happened, in numbers that cost the same however many there are.

#[cfg(test)]
mod tests;

use gk_shared::time::Timestamp;

use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use super::requests::{self, Filter};
use crate::model::{MailState, RequestState, Status};
use crate::store::{change_log, figures, mail, users};

/// What is counted by the hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    SignedIn,
    /// A code that was wrong or came too late.
    SignInFailed,
    Allowed,
    /// Told to sign in first.
    Unknown,
    Forbidden,
    Unavailable,
}

impl Happening {
    /// Each once: sign-ins, then what gk-validate answered.
    pub const ALL: [Self; 6] =
        [Self::SignedIn, Self::SignInFailed, Self::Allowed, Self::Unknown, Self::Forbidden, Self::Unavailable];

    /// Whether it is a sign-in, and not an answer of gk-validate's.
    pub fn is_sign_in(self) -> bool {
        matches!(self, Self::SignedIn | Self::SignInFailed)
    }

    /// Its name in the database and in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::SignedIn => "signed-in",
            Self::SignInFailed => "failed",
            Self::Allowed => "allow",
            Self::Unknown => "sign-in",
            Self::Forbidden => "forbid",
            Self::Unavailable => "unavailable",
        }
    }
}

/// How much there is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    pub people: i64,
    /// Accounts that wait for approval.
    pub pending: i64,
    pub apps: i64,
    /// Requests for access that wait.
    pub requests: i64,
    pub keys: i64,
    pub sessions: i64,
    /// In the last 24 hours.
    pub failed_sign_ins: i64,
    pub mails: [(MailState, i64); 4],
    /// The newest revision: what every gk-validate should answer by.
    pub revision: i64,
    pub now: Timestamp,
}

/// One bar of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// When its time began.
    pub from: Timestamp,
    pub count: i64,
}

/// The spans charts are drawn over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// A bar an hour.
    Day,
    /// A bar a day (of UTC).
    Month,
}

impl Span {
    /// How many bars, and hours in each.
    fn bars(self) -> (i64, i64) {
        match self {
            Self::Day => (24, 1),
            Self::Month => (30, 24),
        }
    }
}

/// How much there is now.
pub fn now(view: &View<'_>) -> Result<Figures, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let pending = Filter { app: None, states: vec![RequestState::Pending], skip: 0, most: 0 };
    let failed = bars(view, Happening::SignInFailed, Span::Day)?.iter().map(|bar| bar.count).sum();
    let mut mails = MailState::ALL.map(|state| (state, 0));
    for (state, count) in &mut mails {
        *count = mail::count(view.connection, *state)?;
    }
    Ok(Figures {
        people: users::count_all(view.connection)?,
        pending: users::count(view.connection, Status::Pending)?,
        apps: figures::counted(view.connection, "app")?,
        requests: requests::list(view, &pending)?.total,
        keys: figures::counted(view.connection, "key")?,
        sessions: figures::open_sessions(view.connection, view.now)?,
        failed_sign_ins: failed,
        mails,
        revision: change_log::head(view.connection)?.map_or(0, |head| head.revision),
        now: view.now,
    })
}

/// How often something happened, the oldest time first and the present one last.
pub fn bars(view: &View<'_>, what: Happening, span: Span) -> Result<Vec<Bar>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let (count, width) = span.bars();
    let last = view.now.0 / 3600 / width;
    let first = last - count + 1;
    let mut bars =
        (first..=last).map(|number| Bar { from: Timestamp(number * width * 3600), count: 0 }).collect::<Vec<_>>();
    for (hour, times) in figures::hours(view.connection, what.word(), first * width)? {
        let place = usize::try_from(hour / width - first).unwrap_or_default();
        if let Some(bar) = bars.get_mut(place) {
            bar.count += times;
        }
    }
    Ok(bars)
}

/// How often each thing happened in all.
pub fn totals(view: &View<'_>) -> Result<[(Happening, i64); 6], Refusal> {
    permit(view.standing, Verb::Housekeep)?;
    let mut totals = Happening::ALL.map(|what| (what, 0));
    for (what, count) in &mut totals {
        *count = figures::counted(view.connection, what.word())?;
    }
    Ok(totals)
}

/// Counts what gk-validate answered since it was asked before.
pub fn record(op: &Op<'_>, answers: &[(Happening, i64)]) -> Result<(), Refusal> {
    permit(op.standing, Verb::Housekeep)?;
    answers.iter().filter(|(_, times)| *times > 0).try_for_each(|(what, times)| note(op, *what, *times))
}

/// Counts something that happens now. The caller has asked.
pub(super) fn note(op: &Op<'_>, what: Happening, times: i64) -> Result<(), Refusal> {
    Ok(figures::add(op.transaction, what.word(), op.now, times)?)
}
