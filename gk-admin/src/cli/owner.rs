//! Root becomes the database's owner before it touches a database, so that no file ends up root's.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use gk_service::Paths;
use nix::unistd::{Gid, Uid, User, initgroups, setgid, setgroups, setuid};

/// Reads the key while it still may, then changes to the user the database belongs, or will belong, to.
pub(super) fn become_owner(paths: Paths) -> io::Result<Paths> {
    let Some((uid, gid)) = owner_of(&paths.database).filter(|(uid, _)| Uid::effective().is_root() && *uid != 0) else {
        return Ok(paths);
    };
    let key = paths.key.read_early();
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    match User::from_uid(uid)? {
        Some(user) => {
            let name = std::ffi::CString::new(user.name).map_err(io::Error::other)?;
            initgroups(&name, gid)?;
        }
        None => setgroups(&[gid])?,
    }
    setgid(gid)?;
    setuid(uid)?;
    Ok(Paths { key, ..paths })
}

/// Owner and group of the database, or of the folder it will be made in.
fn owner_of(database: &Path) -> Option<(u32, u32)> {
    let absolute = std::path::absolute(database).ok()?;
    let found = absolute.ancestors().find_map(|path| path.metadata().ok())?;
    Some((found.uid(), found.gid()))
}
