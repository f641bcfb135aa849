//! What `gk panic` denies, looked at once a second: a file beside the policy file, and no other than that.

use std::cell::{Cell, RefCell};
use std::fs;
use std::io::ErrorKind::NotFound;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gk_shared::access::AskedApp;
use gk_shared::model::UserId;
use gk_shared::panic::{self, Panic};

use crate::metrics::Metrics;

/// How the file looked: inode, length, and when it was written.
type Look = (u64, u64, i64, i64);

/// What is denied, as one worker knows it.
pub(crate) struct Panicked {
    path: PathBuf,
    looked: Cell<Option<Look>>,
    denied: RefCell<Panic>,
    /// Whether anything is: all that most requests look at.
    any: Cell<bool>,
    metrics: Arc<Metrics>,
}

impl Panicked {
    /// Looks at once, so that nobody is let in before.
    pub(crate) fn beside(policy: &Path, metrics: Arc<Metrics>) -> Self {
        let (looked, denied, any) = (Cell::default(), RefCell::default(), Cell::default());
        let panicked = Self { path: panic::beside(policy), looked, denied, any, metrics };
        panicked.look();
        panicked
    }

    /// Whether a request is denied whoever makes it.
    pub(crate) fn denies_all_at(&self, app: AskedApp<'_>) -> bool {
        self.any.get() && self.denied.borrow().denies_all_at(app)
    }

    /// Whether a person is denied. The address lies elsewhere in memory, so it is fetched only if anything is denied.
    pub(crate) fn denies<'u>(&self, id: UserId, email: impl FnOnce() -> &'u str) -> bool {
        self.any.get() && self.denied.borrow().denies(id, email())
    }

    /// Looks whether the file has changed; for once a second.
    pub(crate) fn look(&self) {
        let looked = match fs::metadata(&self.path) {
            Ok(file) => Some((file.ino(), file.len(), file.mtime(), file.mtime_nsec())),
            // A folder that is gone took the file with it: that lifts nothing.
            Err(error) if error.kind() == NotFound && !self.folder_is_there() => return,
            Err(error) if error.kind() == NotFound => None,
            Err(_) => return self.take(Panic::everybody(), "it cannot be looked at"),
        };
        if looked == self.looked.get() && (looked.is_some() || !self.any.get()) {
            return;
        }
        match panic::read(&self.path) {
            Ok(panic) => self.take(panic, "as it says"),
            Err(error) => self.take(Panic::everybody(), &error.to_string()),
        }
        self.looked.set(looked);
    }

    fn folder_is_there(&self) -> bool {
        self.path.parent().is_some_and(|folder| folder.as_os_str().is_empty() || folder.exists())
    }

    fn take(&self, panic: Panic, why: &str) {
        if *self.denied.borrow() != panic {
            tracing::warn!(rules = panic.rules().len(), why, "the panic file has changed what is denied");
        }
        self.any.set(!panic.is_empty());
        self.metrics.denies(panic.rules().len());
        *self.denied.borrow_mut() = panic;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_file_says_is_denied_and_everybody_when_it_says_nothing_clear() {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("deep/policy.sqlite3");
        fs::create_dir(folder.path().join("deep")).unwrap();
        let panicked = Panicked::beside(&policy, Arc::new(Metrics::new(1).unwrap()));
        let everybody = || {
            panicked.look();
            panicked.denies_all_at(AskedApp::Absent)
        };
        let file = panic::beside(&policy);
        assert!(!everybody());
        panic::write(&file, &Panic::everybody()).unwrap();
        assert!(everybody() && panicked.denies(UserId(1), || "a@b.c"));
        fs::rename(folder.path().join("deep"), folder.path().join("away")).unwrap();
        assert!(everybody(), "a folder that is gone lifts nothing");
        fs::rename(folder.path().join("away"), folder.path().join("deep")).unwrap();
        panic::write(&file, &Panic::default()).unwrap();
        assert!(!everybody());
        fs::write(&file, "what").unwrap();
        assert!(everybody(), "what is not understood denies everybody");
        fs::remove_file(&file).unwrap();
        assert!(!everybody());
    }
}
