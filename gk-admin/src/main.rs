//! gk-admin: the sign-in pages, and everything people and scripts do over HTTP.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use gk_shared::environment::Environment;
use gk_shared::listen::Listen;

const ENVIRONMENT: &str = "\
Environment, also read from /etc/gatekeeper/environment; besides the settings, which `gk config list` shows:
  GATEKEEPER_DB, GATEKEEPER_POLICY, GATEKEEPER_KEY_FILE, GATEKEEPER_LISTEN,
  GATEKEEPER_ADMIN_METRICS    as the flags
  GATEKEEPER_ACTIVITY    where each gk-validate tells which sessions are used: unix:PATH, several separated by spaces,
                         or off [default: unix:/run/gatekeeper/activity.sock]";

/// Gatekeeper's server: sign-in, registration and administration, behind nginx.
#[derive(Parser)]
#[command(name = "gk-admin", version, after_help = ENVIRONMENT)]
struct Cli {
    #[command(flatten)]
    place: gk_admin::PlaceFlags,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Serve until SIGTERM, then finish what has begun, for at most ten seconds
    Serve(Serve),
    /// Answer one question in SQL from standard input, for the console
    #[command(hide = true)]
    AnswerQuestion,
}

#[derive(Args)]
struct Serve {
    /// Where to listen: 127.0.0.1:5100 or unix:PATH[,mode=0660][,group=NAME] [`GATEKEEPER_LISTEN`; default 127.0.0.1:5100]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<Listen>,
    /// Where /metrics is: as --listen, or off [`GATEKEEPER_ADMIN_METRICS`; default 127.0.0.1:5103]
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<String>,
}

fn main() -> ExitCode {
    let Cli { place, verb } = Cli::parse();
    let done = gk_shared::core_dumps::forbid().map_err(anyhow::Error::from).and_then(|()| match verb {
        Verb::Serve(serve) => {
            gk_admin::start_logging("info");
            run(&place, serve)
        }
        Verb::AnswerQuestion => gk_admin::answer_question(&place).map_err(Into::into),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(place: &gk_admin::PlaceFlags, serve: Serve) -> anyhow::Result<()> {
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    let environment = Environment::read()?;
    let listen = match (serve.listen, environment.get("GATEKEEPER_LISTEN")) {
        (Some(flag), _) => flag,
        (None, Some(variable)) => variable.parse()?,
        (None, None) => "127.0.0.1:5100".parse()?,
    };
    let monitor = serve.metrics.as_deref().or(environment.get("GATEKEEPER_ADMIN_METRICS")).unwrap_or("127.0.0.1:5103");
    let monitor = if monitor == "off" { None } else { Some(monitor.parse()?) };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(gk_admin::serve(place, &environment, &listen, monitor.as_ref()))
}
