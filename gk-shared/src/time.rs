//! The only call to the system clock. Everything else is handed a `now`.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// Nanoseconds in a second.
const NANOSECONDS: i64 = 1_000_000_000;

/// Whole seconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// A time that many seconds later (earlier when negative), held at the ends of the range.
    #[must_use]
    pub fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this time; negative when it lies before.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A clock that a backward step cannot make younger.
///
/// `now` is the later of the wall clock and (wall clock at start + boot-time clock since), so setting the
/// clock back never lengthens a session, and a forward step that is taken back costs only its own duration.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Nanoseconds from the boot-time clock to the wall clock, at the start. In whole seconds, the two clocks'
    /// rounding would let `now` run up to a second ahead of other processes.
    ahead_of_boot: i64,
}

impl Clock {
    /// Remembers both clocks as they are now.
    pub fn start() -> Self {
        // The wall first: what passes between the two reads then only ever makes `now` smaller.
        let wall = clock_gettime(ClockId::CLOCK_REALTIME).map_or(Duration::ZERO, Duration::from);
        Self::started(wall, boot())
    }

    fn started(wall: Duration, boot: Duration) -> Self {
        Self { ahead_of_boot: nanoseconds(wall).saturating_sub(nanoseconds(boot)) }
    }

    /// Whole seconds since 1970, by the clock that nobody sets.
    fn counted(self, boot: Duration) -> i64 {
        self.ahead_of_boot.saturating_add(nanoseconds(boot)).div_euclid(NANOSECONDS)
    }

    /// The present, by the rule above. Costs two clock reads and no system call.
    pub fn now(&self) -> Timestamp {
        self.moment().now
    }

    /// The present, and a point to measure from, for the price of the one.
    pub fn moment(&self) -> Moment {
        // The coarse clock is good to a few milliseconds, and decisions are made in whole seconds.
        let wall = read(ClockId::CLOCK_REALTIME_COARSE);
        let boot = boot();
        Moment { now: Timestamp(wall.max(self.counted(boot))), boot }
    }
}

/// One reading of the clocks: the time that decisions use, and a point to measure from.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The present, as [`Clock::now`] gives it.
    pub now: Timestamp,
    boot: Duration,
}

impl Moment {
    /// How long ago this was, time asleep included.
    pub fn elapsed(&self) -> Duration {
        boot().saturating_sub(self.boot)
    }
}

/// The wall clock, for processes that live for one command and for rows that record when something happened.
pub fn wall() -> Timestamp {
    Timestamp(read(ClockId::CLOCK_REALTIME))
}

/// Milliseconds since 1970 by the wall clock: for waits of less than a few seconds.
pub fn wall_milliseconds() -> i64 {
    clock_gettime(ClockId::CLOCK_REALTIME).map_or(0, |at| {
        let at = Duration::from(at);
        i64::try_from(at.as_millis()).unwrap_or(i64::MAX)
    })
}

/// Every clock read here exists on Linux since 2.6.39; a failure would read as 1970, which refuses nothing it
/// should not: with the other clock it is only ever the smaller operand.
fn read(clock: ClockId) -> i64 {
    clock_gettime(clock).map_or(0, |at| at.tv_sec())
}

/// A span as a whole number of nanoseconds, which 64 bits hold for 292 years.
fn nanoseconds(span: Duration) -> i64 {
    i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)
}

fn boot() -> Duration {
    clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(Duration::ZERO, Duration::from)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Clock, NANOSECONDS, wall};

    #[test]
    fn a_clock_set_back_does_not_go_back() {
        let mut clock = Clock::start();
        clock.ahead_of_boot += 3600 * NANOSECONDS;
        assert!(clock.now().since(wall()) >= 3599);
    }

    #[test]
    fn time_asleep_counts_though_nobody_has_set_the_wall_clock_yet() {
        let clock = Clock::started(Duration::from_secs(1_000_000), Duration::from_secs(50));
        assert_eq!(clock.counted(Duration::from_secs(50 + 86_400)), 1_000_000 + 86_400);
    }

    #[test]
    fn whenever_a_clock_started_it_is_never_ahead_of_the_wall() {
        let (wall, boot) = (Duration::from_millis(1_700_000_000_300), Duration::from_millis(5_000_900));
        for start in (0..1000).map(Duration::from_millis) {
            let clock = Clock::started(wall + start, boot + start);
            for later in (0..2000).step_by(50).map(Duration::from_millis) {
                let seconds = (wall + start + later).as_secs();
                assert_eq!(clock.counted(boot + start + later), seconds.cast_signed(), "{start:?} {later:?}");
            }
        }
    }
}
