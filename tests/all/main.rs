//! Black-box tests: real gk-admin, gk-validate, gk, nginx, Chromium and SMTP, driven through [`world::World`].
//! Run them with `make test`, which builds the binaries first; plain `cargo test` does not.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is the failure report")]

mod account;
mod activity;
mod admins;
mod agreement;
mod api;
mod apps;
mod bad_input;
mod batch;
mod browser;
mod central;
mod cli;
mod console;
mod coverage;
mod decision;
mod devices;
mod expiry;
mod faults;
mod front;
mod gate;
mod https;
mod import;
mod installation;
mod invitations;
mod keys;
mod limits;
mod line_breaks;
mod mail;
mod one_time;
mod permission;
mod policy_files;
mod proxies;
mod publishing;
mod redirect;
mod registration;
mod requests;
mod revocation;
mod same_answer;
mod signin;
mod stopping;
mod timing;
mod units;
mod wizard;
mod world;
mod writes;
