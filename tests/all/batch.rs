//! `gk batch`: a writer that stays, so that thousands of verbs do not pay for thousands of process starts, and
//! that can be killed in the middle of one.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::Value;

use crate::world::World;

/// What the command said to one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Done and in force; with the lines the verb printed.
    Done(String),
    /// Not done, or not yet in force; the whole line.
    Otherwise(String),
}

/// A running `gk batch`. Dropping it kills it.
pub(crate) struct Batch {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Batch {
    /// Starts it on the world's database, its talk appended to `gk-batch.log`.
    pub(crate) fn start(world: &World) -> Self {
        Self::start_with(world, &["batch"])
    }

    /// The same, with these words.
    pub(crate) fn start_with(world: &World, words: &[&str]) -> Self {
        let log = world.folder().join("gk-batch.log");
        let log = OpenOptions::new().create(true).append(true).open(log);
        let mut child =
            world.gk_command(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log.unwrap()).spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let from = BufReader::new(from);
        Self { child, to, from }
    }

    /// Sends a verb and does not wait for its answer.
    pub(crate) fn send(&mut self, verb: &str) {
        writeln!(self.to, "{verb}").unwrap();
    }

    /// Sends a verb and waits for its answer.
    #[track_caller]
    pub(crate) fn try_verb(&mut self, verb: &str) -> Reply {
        self.send(verb);
        let mut result = String::new();
        loop {
            let mut line = String::new();
            let length = self.from.read_line(&mut line).unwrap();
            assert_ne!(length, 0, "gk batch ended at `{verb}`");
            if line == "ok\n" {
                return Reply::Done(result);
            }
            if line.starts_with("error:") || line.starts_with("saved, not yet in force") {
                return Reply::Otherwise(line);
            }
            result += &line;
        }
    }

    /// The object that `gk --json batch` answers with.
    #[track_caller]
    pub(crate) fn object(&mut self, verb: &str) -> Value {
        self.send(verb);
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"))
    }

    /// A verb that must be done: what it printed.
    #[track_caller]
    pub(crate) fn verb(&mut self, verb: &str) -> String {
        match self.try_verb(verb) {
            Reply::Done(result) => result,
            Reply::Otherwise(line) => panic!("`{verb}`: {line}"),
        }
    }

    /// A new session: (cookie, session id).
    #[track_caller]
    pub(crate) fn session(&mut self, email: &str) -> (String, String) {
        let said = self.verb(&format!("sessions create --user {email} --json"));
        let made: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("no JSON: {said}"));
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        (text("cookie"), text("session"))
    }

    /// Ends it with SIGKILL, whatever it is doing.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
