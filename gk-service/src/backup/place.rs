//! The database's place: what is there is kept under another name, and what takes it comes by a rename.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::restore::RestoreError;
use super::{beside, of, sync_folder_of};
use crate::fail_point::fail_point;
use crate::store::{dated, open_existing};

/// Gives the present database another name and the copy its own. At no moment is there none.
pub(super) fn put_in_place(copy: &Path, database: &Path) -> Result<Option<PathBuf>, RestoreError> {
    let present = if database.exists() { Some(quiet(database)?) } else { None };
    let kept = present.is_some().then(|| keep(database)).transpose().map_err(of(database))?;
    fail_point("restore-kept");
    fs::rename(copy, database).and_then(|()| sync_folder_of(database)).map_err(of(database))?;
    drop(present);
    Ok(kept)
}

/// A database whose -wal is in it, and that nobody else can open while this lives; or one that is none any more. Whoever
/// waits for it meanwhile is refused by SQLite, which makes no -wal for a file that has lost its name.
enum Present {
    Held(#[expect(dead_code, reason = "held, not read: dropping it unlocks")] Connection),
    Damaged,
}

fn quiet(database: &Path) -> Result<Present, RestoreError> {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseCorrupt, DatabaseLocked, NotADatabase};
    let hold = || {
        let connection = open_existing(database)?;
        // It takes being alone, and leaves no -wal that could be taken for the restored database's.
        let mode: String = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
        connection.execute_batch("BEGIN EXCLUSIVE")?;
        Ok::<_, rusqlite::Error>((connection, mode))
    };
    match hold() {
        Ok((connection, mode)) if mode == "delete" => Ok(Present::Held(connection)),
        Ok(_) => Err(RestoreError::InUse),
        Err(error) => match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => Ok(Present::Damaged),
            Some(DatabaseBusy | DatabaseLocked) => Err(RestoreError::InUse),
            _ => Err(error.into()),
        },
    }
}

/// Links the database to a dated name that is free, and moves along what a damaged one has beside it.
fn keep(database: &Path) -> io::Result<PathBuf> {
    let name = beside(database, &format!(".{}", dated("before-restore")));
    // There may be several in a second.
    let names =
        std::iter::once(name.clone()).chain((2_u8..=u8::MAX).map(|number| beside(&name, &format!("-{number}"))));
    for kept in names {
        match fs::hard_link(database, &kept) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            // The same one is of a restore that was killed here a moment ago.
            Err(_) if !is_same(database, &kept)? => {}
            Ok(()) | Err(_) => {
                move_along(database, &kept)?;
                return Ok(kept);
            }
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn move_along(database: &Path, kept: &Path) -> io::Result<()> {
    for end in ["-wal", "-shm"] {
        if beside(database, end).exists() {
            fs::rename(beside(database, end), beside(kept, end))?;
        }
    }
    Ok(())
}

fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = (fs::metadata(one)?, fs::metadata(other)?);
    Ok((one.dev(), one.ino()) == (other.dev(), other.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waited_while_another_file_took_the_place_is_refused_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("here.sqlite3"), folder.path().join("other.sqlite3"));
        for file in [&path, &other] {
            Connection::open(file).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        }
        let holder = Connection::open(&path).unwrap();
        holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
        let held = fs::metadata(&path).unwrap();
        let opened = || {
            let open = fs::read_dir("/proc/self/fd").unwrap().flatten();
            open.filter(|fd| {
                fs::metadata(fd.path()).is_ok_and(|file| (file.dev(), file.ino()) == (held.dev(), held.ino()))
            })
            .count()
        };
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| crate::store::open_existing(&path).map(drop));
            while opened() < 2 {
                std::thread::yield_now();
            }
            fs::rename(&other, &path).unwrap();
            drop(holder);
            assert!(waiting.join().unwrap().is_err());
        });
        let names = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(names, 1, "no -wal of the file that is gone");
    }
}
