//! `gk <noun> <verb> --flag value`: one file a noun, each verb one service call.

mod access;
mod answer;
mod apps;
mod audit;
mod backup;
mod batch;
mod config;
mod confirm;
mod directory;
mod doctor;
mod effects;
mod explain;
mod export;
mod given;
mod grants;
mod groups;
mod import;
mod install;
mod invitations;
mod keys;
mod mail;
mod noted;
mod ops;
mod owner;
mod panic;
mod passphrase;
mod properties;
mod proxy;
mod requests;
mod restore;
mod rotation;
mod sessions;
mod shell;
mod users;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use gk_shared::environment::Environment;

use crate::place::PlaceFlags;
use crate::time;
use answer::{Answer, Failure, Form};
use confirm::Listener;
use shell::Shell;

/// Gatekeeper's command line: people, groups, apps, grants, keys, sessions, mail, settings and the audit.
///
/// Works whether gk-admin runs or not; a change is in force when the command returns.
///
/// Exit codes: 0 done, 1 refused or not found, 2 wrong usage, 3 saved but not yet in force.
#[derive(Parser)]
#[command(
    name = "gk",
    version,
    after_help = "Start here:  gk init-db && gk create-admin --username admin --email admin@example.com"
)]
struct Cli {
    #[command(flatten)]
    place: PlaceFlags,
    /// Print JSON, for scripts
    #[arg(long, global = true, help_heading = "Common options")]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make the database, the root key and the policy file; never overwrites anything
    InitDb,
    /// Make the first administrator, or make an existing person one
    CreateAdmin(install::CreateAdmin),
    /// See to it that everybody in auth.admin_emails is an administrator
    EnsureAdmins,
    /// Add people from a CSV file, with the older output; see also `gk users import`
    ImportUsers(import::ImportUsers),
    /// Protected services and who may enter them
    #[command(subcommand)]
    Apps(apps::Apps),
    /// People
    #[command(subcommand)]
    Users(users::Users),
    /// Groups and who is in them
    #[command(subcommand)]
    Groups(groups::Groups),
    /// What apps keep about people
    #[command(subcommand)]
    Properties(properties::Properties),
    /// Requests for access, and deciding them
    #[command(subcommand)]
    Requests(requests::Requests),
    /// Links that let people in, with groups and apps
    #[command(subcommand)]
    Invitations(invitations::Invitations),
    /// Sign-in sessions
    #[command(subcommand)]
    Sessions(sessions::Sessions),
    /// Print a link that signs somebody in: it works once, for five minutes, for whoever opens it first
    LoginLink(sessions::LoginLink),
    /// Keys of programs that use the JSON API, and of people for their apps
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Make a key that may do everything a program's key may, and print its secret
    #[command(alias = "bootstrap-key")]
    GenerateApiKey(keys::GenerateApiKey),
    /// Settings
    #[command(subcommand)]
    Config(config::Config),
    /// The mail queue, and where no mail may go
    #[command(subcommand)]
    Mail(mail::Mail),
    /// LDAP and Active Directory: set directories up, try them, and take over what they say
    #[command(subcommand)]
    Directory(directory::Verbs),
    /// What happened: look through it, take it away, check that nobody has changed it
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Why somebody may or may not enter an app
    Explain(explain::Explain),
    Doctor(doctor::Doctor),
    /// Write a table to a file: people, groups, properties or keys
    Export(export::Export),
    Backup(backup::Backup),
    Restore(restore::Restore),
    BackupKey(backup::BackupKey),
    /// Deny a person, an app or everybody at once, also when the database cannot be read
    #[command(subcommand)]
    Panic(panic::Verbs),
    /// Keep the installation healthy
    #[command(subcommand)]
    Ops(ops::Ops),
    /// Read one verb a line from standard input and answer each with ok, saved or error; with --json by one object a line
    Batch,
}

/// Runs the command.
pub fn main() -> ExitCode {
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    let (cli, name) = match noted::understand(std::env::args_os()) {
        Ok(understood) => understood,
        Err(error) => return not_understood(&error),
    };
    let form = cli.form();
    crate::logging::start("warn");
    let outcome = Environment::read().map_err(Failure::from).and_then(|environment| {
        let listener = if matches!(cli.verb, Verb::Batch) { Listener::Nobody } else { Listener::here() };
        let shell = Shell::new(&cli.place, environment, (listener, cli.form()))?;
        match cli.verb {
            Verb::Batch => batch::run(&shell, form),
            Verb::Doctor(verb) => {
                noted::note(&shell, &name, "begun");
                verb.run(&shell, form)
            }
            verb => noted::run(&shell, verb, &name).map(|answer| answer.print(form)),
        }
    });
    outcome.unwrap_or_else(|failure| failure.print(form))
}

/// Help and version to standard output, as they are; what was not understood as every other failure.
fn not_understood(error: &clap::Error) -> ExitCode {
    let json = std::env::args_os().any(|word| word == "--json");
    if error.use_stderr() && json {
        return Failure::misused(error).print(Form::Json);
    }
    // Whoever reads may have seen enough.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

impl Cli {
    fn form(&self) -> Form {
        if self.json { Form::Json } else { Form::Text }
    }
}

impl Verb {
    /// Whether it only ends when it is stopped.
    fn goes_on(&self) -> bool {
        matches!(self, Self::Audit(verb) if verb.goes_on())
    }

    fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        match self {
            Self::InitDb => install::init_db(shell),
            Self::CreateAdmin(verb) => verb.run(shell),
            Self::EnsureAdmins => install::ensure_admins(shell),
            Self::ImportUsers(verb) => verb.run(shell),
            Self::Apps(verb) => verb.run(shell),
            Self::Users(verb) => verb.run(shell),
            Self::Groups(verb) => verb.run(shell),
            Self::Properties(verb) => verb.run(shell),
            Self::Panic(verb) => verb.run(shell),
            Self::Requests(verb) => verb.run(shell),
            Self::Invitations(verb) => verb.run(shell),
            Self::Sessions(verb) => verb.run(shell),
            Self::LoginLink(verb) => verb.run(shell),
            Self::Keys(verb) => verb.run(shell),
            Self::GenerateApiKey(verb) => verb.run(shell),
            Self::Config(verb) => verb.run(shell),
            Self::Mail(verb) => verb.run(shell),
            Self::Directory(verb) => verb.run(shell),
            Self::Audit(verb) => verb.run(shell),
            Self::Explain(verb) => verb.run(shell),
            Self::Doctor(_) => Err(Failure::usage("a batch cannot hold doctor")),
            Self::Export(verb) => verb.run(shell),
            Self::Backup(verb) => verb.run(shell),
            Self::Restore(verb) => verb.run(shell),
            Self::BackupKey(verb) => verb.run(),
            Self::Ops(verb) => verb.run(shell),
            Self::Batch => Err(Failure::usage("a batch cannot hold a batch")),
        }
    }
}
