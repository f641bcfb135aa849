//! `gk backup` and `gk backup-key`.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use clap::Args;
use gk_service::backup::{BackupError, Existing, Order, Recipient, Sealing, Taken, WithRootKey, new_identity};
use gk_service::settings::Setting;
use gk_service::{Copied, Database, Secret};
use gk_shared::caused::Caused;
use serde_json::{Value, json};

use super::answer::{Answer, Failure};
use super::confirm::Listener;
use super::given::Given;
use super::passphrase;
use super::shell::Shell;

/// A file of secrets is no longer.
const MOST_SECRET: usize = 64 * 1024;

/// Write the whole database to one file while everything goes on; sealed, unless --plain is said
///
/// Sealed with a passphrase, or to a public key (see `gk backup-key`), in the format of age, whose command opens it too. The
/// file is written under another name, and has its own once it is whole and was looked through. Secrets in the
/// database stay sealed with the root key, which is not in the backup: keep a copy of it elsewhere.
#[derive(Args)]
pub(super) struct Backup {
    /// Where to; written by the database's owner, mode 0600
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Seal it to this public key, age1… [default: backup.recipient]
    #[arg(long, value_name = "KEY", value_parser = Recipient::parse, conflicts_with_all = ["passphrase_file", "plain"])]
    recipient: Option<Recipient>,
    /// Seal it with the passphrase in this file's first line; at a terminal you are asked for one
    #[arg(long, value_name = "FILE", value_parser = Given::parser(), conflicts_with = "plain")]
    passphrase_file: Option<Given>,
    /// Do not seal it: whoever reads the file reads everything but the sealed secrets
    #[arg(long)]
    plain: bool,
    /// Put the root key in as well: whoever opens the backup then has everything
    #[arg(long, conflicts_with = "plain")]
    with_root_key: bool,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

/// Make a pair of keys for backups: the secret one goes to a file, the public one is printed
#[derive(Args)]
pub(super) struct BackupKey {
    /// Where the secret key goes, which opens backups; it must not exist, and belongs somewhere else than the backups
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

impl Backup {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let database = shell.database()?;
        let order = Order {
            sealing: self.sealing(shell, database)?,
            existing: if self.force { Existing::Replace } else { Existing::Keep },
            root_key: if self.with_root_key { WithRootKey::With } else { WithRootKey::Without },
            to: self.to,
        };
        let done = database.back_up(&shell.caller, &order, &mut progress())?;
        Ok(Answer::done(done, |taken| (as_json(taken), told(taken, &order))))
    }

    fn sealing(&self, shell: &Shell, database: &Database) -> Result<Sealing, Failure> {
        if self.plain {
            return Ok(Sealing::Plain);
        }
        if let Some(recipient) = &self.recipient {
            return Ok(Sealing::Recipient(recipient.clone()));
        }
        if let Some(file) = &self.passphrase_file {
            return Ok(Sealing::Passphrase(passphrase::checked(first_line(file)?)?));
        }
        let known = database.read(&shell.caller, |view| Ok(view.settings.text(Setting::BackupRecipient).to_owned()))?;
        match (known.as_str(), shell.listener) {
            ("", Listener::Person) => Ok(Sealing::Passphrase(passphrase::new()?)),
            ("", Listener::Nobody) => {
                Err(Failure::usage("say how it is sealed: --recipient, --passphrase-file, or --plain for not at all"))
            }
            (recipient, _) => {
                Ok(Sealing::Recipient(Recipient::parse(recipient).map_err(|bad| Failure::refused(bad.to_string()))?))
            }
        }
    }
}

impl BackupKey {
    pub(super) fn run(self) -> Result<Answer, Failure> {
        let (secret, recipient) = new_identity();
        let written =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.to).and_then(|mut file| {
                file.write_all(secret.reveal().as_bytes())?;
                file.sync_all()
            });
        written.map_err(|error| Failure::refused(format!("{}: {error}", self.to.display())))?;
        let text = format!(
            "{recipient}\n\nThe secret key is in {}: it alone opens backups that are sealed to the public key above. Keep it where the backups are not.\nFor scheduled backups: gk config set backup.recipient {recipient}",
            self.to.display()
        );
        Ok(Answer::seen(json!({ "recipient": recipient.to_string(), "identity": self.to }), text))
    }
}

pub(super) fn first_line(file: &Given) -> Result<Secret, Failure> {
    Ok(Secret::new(text_of(file)?.lines().next().unwrap_or_default()))
}

pub(super) fn text_of(file: &Given) -> Result<String, Failure> {
    String::from_utf8(file.read(MOST_SECRET)?).map_err(|_| Failure::refused("what is in that file is no text"))
}

/// Says how far it is, to whoever looks at a terminal.
fn progress() -> impl FnMut(Copied) {
    let (watched, mut told) = (io::stderr().is_terminal(), -1);
    move |copied| {
        let percent = i64::from(copied.pages) * 100 / i64::from(copied.of.max(1));
        if watched && percent != told {
            told = percent;
            let end = if percent == 100 { "\n" } else { "" };
            eprint!("\rcopied {percent} %{end}");
        }
    }
}

fn told(taken: &Taken, order: &Order) -> String {
    let manifest = &taken.manifest;
    let key = match order.root_key {
        WithRootKey::With => "the root key is in it".to_owned(),
        WithRootKey::Without => {
            format!("it needs the root key with the fingerprint {}, which is not in it", manifest.root_key)
        }
    };
    format!(
        "Wrote {} ({} bytes, revision {}, {}); {key}.",
        taken.path.display(),
        taken.bytes,
        manifest.revision,
        match order.sealing {
            Sealing::Plain => "not sealed",
            Sealing::Passphrase(_) => "sealed with a passphrase",
            Sealing::Recipient(_) => "sealed to a public key",
        }
    )
}

fn as_json(taken: &Taken) -> Value {
    json!({ "file": taken.path, "bytes": taken.bytes, "sha256": taken.file_sha256, "manifest": taken.manifest })
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Refused(refusal) => refusal.into(),
            error => Self::refused(Caused(&error).to_string()),
        }
    }
}
