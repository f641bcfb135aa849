//! Asking for a passphrase at the terminal, without showing it.

use std::io::{self, BufRead, Write};

use gk_service::Secret;
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};

use super::answer::Failure;

/// Shorter ones are guessed.
const SHORTEST: usize = 12;

/// A new one, asked for twice.
pub(super) fn new() -> Result<Secret, Failure> {
    let first = checked(ask("A passphrase for the backup: ")?)?;
    let second = ask("The same again: ")?;
    if first.reveal() == second.reveal() { Ok(first) } else { Err(Failure::refused("these were two passphrases")) }
}

/// Refuses one that is too short to seal with.
pub(super) fn checked(passphrase: Secret) -> Result<Secret, Failure> {
    if passphrase.reveal().chars().count() >= SHORTEST {
        Ok(passphrase)
    } else {
        Err(Failure::usage(format!("a passphrase has {SHORTEST} characters or more")))
    }
}

/// Asks, and shows nothing of what is typed.
pub(super) fn ask(question: &str) -> Result<Secret, Failure> {
    hidden(question).map_err(|error| Failure::refused(error.to_string()))
}

fn hidden(question: &str) -> io::Result<Secret> {
    eprint!("{question}");
    io::stderr().flush()?;
    let stdin = io::stdin();
    let shown = tcgetattr(&stdin)?;
    let mut quiet = shown.clone();
    quiet.local_flags.remove(LocalFlags::ECHO);
    tcsetattr(&stdin, SetArg::TCSANOW, &quiet)?;
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    tcsetattr(&stdin, SetArg::TCSANOW, &shown)?;
    eprintln!();
    read?;
    Ok(Secret::new(line.trim_end_matches(['\n', '\r'])))
}
