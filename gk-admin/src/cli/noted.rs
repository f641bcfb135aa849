//! Every use of the command leaves a row in the audit: that of the verb, or else one with the command's name.

use std::ffi::OsString;

use clap::{ArgMatches, CommandFactory, Error, FromArgMatches};
use gk_service::service::audit;
use gk_shared::caused::Caused;

use super::answer::{Answer, Failure};
use super::shell::Shell;
use super::{Cli, Verb};

/// Reads a command line; gives the command's name too, such as `users list`, without what follows it.
pub(super) fn understand(words: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<(Cli, String), Error> {
    let mut matches = Cli::command().try_get_matches_from(words)?;
    let name = name(&matches);
    let cli = Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut Cli::command()))?;
    Ok((cli, name))
}

fn name(matches: &ArgMatches) -> String {
    let (mut words, mut here) = (Vec::new(), matches);
    while let Some((word, below)) = here.subcommand() {
        words.push(word);
        here = below;
    }
    if here.try_get_one::<bool>("dry_run").ok().flatten() == Some(&true) {
        words.push("--dry-run");
    }
    words.join(" ")
}

/// Runs a verb and sees to it that a row tells of it. What only ends when it is stopped is noted as it begins.
pub(super) fn run(shell: &Shell, verb: Verb, name: &str) -> Result<Answer, Failure> {
    let goes_on = verb.goes_on();
    if goes_on {
        note(shell, name, "begun");
    }
    let outcome = verb.run(shell);
    // Without a database there is nowhere to note it, and without the key nobody can.
    let audited = shell.database().is_ok_and(gk_service::Database::take_audited);
    if !audited && !goes_on {
        note(shell, name, if outcome.is_ok() { "done" } else { "refused" });
    }
    outcome
}

/// Never in the way: whoever only looks is shown what they ask for, also where nothing can be written.
pub(super) fn note(shell: &Shell, name: &str, outcome: &'static str) {
    let Ok(database) = shell.database() else { return };
    if database.key_problem().is_some() {
        return;
    }
    if let Err(error) = database.note(&shell.caller, |op| audit::note_command(op, name, outcome)) {
        tracing::warn!(error = %Caused(&error), "the audit has no row of this command");
    }
}
