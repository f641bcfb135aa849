//! What the command line and the environment ask for.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use clap::{Parser, Subcommand};
use gk_shared::environment::Environment;
use gk_shared::listen::Listen;

use crate::decision_log::Wanted;

const POLICY: &str = "/var/lib/gatekeeper/policy/policy.sqlite3";
const LISTEN: &str = "unix:/run/gatekeeper/validate.sock";
const MONITOR: &str = "127.0.0.1:5102";
const ACTIVITY: &str = "unix:/run/gatekeeper/activity.sock,mode=0660";

const LISTEN_HELP: &str = "\
Where nginx asks: ADDRESS:PORT or unix:PATH[,mode=0660][,group=NAME]; may be given several times \
[default: unix:/run/gatekeeper/validate.sock]";

const ACTIVITY_HELP: &str = "\
Where gk-admin asks when sessions were last used: unix:PATH[,mode=0660][,group=NAME], or off \
[default: unix:/run/gatekeeper/activity.sock, if it can be made]";

const LONG_HELP: &str = "\
Answers nginx's auth_request from memory: GET /api/v1/auth/validate with the session cookie gk_session and the \
header X-GK-App gives 200 (with X-Auth-User, X-Auth-Name, X-Auth-Role), 401 (sign in first) or 403 (X-GK-Reason \
says why), always without a body.

It reads the policy file that gk-admin and gk publish to, and follows it: a change is in force at the next request. \
It may start before the file exists; until then it answers 503.";

const EXAMPLES: &str = "\
Examples:
  gk-validate --policy ./instance/policy/policy.sqlite3 --listen 127.0.0.1:5101
  gk-validate --listen unix:/run/gatekeeper/validate.sock,mode=0660,group=www-data --listen 127.0.0.1:5101
  gk-validate health                     exits 0 when ready, else says why and exits 1

Environment (also read from /etc/gatekeeper/environment; a flag wins):
  GATEKEEPER_POLICY                      as --policy
  GATEKEEPER_VALIDATE_LISTEN             as --listen; several are separated by spaces
  GATEKEEPER_VALIDATE_METRICS            as --metrics
  GATEKEEPER_VALIDATE_ACTIVITY           as --activity
  GATEKEEPER_VALIDATE_MAX_STALE          as --max-stale
  GATEKEEPER_VALIDATE_LOG_DECISIONS      as --log-decisions
  RUST_LOG                               how much is said on stderr, such as warn; info unless given

Under systemd: sockets that a .socket unit passes are listened on in place of --listen; Type=notify and WatchdogSec= are
honoured.

Signals: SIGTERM and SIGINT stop accepting, finish what has begun, and exit within 5 seconds.";

/// Answers nginx: may this request pass?
#[derive(Parser)]
#[command(name = "gk-validate", version, long_about = LONG_HELP, after_help = EXAMPLES)]
#[command(args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(subcommand)]
    verb: Option<Verb>,

    /// The policy file, opened read-only [default: /var/lib/gatekeeper/policy/policy.sqlite3]
    #[arg(long, value_name = "PATH")]
    policy: Option<PathBuf>,

    #[arg(long, value_name = "WHERE", help = LISTEN_HELP)]
    listen: Vec<Listen>,

    /// Where /metrics, /livez and /readyz are: as --listen, or off [default: 127.0.0.1:5102]
    #[arg(long, value_name = "WHERE")]
    metrics: Option<String>,

    #[arg(long, value_name = "WHERE", help = ACTIVITY_HELP)]
    activity: Option<String>,

    /// When nobody has known for so many seconds whether the policy is the newest, apps are closed (403, reason stale) that
    /// are not set to stay open (gk apps update --stale-ok). For hosts that a copy of the policy file is sent to, with the
    /// setting policy.heartbeat; where gk-admin runs too it notices a policy file that is gone or older [default: never]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(i64).range(10..))]
    max_stale: Option<i64>,

    /// Write answers to standard error, a line of JSON each: off, denied (those that let nobody in) or all. Lines that
    /// nobody takes in time are dropped and counted [default: off]
    #[arg(long, value_name = "WHICH")]
    log_decisions: Option<Wanted>,

    /// Threads that answer, each with its own copy of the policy. One is fastest behind nginx on the same machine
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    workers: u16,
}

#[derive(Subcommand)]
enum Verb {
    /// Ask a running gk-validate whether it is ready
    Health {
        /// Where it was told to keep /readyz [default: 127.0.0.1:5102]
        #[arg(long, value_name = "WHERE")]
        metrics: Option<String>,
    },
}

/// What this process is to do.
pub(crate) enum Task {
    Serve(Settings),
    AskHealth(Listen),
}

/// How to serve.
pub(crate) struct Settings {
    pub(crate) policy: PathBuf,
    pub(crate) listen: Vec<Listen>,
    /// The monitor's own listener, if there is to be one.
    pub(crate) monitor: Option<Listen>,
    pub(crate) activity: TellActivity,
    /// In seconds.
    pub(crate) max_stale: Option<i64>,
    pub(crate) log_decisions: Wanted,
    pub(crate) workers: u16,
}

/// Whether and where it is told when sessions were used. Never over TCP: only who may open the socket is to know.
pub(crate) enum TellActivity {
    Off,
    At(Listen),
    /// Nobody has said where, so it does not matter if it cannot be there.
    IfItCan(Listen),
}

