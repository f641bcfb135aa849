//! `gk directory …`

mod people;
mod refresh;
mod setup;

use clap::{Args, Subcommand};
use gk_service::model::{Directory, DirectoryLabel, DirectoryUri};
use gk_service::service::directories::{self, People};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::answer::{Answer, Failure, counted, list, plain, table};
use super::confirm::Confirmation;
use super::shell::Shell;
use crate::directory::{Directories, Probe, probe};
use crate::directory_json::probe_json;
use crate::metrics::Metrics;

#[derive(Subcommand)]
#[command(rename_all = "kebab-case")]
pub(super) enum Verbs {
    /// List directories in the order they are asked about
    List,
    /// Set a directory up
    Add(setup::Add),
    /// Change how a directory is set up; another host forgets the stored password
    Update(setup::Update),
    /// Remove a directory with its groups
    Remove {
        #[command(flatten)]
        named: Named,
        /// Keep the accounts of its people here from now on
        #[arg(long)]
        release: bool,
        #[command(flatten)]
        confirmation: Confirmation,
    },
    /// Try a directory step by step, each timed: every address, the bind, the base DNs, and somebody's entry
    Test {
        #[command(flatten)]
        named: Named,
        /// Look this person up too: user name, e-mail or UPN
        #[arg(short, long)]
        user: Option<String>,
    },
    /// Find people of a directory by a part of their name, user name or e-mail
    Search {
        #[command(flatten)]
        named: Named,
        /// The part
        #[arg(short, long)]
        text: String,
    },
    /// Make an account for somebody in a directory
    Provision {
        /// User name, label\user, e-mail or UPN
        #[arg(short, long)]
        user: String,
        /// The directory, where the name alone is not enough
        #[arg(short, long, value_parser = DirectoryLabel::parse)]
        domain: Option<DirectoryLabel>,
    },
    /// Look up again everybody a directory keeps, or one person, and take over what it says
    Refresh(refresh::Refresh),
    /// Show the newest run that looked everybody up again, and whom it changed
    Runs(Named),
    /// Stop a run
    Cancel {
        /// Its number, from `gk directory runs`
        #[arg(long)]
        run: i64,
    },
}

#[derive(Args)]
pub(super) struct Named {
    /// The directory's label, in whatever case
    #[arg(short = 'd', long = "domain", value_name = "LABEL", value_parser = DirectoryLabel::parse)]
    label: DirectoryLabel,
}

impl Verbs {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let (db, caller) = (shell.database()?, &shell.caller);
        match self {
            Self::List => Ok(listed(&db.read(caller, directories::list)?)),
            Self::Add(add) => add.run(shell),
            Self::Update(update) => update.run(shell),
            Self::Remove { named: Named { label }, release, confirmation } => {
                confirmation.or_ask(shell.listener, &format!("Remove the directory {label} with its groups"))?;
                let people = if release { People::Release } else { People::Refuse };
                let done = db.write(caller, |op| directories::remove(op, &label, people))?;
                Ok(Answer::done(done, |one| (as_json(one), format!("Removed the directory {label}."))))
            }
            Self::Test { named, user } => test(shell, &named.label, user.as_deref()),
            Self::Search { named, text } => people::search(shell, &named.label, &text),
            Self::Provision { user, domain } => people::provision(shell, domain.as_ref(), &user),
            Self::Refresh(refresh) => refresh.run(shell),
            Self::Runs(Named { label }) => refresh::latest(shell, &label),
            Self::Cancel { run } => {
                let done = db.write(caller, |op| directories::cancel(op, run))?;
                Ok(Answer::done(done, |run| (refresh::run_json(run), format!("Run {} stops.", run.id))))
            }
        }
    }
}

/// Directories as this command asks them, and what runs the questions.
fn asking(shell: &Shell) -> Result<(Directories, Runtime), Failure> {
    let metrics = Metrics::new().map_err(|error| Failure::refused(error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::refused(error.to_string()))?;
    Ok((Directories::new(shell.shared_database()?, metrics.into()), runtime))
}

fn test(shell: &Shell, label: &DirectoryLabel, user: Option<&str>) -> Result<Answer, Failure> {
    let usable = shell.database()?.read(&shell.caller, |view| directories::to_try(view, label))?;
    let (_, runtime) = asking(shell)?;
    let probed = runtime.block_on(probe(&usable, user));
    let text = told(&probed);
    if probed.is_well() { Ok(Answer::seen(probe_json(&probed), text)) } else { Err(Failure::refused(text)) }
}

fn told(probed: &Probe) -> String {
    let row = |step: &crate::directory::Probed| {
        let (mark, text) = match &step.result {
            Ok(text) => ("ok", text),
            Err(why) => ("failed", why),
        };
        vec![mark.to_owned(), format!("{} ms", step.took.as_millis()), step.step.clone(), text.clone()]
    };
    let steps = table(&["", "Took", "Step", "Result"], &probed.steps.iter().map(row).collect::<Vec<_>>());
    let groups = probed.found.iter().flat_map(|found| &found.groups).map(|group| plain(&group.written));
    let groups = groups.collect::<Vec<_>>();
    if groups.is_empty() { steps } else { format!("{steps}\n\nGroups:\n  {}", groups.join("\n  ")) }
}

fn listed(all: &[Directory]) -> Answer {
    let row = |one: &Directory| {
        let uris = one.uris.iter().map(DirectoryUri::as_str).collect::<Vec<_>>().join(" ");
        let state = if one.enabled { "on" } else { "off" };
        vec![one.label.to_string(), state.into(), one.security.word().into(), uris, one.base_dns.join("; ")]
    };
    let rows = all.iter().map(row).collect::<Vec<_>>();
    let json = list("directories", all.iter().map(as_json));
    Answer::seen(json, table(&["Label", "State", "Security", "Addresses", "Base DNs"], &rows))
}

use crate::directory_json::directory_json as as_json;

/// What was set up, in a sentence.
fn set_up(one: &Directory, verb: &str) -> (Value, String) {
    let password = match (one.bind_dn.is_empty(), one.has_password) {
        (true, _) => "It is asked anonymously.",
        (false, true) => "Its bind password is kept sealed.",
        (false, false) => "It has no bind password now: give it with --bind-password-file before it can be asked.",
    };
    let addresses = counted(one.uris.len(), "address").replace("addresss", "addresses");
    (
        as_json(one),
        format!(
            "{verb} the directory {} with {addresses}. {password} Try it: gk directory test --domain {}",
            one.label, one.label
        ),
    )
}
