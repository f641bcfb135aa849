//! What was looked at, and what came of it.

use super::nginx::{Directive, Place};

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) group: Group,
    /// A short name that stays the same.
    pub(crate) check: &'static str,
    pub(crate) outcome: Outcome,
    /// Of what stands in a file.
    pub(crate) place: Option<Place>,
    pub(crate) what: String,
    /// What to do about it; empty where nothing is to be done.
    pub(crate) mend: String,
}

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// nginx's configuration
    Nginx,
    /// The database, the settings, the mail server and directories
    State,
    /// What answers
    Live,
}

/// What came of it, the better first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Ok,
    NotLooked,
    Warning,
    Wrong,
}

impl Group {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::State => "state",
            Self::Live => "live",
        }
    }
}

impl Outcome {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotLooked => "not looked at",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
        }
    }
}

impl Finding {
    /// A trap in nginx's configuration that lets somebody in, or keeps everybody out.
    pub(super) fn wrong(check: &'static str, at: &Directive, what: impl Into<String>, mend: impl Into<String>) -> Self {
        let (group, place) = (Group::Nginx, Some(at.place.clone()));
        Self { group, check, outcome: Outcome::Wrong, place, what: what.into(), mend: mend.into() }
    }

    /// One that does so only sometimes, or does less.
    pub(super) fn warning(
        check: &'static str,
        at: &Directive,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self { outcome: Outcome::Warning, ..Self::wrong(check, at, what, mend) }
    }

    /// A line about something that stands in no file.
    pub(super) fn line(group: Group, check: &'static str, outcome: Outcome, what: impl Into<String>) -> Self {
        Self { group, check, outcome, place: None, what: what.into(), mend: String::new() }
    }

    /// A line about the installation's own state.
    pub(crate) fn state(check: &'static str, outcome: Outcome, what: impl Into<String>) -> Self {
        Self::line(Group::State, check, outcome, what)
    }

    /// An include that names a file which was not given.
    pub(crate) fn unseen(include: &Directive) -> Self {
        let what = format!("{} was not given, and is not looked at", include.argument(0));
        Self {
            outcome: Outcome::NotLooked,
            ..Self::wrong("file-unseen", include, what, "Give all that nginx -T prints.")
        }
    }

    /// All of nginx's configuration, which could not be read.
    pub(crate) fn nginx_unseen(why: impl Into<String>) -> Self {
        let line = Self::line(Group::Nginx, "nginx-unseen", Outcome::NotLooked, why);
        line.mended_by("Where nginx runs: sudo nginx -T | gk doctor --nginx-config -")
    }

    /// All of nginx's configuration, in which nothing was found.
    pub(crate) fn nginx_well() -> Self {
        Self::line(Group::Nginx, "nginx", Outcome::Ok, "nginx's configuration holds none of the known traps")
    }

    /// The same with what to do.
    pub(super) fn mended_by(self, mend: impl Into<String>) -> Self {
        Self { mend: mend.into(), ..self }
    }
}
