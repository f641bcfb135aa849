//! Sealing a backup: the age format, to public keys or with a passphrase. The `age` command opens it too.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::str::FromStr;

use age::secrecy::{ExposeSecret, SecretString};
use age::{Decryptor, Encryptor, scrypt, x25519};
use thiserror::Error;

use crate::secret::Secret;

/// scrypt with 2^17 takes 128 MiB and about half a second: dear for whoever guesses, and fit for a small machine.
const WORK: u8 = 17;
/// What is opened may have been sealed elsewhere with more; beyond this it would only eat memory.
const MOST_WORK: u8 = 20;
/// How every sealed backup begins.
pub(super) const SEALED: &[u8] = b"age-encryption.org/";

/// Whom a backup is sealed to: a public key, `age1…`.
#[derive(Clone)]
pub struct Recipient(x25519::Recipient);

/// What is no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a recipient is a public key that begins with age1, as `gk backup-key` and `age-keygen` print it")]
pub struct BadRecipient;

impl Recipient {
    /// Reads `age1…`.
    pub fn parse(text: &str) -> Result<Self, BadRecipient> {
        x25519::Recipient::from_str(text.trim()).map(Self).map_err(|_| BadRecipient)
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Recipient({})", self.0)
    }
}

/// How a backup is sealed.
#[derive(Clone, Debug)]
pub enum Sealing {
    /// Not at all.
    Plain,
    Passphrase(Secret),
    Recipient(Recipient),
}

/// What opens a backup.
#[derive(Clone, Debug)]
pub enum Opening {
    /// Nothing: it has to be a plain one.
    Nothing,
    Passphrase(Secret),
    /// The text of an identity file: `AGE-SECRET-KEY-1…`, with comments.
    Identity(Secret),
}

/// Why a backup does not open.
#[derive(Debug, Error)]
pub enum OpeningError {
    #[error("it cannot be read")]
    Unreadable(#[from] io::Error),
    #[error("it is sealed with a passphrase: give it with --passphrase-file, or at the prompt")]
    NeedsPassphrase,
    #[error("it is sealed to a public key: name the file of the secret key with --identity")]
    NeedsIdentity,
    #[error("there is no secret key in the identity file: a line that begins with AGE-SECRET-KEY-1")]
    NoIdentity,
    #[error("it does not open: the passphrase or the secret key is another, or the file was changed")]
    Shut,
}

/// Makes a pair of keys: the text of an identity file, and the public key to seal to.
pub fn new_identity() -> (Secret, Recipient) {
    let identity = x25519::Identity::generate();
    let recipient = Recipient(identity.to_public());
    let text = format!("# public key: {recipient}\n{}\n", identity.to_string().expose_secret());
    (Secret::new(text), recipient)
}

impl Sealing {
    /// How it is sealed, in one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Passphrase(_) => "passphrase",
            Self::Recipient(_) => "recipient",
        }
    }

    /// Writes through the seal; `fill` writes the content.
    pub(super) fn seal<W: Write>(
        &self,
        mut to: W,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<W> {
        let recipient: Box<dyn age::Recipient> = match self {
            Self::Plain => {
                fill(&mut to)?;
                return Ok(to);
            }
            Self::Passphrase(passphrase) => {
                let mut recipient = scrypt::Recipient::new(secret(passphrase));
                recipient.set_work_factor(WORK);
                Box::new(recipient)
            }
            Self::Recipient(recipient) => Box::new(recipient.0.clone()),
        };
        let encryptor = Encryptor::with_recipients(std::iter::once(&*recipient)).map_err(io::Error::other)?;
        let mut writer = encryptor.wrap_output(to)?;
        fill(&mut writer)?;
        writer.finish()
    }
}

impl Opening {
    /// Whether this backup is sealed with a passphrase.
    pub fn wants_passphrase(from: File) -> bool {
        Decryptor::new_buffered(BufReader::new(from)).is_ok_and(|sealed| sealed.is_scrypt())
    }

    /// The content behind the seal.
    pub(super) fn open<'r>(&self, mut from: impl BufRead + 'r) -> Result<Box<dyn Read + 'r>, OpeningError> {
        if !from.fill_buf()?.starts_with(SEALED) {
            return Ok(Box::new(from));
        }
        let sealed = Decryptor::new_buffered(from).map_err(|_| OpeningError::Shut)?;
        let identity: Box<dyn age::Identity> = match (self, sealed.is_scrypt()) {
            (Self::Passphrase(passphrase), true) => {
                let mut identity = scrypt::Identity::new(secret(passphrase));
                identity.set_max_work_factor(MOST_WORK);
                Box::new(identity)
            }
            (Self::Identity(text), false) => {
                let line = text.reveal().lines().find(|line| line.starts_with("AGE-SECRET-KEY-1"));
                let line = line.ok_or(OpeningError::NoIdentity)?;
                Box::new(x25519::Identity::from_str(line.trim()).map_err(|_| OpeningError::NoIdentity)?)
            }
            (Self::Nothing | Self::Identity(_), true) => return Err(OpeningError::NeedsPassphrase),
            (Self::Nothing | Self::Passphrase(_), false) => return Err(OpeningError::NeedsIdentity),
        };
        let opened = sealed.decrypt(std::iter::once(&*identity)).map_err(|_| OpeningError::Shut)?;
        Ok(Box::new(opened))
    }
}

fn secret(text: &Secret) -> SecretString {
    SecretString::from(text.reveal().to_owned())
}
