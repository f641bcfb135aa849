//! `gk doctor`

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::Args;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::answer::{Failure, Form, plain};
use super::shell::Shell;
use crate::doctor::{Config, Facts, Finding, Live, Outcome, examine, look};

/// The most that is read of standard input; no configuration is as large.
const MOST_BYTES: u64 = 16 << 20;

/// Look for what is wrong: in nginx's configuration, in the state, and in what the running stack answers
///
/// Of nginx it reads what `nginx -T` prints, which takes root; another file, a folder or standard input can be named
/// instead. Each trap is named with its file, its line and the mend: pages that nobody checks, identities that visitors
/// could claim, cookies and keys that reach an app, pages that nginx would show to others, refusals that go astray,
/// connections that are not kept, and blocks that have become out of date.
///
/// Of the state it says whether the root key fits, whether all that is saved is in force, whether browsers take the
/// session's cookie, and whether the mail server and the directories answer. Then it asks the sign-in page and every app's host as somebody
/// who is not signed in would: each has to refuse them, and to lead a page's reader to sign in and back.
///
/// An open WebSocket outlives a revocation: nginx checks a connection once, when it begins. proxy_read_timeout says how
/// long a silent one stays.
///
/// Exit codes: 0 nothing is wrong (there may be warnings), 1 something is, 2 wrong usage.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  sudo gk doctor\n  sudo nginx -T | gk doctor --nginx-config -\n  gk doctor --connect 10.0.0.5\n  gk doctor --offline --json --nginx-config /etc/nginx"
)]
pub(super) struct Doctor {
    /// What `nginx -T` printed, or a file or folder of nginx's; `-` is standard input
    #[arg(long, value_name = "FILE")]
    nginx_config: Option<PathBuf>,
    /// Ask neither the hosts nor gk-validate nor the mail server nor directories
    #[arg(long, conflicts_with_all = ["connect", "figures"])]
    offline: bool,
    /// Ask this machine for every host, in place of what their names lead to
    #[arg(long, value_name = "MACHINE")]
    connect: Option<String>,
    /// Where gk-validate shows its figures
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5102")]
    figures: String,
}

impl Doctor {
    /// Prints what was found.
    pub(super) fn run(self, shell: &Shell, form: Form) -> Result<ExitCode, Failure> {
        let config = self.config()?;
        let (facts, mut found) = self.state(shell)?;
        match config {
            Ok(config) => {
                found.extend(nginx(&config, &facts));
            }
            Err(finding) => found.push(finding),
        }
        if !self.offline {
            let live = Live { machine: self.connect, figures: self.figures };
            found.extend(runtime()?.block_on(live.ask(&facts, asking)));
        }
        let worst = found.iter().map(|one| one.outcome).max().unwrap_or(Outcome::Ok);
        let text = match form {
            Form::Text => found.iter().map(line).collect::<Vec<_>>().join("\n"),
            Form::Json => {
                json!({ "outcome": worst.word(), "findings": found.iter().map(object).collect::<Vec<_>>() }).to_string()
            }
        };
        // Whoever reads may have seen enough.
        let _ = writeln!(io::stdout(), "{text}");
        Ok(if worst == Outcome::Wrong { ExitCode::from(1) } else { ExitCode::SUCCESS })
    }

    /// nginx's configuration. Where none was named and nginx cannot be run here, that is a line of its own.
    fn config(&self) -> Result<Result<Config, Finding>, Failure> {
        match &self.nginx_config {
            None => match dumped() {
                Ok(bytes) => parsed("nginx -T", &bytes).map(Ok),
                Err(why) => Ok(Err(Finding::nginx_unseen(why))),
            },
            Some(path) if path == Path::new("-") => {
                let mut bytes = Vec::new();
                let read = io::stdin().take(MOST_BYTES).read_to_end(&mut bytes);
                read.map_err(|error| Failure::refused(error.to_string()))?;
                parsed("-", &bytes).map(Ok)
            }
            Some(path) => Config::read(path).map(Ok).map_err(Failure::refused),
        }
    }

    /// What the database says, and what is to be said about it.
    fn state(&self, shell: &Shell) -> Result<(Facts, Vec<Finding>), Failure> {
        let read = || -> Result<_, Failure> {
            let database = shell.database()?;
            Ok((database, Facts::read(database, &shell.caller)?))
        };
        match read() {
            Ok((database, facts)) => {
                let found = runtime()?.block_on(look(database, &facts, !self.offline, asking));
                Ok((facts, found))
            }
            Err(failure) => {
                let what = format!("what needs the database is not looked at: {}", failure.message);
                Ok((Facts::default(), vec![Finding::state("database", Outcome::NotLooked, what)]))
            }
        }
    }
}

/// What is found in nginx's configuration; that nothing is, where nothing is.
fn nginx(config: &Config, facts: &Facts) -> Vec<Finding> {
    let found = config.unseen.iter().map(Finding::unseen).chain(examine(config, facts)).collect::<Vec<_>>();
    if found.is_empty() { vec![Finding::nginx_well()] } else { found }
}

/// Tells whoever waits whom for.
fn asking(whom: &str) {
    eprintln!("asking {} …", plain(whom));
}

fn runtime() -> Result<Runtime, Failure> {
    Builder::new_current_thread().enable_all().build().map_err(|error| Failure::refused(error.to_string()))
}

fn parsed(name: &str, bytes: &[u8]) -> Result<Config, Failure> {
    Config::parse(name, &String::from_utf8_lossy(bytes)).map_err(|error| Failure::refused(error.to_string()))
}

fn dumped() -> Result<Vec<u8>, String> {
    let said = Command::new("nginx").arg("-T").output();
    let said = said.map_err(|error| format!("nginx cannot be run ({error})"))?;
    if said.status.success() {
        return Ok(said.stdout);
    }
    let why = String::from_utf8_lossy(&said.stderr);
    Err(format!("nginx -T failed: {}", plain(why.lines().last().unwrap_or_default())))
}

fn line(one: &Finding) -> String {
    let place = one.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
    let said = format!("{:<13} {}{} [{}]", one.outcome.word(), plain(&place), plain(&one.what), one.check);
    if one.mend.is_empty() { said } else { format!("{said}\n              {}", plain(&one.mend)) }
}

fn object(one: &Finding) -> Value {
    json!({
        "group": one.group.word(), "check": one.check, "outcome": one.outcome.word(),
        "file": one.place.as_ref().map(|place| &*place.file), "line": one.place.as_ref().map(|place| place.line),
        "what": one.what, "mend": one.mend,
    })
}
