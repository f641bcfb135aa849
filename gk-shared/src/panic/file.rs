//! The file itself: read whole and bounded, replaced in one step.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::Panic;

/// A file that is longer is not understood. Thousands of rules fit.
const MOST_BYTES: u64 = 256 * 1024;

/// Where the file is, beside the policy file.
pub fn beside(policy: &Path) -> PathBuf {
    policy.with_file_name("panic")
}

/// What the file denies; nothing when there is none.
///
/// # Errors
/// It cannot be read, or is not understood: then everybody is to be denied.
pub fn read(path: &Path) -> io::Result<Panic> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Panic::default()),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    file.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST_BYTES {
        return Err(io::Error::new(ErrorKind::InvalidData, "the panic file is too long"));
    }
    Panic::parse(&text).map_err(|bad| io::Error::new(ErrorKind::InvalidData, bad))
}

/// Puts a file that denies this in the place of what is there, or takes it away when nothing is denied. Whoever may read
/// the folder may read it.
///
/// # Errors
/// The folder cannot be written; what was denied still is.
pub fn write(path: &Path, panic: &Panic) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if panic.is_empty() {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    } else {
        let new = path.with_file_name(format!("panic.{}", std::process::id()));
        let group = fs::metadata(folder)?.permissions().mode() & 0o040;
        let mut file = File::create(&new)?;
        file.set_permissions(Permissions::from_mode(0o600 | group))?;
        file.write_all(panic.to_string().as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)?;
    }
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panic::Rule;

    #[test]
    fn a_file_is_replaced_in_one_step_and_gone_when_nothing_is_denied() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = beside(&folder.path().join("policy.sqlite3"));
        fs::set_permissions(folder.path(), Permissions::from_mode(0o750)).expect("its owner");
        assert_eq!(read(&path).expect("nothing there"), Panic::default());
        write(&path, &Panic::everybody()).expect("a writable folder");
        assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o640);
        let mut panic = read(&path).expect("a good file");
        assert_eq!(panic, Panic::everybody());
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        panic.lift(&Rule::Everybody);
        write(&path, &panic).expect("a writable folder");
        write(&path, &panic).expect("it is gone already");
        assert!(!path.exists());
        fs::write(&path, "x").expect("a writable folder");
        assert!(read(&path).is_err());
        fs::write(&path, "gatekeeper panic 1\n".to_owned() + &"all\n".repeat(100_000)).expect("a writable folder");
        assert!(read(&path).is_err(), "too long");
    }
}
