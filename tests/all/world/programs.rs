//! Where the programs are: ours beside this test's own executable, the others on the path.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

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
        "chromedriver" => "chromium-driver",
        "apache2" => "apache2-bin lua-socket",
        "promtool" => "prometheus",
        "ldapmodify" => "ldap-utils",
        "samba" | "samba-tool" => {
            "samba samba-ad-dc samba-ad-provision samba-dsdb-modules samba-vfs-modules python3-samba"
        }
        "setpriv" => "util-linux",
        "systemd-analyze" => "systemd",
        other => other,
    };
    let folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
    let found = folders.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is missing: `make test` installs it (apt-get install {package})"))
}

/// The Python of the tests' own environment, with what tests/requirements.txt names.
#[track_caller]
pub(crate) fn python() -> PathBuf {
    let path = built().parent().expect("a profile folder is in target").join("venv/bin/python");
    assert!(path.exists(), "{} is missing: `make test` makes it", path.display());
    path
}

/// Where worlds live: in memory if there is plenty, because each of several thousand commits waits for the disk
/// otherwise; else in the usual temporary folder.
pub(super) fn fast_folder() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let found = FOLDER.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let free = Command::new("df").args(["-Pk", "/dev/shm"]).output().ok().and_then(|output| {
            let text = String::from_utf8(output.stdout).ok()?;
            text.lines().nth(1)?.split_whitespace().nth(3)?.parse::<u64>().ok()
        });
        let plenty = std::env::var_os("TMPDIR").is_none() && free.is_some_and(|kilobytes| kilobytes > 1 << 20);
        if plenty { memory.to_owned() } else { std::env::temp_dir() }
    });
    found.clone()
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
