//! The file itself: writing it under another name first, and reading what it says before what it holds.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use super::manifest::{FORMAT, Manifest, hex};
use super::sealing::{Opening, OpeningError, Sealing};
use super::{Existing, FileError, of, sync_folder_of};
use crate::fail_point::fail_point;
use crate::secret::RootKey;

/// No manifest is longer.
const MOST_MANIFEST: usize = 4096;
const CHUNK: usize = 64 * 1024;

/// Why a file is no backup that can be used.
#[derive(Debug, Error)]
pub enum ArchiveError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Opening(#[from] OpeningError),
    #[error("it is no backup of Gatekeeper")]
    NoBackup,
    #[error("it is a backup of form {0}, and this build knows form {FORMAT}: use the newer gatekeeper that wrote it")]
    Newer(u32),
    #[error("it ends too early, or was changed")]
    Torn,
}

/// SHA-256 and length of a file.
pub(super) fn fingerprint(path: &Path) -> io::Result<(String, u64)> {
    let (mut file, mut digest) = (File::open(path)?, Sha256::new());
    let size = pour(&mut file, &mut |chunk| {
        digest.update(chunk);
        Ok(())
    })?;
    Ok((hex(&digest.finalize()), size))
}

/// Reads to the end, a chunk at a time.
fn pour(from: &mut dyn Read, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<u64> {
    let (mut chunk, mut size) = (Zeroizing::new(vec![0; CHUNK]), 0);
    loop {
        let read = from.read(&mut chunk)?;
        let Some(part) = chunk.get(..read).filter(|part| !part.is_empty()) else { return Ok(size) };
        each(part)?;
        size += read as u64;
    }
}

/// Writes a backup whole under another name, and gives it its own once it reads as it was written. Gives its SHA-256 and length.
pub(super) fn write(
    to: &Path,
    (sealing, existing): (&Sealing, Existing),
    (manifest, database): (&Manifest, &Path),
    root: Option<&RootKey>,
) -> Result<(String, u64), FileError> {
    let partial = partial(to);
    let written = write_partial(&partial, sealing, (manifest, database), root).and_then(|sum| {
        fail_point("before-backup-is-named");
        match existing {
            // Unlike a rename, a link never takes the place of a file.
            Existing::Keep => fs::hard_link(&partial, to).and_then(|()| fs::remove_file(&partial)),
            Existing::Replace => fs::rename(&partial, to),
        }
        .map(|()| sum)
    });
    if written.is_err() {
        // It may not even be there.
        drop(fs::remove_file(&partial));
    }
    written.and_then(|sum| sync_folder_of(to).map(|()| sum)).map_err(of(to))
}

/// Where a backup is while it is not whole.
fn partial(to: &Path) -> PathBuf {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    to.with_file_name(format!(".{name}.part"))
}

/// Whether this is such a place.
pub(super) fn is_partial(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(".gatekeeper-") && name.ends_with(".age.part")
}

/// Takes down what is written, to compare it with what is read.
struct Noted<W> {
    to: W,
    digest: Sha256,
}

impl<W: Write> Write for Noted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn write_partial(
    partial: &Path,
    sealing: &Sealing,
    (manifest, database): (&Manifest, &Path),
    root: Option<&RootKey>,
) -> io::Result<(String, u64)> {
    if partial.exists() {
        fs::remove_file(partial)?;
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(partial)?;
    let mut first = serde_json::to_vec(manifest)?;
    first.push(b'\n');
    let noted = Noted { to: file, digest: Sha256::new() };
    let written = sealing.seal(BufWriter::new(noted), |out| {
        out.write_all(&first)?;
        pour(&mut File::open(database)?, &mut |chunk| {
            fail_point("inside-backup-file");
            out.write_all(chunk)
        })?;
        root.map_or(Ok(()), |root| out.write_all(root.bytes()))
    })?;
    let noted = written.into_inner().map_err(io::IntoInnerError::into_error)?;
    noted.to.sync_all()?;
    let (read, size) = fingerprint(partial)?;
    if read == hex(&noted.digest.finalize()) { Ok((read, size)) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// What is read of a backup: what it says, and the root key if that is in it. The database goes to `to`, and is as the
/// manifest says when this returns.
pub(super) fn unpack(from: File, opening: &Opening, to: &Path) -> Result<(Manifest, Option<RootKey>), ArchiveError> {
    let mut content = opening.open(BufReader::new(from))?;
    let manifest = read_manifest(&mut content)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(of(to))?;
    let (mut digest, mut broken) = (Sha256::new(), Ok(()));
    let read = pour(&mut (&mut content).take(manifest.size), &mut |chunk| {
        fail_point("inside-unpacking");
        digest.update(chunk);
        broken = file.write_all(chunk);
        if broken.is_ok() { Ok(()) } else { Err(io::ErrorKind::Other.into()) }
    });
    broken.and_then(|()| file.sync_all()).map_err(of(to))?;
    let whole = read.is_ok_and(|read| read == manifest.size) && hex(&digest.finalize()) == manifest.sha256;
    let mut rest = Zeroizing::new(Vec::new());
    content.take(64).read_to_end(&mut rest).map_err(|_| ArchiveError::Torn)?;
    let root = match (manifest.with_root_key, rest.len()) {
        (false, 0) => None,
        (true, _) => Some(RootKey::from_bytes(&rest).ok_or(ArchiveError::Torn)?),
        (false, _) => return Err(ArchiveError::Torn),
    };
    if whole { Ok((manifest, root)) } else { Err(ArchiveError::Torn) }
}

fn read_manifest(content: &mut dyn Read) -> Result<Manifest, ArchiveError> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while byte != *b"\n" {
        // Whatever does not open ends here as well, before anything was taken from it.
        content.read_exact(&mut byte).map_err(|_| ArchiveError::NoBackup)?;
        line.extend(byte);
        if line.len() > MOST_MANIFEST {
            return Err(ArchiveError::NoBackup);
        }
    }
    let value: serde_json::Value = serde_json::from_slice(&line).map_err(|_| ArchiveError::NoBackup)?;
    let format = value.get("format").and_then(serde_json::Value::as_u64).and_then(|format| u32::try_from(format).ok());
    match format {
        Some(FORMAT) => serde_json::from_value(value).map_err(|_| ArchiveError::NoBackup),
        Some(newer) if newer > FORMAT => Err(ArchiveError::Newer(newer)),
        Some(_) | None => Err(ArchiveError::NoBackup),
    }
}
