//! A file that is named on the command line. It is opened as the line is read: root may read and write what the
//! database's owner, whom this process becomes next, may not.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::{PathBufValueParser, TypedValueParser};

use super::answer::Failure;

/// The file, or why it could not be opened.
#[derive(Clone, Debug)]
pub(super) struct Given {
    path: PathBuf,
    opened: Result<Arc<File>, String>,
}

impl Given {
    /// Reads a FILE argument.
    pub(super) fn parser() -> impl TypedValueParser<Value = Self> {
        PathBufValueParser::new().map(|path| {
            let opened = File::open(&path).map(Arc::new).map_err(|error| error.to_string());
            Self { path, opened }
        })
    }

    /// What it is called, without its folder.
    pub(super) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The file, from its beginning.
    pub(super) fn file(&self) -> Result<File, Failure> {
        let failed = |why: &dyn ToString| Failure::refused(format!("{}: {}", self.path.display(), why.to_string()));
        let file = self.opened.as_ref().map_err(|why| failed(why))?;
        let again = file.try_clone().and_then(|mut again| again.rewind().map(|()| again));
        again.map_err(|error| failed(&error))
    }

    /// What is in it; of a file with more than `most` bytes, one byte too many.
    pub(super) fn read(&self, most: usize) -> Result<Vec<u8>, Failure> {
        let failed = |why: &dyn ToString| Failure::refused(format!("{}: {}", self.path.display(), why.to_string()));
        let file = self.opened.as_ref().map_err(|why| failed(why))?;
        let (mut bytes, limit) = (Vec::new(), u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1));
        file.as_ref().take(limit).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
        Ok(bytes)
    }
}

/// A file to be made, for its owner alone; or why it could not be. One that nothing was written to goes again, as far as
/// whom this process has become may take it away.
#[derive(Clone, Debug)]
pub(super) struct Fresh(Arc<Made>);

#[derive(Debug)]
struct Made {
    path: PathBuf,
    opened: Result<File, String>,
}

impl Fresh {
    /// Reads a FILE argument that names no file yet.
    pub(super) fn parser() -> impl TypedValueParser<Value = Self> {
        PathBufValueParser::new().map(|path| {
            let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
            Self(Arc::new(Made { path, opened: opened.map_err(|error| error.to_string()) }))
        })
    }

    /// Writes all of it; gives where it is.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<PathBuf, Failure> {
        let Made { path, opened } = &*self.0;
        let failed = |why: &dyn ToString| Failure::refused(format!("{}: {}", path.display(), why.to_string()));
        let mut file = opened.as_ref().map_err(|why| failed(why))?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| failed(&error))?;
        Ok(path.clone())
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if let Ok(file) = &self.opened
            && file.metadata().is_ok_and(|found| found.len() == 0)
        {
            // It stays, empty, where this process may not remove it.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
