//! The folder of backups that are taken by themselves: named by their time, the newest kept.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use gk_shared::time::{Timestamp, wall};

use super::archive::is_partial;
use super::{Taken, beside};
use crate::store::dated;

/// A backup that is in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub name: String,
    pub bytes: u64,
    pub made_at: Timestamp,
    /// What was found when it was taken: that its content is sound, and that it reads as it was written.
    pub check: Check,
}

/// Whether a backup was looked at when it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    Passed,
    /// Nothing is known: it came from elsewhere, or whoever took it died before the end.
    Unknown,
}

/// Where the next one goes. The folder is there when this returns.
pub(crate) fn next(folder: &Path) -> io::Result<PathBuf> {
    if !folder.is_dir() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    Ok(folder.join(format!("{}.age", dated("gatekeeper"))))
}

/// All of them, the newest first. What has another name is somebody else's.
pub fn list(folder: &Path) -> io::Result<Vec<Stored>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(made_at) = time_in(&name) {
            let check = if sum_of(&entry.path()).exists() { Check::Passed } else { Check::Unknown };
            found.push(Stored { name, bytes: entry.metadata()?.len(), made_at, check });
        }
    }
    found.sort_by(|one, other| other.name.cmp(&one.name));
    Ok(found)
}

/// One of them by its name, to be read.
pub fn open(folder: &Path, name: &str) -> io::Result<File> {
    // Such a name leads nowhere else.
    time_in(name).ok_or(io::ErrorKind::NotFound)?;
    File::open(folder.join(name))
}

/// Notes that a backup was looked at, in the form that `sha256sum --check` reads.
pub(crate) fn note_checked(taken: &Taken) -> io::Result<()> {
    let name = taken.path.file_name().unwrap_or_default().to_string_lossy();
    let mut file = File::create(sum_of(&taken.path))?;
    writeln!(file, "{}  {name}", taken.file_sha256)?;
    file.sync_all()
}

/// Deletes the oldest of more than `keep`, and what processes left that died a day ago.
pub(crate) fn thin(folder: &Path, keep: usize) -> io::Result<()> {
    for stored in list(folder)?.into_iter().skip(keep) {
        let path = folder.join(stored.name);
        fs::remove_file(&path)?;
        // Of one that came from elsewhere there is none.
        drop(fs::remove_file(sum_of(&path)));
    }
    let day_ago = wall().plus(-86_400);
    for entry in fs::read_dir(folder)?.flatten() {
        let old = entry.metadata().is_ok_and(|found| found.mtime() < day_ago.0);
        if old && is_partial(&entry.path()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether it is time for another one.
pub(crate) fn is_due(folder: &Path, hours: i64) -> bool {
    let now = wall();
    // One with a time that is yet to come says nothing of the last one.
    let newest = list(folder).unwrap_or_default().into_iter().find(|stored| stored.made_at <= now);
    newest.is_none_or(|newest| newest.made_at.plus(hours * 3600) <= now)
}

fn sum_of(path: &Path) -> PathBuf {
    beside(path, ".sha256")
}

/// The time in `gatekeeper-20260102T030405Z.age`.
fn time_in(name: &str) -> Option<Timestamp> {
    let time = name.strip_prefix("gatekeeper-")?.strip_suffix("Z.age")?;
    let digits = time.len() == 15
        && time.bytes().enumerate().all(|(at, byte)| if at == 8 { byte == b'T' } else { byte.is_ascii_digit() });
    let time = digits.then(|| jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S", time).ok())??;
    Some(Timestamp(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_time_in_its_form_names_a_backup() {
        assert_eq!(time_in("gatekeeper-19700102T000001Z.age"), Some(Timestamp(86_401)));
        for other in [
            "gatekeeper-19701302T000001Z.age",
            "gatekeeper-1970010T0000001Z.age",
            "gatekeeper-../../../../../Z.age",
            "gatekeeper-19700102T000001Z.age.sha256",
            ".gatekeeper-19700102T000001Z.age.part",
        ] {
            assert_eq!(time_in(other), None, "{other}");
        }
    }

    #[test]
    fn a_backup_is_due_unless_there_is_a_recent_one() {
        let folder = tempfile::tempdir().unwrap();
        let due = || is_due(folder.path(), 24);
        for old in ["19700102T000001Z", "29700102T000001Z"] {
            fs::write(folder.path().join(format!("gatekeeper-{old}.age")), "x").unwrap();
            assert!(due(), "{old}");
        }
        fs::write(next(folder.path()).unwrap(), "x").unwrap();
        assert!(!due());
        assert!(is_due(&folder.path().join("elsewhere"), 24));
    }

    #[test]
    fn the_newest_stay_and_what_is_no_backup_stays_too() {
        let folder = tempfile::tempdir().unwrap();
        let name = |day: u32| format!("gatekeeper-2026010{day}T030405Z.age");
        for day in 1..=5 {
            fs::write(folder.path().join(name(day)), "x").unwrap();
            fs::write(sum_of(&folder.path().join(name(day))), "x").unwrap();
        }
        fs::write(folder.path().join("mine.age"), "x").unwrap();
        thin(folder.path(), 2).unwrap();
        let names = list(folder.path()).unwrap().into_iter().map(|stored| stored.name).collect::<Vec<_>>();
        assert_eq!(names, [name(5), name(4)]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5);
    }
}
