//! What takes much away at once is asked about at a terminal, and needs `--yes` in a script.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;

use super::answer::Failure;

/// Whom a command can ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listener {
    Person,
    /// A pipe, or a batch, whose input are verbs.
    Nobody,
}

impl Listener {
    /// Whoever is at both ends of the talk.
    pub(super) fn here() -> Self {
        if io::stdin().is_terminal() && io::stderr().is_terminal() { Self::Person } else { Self::Nobody }
    }
}

/// For the verbs that remove.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Confirmation {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl Confirmation {
    /// Goes on if that was said, or somebody says so now. `question` ends without a question mark.
    pub(super) fn or_ask(self, listener: Listener, question: &str) -> Result<(), Failure> {
        match (self.yes, listener) {
            (true, _) => Ok(()),
            (false, Listener::Nobody) => Err(Failure::refused(format!("{question}? Say --yes"))),
            (false, Listener::Person) => ask(question),
        }
    }
}

fn ask(question: &str) -> Result<(), Failure> {
    eprint!("{question}? [y/N] ");
    let mut answer = String::new();
    let heard = io::stderr().flush().and_then(|()| io::stdin().lock().read_line(&mut answer));
    heard.map_err(|error| Failure::refused(error.to_string()))?;
    if is_yes(&answer) { Ok(()) } else { Err(Failure::refused("nothing was removed")) }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        assert!(["y\n", "Yes\n", " YES "].into_iter().all(is_yes));
        assert!(["", "\n", "n\n", "yesterday\n", "remove\n"].into_iter().all(|answer| !is_yes(answer)));
    }

    #[test]
    fn where_nobody_can_be_asked_it_has_to_be_said() {
        let question = "Remove the app docs";
        let refused = Confirmation { yes: false }.or_ask(Listener::Nobody, question).expect_err("nobody said yes");
        assert_eq!(refused.message, "Remove the app docs? Say --yes");
        assert!(Confirmation { yes: true }.or_ask(Listener::Nobody, question).is_ok());
    }
}
