//! Rows that were shown, each by a number, for whoever asked and nobody else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gk_service::query::Rows;
use gk_shared::model::UserId;
use moka::sync::Cache;

/// Each is at most as large as what a question shows.
const MOST_KEPT: u64 = 16;
const KEPT_FOR: Duration = Duration::from_secs(15 * 60);

/// The last answers that were shown.
#[derive(Clone)]
pub(crate) struct Shown {
    answers: Cache<u64, Arc<Taken>>,
    newest: Arc<AtomicU64>,
}

/// An answer that can be taken away.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) asked_by: UserId,
    pub(crate) question: String,
    pub(crate) rows: Rows,
}

impl Shown {
    pub(crate) fn new() -> Self {
        let answers = Cache::builder().max_capacity(MOST_KEPT).time_to_live(KEPT_FOR).build();
        Self { answers, newest: Arc::default() }
    }

    /// Keeps an answer; gives its number.
    pub(crate) fn keep(&self, taken: Taken) -> u64 {
        let number = self.newest.fetch_add(1, Ordering::Relaxed);
        self.answers.insert(number, Arc::new(taken));
        number
    }

    /// The answer of this number, for the one who asked.
    pub(crate) fn of(&self, number: u64, person: UserId) -> Option<Arc<Taken>> {
        self.answers.get(&number).filter(|taken| taken.asked_by == person)
    }
}
