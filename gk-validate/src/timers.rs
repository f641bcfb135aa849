//! Waiting for time to pass, in a worker. Its runtime has no timers: one that has looks at the clock twice whenever it waits
//! for anything, which is a twentieth of what a request costs. The main thread's runtime keeps them.

use std::cell::OnceCell;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{self, Instant, Interval, MissedTickBehavior, Sleep, Timeout};

thread_local! {
    static KEEPER: OnceCell<Handle> = const { OnceCell::new() };
}

/// From now on that runtime keeps the timers of this thread.
pub(crate) fn are_kept_by(runtime: Handle) {
    KEEPER.with(|keeper| drop(keeper.set(runtime)));
}

/// As tokio's of this name; and so the others.
pub(crate) fn sleep(time: Duration) -> Sleep {
    with_keeper(|| time::sleep(time))
}

pub(crate) fn sleep_until(end: Instant) -> Sleep {
    with_keeper(|| time::sleep_until(end))
}

pub(crate) fn timeout<F: Future>(most: Duration, work: F) -> Timeout<F> {
    with_keeper(|| time::timeout(most, work))
}

/// A tick now and every so often. One that is late puts off the next.
pub(crate) fn interval(period: Duration) -> Interval {
    let mut ticks = with_keeper(|| time::interval(period));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Makes a timer where it will be kept: by the thread's own runtime, unless it was said that another does.
fn with_keeper<T>(make: impl FnOnce() -> T) -> T {
    KEEPER.with(|keeper| {
        let _entered = keeper.get().map(Handle::enter);
        make()
    })
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::runtime::Builder;
    use tokio::sync::oneshot;

    use super::*;

    #[test]
    fn a_runtime_without_timers_waits_by_those_of_another() {
        let keeper = Builder::new_current_thread().enable_time().build().expect("a runtime");
        let without = Builder::new_current_thread().build().expect("a runtime");
        let (handle, (done, ended)) = (keeper.handle().clone(), oneshot::channel());
        let worker = std::thread::spawn(move || {
            are_kept_by(handle);
            without.block_on(async {
                let begun = Instant::now();
                interval(Duration::from_secs(3600)).tick().await;
                sleep(Duration::from_millis(5)).await;
                sleep_until(begun + Duration::from_millis(10)).await;
                assert!(timeout(Duration::from_millis(5), pending::<()>()).await.is_err());
                assert!(begun.elapsed() >= Duration::from_millis(15));
            });
            done.send(())
        });
        keeper.block_on(ended).expect("it waited and went on");
        worker.join().expect("it ended").expect("it was heard");
    }
}
