//! Uses that are known here and not stored yet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gk_shared::activity::{Answers, Used};
use gk_shared::time::Timestamp;

/// More are not taken in until some were stored: a use lost then only makes last-seen a little older.
const MOST_USED: usize = 50_000;

/// The last use of each, by what is told of only once, and how often gk-validate answered what; cheap to clone, and the same for all clones.
#[derive(Clone, Default)]
pub(crate) struct Pool(Arc<Mutex<Known>>, Arc<Mutex<Answers>>);

type Known = HashMap<Used, (Used, Timestamp)>;

impl Pool {
    /// Adds uses.
    pub(crate) fn add(&self, uses: impl IntoIterator<Item = (Used, Timestamp)>) {
        let mut known = self.lock();
        for (used, at) in uses {
            let thing = used.thing();
            if known.get(&thing).map_or(known.len() < MOST_USED, |(_, before)| *before <= at) {
                known.insert(thing, (used, at));
            }
        }
    }

    /// Adds what was answered.
    pub(super) fn add_answers(&self, more: Answers) {
        let mut known = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Answers {
            allow: known.allow + more.allow,
            sign_in: known.sign_in + more.sign_in,
            forbid: known.forbid + more.forbid,
            unavailable: known.unavailable + more.unavailable,
        };
    }

    /// Takes what was answered out.
    pub(super) fn take_answers(&self) -> Answers {
        std::mem::take(&mut *self.1.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Of how many there is something.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Takes everything out.
    pub(super) fn take(&self) -> Vec<(Used, Timestamp)> {
        std::mem::take(&mut *self.lock()).into_values().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use gk_shared::model::{AppId, BlockMark, SessionId};

    use super::*;

    #[test]
    fn the_last_use_counts_and_there_are_never_too_many() {
        let pool = Pool::default();
        let session = |number: usize| Used::Session(SessionId((number as u128).to_be_bytes()));
        pool.add([(session(0), Timestamp(5)), (session(0), Timestamp(3))]);
        assert_eq!(pool.take(), [(session(0), Timestamp(5))]);
        let block = |digest| Used::Block(AppId(1), Some(BlockMark { version: 1, digest }));
        pool.add([(block(1), Timestamp(5)), (block(2), Timestamp(5)), (block(3), Timestamp(4))]);
        assert_eq!(pool.take(), [(block(2), Timestamp(5))], "an app has one block");
        pool.add((0..=MOST_USED).map(|number| (session(number), Timestamp(1))));
        pool.add([(session(0), Timestamp(2))]);
        assert_eq!(pool.len(), MOST_USED);
        assert!(pool.take().contains(&(session(0), Timestamp(2))));
        assert_eq!(pool.len(), 0);
    }
}
