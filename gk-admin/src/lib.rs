//! The faces of Gatekeeper and the outside world: sign-in pages, the gk command, mail.

mod app;
pub mod cli;
mod keeper;
mod logging;
mod mail;
mod place;
mod serve;
mod signins;
mod ui;

pub use logging::start as start_logging;
pub use place::PlaceFlags;
pub use serve::serve;
