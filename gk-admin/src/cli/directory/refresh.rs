//! `gk directory refresh` and `gk directory runs`.

use clap::Args;
use gk_service::model::{DirectoryLabel, DirectoryRun, RunPerson, RunState, User};
use gk_service::service::{Refusal, View, directories, users};
use gk_service::{Done, Force};
use gk_shared::model::Username;
use serde_json::{Value, json};

use super::asking;
use crate::cli::answer::{Answer, Failure, table};
use crate::cli::shell::Shell;

pub(super) use crate::directory_json::run_json;

#[derive(Args)]
#[group(id = "whom", required = true, multiple = false, args = ["label", "user", "run"])]
pub(in crate::cli) struct Refresh {
    /// Everybody this directory keeps
    #[arg(short = 'd', long = "domain", value_name = "LABEL", value_parser = DirectoryLabel::parse)]
    label: Option<DirectoryLabel>,
    /// One person: user name or e-mail
    #[arg(short, long, value_parser = Username::parse)]
    user: Option<Username>,
    /// Say yes to what this run asks: everybody is looked up once more, and as many may be disabled
    #[arg(long = "allow", value_name = "RUN")]
    run: Option<i64>,
}

impl Refresh {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        match (self.user, self.label, self.run) {
            (Some(user), ..) => one(shell, &user),
            (None, Some(label), _) => all(shell, (&label, 0)),
            (None, None, Some(run)) => {
                let read = |view: &View<'_>| directories::noted(view, run);
                let (asked, _) = shell.database()?.read(&shell.caller, read)?;
                if asked.state != RunState::Asks {
                    return Err(Refusal::Conflict("this run asks nothing".into()).into());
                }
                all(shell, (&asked.directory, asked.disabled))
            }
            (None, None, None) => Err(Failure::usage("say --domain, --user or --allow")),
        }
    }
}

fn one(shell: &Shell, name: &Username) -> Result<Answer, Failure> {
    let user: User = shell.database()?.read(&shell.caller, |view| users::find(view, name))?;
    let (directories, runtime) = asking(shell)?;
    let taken = runtime.block_on(directories.refresh_one(shell.caller.clone(), user))?;
    let changes = if taken.changes.is_empty() { "nothing is new".into() } else { taken.changes.join(", ") };
    let problem = taken.problem.as_ref().map(|why| format!("\nNot taken over: {why}")).unwrap_or_default();
    let json = json!({ "username": taken.user.username.as_str(), "changes": taken.changes, "problem": taken.problem,
        "enabled": taken.user.enabled });
    Ok(Answer::seen(json, format!("{}: {changes}.{problem}", taken.user.username)))
}

/// Works on the run itself, so that it needs no gk-admin; how far it is goes to standard error.
fn all(shell: &Shell, (label, may_disable): (&DirectoryLabel, i64)) -> Result<Answer, Failure> {
    let (those, runtime) = asking(shell)?;
    let begin = |op: &gk_service::service::Op<'_>| {
        let people = directories::people_of(op, label)?.len();
        directories::begin(op, (label, may_disable), people)
    };
    let run = shell.database()?.write(&shell.caller, begin)?.value;
    let id = run.id;
    let watch = |run: &DirectoryRun| eprintln!("{} of {} looked up", run.looked_at, run.total);
    runtime.block_on(those.work(shell.caller.clone(), run, watch))?;
    let (run, people) = shell.database()?.read(&shell.caller, |view| directories::noted(view, id))?;
    let text = told(&run, &people);
    match run.state {
        RunState::Done => {
            let done = Done { value: (run, people), force: Force::Now };
            Ok(Answer::done(done, |(run, people)| (with_people(run, people), text)))
        }
        RunState::Waiting | RunState::Running | RunState::Asks | RunState::Cancelled | RunState::Failed => {
            Err(Failure::refused(text))
        }
    }
}

pub(super) fn latest(shell: &Shell, label: &DirectoryLabel) -> Result<Answer, Failure> {
    let found = shell.database()?.read(&shell.caller, |view| directories::latest(view, label))?;
    let Some((run, people)) = found else {
        return Ok(Answer::seen(json!({ "run": null }), format!("Nobody in {label} was looked up again yet.")));
    };
    Ok(Answer::seen(with_people(&run, &people), told(&run, &people)))
}

fn with_people(run: &DirectoryRun, people: &[RunPerson]) -> Value {
    let person =
        |one: &RunPerson| json!({ "username": one.username, "outcome": one.outcome.word(), "detail": one.detail });
    json!({ "run": run_json(run), "people": people.iter().map(person).collect::<Vec<_>>() })
}

fn told(run: &DirectoryRun, people: &[RunPerson]) -> String {
    let reason = if run.reason.is_empty() { String::new() } else { format!(": {}", run.reason) };
    let disabled = if run.state == RunState::Asks { "to disable" } else { "disabled" };
    let head = format!(
        "Run {} of {}: {}{reason}. {} of {} looked up, {} changed, {} {disabled}, {} failed.",
        run.id,
        run.directory,
        run.state.word(),
        run.looked_at,
        run.total,
        run.changed,
        run.disabled,
        run.failed
    );
    let ask = if run.state == RunState::Asks {
        format!("\nIf that is right: gk directory refresh --allow {}", run.id)
    } else {
        String::new()
    };
    if people.is_empty() {
        return format!("{head}{ask}");
    }
    let rows = people.iter().map(|one| vec![one.username.clone(), one.outcome.word().into(), one.detail.clone()]);
    format!("{head}{ask}\n\n{}", table(&["Username", "Outcome", "What"], &rows.collect::<Vec<_>>()))
}
