//! Has the policy file changed? Answered in nanoseconds from SQLite's own mapped wal-index header.
//!
//! `unsafe` stands here for three things: asking SQLite for its mapping, reading it, and setting the two
//! file controls that rusqlite does not offer. The layout of the header is documented by SQLite but not promised,
//! so it is used only when it names the known version, and `PRAGMA data_version` (1.8 µs) serves otherwise.
#![expect(unsafe_code, reason = "the wal-index is reached through SQLite's C interface; each block states its proof")]

use std::ffi::{c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{Connection, ffi};

/// The wal-index layout this reader knows: SQLite's `WALINDEX_MAX_VERSION`.
const KNOWN_VERSION: u32 = 3_007_000;
/// The size of the first wal-index page, as SQLite maps it.
const PAGE: c_int = 32_768;
/// The header is 48 bytes: version, change counter, size, salts and checksums.
const WORDS: usize = 6;

/// What the file looked like: equal stamps mean that no commit happened in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// The whole 48-byte header. All of it, because the counter in it may restart after a crash.
    Header([u64; WORDS]),
    /// `PRAGMA data_version` of a connection that has no mapping.
    Version(i64),
}

/// Where the header of one connection's wal-index is mapped. Valid for as long as that connection is open.
pub(super) struct Mapping(NonNull<[AtomicU64; WORDS]>);

// SAFETY: the mapping is process-wide shared memory that is only ever read, through atomics; it belongs to a
// connection that moves between threads together with it.
unsafe impl Send for Mapping {}

impl Mapping {
    /// The mapping SQLite holds for this connection, or `None` if it has none or an unknown layout.
    ///
    /// The connection must have read from the file before, or SQLite has mapped nothing yet.
    pub(super) fn of(connection: &Connection) -> Option<Self> {
        let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).ok()?;
        if journal != "wal" {
            return None;
        }
        let file = file_pointer(connection)?;
        // SAFETY: `file` is SQLite's live file object of an open connection; its method table outlives it.
        let map = unsafe { file.as_ref().pMethods.as_ref() }.filter(|methods| methods.iVersion >= 2)?.xShmMap?;
        let mut page: *mut c_void = ptr::null_mut();
        // SAFETY: arguments as SQLite's own wal.c passes them for the first page, without extending the file.
        let code = unsafe { map(file.as_ptr(), 0, PAGE, 0, &raw mut page) };
        // A reader without write permission is told READONLY, with a mapping that is valid all the same.
        let usable = code == ffi::SQLITE_OK || code == ffi::SQLITE_READONLY;
        let header = NonNull::new(page.cast::<[AtomicU64; WORDS]>()).filter(|_| usable)?;
        let mapping = Self(header);
        let [first, ..] = mapping.read();
        (first.to_ne_bytes().first_chunk() == Some(&KNOWN_VERSION.to_ne_bytes())).then_some(mapping)
    }

    /// The header as it is now. A writer may be halfway through changing it: the mixture then equals neither the
    /// old nor the new header, which costs one needless look and never hides a commit.
    pub(super) fn read(&self) -> [u64; WORDS] {
        // SAFETY: the page is mapped while the connection is open (the owner keeps both together), is page-aligned,
        // and is longer than the header; other processes may write it, which atomics allow for.
        let words = unsafe { self.0.as_ref() };
        words.each_ref().map(|word| word.load(Ordering::Acquire))
    }
}

/// A file control was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("SQLite refused a file control with code {0}")]
pub struct FileControl(pub c_int);

/// Keeps -wal and -shm when the last connection closes, so that a reader without write permission can still open.
/// Every writer of the policy file calls this.
pub fn keep_wal_on_close(connection: &Connection) -> Result<(), FileControl> {
    let mut on: c_int = 1;
    control(connection, ffi::SQLITE_FCNTL_PERSIST_WAL, (&raw mut on).cast())
}

/// Whether the file under this connection is no longer the one at its path.
pub fn file_has_moved(connection: &Connection) -> Result<bool, FileControl> {
    let mut moved: c_int = 0;
    control(connection, ffi::SQLITE_FCNTL_HAS_MOVED, (&raw mut moved).cast())?;
    Ok(moved != 0)
}

fn file_pointer(connection: &Connection) -> Option<NonNull<ffi::sqlite3_file>> {
    let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
    control(connection, ffi::SQLITE_FCNTL_FILE_POINTER, (&raw mut file).cast()).ok()?;
    NonNull::new(file)
}

fn control(connection: &Connection, operation: c_int, argument: *mut c_void) -> Result<(), FileControl> {
    // SAFETY: the handle is open for as long as `connection` is borrowed, "main" is a C string, and each caller
    // passes a pointer to the type that its operation is documented to read or write.
    let code = unsafe { ffi::sqlite3_file_control(connection.handle(), c"main".as_ptr(), operation, argument) };
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(FileControl(code)) }
}
