//! What an operator, or a bad day, does to database files: copies, cuts, and names beside a name.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

/// `policy.sqlite3` and `-wal` → `policy.sqlite3-wal`.
pub(crate) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// A consistent copy of a database in use, as a backup makes it.
pub(crate) fn backup(from: &Path, to: &Path) {
    let connection = Connection::open(from).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    connection.execute("VACUUM INTO ?1", [to.to_str().unwrap()]).unwrap();
    let mode = fs::metadata(from).unwrap().permissions().mode();
    fs::set_permissions(to, Permissions::from_mode(mode & 0o777)).unwrap();
}

/// Copies a database and what is still in its -wal, but not its -shm: as it would be found after a power cut.
pub(crate) fn copy_as_found(from: &Path, to: &Path) {
    for end in ["", "-wal"] {
        if beside(from, end).exists() {
            fs::copy(beside(from, end), beside(to, end)).unwrap();
        }
    }
}

/// Every length below the file's own at which it can be cut: multiples of 512.
pub(crate) fn cuts(path: &Path) -> Vec<u64> {
    let length = fs::metadata(path).map_or(0, |file| file.len());
    (0..length).step_by(512).collect()
}

/// Cuts a file short in place.
pub(crate) fn cut(path: &Path, length: u64) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_len(length).unwrap();
}
