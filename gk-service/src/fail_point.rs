//! Where tests kill a writer. Compiled out of release builds.

/// Aborts the process if the environment names this point.
#[inline]
pub(crate) fn fail_point(name: &str) {
    if cfg!(debug_assertions) && std::env::var_os("GATEKEEPER_FAIL_POINT").is_some_and(|wanted| wanted == name) {
        std::process::abort();
    }
}
