//! The policy file on disk: who may read it, how it is opened, and how it is exchanged for a new one.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use gk_shared::policy::{SCHEMA, keep_wal_on_close};
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
///
/// It also holds a mark of the last publish: the newest change, and how long the file was. A policy file that is made anew beside a
/// mark the database does not know was preceded by a later state: the database was brought back from a copy.
pub(super) struct Turn(Flock<File>);

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

/// What a publisher leaves for the next one.
struct Mark {
    revision: i64,
    nonce: String,
    inode: String,
    length: u64,
}

impl Mark {
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let (revision, nonce, inode, length) = (words.next()?, words.next()?, words.next()?, words.next()?);
        Some(Self {
            revision: revision.parse().ok()?,
            nonce: nonce.to_owned(),
            inode: inode.to_owned(),
            length: length.parse().ok()?,
        })
    }
}

impl Turn {
    /// Whether the database still has the newest change that was published here. Without a mark nothing is known, so
    /// nothing fits.
    pub(super) fn mark_fits(&mut self, main: &Connection) -> Result<bool, PublishError> {
        let Some(mark) = self.mark()? else { return Ok(false) };
        Ok(change_log::nonce(main, mark.revision)?.map(written).as_deref() == Some(&mark.nonce))
    }

    /// Whether the file has become shorter since it was last published to. SQLite reads what was cut off as empty
    /// and says nothing.
    pub(super) fn is_cut_short(&mut self, path: &Path) -> io::Result<bool> {
        let (found, now) = (fs::metadata(path)?, inode(path)?);
        Ok(self.mark()?.is_some_and(|mark| mark.inode == now && found.len() < mark.length))
    }

    /// Leaves the mark of what is now published.
    pub(super) fn leave_mark(&mut self, path: &Path, head: &Head) -> io::Result<()> {
        let (inode, length) = (inode(path)?, fs::metadata(path)?.len());
        let mark = format!("{:020} {} {inode} {length}\n", head.revision, written(head.nonce));
        self.0.set_len(0)?;
        self.0.rewind()?;
        self.0.write_all(mark.as_bytes())
    }

    fn mark(&mut self) -> io::Result<Option<Mark>> {
        let mut text = String::new();
        self.0.rewind()?;
        self.0.read_to_string(&mut text)?;
        Ok(Mark::parse(&text))
    }
}

fn written(nonce: [u8; 8]) -> String {
    format!("{:016x}", u64::from_be_bytes(nonce))
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
