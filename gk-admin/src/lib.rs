//! The faces of Gatekeeper and the outside world: sign-in pages, the gk command, mail.

mod access_json;
mod activity;
mod api;
mod app;
mod app_json;
mod audit_asked;
pub mod cli;
mod grant_json;
mod keeper;
mod key_json;
mod keys_used;
mod logging;
mod mail;
mod metrics;
mod place;
mod serve;
mod sheets;
mod signins;
mod time;
mod ui;

pub use logging::start as start_logging;
pub use place::PlaceFlags;
pub use serve::serve;
