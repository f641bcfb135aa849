//! The faces of Gatekeeper and the outside world: sign-in pages, the gk command, mail.

mod access_json;
mod activity;
mod api;
mod app;
mod app_json;
mod audit_asked;
mod backups;
pub mod cli;
mod dial;
mod directory;
mod directory_given;
mod directory_json;
mod doctor;
mod forward;
mod grant_json;
mod janitor;
mod keeper;
mod key_json;
mod keys_used;
mod logging;
mod mail;
mod metrics;
mod place;
mod question;
mod serve;
mod setting_json;
mod sheets;
mod signins;
mod time;
mod ui;

pub use logging::start as start_logging;
pub use place::PlaceFlags;
pub use question::child::answer as answer_question;
pub use serve::serve;
