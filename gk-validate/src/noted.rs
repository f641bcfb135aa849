//! When this worker last noted that a key, a grant or a block was used, so that most uses lock nothing.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use gk_shared::activity::Used;
use gk_shared::time::Timestamp;

/// With more, all are forgotten: then some uses are noted once too often. One takes about 80 bytes.
const MOST_NOTED: usize = 20_000;
/// Seconds between two notes of one use. In between, a request locks nothing.
const NOTED_EVERY: i64 = 10;

/// Whether what was noted then is worth noting now.
pub(crate) fn is_due(noted: Timestamp, now: Timestamp) -> bool {
    now.since(noted) >= NOTED_EVERY
}

/// What was noted when, by what is told of only once. Only keys, grants and apps that exist come here.
#[derive(Default)]
pub(crate) struct Noted {
    known: HashMap<Used, (Used, Timestamp), RandomState>,
    /// The one that was asked for last: a page has many parts, and all are behind the same block.
    last: Option<(Used, Timestamp)>,
}

impl Noted {
    /// When a use was noted, if that was a moment ago. Otherwise now is the time to note it, and counts as when it was
    /// noted. Another mark of an app's block is always noted at once.
    pub(crate) fn lately(&mut self, used: Used, now: Timestamp) -> Option<Timestamp> {
        let lately = |(same, noted): &(Used, Timestamp)| *same == used && !is_due(*noted, now);
        if let Some((_, noted)) = self.last.filter(lately) {
            return Some(noted);
        }
        let thing = used.thing();
        self.last = self.known.get(&thing).copied().filter(lately);
        if let Some((_, noted)) = self.last {
            return Some(noted);
        }
        if self.known.len() >= MOST_NOTED {
            self.known.clear();
        }
        self.known.insert(thing, (used, now));
        self.last = Some((used, now));
        None
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
            for (at, lately) in [(0, None), (9, Some(0)), (10, None), (19, Some(10))] {
                assert_eq!(noted.lately(used, Timestamp(at)), lately.map(Timestamp), "{used:?} {at}");
            }
        }
        for block in [None, mark, None] {
            assert_eq!(noted.lately(Used::Block(AppId(1), block), Timestamp(19)), None, "{block:?} is another");
        }
        for id in 0..=2 * MOST_NOTED {
            noted.lately(Used::Grant(GrantId(i64::try_from(id).expect("small"))), Timestamp(20));
            assert!(noted.known.len() <= MOST_NOTED);
        }
    }
}
