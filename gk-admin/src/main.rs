//! gk-admin: the sign-in pages, and everything people and scripts do over HTTP.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use gk_shared::environment::Environment;
use gk_shared::listen::Listen;

/// Gatekeeper's server: sign-in, registration and administration, behind nginx.
#[derive(Parser)]
#[command(name = "gk-admin", version)]
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
}

#[derive(Args)]
struct Serve {
    /// Where to listen: 127.0.0.1:5100 or unix:PATH[,mode=0660][,group=NAME] [`GATEKEEPER_LISTEN`; default 127.0.0.1:5100]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<Listen>,
}

fn main() -> ExitCode {
    let Cli { place, verb: Verb::Serve(serve) } = Cli::parse();
    gk_admin::start_logging("info");
    match run(&place, serve.listen) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(place: &gk_admin::PlaceFlags, listen: Option<Listen>) -> anyhow::Result<()> {
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    let environment = Environment::read()?;
    let listen = match (listen, environment.get("GATEKEEPER_LISTEN")) {
        (Some(flag), _) => flag,
        (None, Some(variable)) => variable.parse()?,
        (None, None) => "127.0.0.1:5100".parse()?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(gk_admin::serve(place, &environment, &listen))
}
