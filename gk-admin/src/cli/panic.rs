//! `gk panic …`: denies at once, also when no database can be read.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gk_service::service::{panic as noted, users};
use gk_shared::model::{Email, Slug, Username};
use gk_shared::panic::{self, Panic, Rule};
use serde_json::{Value, json};

use super::answer::{Answer, Failure};
use super::shell::Shell;

#[derive(Subcommand)]
#[command(rename_all = "kebab-case")]
pub(super) enum Verbs {
    /// Deny a person, an app or everybody, whatever grants say: within a second, and until it is lifted
    Deny(What),
    /// Take a denial back; --all takes back every one
    Lift(What),
    /// Show what is denied
    List,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct What {
    /// A person: user name or e-mail; without a database the e-mail
    #[arg(short, long, value_parser = Username::parse)]
    user: Option<Username>,
    /// Everybody at this app
    #[arg(short, long, value_parser = Slug::parse)]
    app: Option<Slug>,
    /// Everybody, everywhere
    #[arg(long)]
    all: bool,
}

impl Verbs {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let path = file(shell);
        match self {
            Self::List => Ok(told(&read(&path)?, "Nothing is denied.")),
            Self::Deny(what) => {
                // A file that says nothing clear denies everybody already: it is not made to deny less.
                let mut panic = panic::read(&path).unwrap_or_else(|_| Panic::everybody());
                let rules = what.rules(shell)?;
                for rule in &rules {
                    panic.deny(rule.clone());
                }
                write(&path, &panic)?;
                note(shell, "panic_denied", &rules);
                Ok(told(&panic, ""))
            }
            Self::Lift(what) => {
                let rules = if what.all { Vec::new() } else { what.rules(shell)? };
                let mut panic = if what.all { Panic::default() } else { read(&path)? };
                if !what.all && rules.iter().filter(|rule| panic.lift(rule)).count() == 0 {
                    return Err(Failure::refused("that is not denied: gk panic list shows what is"));
                }
                write(&path, &panic)?;
                note(shell, "panic_lifted", &rules);
                Ok(told(&panic, "Nothing is denied any more."))
            }
        }
    }
}

impl What {
    /// What is meant. A person is denied by account and by address, where both are known.
    fn rules(&self, shell: &Shell) -> Result<Vec<Rule>, Failure> {
        if let Some(app) = &self.app {
            return Ok(vec![Rule::App(app.clone())]);
        }
        let Some(name) = &self.user else { return Ok(vec![Rule::Everybody]) };
        let account = shell.database().and_then(|db| Ok(db.read(&shell.caller, |view| users::find(view, name))?));
        match (account, Email::parse(name.as_str())) {
            (Ok(user), _) => Ok(vec![Rule::Account(user.id), Rule::User(user.email)]),
            (Err(_), Ok(email)) => Ok(vec![Rule::User(email)]),
            (Err(error), Err(_)) => Err(error),
        }
    }
}

/// Beside the policy file: where a flag or the environment says, or the database, or where it usually is.
fn file(shell: &Shell) -> PathBuf {
    let known = shell.paths.policy.clone().or_else(|| Some(shell.database().ok()?.policy_path().to_owned()));
    let usual = || shell.paths.database.with_file_name("policy").join("policy.sqlite3");
    panic::beside(&known.unwrap_or_else(usual))
}

fn read(path: &std::path::Path) -> Result<Panic, Failure> {
    panic::read(path).map_err(|error| {
        let path = path.display();
        Failure::refused(format!("{path} denies everybody, since it says nothing clear ({error}): gk panic lift --all"))
    })
}

fn write(path: &std::path::Path, panic: &Panic) -> Result<(), Failure> {
    panic::write(path, panic)
        .map_err(|error| Failure::refused(format!("{} cannot be written: {error}", path.display())))
}

/// In the audit, if that can be written now. It is never in the way.
fn note(shell: &Shell, action: &'static str, rules: &[Rule]) {
    let rules =
        if rules.is_empty() { vec!["everything".to_owned()] } else { rules.iter().map(Rule::to_string).collect() };
    let noted = shell.database().and_then(|db| Ok(db.write(&shell.caller, |op| noted::note(op, action, &rules))?));
    if let Err(error) = noted {
        tracing::warn!(error = error.message, "done, but the audit has no row of it");
    }
}

fn told(panic: &Panic, nothing: &str) -> Answer {
    let rules = panic.rules().map(Rule::to_string).collect::<Vec<_>>();
    let text = if rules.is_empty() {
        nothing.to_owned()
    } else {
        format!("Denied within a second:\n  {}", rules.join("\n  "))
    };
    let json: Value = json!({ "denied": rules });
    Answer::seen(json, text)
}
