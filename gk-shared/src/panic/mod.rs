//! What is denied at once, whatever the policy says: a small text file beside the policy file. `gk panic` writes it without
//! any database, and gk-validate honours it within a second, also when there is no policy to read.

mod file;

use std::collections::BTreeSet;
use std::fmt;

use thiserror::Error;

use crate::access::AskedApp;
use crate::model::{Email, Slug, UserId};

pub use file::{beside, read, write};

/// The first line of the file.
const HEAD: &str = "gatekeeper panic 1";

/// What is denied.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Panic {
    rules: BTreeSet<Rule>,
}

/// One thing that is denied.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Everybody, everywhere.
    Everybody,
    /// Everybody at one app.
    App(Slug),
    /// Whoever has this address.
    User(Email),
    /// The account, whatever its address.
    Account(UserId),
}

/// The text is none that this build knows. Whoever reads it has to deny everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("line {0} of the panic file is not understood")]
pub struct BadPanic(usize);

impl Panic {
    /// Everybody, everywhere: also what stands for a file that cannot be read.
    pub fn everybody() -> Self {
        Self { rules: BTreeSet::from([Rule::Everybody]) }
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// The first line that is not understood.
    pub fn parse(text: &str) -> Result<Self, BadPanic> {
        let mut lines = (1..).zip(text.lines());
        if lines.next().is_none_or(|(_, head)| head != HEAD) {
            return Err(BadPanic(1));
        }
        let rule = |(number, line): (usize, &str)| Rule::parse(line).ok_or(BadPanic(number));
        Ok(Self { rules: lines.map(rule).collect::<Result<_, _>>()? })
    }

    /// Everything that is denied, in order.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = &Rule> {
        self.rules.iter()
    }

    /// Denies this too.
    pub fn deny(&mut self, rule: Rule) {
        self.rules.insert(rule);
    }

    /// Denies it no more; whether it did.
    pub fn lift(&mut self, rule: &Rule) -> bool {
        self.rules.remove(rule)
    }

    /// Whether nothing is denied.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether this request is denied whoever makes it.
    pub fn denies_all_at(&self, app: AskedApp<'_>) -> bool {
        let named = |rule: &Rule| match (rule, app) {
            (Rule::Everybody, _) => true,
            (Rule::App(slug), AskedApp::Named(asked)) => slug.as_str() == asked,
            (Rule::App(_) | Rule::User(_) | Rule::Account(_), _) => false,
        };
        self.rules.iter().any(named)
    }

    /// Whether this person is denied wherever they ask.
    pub fn denies(&self, id: UserId, email: &str) -> bool {
        self.rules.iter().any(|rule| match rule {
            Rule::Everybody => true,
            Rule::User(denied) => denied.as_str() == email,
            Rule::Account(denied) => *denied == id,
            Rule::App(_) => false,
        })
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{HEAD}")?;
        self.rules.iter().try_for_each(|rule| writeln!(out, "{rule}"))
    }
}

impl Rule {
    fn parse(line: &str) -> Option<Self> {
        match line.split_once(' ') {
            None => (line == "all").then_some(Self::Everybody),
            Some(("app", slug)) => Slug::parse(slug).ok().map(Self::App),
            Some(("user", email)) => Email::parse(email).ok().map(Self::User),
            Some(("account", id)) => id.parse().ok().map(UserId).map(Self::Account),
            Some(_) => None,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everybody => out.write_str("all"),
            Self::App(slug) => write!(out, "app {slug}"),
            Self::User(email) => write!(out, "user {email}"),
            Self::Account(id) => write!(out, "account {id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Panic {
        let mut panic = Panic::default();
        panic.deny(Rule::App(Slug::parse("docs").expect("a slug")));
        panic.deny(Rule::User(Email::parse("alice@example.com").expect("an address")));
        panic.deny(Rule::Account(UserId(7)));
        panic
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else_is() {
        for panic in [Panic::default(), Panic::everybody(), some()] {
            assert_eq!(Panic::parse(&panic.to_string()), Ok(panic));
        }
        for (text, line) in [("", 1), ("all", 1), ("gatekeeper panic 2\n", 1), ("gatekeeper panic 1\nuser x", 2)] {
            assert_eq!(Panic::parse(text), Err(BadPanic(line)), "{text:?}");
        }
        assert_eq!(Panic::parse("gatekeeper panic 1\nall\nsomebody"), Err(BadPanic(3)));
    }

    #[test]
    fn whom_and_what_it_names_is_denied_and_nobody_else() {
        let panic = some();
        let at = |app| panic.denies_all_at(app);
        assert!(at(AskedApp::Named("docs")) && !at(AskedApp::Named("wiki")) && !at(AskedApp::Absent));
        assert!(panic.denies(UserId(1), "alice@example.com") && panic.denies(UserId(7), "new@example.com"));
        assert!(!panic.denies(UserId(1), "bob@example.com") && !Panic::default().denies(UserId(7), "x@y.z"));
        let all = Panic::everybody();
        assert!(all.denies_all_at(AskedApp::Absent) && all.denies(UserId(1), "bob@example.com"));
    }
}
