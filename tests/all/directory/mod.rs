//! Directories, against a real slapd.

mod refresh;
mod secured;
mod server;
mod signin;
mod trouble;
