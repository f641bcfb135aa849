//! `gk restore`.

use clap::Args;
use gk_service::backup::{KeyIn, Opening, RestoreError, Verified};
use gk_service::{Database, Secret};
use gk_shared::caused::Caused;
use serde_json::json;

use super::answer::{Answer, Failure};
use super::backup::{first_line, text_of};
use super::confirm::{Confirmation, Listener};
use super::given::Given;
use super::passphrase;
use super::shell::Shell;

/// Bring a backup back in the place of the database, with gk-admin stopped; with --verify only look it through
///
/// It is looked through first, and an older one is brought up to date. The database that was there stays beside the new one
/// under a dated name. Everybody has to sign in again, and every API key is out of use until it is enabled again:
/// what was revoked since the backup is not known.
#[derive(Args)]
pub(super) struct Restore {
    /// The backup
    #[arg(value_name = "FILE", value_parser = Given::parser())]
    file: Given,
    /// Only say whether it could be restored
    #[arg(long)]
    verify: bool,
    /// The file of the secret key it was sealed to
    #[arg(long, value_name = "FILE", value_parser = Given::parser(), conflicts_with = "passphrase_file")]
    identity: Option<Given>,
    /// The file with the passphrase in its first line
    #[arg(long, value_name = "FILE", value_parser = Given::parser())]
    passphrase_file: Option<Given>,
    #[command(flatten)]
    sure: Confirmation,
}

impl Restore {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let opening = self.opening(shell)?;
        let file = self.file.file()?;
        if self.verify {
            let verified = Database::verify_backup(&shell.paths, &opening, file)?;
            let text = format!("{}\nIt can be restored here.", described(&verified));
            return Ok(Answer::seen(
                json!({ "manifest": verified.manifest, "root_key": key_place(&verified.key), "audit": audit(&verified) }),
                text,
            ));
        }
        self.sure.or_ask(shell.listener, "Replace the database by this backup and end every session")?;
        let name = self.file.name();
        let restored = Database::restore(&shell.paths, &opening, (file, &name, &shell.caller))?;
        let force = Database::open(&shell.paths)?.publish()?;
        let (manifest, root_key) = (&restored.verified.manifest, key_place(&restored.verified.key));
        let json = json!({ "manifest": manifest, "root_key": root_key, "audit": audit(&restored.verified), "kept": restored.kept });
        let kept = restored.kept.map(|kept| format!("\nThe database that was here is now {}.", kept.display()));
        let text = format!(
            "{}{}\nRestored. Every session has ended, and every API key is out of use: see `gk keys list` and `gk keys enable`. Start gk-admin now.",
            described(&restored.verified),
            kept.unwrap_or_default()
        );
        Ok(Answer { json, text, force })
    }

    fn opening(&self, shell: &Shell) -> Result<Opening, Failure> {
        if let Some(file) = &self.identity {
            return Ok(Opening::Identity(Secret::new(text_of(file)?)));
        }
        if let Some(file) = &self.passphrase_file {
            return Ok(Opening::Passphrase(first_line(file)?));
        }
        let wants = shell.listener == Listener::Person && Opening::wants_passphrase(self.file.file()?);
        Ok(if wants { Opening::Passphrase(passphrase::ask("Passphrase of the backup: ")?) } else { Opening::Nothing })
    }
}

fn key_place(key: &KeyIn) -> String {
    match key {
        KeyIn::File(path) => path.display().to_string(),
        KeyIn::Backup => "in the backup".to_owned(),
    }
}

/// Whether it is as it was written; otherwise what is not, first.
fn audit(verified: &Verified) -> String {
    match verified.audit.breaks.first() {
        None => format!("whole: {} rows", verified.audit.rows),
        Some(first) => format!("not whole: {first} ({} breaks)", verified.audit.broken),
    }
}

fn described(verified: &Verified) -> String {
    let manifest = &verified.manifest;
    let key = key_place(&verified.key);
    format!(
        "Taken    {} by Gatekeeper {}\nState    revision {}, schema {}, database {}\nContent  {} bytes, as its SHA-256 says; sound\nRoot key {}, {key}\nAudit    {}",
        manifest.made_at,
        manifest.gatekeeper,
        manifest.revision,
        manifest.schema,
        manifest.database_id,
        manifest.size,
        manifest.root_key,
        audit(verified),
    )
}

impl From<RestoreError> for Failure {
    fn from(error: RestoreError) -> Self {
        Self::refused(Caused(&error).to_string())
    }
}
