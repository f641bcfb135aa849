//! A read-only view of the policy file that knows, at the cost of a few nanoseconds, whether it is up to date.

use std::fs;
use std::ops::Not;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::load::{self, Applied, LoadError, MOST_ROWS_IN_A_DELTA};
use super::mark::Mark;
use super::schema::Identity;
use super::snapshot::Snapshot;
use super::stamp::{Mapping, Stamp};

/// Waiting longer would block the worker's other connections; WAL readers hardly ever wait at all.
const BUSY: Duration = Duration::from_millis(50);

/// Everything is in memory already: what SQLite keeps of the file serves changes of a few rows only.
const PAGES_KEPT_KIB: i64 = 256;

/// One open policy file, and how it looked when it was last read.
pub struct PolicyReader {
    // Before the connection, so that nothing can read the mapping once the connection has closed it.
    mapping: Option<Mapping>,
    connection: Connection,
    path: PathBuf,
    inode: (u64, u64),
    seen: Stamp,
}

/// What catching up came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaughtUp {
    /// The snapshot equals the file's last commit.
    UpToDate,
    /// Too much changed for the request path: load the whole file elsewhere.
    TooMuch,
    /// The file went back to an older revision of the same history, or to another format. It is not believed: the
    /// snapshot keeps what it has, and says why; once the file has caught up it is loaded whole.
    Kept,
}

/// Whether the file at the path is still the one that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    No,
    Missing,
    Another,
}

impl PolicyReader {
    /// Opens the file and reads all of it. Never creates or writes anything.
    pub fn open(path: &Path) -> Result<(Self, Snapshot), LoadError> {
        Self::open_above(path, None)
    }

    /// As [`Self::open`], but refuses a file that is older than `floor`, before reading all of it. Both refuse one that
    /// is older than the mark beside it, unless that is of another history.
    pub fn open_above(path: &Path, floor: Option<(Identity, i64)>) -> Result<(Self, Snapshot), LoadError> {
        // Before the file itself: a publisher writes the mark last.
        let marked = Mark::read(path)?.map(|mark| (mark.identity, mark.revision));
        let floors = [floor, marked];
        let inode = inode_of(path).ok_or_else(|| LoadError::Missing(path.to_owned()))?;
        let mut connection = connect(path)?;
        connection.set_prepared_statement_cache_capacity(64);
        // A first read makes SQLite map the wal-index.
        let _: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
        let mapping = Mapping::of(&connection);
        // The stamp first, the data after: a commit in between costs one needless look and is never missed.
        let seen = stamp(mapping.as_ref(), &connection)?;
        let snapshot = load::whole(&mut connection, &floors)?;
        Ok((Self { mapping, connection, path: path.to_owned(), inode, seen }, snapshot))
    }

    /// Whether a commit happened since the last time the snapshot was brought up to date.
    pub fn has_moved(&self) -> bool {
        match &self.mapping {
            Some(mapping) => self.seen != Stamp::Header(mapping.read()),
            None => stamp(None, &self.connection).is_ok_and(|now| now == self.seen).not(),
        }
    }

    /// Applies what changed since.
    pub fn catch_up(&mut self, snapshot: &mut Snapshot) -> Result<CaughtUp, LoadError> {
        if self.mapping.is_none() {
            self.mapping = Mapping::of(&self.connection);
        }
        let now = stamp(self.mapping.as_ref(), &self.connection)?;
        match load::changes(&mut self.connection, snapshot, MOST_ROWS_IN_A_DELTA)? {
            Applied::TooMuch => Ok(CaughtUp::TooMuch),
            Applied::UpToDate => {
                self.seen = now;
                Ok(CaughtUp::UpToDate)
            }
            Applied::Kept => {
                self.seen = now;
                Ok(CaughtUp::Kept)
            }
        }
    }

    /// Whether the path still leads to the open file. One `stat`: for a look once a second.
    pub fn replaced(&self) -> Replaced {
        match inode_of(&self.path) {
            None => Replaced::Missing,
            Some(inode) if inode == self.inode => Replaced::No,
            Some(_) => Replaced::Another,
        }
    }
}

/// Opens a policy file to read from it and nothing else.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "cache_size", -PAGES_KEPT_KIB)?;
    // A plan then does not depend on the values that are bound. Else SQLite plans the query for somebody's groups anew for
    // each person, which is a third of what adding a change takes.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

fn stamp(mapping: Option<&Mapping>, connection: &Connection) -> Result<Stamp, rusqlite::Error> {
    if let Some(mapping) = mapping {
        return Ok(Stamp::Header(mapping.read()));
    }
    let mut statement = connection.prepare_cached("PRAGMA data_version")?;
    statement.query_row([], |row| row.get(0)).map(Stamp::Version)
}

fn inode_of(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}
