//! What there is and what happened, in numbers that cost the same however many there are.

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::sessions;
    use crate::service::trial::{Trial, name};

    #[test]
    fn bars_end_now_and_hold_what_happened_in_their_time() {
        let trial = Trial::new();
        let answers = [(Happening::Allowed, 5), (Happening::Forbidden, 0)];
        trial.database.write(&crate::service::Caller::system("activity"), |op| record(op, &answers)).unwrap();
        trial.change("INSERT INTO tally SELECT what, hour - 23, 7 FROM tally; INSERT INTO tally SELECT what, min(hour) - 1, 9 FROM tally");
        let of = |what, span| trial.run(|op| bars(op, what, span)).unwrap();
        let day = of(Happening::Allowed, Span::Day);
        assert_eq!((day.len(), day[0].count, day[22].count, day[23].count), (24, 7, 0, 5));
        let month = of(Happening::Allowed, Span::Month);
        assert_eq!((month.len(), month.iter().map(|bar| bar.count).sum::<i64>()), (30, 21));
        assert!(of(Happening::Forbidden, Span::Day).iter().all(|bar| bar.count == 0));
    }

    #[test]
    fn open_sessions_are_those_that_neither_ended_nor_ran_out() {
        let trial = Trial::new();
        let make = |seconds| trial.run(|op| sessions::create(op, &name("admin@example.com"), None, seconds)).unwrap();
        let (first, _, _) = (make(None), make(None), make(Some(60)));
        let open = || trial.run(|op| now(op)).unwrap().sessions;
        assert_eq!(open(), 3);
        trial.run(|op| sessions::end(op, first.session.id)).unwrap();
        assert_eq!(open(), 2);
        trial.change("UPDATE session SET expires_at = 1 WHERE expires_at < created_at + 100");
        assert_eq!(open(), 1);
        trial.run(sessions::end_everybodys).unwrap();
        assert_eq!(open(), 0);
    }

    /// How much SQLite does for all figures, in steps of its machine.
    fn steps(trial: &Trial) -> i64 {
        let mut connection = rusqlite::Connection::open(trial.folder.path().join("gatekeeper.sqlite3")).unwrap();
        let steps = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(0));
        let counter = std::sync::Arc::clone(&steps);
        let count = move || {
            counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            false
        };
        connection.progress_handler(1, Some(count)).unwrap();
        let caller = crate::service::Caller::operator("root");
        let view = View::new(&connection, &caller, Err("not needed"), trial.database.now()).unwrap();
        now(&view).unwrap();
        for what in Happening::ALL {
            bars(&view, what, Span::Month).unwrap();
        }
        drop(view);
        steps.load(std::sync::atomic::Ordering::Relaxed)
    }

    #[test]
    fn ten_times_the_rows_cost_at_most_twice_the_work() {
        let trial = Trial::new();
        let now = trial.database.now().0;
        let fill = |rows: i64| {
            trial.change(&format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
                 INSERT INTO user (username, email, status, login_salt, created_at, updated_at)
                 SELECT 'u' || i || '-{rows}@x.y', 'u' || i || '-{rows}@x.y', 'approved', randomblob(16), 1, 1 FROM n;
                 INSERT INTO session (sid, user_id, method, created_at, last_seen_at, expires_at)
                 SELECT randomblob(16), id, 'link', 1, 1, {now} + 86400 + id % 86400 FROM user;
                 INSERT INTO api_key (name, prefix, hash, scopes, created_by, created_at)
                 SELECT 'k', 'p', randomblob(32), 'read', 'root', 1 FROM user;
                 INSERT INTO mail (uuid, kind, recipient, language, state, next_try_at, give_up_at, created_at)
                 SELECT hex(randomblob(8)), 'x', 'a@b.c', 'en', 'sent', 1, 1, 1 FROM user;"
            ));
        };
        fill(300);
        let few = steps(&trial);
        fill(3000);
        let many = steps(&trial);
        assert!(many <= 2 * few, "{few} steps, and {many} with ten times the rows");
    }
}