/// Reads both. Ends the process with status 2 when the command line is wrong, and 0 when it asks for help.
pub(crate) fn read() -> Result<Task> {
    task(CommandLine::parse(), &Environment::read()?)
}

fn task(line: CommandLine, environment: &Environment) -> Result<Task> {
    if let Some(Verb::Health { metrics }) = line.verb {
        let monitor = monitor(metrics.as_deref(), environment)?;
        return monitor.map(Task::AskHealth).context("there is nobody to ask: the metrics listener is off");
    }
    let policy = line.policy.or_else(|| environment.get("GATEKEEPER_POLICY").map(PathBuf::from));
    let listen = if line.listen.is_empty() { listen(environment)? } else { line.listen };
    let monitor = monitor(line.metrics.as_deref(), environment)?;
    let activity =
        activity(line.activity.as_deref(), environment).context("--activity or GATEKEEPER_VALIDATE_ACTIVITY")?;
    Ok(Task::Serve(Settings {
        policy: policy.unwrap_or_else(|| POLICY.into()),
        listen,
        monitor,
        activity,
        max_stale: line.max_stale.map_or_else(|| max_stale(environment), |seconds| Ok(Some(seconds)))?,
        log_decisions: line.log_decisions.map_or_else(|| log_decisions(environment), Ok)?,
        workers: line.workers,
    }))
}

fn listen(environment: &Environment) -> Result<Vec<Listen>> {
    let given = environment.get("GATEKEEPER_VALIDATE_LISTEN").unwrap_or(LISTEN);
    given.split_whitespace().map(str::parse).collect::<Result<_, _>>().context("GATEKEEPER_VALIDATE_LISTEN")
}

fn monitor(flag: Option<&str>, environment: &Environment) -> Result<Option<Listen>> {
    match flag.or_else(|| environment.get("GATEKEEPER_VALIDATE_METRICS")).unwrap_or(MONITOR) {
        "off" => Ok(None),
        address => address.parse().map(Some).context("--metrics or GATEKEEPER_VALIDATE_METRICS"),
    }
}

fn max_stale(environment: &Environment) -> Result<Option<i64>> {
    let Some(text) = environment.get("GATEKEEPER_VALIDATE_MAX_STALE") else { return Ok(None) };
    let seconds = text.parse().ok().filter(|seconds| *seconds >= 10);
    seconds.map(Some).context("GATEKEEPER_VALIDATE_MAX_STALE is a number of seconds, at least 10")
}

fn log_decisions(environment: &Environment) -> Result<Wanted> {
    let word = environment.get("GATEKEEPER_VALIDATE_LOG_DECISIONS").unwrap_or("off");
    word.parse().map_err(|error: &str| anyhow!("GATEKEEPER_VALIDATE_LOG_DECISIONS: {error}"))
}

fn activity(flag: Option<&str>, environment: &Environment) -> Result<TellActivity> {
    let given = flag.or_else(|| environment.get("GATEKEEPER_VALIDATE_ACTIVITY"));
    match given.map(|text| (text, text.parse())) {
        None => Ok(TellActivity::IfItCan(ACTIVITY.parse()?)),
        Some(("off", _)) => Ok(TellActivity::Off),
        Some((_, Ok(address @ Listen::Unix(_)))) => Ok(TellActivity::At(address)),
        Some((text, Ok(Listen::Tcp(_)))) => {
            bail!("{text} is no Unix socket, and nobody else is told this: write unix:PATH")
        }
        Some((_, Err(error))) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn settings(arguments: &[&str], environment: &[(&str, &str)]) -> Settings {
        let line = CommandLine::parse_from([&["gk-validate"], arguments].concat());
        let own = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment = Environment::of("", own).expect("an environment");
        match task(line, &environment).expect("a task") {
            Task::Serve(settings) => settings,
            Task::AskHealth(_) => panic!("no health asked for"),
        }
    }

    #[test]
    fn the_command_line_is_well_formed() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_that_over_the_default() {
        let environment = [
            ("GATEKEEPER_POLICY", "/e"),
            ("GATEKEEPER_VALIDATE_LISTEN", "127.0.0.1:1 unix:/s"),
            ("GATEKEEPER_VALIDATE_METRICS", "off"),
            ("GATEKEEPER_VALIDATE_ACTIVITY", "unix:/a"),
        ];
        let (flags, none) = (["--policy", "/f", "--listen", "127.0.0.1:2"], []);
        assert_eq!(settings(&none, &[]).policy.to_str(), Some(POLICY));
        assert_eq!(settings(&none, &environment).policy.to_str(), Some("/e"));
        assert_eq!(settings(&flags, &environment).policy.to_str(), Some("/f"));
        assert_eq!(settings(&none, &environment).listen.len(), 2);
        assert_eq!(settings(&flags, &environment).listen.len(), 1);
        assert!(settings(&none, &environment).monitor.is_none());
        assert!(settings(&none, &[]).monitor.is_some());
        assert!(matches!(settings(&none, &[]).activity, TellActivity::IfItCan(_)));
        assert!(matches!(settings(&none, &environment).activity, TellActivity::At(_)));
        assert!(matches!(settings(&["--activity", "off"], &environment).activity, TellActivity::Off));
    }
}
