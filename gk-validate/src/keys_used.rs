//! When this worker last noted that a key was used, so that most uses lock nothing.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use gk_shared::model::ApiKeyId;
use gk_shared::time::Timestamp;

/// With more, all are forgotten: then some uses are noted once too often.
const MOST_KEYS: usize = 10_000;
/// Seconds between two notes of one key's use.
const NOTED_EVERY: i64 = 10;

/// Keys by number; only ones that exist come here.
#[derive(Default)]
pub(crate) struct KeysUsed(HashMap<ApiKeyId, Timestamp, RandomState>);

impl KeysUsed {
    /// Whether a use now is worth noting; if so it counts as noted.
    pub(crate) fn is_worth_noting(&mut self, key: ApiKeyId, now: Timestamp) -> bool {
        if self.0.get(&key).is_some_and(|noted| now.since(*noted) < NOTED_EVERY) {
            return false;
        }
        if self.0.len() >= MOST_KEYS {
            self.0.clear();
        }
        self.0.insert(key, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_noted_at_most_once_in_ten_seconds_and_there_are_never_too_many() {
        let mut used = KeysUsed::default();
        for (at, worth) in [(0, true), (9, false), (10, true), (19, false)] {
            assert_eq!(used.is_worth_noting(ApiKeyId(1), Timestamp(at)), worth, "{at}");
        }
        for id in 0..=20_000 {
            used.is_worth_noting(ApiKeyId(id), Timestamp(20));
            assert!(used.0.len() <= MOST_KEYS);
        }
    }
}
