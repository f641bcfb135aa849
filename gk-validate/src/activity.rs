//! When sessions, keys, grants and blocks were last used, as this process has seen it: idleness is judged from it as far as nobody knows
//! better, and gk-admin asks for it. Shared by all workers, each of which notes one only now and then.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hasher, RandomState as RandomKeys};
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;
use gk_shared::activity::{MOST_IN_A_REPORT, PATH, Report, Used};
use gk_shared::time::Timestamp;
use hyper::{Method, Request, StatusCode};

use crate::metrics::Metrics;
use crate::pages::Page;

/// The one noted longest ago goes first. One takes about 100 bytes.
const MOST_USED: usize = 200_000;

/// The memory of one run of this process.
pub(crate) struct Activity {
    instance: u64,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Counts what was noted.
    newest: u64,
    // By what is told of only once. Only good signatures and what exists come this far, so nobody chooses what is
    // looked up; marks of blocks anybody may invent, so of each app there is one.
    numbers: HashMap<Used, u64, RandomState>,
    /// By number: in the order they were noted.
    uses: BTreeMap<u64, (Used, Timestamp)>,
}

impl Activity {
    /// Remembers nothing yet.
    pub(crate) fn new() -> Self {
        // The keys of std's hasher are drawn by the system. Whoever asks only has to tell one run from the next.
        Self { instance: RandomKeys::new().build_hasher().finish(), known: Mutex::default() }
    }

    /// It was used then.
    pub(crate) fn note(&self, used: Used, at: Timestamp) {
        let mut known = self.lock();
        known.newest += 1;
        let number = known.newest;
        let before = known.numbers.insert(used.thing(), number).and_then(|before| known.uses.remove(&before));
        let at = before.map_or(at, |(_, earlier)| earlier.max(at));
        known.uses.insert(number, (used, at));
        if known.uses.len() > MOST_USED
            && let Some((_, (oldest, _))) = known.uses.pop_first()
        {
            known.numbers.remove(&oldest.thing());
        }
    }

    /// When it was last used, if that is remembered.
    pub(crate) fn seen(&self, used: Used) -> Option<Timestamp> {
        let known = self.lock();
        let number = known.numbers.get(&used.thing())?;
        known.uses.get(number).map(|(_, at)| *at)
    }

    /// What was noted after that number.
    pub(crate) fn report(&self, after: u64) -> Report {
        let known = self.lock();
        let told = known.uses.range(after.saturating_add(1)..).take(MOST_IN_A_REPORT);
        let (numbers, uses): (Vec<u64>, Vec<_>) = told.map(|(number, told)| (*number, *told)).unzip();
        let through = numbers.last().copied().unwrap_or(known.newest);
        Report { instance: self.instance, through, newest: known.newest, state: None, answers: None, uses }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is answered on the listener of activity.
pub(crate) fn page<B>(activity: &Activity, metrics: &Metrics, request: &Request<B>) -> Page {
    match (request.uri().path(), request.method()) {
        (PATH, &Method::GET | &Method::HEAD) => match after(request.uri().query()) {
            Some(after) => {
                let (state, answers) = (Some(metrics.state()), Some(metrics.answers()));
                (StatusCode::OK, Report { state, answers, ..activity.report(after) }.to_string())
            }
            None => (StatusCode::BAD_REQUEST, "after is a number\n".to_owned()),
        },
        (PATH, _) => (StatusCode::METHOD_NOT_ALLOWED, "GET or HEAD\n".to_owned()),
        _ => (StatusCode::NOT_FOUND, format!("there is {PATH}\n")),
    }
}

/// The number in `after=N`; 0 without it.
fn after(query: Option<&str>) -> Option<u64> {
    let pairs = query.unwrap_or_default().split('&');
    pairs.filter_map(|pair| pair.strip_prefix("after=")).next_back().map_or(Some(0), |number| number.parse().ok())
}

#[cfg(test)]
mod tests {
    use gk_shared::model::{AppId, BlockMark, SessionId};

    use super::*;

    fn session(number: usize) -> Used {
        Used::Session(SessionId((number as u128).to_be_bytes()))
    }

    #[test]
    fn of_each_session_the_last_use_is_told_in_the_order_of_uses() {
        let activity = Activity::new();
        for (number, at) in [(1, 10), (2, 11), (1, 12)] {
            activity.note(session(number), Timestamp(at));
        }
        let report = activity.report(0);
        assert_eq!(report.uses, [(session(2), Timestamp(11)), (session(1), Timestamp(12))]);
        assert_eq!((report.through, report.newest), (3, 3));
        assert_eq!(activity.report(2).uses, [(session(1), Timestamp(12))]);
        let nothing = activity.report(3);
        assert_eq!((nothing.uses.len(), nothing.through), (0, 3));
        assert_ne!(Activity::new().instance, activity.instance);
    }

    #[test]
    fn of_an_apps_block_the_last_mark_is_told_however_many_there_were() {
        let activity = Activity::new();
        let block = |digest| Used::Block(AppId(1), Some(BlockMark { version: 1, digest }));
        for digest in 0..10 {
            activity.note(block(digest), Timestamp(1));
        }
        assert_eq!(activity.report(0).uses, [(block(9), Timestamp(1))]);
        activity.note(Used::Block(AppId(1), None), Timestamp(2));
        assert_eq!(activity.report(0).uses, [(Used::Block(AppId(1), None), Timestamp(2))]);
        let known = activity.lock();
        assert_eq!((known.uses.len(), known.numbers.len()), (1, 1));
    }

    #[test]
    fn a_clock_that_is_behind_makes_no_use_older() {
        let activity = Activity::new();
        activity.note(session(1), Timestamp(10));
        activity.note(session(1), Timestamp(7));
        assert_eq!(activity.seen(session(1)), Some(Timestamp(10)));
    }

    #[test]
    fn of_too_many_the_one_noted_longest_ago_is_forgotten() {
        let activity = Activity::new();
        for number in 0..MOST_USED {
            activity.note(session(number), Timestamp(1));
        }
        activity.note(session(0), Timestamp(2));
        activity.note(session(MOST_USED), Timestamp(3));
        assert_eq!(activity.seen(session(1)), None);
        assert_eq!(activity.seen(session(0)), Some(Timestamp(2)));
        let known = activity.lock();
        assert_eq!((known.uses.len(), known.numbers.len()), (MOST_USED, MOST_USED));
    }

    #[test]
    fn everything_is_told_in_several_answers() {
        let activity = Activity::new();
        for number in 0..=2 * MOST_IN_A_REPORT {
            activity.note(session(number), Timestamp(1));
        }
        let (mut after, mut told, mut answers) = (0, 0, 0);
        while after < activity.report(after).newest {
            let report = activity.report(after);
            (after, told, answers) = (report.through, told + report.uses.len(), answers + 1);
        }
        assert_eq!((told, answers), (2 * MOST_IN_A_REPORT + 1, 3));
    }
}
