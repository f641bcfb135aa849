//! Uses of sessions and keys that are known here and not stored yet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gk_shared::activity::Used;
use gk_shared::time::Timestamp;

/// More are not taken in until some were stored: a use lost then only makes last-seen a little older.
const MOST_USED: usize = 50_000;

/// The last use of each; cheap to clone, and the same for all clones.
#[derive(Clone, Default)]
pub(crate) struct Pool(Arc<Mutex<HashMap<Used, Timestamp>>>);

impl Pool {
    /// Adds uses.
    pub(crate) fn add(&self, uses: impl IntoIterator<Item = (Used, Timestamp)>) {
        let mut known = self.lock();
        for (used, at) in uses {
            if let Some(known) = known.get_mut(&used) {
                *known = at.max(*known);
            } else if known.len() < MOST_USED {
                known.insert(used, at);
            }
        }
    }

    /// Of how many there is something.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Takes everything out.
    pub(super) fn take(&self) -> Vec<(Used, Timestamp)> {
        std::mem::take(&mut *self.lock()).into_iter().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Used, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use gk_shared::model::SessionId;

    use super::*;

    #[test]
    fn the_last_use_counts_and_there_are_never_too_many() {
        let pool = Pool::default();
        let session = |number: usize| Used::Session(SessionId((number as u128).to_be_bytes()));
        pool.add([(session(0), Timestamp(5)), (session(0), Timestamp(3))]);
        assert_eq!(pool.take(), [(session(0), Timestamp(5))]);
        pool.add((0..=MOST_USED).map(|number| (session(number), Timestamp(1))));
        pool.add([(session(0), Timestamp(2))]);
        assert_eq!(pool.len(), MOST_USED);
        assert!(pool.take().contains(&(session(0), Timestamp(2))));
        assert_eq!(pool.len(), 0);
    }
}
