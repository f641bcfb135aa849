//! Where a process listens, as written on a command line: `127.0.0.1:5100` or `unix:PATH[,mode=0660][,group=NAME]`.

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::{fs, io};

use nix::unistd::Group;
use thiserror::Error;

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    Tcp(SocketAddr),
    Unix(UnixAddress),
}

/// A Unix socket with the mode and group it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnixAddress {
    pub path: PathBuf,
    /// 0660 unless given.
    pub mode: u32,
    pub group: Option<String>,
}

/// Why an address was refused.
#[derive(Debug, Error)]
pub enum BadListen {
    #[error("`{0}` is no address to listen on: write 127.0.0.1:5100 or unix:PATH[,mode=0660][,group=NAME]")]
    Form(String),
    #[error("somebody is already listening on {0}")]
    Taken(Listen),
    #[error("the group `{0}` does not exist on this machine")]
    NoGroup(String),
    #[error("cannot listen on {address}")]
    Failed { address: Listen, source: io::Error },
}

/// A socket that is listening, non-blocking.
#[derive(Debug)]
pub enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl std::str::FromStr for Listen {
    type Err = BadListen;

    fn from_str(text: &str) -> Result<Self, BadListen> {
        let bad = || BadListen::Form(text.to_owned());
        let Some(rest) = text.strip_prefix("unix:") else {
            return text.parse().map(Self::Tcp).map_err(|_| bad());
        };
        let mut parts = rest.split(',');
        let path = parts.next().filter(|path| !path.is_empty()).ok_or_else(bad)?;
        let mut address = UnixAddress { path: path.into(), mode: 0o660, group: None };
        for part in parts {
            match part.split_once('=') {
                Some(("mode", mode)) => {
                    address.mode = u32::from_str_radix(mode, 8).ok().filter(|mode| *mode <= 0o777).ok_or_else(bad)?;
                }
                Some(("group", group)) if !group.is_empty() => address.group = Some(group.to_owned()),
                Some(_) | None => return Err(bad()),
            }
        }
        Ok(Self::Unix(address))
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(out),
            Self::Unix(address) => write!(out, "unix:{}", address.path.display()),
        }
    }
}

impl Listen {
    /// Starts listening. A Unix socket left by a process that is gone is replaced; one that answers is not.
    pub fn bind(&self) -> Result<Listener, BadListen> {
        let failed = |source| BadListen::Failed { address: self.clone(), source };
        match self {
            Self::Tcp(address) => {
                let listener = TcpListener::bind(address).map_err(|error| self.refused(error))?;
                listener.set_nonblocking(true).map_err(failed)?;
                Ok(Listener::Tcp(listener))
            }
            Self::Unix(address) => {
                if UnixStream::connect(&address.path).is_ok() {
                    return Err(BadListen::Taken(self.clone()));
                }
                let group = address.group.as_deref().map(group_named).transpose()?;
                let listener = bind_unix(address, group).map_err(failed)?;
                Ok(Listener::Unix(listener))
            }
        }
    }

    fn refused(&self, error: io::Error) -> BadListen {
        if error.kind() == io::ErrorKind::AddrInUse {
            BadListen::Taken(self.clone())
        } else {
            BadListen::Failed { address: self.clone(), source: error }
        }
    }
}

/// The file of a Unix socket that this process has bound.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    inode: (u64, u64),
}

impl SocketFile {
    /// The file of an address that was just bound; none for TCP.
    pub fn of(address: &Listen) -> Option<Self> {
        let Listen::Unix(UnixAddress { path, .. }) = address else { return None };
        let found = fs::symlink_metadata(path).ok()?;
        Some(Self { path: path.clone(), inode: (found.dev(), found.ino()) })
    }

    /// Removes the file, unless another process has put its own in its place.
    pub fn remove(&self) {
        let ours = |found: fs::Metadata| (found.dev(), found.ino()) == self.inode;
        if fs::symlink_metadata(&self.path).is_ok_and(ours) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Listener {
    /// The address as bound: the port is real where 0 was asked for.
    pub fn address(&self, asked: &Listen) -> String {
        match self {
            Self::Tcp(_) => self.own_address().unwrap_or_else(|| asked.to_string()),
            Self::Unix(_) => asked.to_string(),
        }
    }

    /// As the kernel knows it: of a Unix socket the name it was bound under, which need not be where it is now.
    pub fn own_address(&self) -> Option<String> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok().map(|address| address.to_string()),
            Self::Unix(listener) => {
                let address = listener.local_addr().ok()?;
                address.as_pathname().map(|path| format!("unix:{}", path.display()))
            }
        }
    }

    /// As whoever waits for many sockets at once needs it.
    pub fn set_nonblocking(&self) -> io::Result<()> {
        match self {
            Self::Tcp(listener) => listener.set_nonblocking(true),
            Self::Unix(listener) => listener.set_nonblocking(true),
        }
    }
}

fn group_named(name: &str) -> Result<nix::unistd::Gid, BadListen> {
    let missing = || BadListen::NoGroup(name.to_owned());
    Group::from_name(name).ok().flatten().map(|group| group.gid).ok_or_else(missing)
}

/// Binds under a temporary name and renames, so that the path never shows a socket that refuses or that
/// has not got its mode and group yet.
fn bind_unix(address: &UnixAddress, group: Option<nix::unistd::Gid>) -> io::Result<UnixListener> {
    refuse_to_replace_a_file(&address.path)?;
    let mut fresh = address.path.clone().into_os_string();
    fresh.push(format!(".{}", std::process::id()));
    let fresh = PathBuf::from(fresh);
    let _ = fs::remove_file(&fresh);
    let listener = UnixListener::bind(&fresh)?;
    fs::set_permissions(&fresh, fs::Permissions::from_mode(address.mode))?;
    if group.is_some() {
        nix::unistd::chown(&fresh, None, group)?;
    }
    fs::rename(&fresh, &address.path)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn refuse_to_replace_a_file(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => {
            Err(io::Error::new(io::ErrorKind::AlreadyExists, "a file that is not a socket is in the way"))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_how_and_for_whom() {
        let parsed = "unix:/run/x.sock,mode=0600,group=www-data".parse::<Listen>().expect("an address");
        let Listen::Unix(address) = parsed else { panic!("a Unix address") };
        assert_eq!((address.mode, address.group.as_deref()), (0o600, Some("www-data")));
        for bad in ["", "5100", "unix:", "unix:/x,mode=9", "unix:/x,mode=4777", "unix:/x,owner=y", "localhost:1"] {
            assert!(bad.parse::<Listen>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let address = Listen::Unix(UnixAddress { path: folder.path().join("s"), mode: 0o600, group: None });
        let first = address.bind().expect("nobody listens");
        assert!(matches!(address.bind(), Err(BadListen::Taken(_))));
        drop(first);
        let _second = address.bind().expect("the stale socket is replaced");
    }

    #[test]
    fn a_socket_file_is_removed_only_by_whoever_bound_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s");
        let address = Listen::Unix(UnixAddress { path: path.clone(), mode: 0o600, group: None });
        let first = address.bind().expect("nobody listens");
        let of_first = SocketFile::of(&address).expect("a file");
        drop(first);
        let _second = address.bind().expect("the stale socket is replaced");
        of_first.remove();
        assert!(path.exists());
        SocketFile::of(&address).expect("a file").remove();
        assert!(!path.exists());
    }
}
