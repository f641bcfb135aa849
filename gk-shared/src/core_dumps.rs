//! The memory of our processes holds keys and sessions: the kernel is not to write it to a disk.

use nix::sys::prctl::set_dumpable;
use nix::sys::resource::{Resource, setrlimit};

/// From here on this process leaves no core dump, however it ends, and no other process of the same user may read its
/// memory. What it starts leaves none either.
///
/// # Errors
/// If the kernel refuses, which Linux does not do.
pub fn forbid() -> std::io::Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    set_dumpable(false)?;
    Ok(())
}
