//! An nginx configuration as `nginx -T` prints it, or as it lies in a file or folder: read, not judged.
//!
//! Reading never panics and is bounded: in bytes, in depth, and in what includes make of it.

mod dump;
mod scope;
mod tree;
mod words;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::rc::Rc;

use thiserror::Error;

pub(crate) use scope::{Modifier, Scope};
pub(crate) use tree::{Directive, Place};

/// The most that is read of a configuration.
const MOST_BYTES: u64 = 16 << 20;

/// A whole configuration, its includes put where they stand.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    directives: Vec<Directive>,
    /// Includes of one file that was not to be seen: a dump holds all, a single file none.
    pub(crate) unseen: Vec<Directive>,
}

/// Why a configuration cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}:{line}: {why}")]
pub(crate) struct BadConfig {
    file: String,
    line: u32,
    why: String,
}

impl BadConfig {
    fn at(line: u32, why: impl Into<String>) -> Self {
        Self { file: String::new(), line, why: why.into() }
    }

    fn in_file(self, file: &Rc<str>) -> Self {
        Self { file: file.to_string(), ..self }
    }
}

impl Config {
    /// Reads a text: what `nginx -T` printed, or one file, which is then called `name`.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, BadConfig> {
        dump::assemble(dump::sections(name, text))
    }

    /// Reads a file or all files of a folder.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let sections = dump::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        dump::assemble(sections).map_err(|error| error.to_string())
    }

    /// What stands at the level of `http`: in that block, or outside all blocks of a file that is included in it.
    pub(crate) fn http(&self) -> &[Directive] {
        let block = self.directives.iter().find(|directive| directive.name == "http");
        block.map_or(&self.directives, Directive::inside)
    }
}
