//! Running `gk` as an operator would: another process, its own environment, exit code and both outputs looked at.

use std::process::{Command, Output};

use serde_json::Value;

use super::World;
use super::programs::{clean, ours};

/// How a command ended and what it said.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// Exit code; 128 and more stands for an end by signal.
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
    line: String,
}

impl Said {
    /// Runs a prepared command to its end.
    #[track_caller]
    pub(crate) fn by(command: &mut Command) -> Self {
        let line = format!("{command:?}");
        let Output { status, stdout, stderr } = command.output().unwrap_or_else(|error| panic!("{line}: {error}"));
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("commands speak UTF-8");
        Self { code: status.code().unwrap_or(128), out: text(stdout), err: text(stderr), line }
    }

    /// The result, of a command that must have worked.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, 0, "{} failed\nstdout: {}\nstderr: {}", self.line, self.out, self.err);
        self.out
    }

    /// The result as JSON, of a command that must have worked.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        let line = self.line.clone();
        let out = self.done();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{line} printed no JSON ({error}): {out}"))
    }

    /// What it said, of a command that must have been refused with this exit code, in a sentence and not a panic.
    #[track_caller]
    pub(crate) fn refused(self, code: i32) -> String {
        let Self { code: got, out, err, line } = self;
        assert_eq!(got, code, "{line} should end with {code}\nstdout: {out}\nstderr: {err}");
        assert!(!err.contains("panicked"), "{line} panicked: {err}");
        assert!(err.trim().contains(' '), "{line} refuses without a sentence: {err:?}");
        err
    }
}

impl World {
    /// `gk` with a clean environment: a shell that knows nothing of the server's settings.
    #[track_caller]
    pub(crate) fn gk(&self, arguments: &[&str]) -> Said {
        self.gk_in(&[], arguments)
    }

    /// `gk` with these variables in its environment.
    #[track_caller]
    pub(crate) fn gk_in(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Said {
        Said::by(self.gk_command(arguments).envs(environment.iter().copied()))
    }

    /// `gk … --json`, its answer.
    #[track_caller]
    pub(crate) fn gk_json(&self, arguments: &[&str]) -> Value {
        self.gk(&[arguments, &["--json"]].concat()).json()
    }

    /// `gk` on this world's database, not yet run.
    #[track_caller]
    pub(crate) fn gk_command(&self, arguments: &[&str]) -> Command {
        let mut command = clean(&ours("gk"));
        command.current_dir(self.folder()).args(arguments).arg("--db").arg(self.database());
        command
    }
}
