//! Every verb of Gatekeeper and the state it works on.
//!
//! Synchronous. Knows no HTTP, HTML or argv: faces call `service`, through a [`Database`] that opens the
//! transaction, commits it and publishes what a decision needs. Mail is queued here and sent elsewhere.

pub mod backup;
mod database;
mod fail_point;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod model;
pub mod outbox;
pub mod proxy;
mod publish;
pub mod query;
mod secret;
pub mod service;
pub mod settings;
mod store;

pub use database::{Database, Done, Force, OpenError, Paths};
pub use secret::{KeyFile, RootKey, RootKeyError, SealError, Secret};
pub use store::{Copied, LockError, SCHEMA_VERSION, ServerLock};
