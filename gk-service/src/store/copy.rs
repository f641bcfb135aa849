//! A consistent copy of a database that is in use, and whether a copy is sound.

use std::fs::File;
use std::path::Path;
use std::time::Duration;
use std::{io, thread};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use thiserror::Error;

use super::open::{create_private, open_existing};
use crate::fail_point::fail_point;

/// So many pages are copied at once: a megabyte.
const PAGES: i32 = 256;
const PAUSE: Duration = Duration::from_millis(2);

/// How far a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    pub pages: i32,
    pub of: i32,
}

/// Why there is no copy.
#[derive(Debug, Error)]
pub(crate) enum CopyError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    File(#[from] io::Error),
}

/// Copies a database to a new file, mode 0600, as it is at one moment, and gives what `look` finds at that moment.
///
/// One read transaction is held from the first page to the last, so a writer neither waits nor makes it begin anew.
pub(crate) fn copy<T>(
    from: &Path,
    to: &Path,
    look: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    progress: &mut dyn FnMut(Copied),
) -> Result<T, CopyError> {
    create_private(to)?;
    let mut source = open_existing(from)?;
    let moment = source.transaction()?;
    let seen = look(&moment)?;
    let mut target = Connection::open_with_flags(to, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // It is one file that nobody else knows, and is flushed as a whole below.
    target.pragma_update(None, "synchronous", "off")?;
    copy_pages(&moment, &mut target, progress)?;
    drop(moment);
    // A file for itself, that needs no -wal beside it.
    target.pragma_update(None, "journal_mode", "delete")?;
    target.close().map_err(|(_, error)| error)?;
    File::open(to)?.sync_all()?;
    Ok(seen)
}

fn copy_pages(from: &Connection, to: &mut Connection, progress: &mut dyn FnMut(Copied)) -> rusqlite::Result<()> {
    let backup = Backup::new(from, to)?;
    loop {
        let step = backup.step(PAGES)?;
        fail_point("inside-copy");
        let now = backup.progress();
        progress(Copied { pages: now.pagecount - now.remaining, of: now.pagecount });
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            // `Busy` and `Locked`; the enum may grow.
            _ => thread::sleep(PAUSE),
        }
    }
}

/// What is wrong with a database file; `None` if nothing is.
pub(crate) fn unsound(path: &Path) -> rusqlite::Result<Option<String>> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    let whole: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if whole != "ok" {
        return Ok(Some(whole));
    }
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
    Ok(Some(format!("a row of {table} names one of {parent} that is not there")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_between_two_steps_neither_waits_nor_makes_a_copy_begin_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from.sqlite3"), folder.path().join("to.sqlite3"));
        create_private(&from).unwrap();
        let writer = open_existing(&from).unwrap();
        writer.busy_timeout(Duration::ZERO).unwrap();
        writer.execute_batch("CREATE TABLE t (x)").unwrap();
        let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
                    INSERT INTO t SELECT zeroblob(4000) FROM n";
        writer.execute_batch(fill).unwrap();
        let mut steps = 0;
        let count = |connection: &Connection| connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0));
        let seen: i64 = copy(&from, &to, count, &mut |_| {
            steps += 1;
            writer.execute_batch("INSERT INTO t VALUES (zeroblob(4000))").unwrap();
        })
        .unwrap();
        let pages: i32 = writer.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        assert!((3..=pages / PAGES + 1).contains(&steps), "{steps} steps for {pages} pages");
        assert_eq!((seen, unsound(&to).unwrap()), (1500, None));
        assert_eq!(count(&Connection::open(&to).unwrap()), Ok(1500_i64));
    }
}
