//! Where the policy file of a restored database goes on.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::restore::RestoreError;
use crate::database::{Paths, absolute, default_policy};
use crate::store::installation::{self, Installation};

/// Where the policy file goes on.
pub(super) struct PolicyPlace {
    pub(super) path: PathBuf,
    /// The file there, as the present database knows it, and when it was placed there.
    pub(super) mark: (String, i64),
}

/// As it was said, else where that of the present database is, else where the backup had it if that folder is here, else
/// beside the database.
pub(super) fn policy_place(paths: &Paths, copy: &Path) -> Result<PolicyPlace, RestoreError> {
    let known = |path: &Path| -> rusqlite::Result<Option<Installation>> {
        installation::read(&Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?)
    };
    // A database that is damaged, or none, knows nothing.
    let present = known(&paths.database).ok().flatten();
    let then = known(copy)?.map(|found| found.policy_path).filter(|policy| folder_of(policy).is_dir());
    let path = match (&paths.policy, &present) {
        (Some(given), _) => absolute(given),
        (None, Some(present)) => present.policy_path.clone(),
        (None, None) => then.unwrap_or_else(|| absolute(&default_policy(&paths.database))),
    };
    let mark = match present {
        Some(present) if present.policy_path == path => {
            let inode = present.policy_inode.trim_start_matches(installation::RESTORED);
            (format!("{}{inode}", installation::RESTORED), present.policy_placed_ms)
        }
        Some(_) | None => (installation::RESTORED.to_owned(), 0),
    };
    Ok(PolicyPlace { path, mark })
}

/// The folder a file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
