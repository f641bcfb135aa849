//! Where the programs are: ours beside this test's own executable, the others on the path.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The project's root folder.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `target/debug` or `target/release`: the folder above this executable's `deps`.
pub(crate) fn built() -> PathBuf {
    let own = std::env::current_exe().expect("an executable knows its path");
    own.parent().and_then(Path::parent).expect("tests run from target/<profile>/deps").to_owned()
}

/// One of our own binaries.
#[track_caller]
pub(crate) fn ours(name: &str) -> PathBuf {
    let path = built().join(name);
    assert!(path.is_file(), "{} is not built: run `make test`", path.display());
    path
}

/// A program of the system; fails with the command that installs it.
#[track_caller]
pub(crate) fn tool(name: &str) -> PathBuf {
    let package = match name {
        "nginx" => "nginx-light",
        "chromium" => "chromium",
        "chromedriver" => "chromium-driver",
        "setpriv" => "util-linux",
        other => other,
    };
    let folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
    let found = folders.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is missing: `make test` installs it (apt-get install {package})"))
}

/// The Python of the tests' own environment, with aiosmtpd in it.
#[track_caller]
pub(crate) fn python() -> PathBuf {
    let path = built().parent().expect("a profile folder is in target").join("venv/bin/python");
    assert!(path.exists(), "{} is missing: `make test` makes it", path.display());
    path
}

/// A command with nothing in its environment but the path, so that no setting leaks in from the caller's shell.
pub(crate) fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("NO_COLOR", "1");
    command
}
