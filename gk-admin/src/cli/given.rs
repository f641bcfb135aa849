//! A file that is named on the command line. It is opened as the line is read: root may read what the database's
//! owner, whom this process becomes next, may not.

use std::fs::File;
use std::io::{Read, Seek};
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
