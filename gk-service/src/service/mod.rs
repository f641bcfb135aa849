//! The verbs. Each is: may this caller? → change → audit, in the caller's transaction.

pub mod apps;
mod audit;
pub mod explain;
pub mod grants;
pub mod groups;
pub mod install;
pub mod mail;
mod notice;
mod op;
pub mod permit;
mod refusal;
pub mod sessions;
pub mod settings;
pub mod signin;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod trial;
pub mod users;

pub(crate) use audit::record_system_event;
pub use op::{Caller, Op, View, Who};
pub use refusal::Refusal;
