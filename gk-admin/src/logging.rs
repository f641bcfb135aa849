//! Logs: to standard error, one sentence that reads alone, with fields. Never a secret, token or whole query.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging at a level, unless RUST_LOG says another.
pub fn start(level: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let terminal = std::io::stderr().is_terminal();
    // A second start, as in tests, keeps the first.
    let _ =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(terminal).try_init();
}
