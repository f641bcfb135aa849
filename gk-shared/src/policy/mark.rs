//! The mark of the newest publish: a small file beside the policy file, which goes back with no copy of that.
//!
//! The next publisher knows by it what was there before. gk-validate, which writes nothing, knows by it after a start that a
//! policy file is an old copy: within one history, revisions only grow.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::schema::Identity;

/// Longer than any mark.
const MOST_BYTES: u64 = 512;

/// What was published last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub identity: Identity,
    /// The newest change.
    pub revision: i64,
    /// Drawn with that change: two histories never share one.
    pub nonce: [u8; 8],
    /// Device and inode of the policy file.
    pub inode: (u64, u64),
    /// Of the policy file, in bytes.
    pub length: u64,
}

impl Mark {
    /// Where the mark of a policy file is.
    pub fn beside(policy: &Path) -> PathBuf {
        let mut name = OsString::from(policy);
        name.push(".mark");
        name.into()
    }

    /// The mark of a policy file; none where nothing was published, or nothing that can be understood.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn read(policy: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(Self::beside(policy)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let mut bytes = Vec::new();
        file.take(MOST_BYTES).read_to_end(&mut bytes)?;
        Ok(str::from_utf8(&bytes).ok().and_then(Self::parse))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let mut number = |radix| u128::from_str_radix(words.next()?, radix).ok();
        let mark = Self {
            identity: Identity { database: number(16)?.to_be_bytes(), restore: number(16)?.to_be_bytes() },
            revision: number(10)?.try_into().ok()?,
            nonce: u64::try_from(number(16)?).ok()?.to_be_bytes(),
            inode: (number(10)?.try_into().ok()?, number(10)?.try_into().ok()?),
            length: number(10)?.try_into().ok()?,
        };
        words.next().is_none().then_some(mark)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [database, restore] = [self.identity.database, self.identity.restore].map(u128::from_be_bytes);
        let (nonce, (device, inode)) = (u64::from_be_bytes(self.nonce), self.inode);
        writeln!(out, "{database:032x} {restore:032x} {} {nonce:016x} {device} {inode} {}", self.revision, self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written_and_nothing_else_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policy.sqlite3");
        let identity = Identity { database: [7; 16], restore: [0; 16] };
        let mark = Mark { identity, revision: 12, nonce: [0, 1, 2, 3, 4, 5, 6, 7], inode: (8, 9), length: 4096 };
        assert_eq!(Mark::read(&policy).unwrap(), None);
        for (text, expected) in [
            (mark.to_string(), Some(mark.clone())),
            (mark.to_string() + "7", None),
            (mark.to_string().replace("4096", ""), None),
            (String::new(), None),
            ("\u{0}".repeat(4096), None),
        ] {
            std::fs::write(Mark::beside(&policy), text).unwrap();
            assert_eq!(Mark::read(&policy).unwrap(), expected);
        }
    }
}
