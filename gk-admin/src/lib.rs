//! The faces of Gatekeeper and the outside world: sign-in pages, the gk command, mail.

pub mod cli;
mod logging;
mod place;
