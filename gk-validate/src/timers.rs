//! Waiting for time to pass, in a worker. Its runtime has no timers, since one that has looks at the clocks twice each time
//! it waits for anything, which is a twentieth of what a request costs. The main thread's runtime keeps them.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, Interval, MissedTickBehavior, Sleep, Timeout, interval, sleep, sleep_until, timeout};

/// The timers of a runtime that has some.
#[derive(Clone)]
pub(crate) struct Timers(Handle);

impl Timers {
    /// Those of the runtime this is called in.
    pub(crate) fn of_this_runtime() -> Self {
        Self(Handle::current())
    }

    /// As tokio's functions of these names.
    pub(crate) fn sleep(&self, time: Duration) -> Sleep {
        let _here = self.0.enter();
        sleep(time)
    }

    pub(crate) fn sleep_until(&self, end: Instant) -> Sleep {
        let _here = self.0.enter();
        sleep_until(end)
    }

    pub(crate) fn timeout<F: Future>(&self, most: Duration, work: F) -> Timeout<F> {
        let _here = self.0.enter();
        timeout(most, work)
    }

    /// Every so often; a tick that is late puts off those after it.
    pub(crate) fn interval(&self, period: Duration) -> Interval {
        let _here = self.0.enter();
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks
    }
}
