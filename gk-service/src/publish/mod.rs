//! gatekeeper.sqlite3 → policy.sqlite3: what a decision needs, as of the last committed change.
//!
//! Publishers take turns by a lock file. A publish is incremental, atomic for each revision and idempotent, so a
//! process that dies halfway loses nothing: the next publish carries what it left.

mod copy;
mod file;
mod plan;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{io, thread};

use gk_shared::policy::{CHANGES_KEPT, FileControl, Supposed, file_has_moved};
use gk_shared::time::{Timestamp, wall_milliseconds};
use rusqlite::{Connection, TransactionBehavior};
use thiserror::Error;

use crate::fail_point::fail_point;
use crate::secret::{RootKey, SealError};
use crate::service::Refusal;
use crate::store::change_log::{self, Head};
use crate::store::installation;
use plan::Plan;
pub(crate) use plan::new_history;

/// gk-validate looks once a second whether the file at the path is another one, and then needs time to load it.
const NOTICED_AFTER_MS: i64 = 2500;

/// Why a change is saved but not yet in force.
#[derive(Debug, Error)]
pub enum PublishError {
    #[error("another process is publishing and does not finish")]
    Busy,
    #[error("the policy file cannot be written")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the policy file's folder cannot be used")]
    Folder(#[from] io::Error),
    #[error("the policy file cannot be controlled")]
    Control(#[from] FileControl),
    #[error("a key does not open with this root key")]
    Seal(#[from] SealError),
    #[error("the exchange could not be put into the audit")]
    Audit(#[from] Box<Refusal>),
    #[error("the policy file was cut short")]
    CutShort,
    #[error("the policy file is exchanged again and again")]
    Unsteady,
    #[error("the database was never initialised: run gk init-db")]
    NoInstallation,
    #[error("there is a file at {0} that is no policy file: name another path, or move that file away")]
    Foreign(PathBuf),
}

impl PublishError {
    /// Whether the file itself is beyond use, so that only a new one helps.
    fn is_damage(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match self {
            Self::Sqlite(error) => {
                matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
                    || names_what_is_missing(error)
            }
            Self::CutShort => true,
            _ => false,
        }
    }

    /// Whether somebody holds the file.
    pub(crate) fn is_busy(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        matches!(self, Self::Sqlite(error) if matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked)))
    }
}

/// A file without our tables or columns is not ours: an empty one, one of another format, or of another make.
fn names_what_is_missing(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{SqlInputError, SqliteFailure};
    matches!(error, SqliteFailure(_, Some(message)) | SqlInputError { msg: message, .. }
        if message.starts_with("no such") || message.contains("has no column named"))
}

/// Refuses a path where something lies that is not ours, before it is first published to: a policy file that is
/// beyond use is replaced, and whatever else lay there would be lost.
pub(crate) fn refuse_foreign(path: &Path) -> Result<(), PublishError> {
    if file::is_empty_or_ours(path) { Ok(()) } else { Err(PublishError::Foreign(path.to_owned())) }
}

/// What changed after a revision, as it would be published now, for nobody but whoever asks. `main` may be inside a
/// transaction that is rolled back afterwards.
pub(crate) fn suppose(main: &Connection, root: &RootKey, after: i64) -> Result<Supposed, PublishError> {
    Supposed::filled(|policy| {
        let writing = policy.transaction()?;
        copy::Source { main, root }.apart(&writing, after)?;
        Ok(writing.commit()?)
    })
}

/// Writes the policy file at one path.
pub(crate) struct Publisher {
    path: PathBuf,
    open: Option<Connection>,
}

impl Publisher {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, open: None }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file that was last published to is still at its path.
    pub(crate) fn is_in_place(&self) -> bool {
        self.open.as_ref().is_some_and(|open| file_has_moved(open) == Ok(false))
    }

    /// Brings the policy file to the main file's newest revision, and gives that. When this returns `Ok`, it is in
    /// force.
    pub(crate) fn publish(&mut self, main: &mut Connection, root: &RootKey) -> Result<i64, PublishError> {
        let turn = self.take_turn(main)?;
        for _ in 0..4 {
            match self.attempt(main, root) {
                Ok(Some((revision, placed_ms))) => {
                    drop(turn);
                    wait_until_noticed(placed_ms);
                    return Ok(revision);
                }
                Ok(None) => self.open = None,
                Err(error) if error.is_damage() => {
                    tracing::warn!(path = %self.path.display(), %error, "the policy file is damaged, or of another version, and is replaced");
                    self.open = None;
                    file::set_aside(&self.path)?;
                }
                Err(error) => {
                    self.open = None;
                    return Err(error);
                }
            }
        }
        Err(PublishError::Unsteady)
    }

    /// Says in the file that was just published to that nothing newer is, as of now.
    pub(crate) fn beat(&mut self, main: &Connection, now: Timestamp) -> Result<(), PublishError> {
        let _turn = self.take_turn(main)?;
        let Some(policy) = &self.open else { return Ok(()) };
        policy.prepare_cached("UPDATE policy SET beat = ?1")?.execute([now.0])?;
        Ok(file::empty_wal(policy)?)
    }

    /// Puts a new file in the place of one that somebody blocks. Readers follow within [`NOTICED_AFTER_MS`].
    pub(crate) fn replace(&mut self) -> Result<(), PublishError> {
        let _turn = file::Turn::take(&self.path)?;
        self.open = None;
        Ok(file::set_aside(&self.path)?)
    }

    /// Takes its turn at the path the database names now: another process may have moved the file, even while this
    /// one waited.
    fn take_turn(&mut self, main: &Connection) -> Result<file::Turn, PublishError> {
        for _ in 0..4 {
            let turn = file::Turn::take(&self.path)?;
            let known = installation::read(main)?.ok_or(PublishError::NoInstallation)?.policy_path;
            if known == self.path {
                return Ok(turn);
            }
            self.open = None;
            self.path = known;
        }
        Err(PublishError::Unsteady)
    }

    /// One try: `None` when the file was exchanged under it. Gives the revision, and when the file was first found
    /// at its path.
    fn attempt(&mut self, main: &mut Connection, root: &RootKey) -> Result<Option<(i64, i64)>, PublishError> {
        let known = self.open.take();
        let moved = known.as_ref().map(file_has_moved).transpose()? == Some(true);
        let mut policy = match known {
            Some(open) if !moved => open,
            Some(_) | None => self.open_place(main, root)?,
        };
        if file::is_cut_short(&self.path)? {
            return Err(PublishError::CutShort);
        }
        let place = record_place(main, &self.path)?;
        let head = bring_up(&mut policy, main, root, (&self.path, &place))?;
        fail_point("after-publish");
        if file_has_moved(&policy)? {
            return Ok(None);
        }
        file::empty_wal(&policy)?;
        let identity = installation::read(main)?.ok_or(PublishError::NoInstallation)?.identity;
        file::leave_mark(&self.path, identity, &head)?;
        self.open = Some(policy);
        Ok(Some((head.revision, place.placed_ms)))
    }

    /// Opens the file at the path. One that was put there by somebody else is not trusted: what lies beside it may
    /// belong to another file, so it is looked at once and a new one takes its place.
    fn open_place(&self, main: &mut Connection, root: &RootKey) -> Result<Connection, PublishError> {
        let existed = self.path.exists();
        let mut policy = file::open(&self.path)?;
        let known = installation::read(main)?.ok_or(PublishError::NoInstallation)?.policy_inode;
        let named = !known.is_empty() && !known.starts_with(installation::RESTORED);
        let exchanged = existed && named && known != file::inode(&self.path)?;
        if !exchanged {
            return Ok(policy);
        }
        let look = policy.transaction()?;
        if plan::compare(&look, main)? == Plan::AnotherHistory {
            plan::restart_history(main, root)?;
        }
        drop(look);
        drop(policy);
        file::set_aside(&self.path)?;
        file::open(&self.path)
    }
}

/// Where the file is, as the database knows it.
struct Place {
    /// When it was first found there.
    placed_ms: i64,
    /// Whether no publisher can have been there before: the first file of all, or the first after a move.
    is_new: bool,
    /// Whether this is the first publish after a restore, which has begun the new history itself.
    is_restored: bool,
}

/// Remembers which file was found at the path, in the main file: another process, or this one after a restart, then
/// sees an exchange that nobody told it of.
fn record_place(main: &mut Connection, path: &Path) -> Result<Place, PublishError> {
    let inode = file::inode(path)?;
    let found = installation::read(main)?.ok_or(PublishError::NoInstallation)?;
    if found.policy_inode == inode {
        return Ok(Place { placed_ms: found.policy_placed_ms, is_new: false, is_restored: false });
    }
    // The very first file has no reader that could hold an older one; after a move there may be one.
    let restored = found.policy_inode.strip_prefix(installation::RESTORED);
    let placed_ms = match restored {
        // It is the one that was there before the restore, so its readers see what is written to it.
        Some(before) if before == inode => found.policy_placed_ms,
        None if found.policy_inode.is_empty() => 0,
        Some(_) | None => wall_milliseconds(),
    };
    let transaction = main.transaction_with_behavior(TransactionBehavior::Immediate)?;
    installation::set_policy_place(&transaction, &inode, placed_ms)?;
    transaction.commit()?;
    let is_new = found.policy_inode.is_empty() || found.policy_inode == installation::MOVED;
    Ok(Place { placed_ms, is_new, is_restored: restored.is_some() })
}

/// Writes what is missing; gives the main file's newest change, which the policy file then has.
fn bring_up(
    policy: &mut Connection,
    main: &mut Connection,
    root: &RootKey,
    (path, place): (&Path, &Place),
) -> Result<Head, PublishError> {
    let writing = policy.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let look = main.transaction()?;
    let plan = plan::compare(&writing, &look)?;
    if plan == Plan::UpToDate {
        return change_log::head(&look)?.ok_or(PublishError::NoInstallation);
    }
    drop(look);
    match plan {
        Plan::UpToDate | Plan::Changes(_) => {}
        Plan::Whole | Plan::AnotherHistory if place.is_restored => {}
        Plan::Whole if place.is_new || file::mark_fits(path, main)? => plan::new_restore_id(main)?,
        Plan::Whole | Plan::AnotherHistory => plan::restart_history(main, root)?,
    }
    let reading = main.transaction()?;
    let source = copy::Source { main: &reading, root };
    let head = change_log::head(&reading)?.ok_or(PublishError::NoInstallation)?;
    match plan {
        Plan::UpToDate => {}
        Plan::Changes(after) => source.changes(&writing, after)?,
        Plan::Whole | Plan::AnotherHistory => source.whole(&writing)?,
    }
    fail_point("inside-publish");
    writing.commit()?;
    drop(reading);
    trim(main)?;
    Ok(head)
}

/// Now and then, so that the log does not grow for ever. What is published is kept only to tell histories apart.
fn trim(main: &mut Connection) -> Result<(), PublishError> {
    let Some((oldest, newest)) = change_log::span(main)? else { return Ok(()) };
    if newest - oldest > 2 * CHANGES_KEPT {
        let transaction = main.transaction_with_behavior(TransactionBehavior::Immediate)?;
        change_log::trim(&transaction, newest - CHANGES_KEPT)?;
        transaction.commit()?;
    }
    Ok(())
}

/// A file that is new at its path is in force only when every gk-validate has noticed it.
fn wait_until_noticed(placed_ms: i64) {
    let left = (placed_ms + NOTICED_AFTER_MS - wall_milliseconds()).clamp(0, NOTICED_AFTER_MS);
    if placed_ms > 0 && left > 0 {
        tracing::info!("the policy file is new at its path: waiting until gk-validate has noticed it");
        thread::sleep(Duration::from_millis(left.unsigned_abs()));
    }
}
