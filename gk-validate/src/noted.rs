//! When this worker last noted that a key, a grant or a block was used, so that most uses lock nothing.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use gk_shared::activity::Used;
use gk_shared::time::Timestamp;

/// With more, all are forgotten: then some uses are noted once too often. One takes about 80 bytes.
const MOST_NOTED: usize = 20_000;
/// Seconds between two notes of one use.
const NOTED_EVERY: i64 = 10;

/// What was noted when, by what is told of only once. Only keys, grants and apps that exist come here.
#[derive(Default)]
pub(crate) struct Noted(HashMap<Used, (Used, Timestamp), RandomState>);

impl Noted {
    /// Whether a use now is worth noting; if so it counts as noted. Another mark of an app's block is, at once.
    pub(crate) fn is_worth_noting(&mut self, used: Used, now: Timestamp) -> bool {
        let thing = used.thing();
        if self.0.get(&thing).is_some_and(|(same, noted)| *same == used && now.since(*noted) < NOTED_EVERY) {
            return false;
        }
        if self.0.len() >= MOST_NOTED {
            self.0.clear();
        }
        self.0.insert(thing, (used, now));
        true
    }
}

#[cfg(test)]
mod tests {
    use gk_shared::model::{ApiKeyId, AppId, BlockMark, GrantId};

    use super::*;

    #[test]
    fn each_is_noted_at_most_once_in_ten_seconds_and_there_are_never_too_many() {
        let mark = Some(BlockMark { version: 1, digest: 2 });
        let uses = [Used::Key(ApiKeyId(1)), Used::Grant(GrantId(1)), Used::Block(AppId(1), mark)];
        let mut noted = Noted::default();
        for used in uses {
            for (at, worth) in [(0, true), (9, false), (10, true), (19, false)] {
                assert_eq!(noted.is_worth_noting(used, Timestamp(at)), worth, "{used:?} {at}");
            }
        }
        for block in [None, mark, None] {
            assert!(noted.is_worth_noting(Used::Block(AppId(1), block), Timestamp(19)), "{block:?} is another");
        }
        for id in 0..=2 * MOST_NOTED {
            noted.is_worth_noting(Used::Grant(GrantId(i64::try_from(id).expect("small"))), Timestamp(20));
            assert!(noted.0.len() <= MOST_NOTED);
        }
    }
}
