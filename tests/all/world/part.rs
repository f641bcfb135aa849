//! One running process: started with its talk going to a log file, stopped by its process id.

use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::keeper;
use super::waiting::{PATIENCE, wait_for, wait_until};

/// A process of the world. Dropping it stops it.
pub(crate) struct Part {
    name: String,
    child: Child,
    log: PathBuf,
    /// Where in the log file this run begins; an earlier run of the same part wrote what is before.
    begins: usize,
}

impl Part {
    /// Starts `command`, both outputs appended to `log`.
    #[track_caller]
    pub(crate) fn start(name: &str, command: &mut Command, log: PathBuf) -> Self {
        Self::start_with(name, command, log, Stdio::null())
    }

    /// As [`Part::start`], with something to read from.
    #[track_caller]
    pub(crate) fn start_with(name: &str, command: &mut Command, log: PathBuf, input: Stdio) -> Self {
        let file = open_log(&log);
        let begins = usize::try_from(file.metadata().unwrap().len()).unwrap();
        let both = file.try_clone().unwrap();
        let child = command
            .stdin(input)
            .stdout(both)
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        keeper::started(child.id());
        Self { name: name.to_owned(), child, log, begins }
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What this run has said so far.
    pub(crate) fn talk(&self) -> String {
        let whole = std::fs::read(&self.log).unwrap();
        String::from_utf8_lossy(whole.get(self.begins..).unwrap_or_default()).into_owned()
    }

    /// Waits for a line with `text` in it and returns what follows `text` there, up to the next space.
    #[track_caller]
    pub(crate) fn word_after(&mut self, text: &str) -> String {
        let word = self.word_or_end(text);
        word.unwrap_or_else(|| panic!("{} ended before it said `{text}`; it had said:\n{}", self.name, self.talk()))
    }

    /// The same, or `None` if it ends without having said so.
    #[track_caller]
    pub(crate) fn word_or_end(&mut self, text: &str) -> Option<String> {
        let what = format!("{} to say `{text}`", self.name);
        wait_for(&what, || {
            let ended = !self.is_running();
            let said = self.talk();
            let rest = said.lines().find_map(|line| line.split_once(text).map(|(_, rest)| rest.to_owned()));
            let word = rest.map(|rest| rest.split_whitespace().next().unwrap_or_default().to_owned());
            if word.is_some() || ended { Some(word) } else { None }
        })
    }

    /// Whether it is still there.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    #[track_caller]
    pub(crate) fn stop(mut self) -> ExitStatus {
        self.signal("TERM");
        let status = self.wait(PATIENCE);
        status.unwrap_or_else(|| panic!("{} does not end on SIGTERM; it said:\n{}", self.name, self.talk()))
    }

    /// Ends it with SIGKILL, as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal by name (`STOP`, `CONT`, `HUP`, …).
    pub(crate) fn signal(&self, name: &str) {
        let command = Command::new("kill").args(["-s", name, &self.pid().to_string()]).stderr(Stdio::null()).status();
        command.expect("the kill command runs");
    }

    /// Stops it in the middle of whatever it does (SIGSTOP), and waits until each of its threads stands still.
    #[track_caller]
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
        let stands = |task: std::fs::DirEntry| {
            let state = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
            state.lines().any(|line| line.starts_with("State:\tT"))
        };
        let tasks = format!("/proc/{}/task", self.pid());
        wait_until(&format!("{} to stand still", self.name), || {
            std::fs::read_dir(&tasks).unwrap().flatten().all(stands)
        });
    }

    /// Waits for its end, at most `limit`.
    pub(crate) fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let started = Instant::now();
        while started.elapsed() < limit {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        None
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.is_running() {
            self.signal("TERM");
            if self.wait(Duration::from_secs(5)).is_none() {
                drop(self.child.kill());
                drop(self.child.wait());
            }
        }
        keeper::ended(self.pid());
        if std::thread::panicking() {
            eprintln!("---- {} said ----\n{}", self.name, self.talk());
        }
    }
}

fn open_log(path: &PathBuf) -> File {
    OpenOptions::new().create(true).append(true).open(path).unwrap()
}
