//! Black-box tests: real gk-admin, gk-validate, gk, nginx, Chromium and SMTP, driven through [`world::World`].
//! Run them with `make test`, which builds the binaries first; plain `cargo test` does not.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is the failure report")]

mod r#try;
mod world;
