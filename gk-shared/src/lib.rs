//! What gk-validate and gk-admin must agree on: names, the decision, the token and the policy file.
//!
//! Synchronous. Knows no HTTP, mail or directory, and no SQL over gatekeeper.sqlite3.

pub mod access;
pub mod activity;
pub mod caused;
pub mod core_dumps;
pub mod environment;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod index;
pub mod listen;
pub mod model;
pub mod panic;
pub mod policy;
pub mod time;
pub mod token;
