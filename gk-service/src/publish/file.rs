//! The policy file on disk: who may read it, how it is opened, and how it is exchanged for a new one.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use gk_shared::policy::{Identity, Mark, SCHEMA, keep_wal_on_close};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use rusqlite::{Connection, OpenFlags};

use super::PublishError;
use crate::fail_point::fail_point;
use crate::store::change_log::{self, Head};

/// No SQLite file is shorter than its header.
const SMALLEST: u64 = 100;
const PATIENCE: Duration = Duration::from_secs(5);

/// How long emptying the -wal may wait for readers: it only tidies up, and a reader must not slow a verb.
const TIDY: Duration = Duration::from_millis(50);

/// One publisher at a time. The lock file is never readable by gk-validate, so no reader can hold it.
pub(super) struct Turn(#[expect(dead_code, reason = "held until it is dropped")] Flock<File>);

impl Turn {
    /// Waits its turn, at most five seconds.
    pub(super) fn take(policy: &Path) -> Result<Self, PublishError> {
        make_folder(policy)?;
        let path = beside(policy, ".lock");
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let until = Instant::now() + PATIENCE;
        loop {
            file = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(lock) => return Ok(Self(lock)),
                Err((_, errno)) if errno != Errno::EWOULDBLOCK => return Err(io::Error::from(errno).into()),
                Err(_) if Instant::now() > until => return Err(PublishError::Busy),
                Err((file, _)) => file,
            };
            sleep(Duration::from_millis(2));
        }
    }
}

/// Whether the database still has the newest change that was published here. Without a mark nothing is known, so nothing
/// fits: a policy file that is made anew beside a mark the database does not know was preceded by a later state, and the
/// database was brought back from a copy.
pub(super) fn mark_fits(policy: &Path, main: &Connection) -> Result<bool, PublishError> {
    let Some(mark) = Mark::read(policy)? else { return Ok(false) };
    Ok(change_log::nonce(main, mark.revision)? == Some(mark.nonce))
}

/// Whether the file has become shorter since it was last published to. SQLite reads what was cut off as empty and says
/// nothing.
pub(super) fn is_cut_short(policy: &Path) -> io::Result<bool> {
    let found = fs::metadata(policy)?;
    Ok(Mark::read(policy)?.is_some_and(|mark| mark.inode == (found.dev(), found.ino()) && found.len() < mark.length))
}

/// Leaves the mark of what is now published, in one step: a reader finds the one before or this one.
pub(super) fn leave_mark(policy: &Path, identity: Identity, head: &Head) -> io::Result<()> {
    let found = fs::metadata(policy)?;
    let (inode, length) = ((found.dev(), found.ino()), found.len());
    let mark = Mark { identity, revision: head.revision, nonce: head.nonce, inode, length };
    let fresh = beside(policy, ".mark.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.set_permissions(fs::Permissions::from_mode(mode_of_files(policy)))?;
    file.write_all(mark.to_string().as_bytes())?;
    fs::rename(fresh, Mark::beside(policy))
}

/// Empties the -wal: one that holds nothing cannot lose anything, whatever becomes of it before the next start.
pub(super) fn empty_wal(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(TIDY)?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    connection.busy_timeout(PATIENCE)
}

/// Opens the file for writing, making it first if it is missing.
pub(super) fn open(path: &Path) -> Result<Connection, PublishError> {
    // An emptied file is none: SQLite would wait for its readers, who will never leave.
    if !fs::metadata(path).is_ok_and(|found| found.len() >= SMALLEST) {
        set_aside(path)?;
        create(path)?;
    }
    let connection = connect(path)?;
    keep_wal_on_close(&connection)?;
    Ok(connection)
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    Ok(connection)
}

/// Builds the new file under another name and renames it, so that no reader ever finds half a file.
fn create(path: &Path) -> Result<(), PublishError> {
    let fresh = beside(path, ".new");
    remove(&fresh)?;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    fs::set_permissions(&fresh, fs::Permissions::from_mode(mode_of_files(path)))?;
    let connection = Connection::open_with_flags(&fresh, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute_batch(SCHEMA)?;
    connection.close().map_err(|(_, error)| error)?;
    // What lies beside the path belongs to a file that is gone; SQLite would take it for this one's.
    remove(&beside(path, "-wal"))?;
    remove(&beside(path, "-shm"))?;
    fail_point("before-policy-is-named");
    fs::rename(&fresh, path)?;
    fail_point("after-policy-is-named");
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}

/// Takes a damaged or blocked file out of the way. Readers that have it open keep it until they look at the path.
pub(super) fn set_aside(path: &Path) -> io::Result<()> {
    remove(path)?;
    remove(&beside(path, "-wal"))?;
    remove(&beside(path, "-shm"))
}

/// Whether the path is free, or has a policy file.
pub(super) fn is_empty_or_ours(path: &Path) -> bool {
    let Ok(found) = fs::metadata(path) else { return true };
    let is_policy = || {
        let connection =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.query_row("SELECT count(*) FROM policy WHERE format > 0", [], |_| Ok(()))
    };
    found.is_file() && (found.len() == 0 || is_policy().is_ok())
}

/// The file's device and inode, as one text.
pub(super) fn inode(path: &Path) -> io::Result<String> {
    fs::metadata(path).map(|found| format!("{}:{}", found.dev(), found.ino()))
}

fn make_folder(policy: &Path) -> io::Result<()> {
    let folder = policy.parent().unwrap_or(Path::new("."));
    if folder.is_dir() { Ok(()) } else { DirBuilder::new().recursive(true).mode(0o700).create(folder) }
}

/// In a folder that its group may enter, the group may read the file; nobody but the owner ever writes.
fn mode_of_files(path: &Path) -> u32 {
    let folder = path.parent().and_then(|folder| fs::metadata(folder).ok());
    if folder.is_some_and(|folder| folder.mode() & 0o050 == 0o050) { 0o640 } else { 0o600 }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
