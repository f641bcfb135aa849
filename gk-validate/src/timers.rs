//! Waiting for time to pass, in a worker. Its runtime has no timers: one that has looks at the clock twice whenever it waits
//! for anything. Its seconds come from the kernel, and what is waited for now and then the main thread's runtime keeps.

use std::cell::OnceCell;
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::time::{TimeSpec, TimeValLike};
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use nix::unistd::read;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::Handle;
use tokio::time::{self, Instant, Sleep, Timeout};

use crate::quiet::woken_when;

thread_local! {
    static KEEPER: OnceCell<Handle> = const { OnceCell::new() };
}

/// From now on that runtime keeps the timers of this thread.
pub(crate) fn are_kept_by(runtime: Handle) {
    KEEPER.with(|keeper| drop(keeper.set(runtime)));
}

/// Passes once a second: one wake-up each.
pub(crate) struct Seconds(AsyncFd<OwnedFd>);

impl Seconds {
    /// The first passes at once.
    pub(crate) fn start() -> io::Result<Self> {
        let timer = TimerFd::new(ClockId::CLOCK_BOOTTIME, TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC)?;
        let at_once = TimeSpec::nanoseconds(1);
        timer.set(Expiration::IntervalDelayed(at_once, TimeSpec::seconds(1)), TimerSetTimeFlags::empty())?;
        Ok(Self(woken_when(Interest::READABLE, timer.into())?))
    }

    /// Waits for the next. Those that passed in the meantime count as one.
    pub(crate) async fn pass(&self) -> io::Result<()> {
        loop {
            let mut guard = self.0.readable().await?;
            match read(guard.get_inner(), &mut [0; 8]) {
                Ok(_) => return Ok(()),
                Err(Errno::EAGAIN) => guard.clear_ready(),
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
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

    #[test]
    fn each_second_takes_one() {
        let runtime = Builder::new_current_thread().enable_io().build().expect("a runtime");
        runtime.block_on(async {
            let (begun, seconds) = (Instant::now(), Seconds::start().expect("a timer"));
            seconds.pass().await.expect("a second");
            seconds.pass().await.expect("a second");
            assert!(begun.elapsed() >= Duration::from_secs(1));
        });
    }
}
