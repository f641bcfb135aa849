//! The open connections of one worker, as seen from outside their tasks: to end those that are silent, and all at
//! the end. A request costs them one store; hyper's own time-out would set and clear a timer for each.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::task::Waker;
use std::time::Duration;

use gk_shared::time::Moment;

/// Every open connection of a worker.
#[derive(Default)]
pub(crate) struct Lines {
    lines: RefCell<Vec<Weak<Line>>>,
    closing: Cell<bool>,
}

/// One open connection.
pub(crate) struct Line {
    /// When it was opened, or its last request came.
    heard: Cell<Moment>,
    silent: Cell<bool>,
    waker: RefCell<Waker>,
}

/// What is to become of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    Stay,
    /// Finish what has begun, then close.
    Finish,
    /// Nobody speaks: close at once.
    Close,
}

impl Lines {
    /// Adds a connection, for as long as what is given out lives.
    pub(crate) fn open(&self, now: Moment) -> Rc<Line> {
        let waker = RefCell::new(Waker::noop().clone());
        let line = Rc::new(Line { heard: Cell::new(now), silent: Cell::new(false), waker });
        let mut lines = self.lines.borrow_mut();
        if lines.len() == lines.capacity() {
            lines.retain(|line| line.strong_count() > 0);
        }
        lines.push(Rc::downgrade(&line));
        line
    }

    /// What is to become of one of them.
    pub(crate) fn course(&self, line: &Line) -> Course {
        if line.silent.get() {
            Course::Close
        } else if self.closing.get() {
            Course::Finish
        } else {
            Course::Stay
        }
    }

    /// Closes those that have not been heard for that long.
    pub(crate) fn close_silent(&self, most: Duration) {
        self.wake(|line| {
            line.silent.set(line.heard.get().elapsed() >= most);
            line.silent.get()
        });
    }

    /// Has all of them finish.
    pub(crate) fn finish_all(&self) {
        self.closing.set(true);
        self.wake(|_| true);
    }

    fn wake(&self, which: impl Fn(&Line) -> bool) {
        for line in self.lines.borrow().iter().filter_map(Weak::upgrade).filter(|line| which(line)) {
            line.waker.borrow().wake_by_ref();
        }
    }
}

impl Line {
    /// A request came.
    pub(crate) fn heard(&self, now: Moment) {
        self.heard.set(now);
    }

    /// Whom to wake when its course changes.
    pub(crate) fn woken_by(&self, waker: &Waker) {
        if !self.waker.borrow().will_wake(waker) {
            self.waker.replace(waker.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gk_shared::time::Clock;

    #[test]
    fn the_silent_are_closed_and_at_the_end_all_finish() {
        let (lines, clock) = (Lines::default(), Clock::start());
        let silent = lines.open(clock.moment());
        std::thread::sleep(Duration::from_millis(40));
        let speaking = lines.open(clock.moment());
        lines.close_silent(Duration::from_millis(20));
        assert_eq!((lines.course(&silent), lines.course(&speaking)), (Course::Close, Course::Stay));
        lines.finish_all();
        assert_eq!((lines.course(&silent), lines.course(&speaking)), (Course::Close, Course::Finish));
    }
}
