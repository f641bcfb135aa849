//! How long a session lasts without being used.

use crate::time::Timestamp;

/// How long a session may go without a request before it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdleLimit(i64);

impl IdleLimit {
    /// Sessions last as long as they were made for, used or not.
    pub const OFF: Self = Self(0);

    /// A limit of so many seconds; 0 is none.
    pub fn of_seconds(seconds: i64) -> Self {
        Self(seconds.max(0))
    }

    /// The limit in seconds; 0 is none.
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// Whether there is a limit at all.
    pub fn is_on(self) -> bool {
        self != Self::OFF
    }

    /// Whether a session last used at `last` has ended by `now`.
    pub fn is_over(self, last: Timestamp, now: Timestamp) -> bool {
        self.is_on() && now.since(last) >= self.0
    }

    /// How far last-seen moves, in seconds, before it is published again: a 24th of the limit.
    pub fn step(self) -> i64 {
        (self.0 / 24).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_the_limit_has_passed_and_not_a_second_before() {
        let limit = IdleLimit::of_seconds(100);
        let last = Timestamp(1000);
        assert!(!limit.is_over(last, Timestamp(1099)));
        assert!(limit.is_over(last, Timestamp(1100)));
        assert!(!limit.is_over(last, Timestamp(900)), "a clock that is behind");
        assert!(!IdleLimit::OFF.is_over(last, Timestamp(i64::MAX)));
    }
}
