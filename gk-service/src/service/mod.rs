//! The verbs. Each is: may this caller? → change → audit, in the caller's transaction.

pub mod account;
pub mod activity;
pub mod apps;
pub mod audit;
pub mod backups;
pub mod central;
#[cfg(test)]
pub(crate) mod chance;
pub mod console;
pub mod devices;
pub mod directories;
pub mod email_change;
pub mod explain;
pub mod export;
pub mod figures;
pub mod grants;
pub mod groups;
pub mod import;
pub mod install;
pub mod invitations;
pub mod janitor;
pub mod keys;
pub mod mail;
mod notice;
mod op;
pub mod panic;
pub mod people;
pub mod permit;
pub mod properties;
pub mod queries;
mod reach;
mod refusal;
pub mod requests;
pub mod rotation;
pub mod sessions;
pub mod settings;
pub mod signin;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod trial;
#[cfg(test)]
mod upgrade;
pub mod users;
pub mod whatif;

pub(crate) use audit::record_system_event;
pub use op::{Caller, Op, View, Who};
pub use refusal::Refusal;
