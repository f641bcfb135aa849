//! Who takes a backup of everything, where those are that are taken by themselves, and who takes one away.

use std::fs::File;
use std::path::PathBuf;

use gk_shared::caused::Caused;
use gk_shared::time::Timestamp;
use serde_json::json;

use super::audit::Event;
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use crate::backup::folder::{self, Stored};
use crate::backup::{Order, Recipient, WithRootKey};
use crate::settings::Setting;

/// What the settings say of backups that are taken by themselves.
#[derive(Clone, Debug)]
pub struct Plan {
    /// None: there are none.
    pub folder: Option<PathBuf>,
    pub recipient: Option<Recipient>,
    pub hours: i64,
    pub keep: usize,
}

impl Plan {
    /// Whether backups are taken by themselves.
    pub fn is_kept(&self) -> bool {
        self.folder.is_some() && self.recipient.is_some()
    }
}

/// What the settings say, for whoever takes a backup.
pub(crate) fn to_take(view: &View<'_>) -> Result<Plan, Refusal> {
    permit(view.standing, Verb::TakeBackup)?;
    Ok(plan(view))
}

fn plan(view: &View<'_>) -> Plan {
    let folder = view.settings.text(Setting::BackupFolder);
    Plan {
        folder: (!folder.is_empty()).then(|| PathBuf::from(folder)),
        recipient: Recipient::parse(view.settings.text(Setting::BackupRecipient)).ok(),
        hours: view.settings.number(Setting::BackupHours),
        keep: usize::try_from(view.settings.number(Setting::BackupKeep)).unwrap_or(usize::MAX),
    }
}

/// The plan, and the backups in its folder, the newest first. A folder that is not there yet has none, nor has one that
/// cannot be read: the next backup says why.
pub fn list(view: &View<'_>) -> Result<(Plan, Vec<Stored>), Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let plan = plan(view);
    let stored = stored(&plan);
    Ok((plan, stored))
}

fn stored(plan: &Plan) -> Vec<Stored> {
    plan.folder.as_deref().and_then(|path| folder::list(path).ok()).unwrap_or_default()
}

/// How often one is to be taken by itself, in seconds, and when the newest was made; for figures.
pub fn rhythm(view: &View<'_>) -> Result<(Option<i64>, Option<Timestamp>), Refusal> {
    permit(view.standing, Verb::Housekeep)?;
    let plan = plan(view);
    let newest = stored(&plan).first().map(|newest| newest.made_at);
    Ok((plan.is_kept().then_some(plan.hours * 3600), newest))
}

/// Hands one over, and notes that it left.
pub fn take_away(op: &Op<'_>, name: &str) -> Result<File, Refusal> {
    permit(op.standing, Verb::TakeBackup)?;
    let folder = plan(op).folder.ok_or_else(|| Refusal::missing("backup", name))?;
    let file = match folder::open(&folder, name) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(Refusal::missing("backup", name)),
        Err(error) => return Err(unreadable(&error)),
    };
    op.audit(&Event { action: "database_backup_downloaded", target: name, ..Event::default() })?;
    Ok(file)
}

/// Notes that a backup is taken.
pub(crate) fn begin(op: &Op<'_>, order: &Order) -> Result<(), Refusal> {
    permit(op.standing, Verb::TakeBackup)?;
    let name = order.to.file_name().unwrap_or_default().to_string_lossy();
    let after = json!({ "sealed": order.sealing.word(), "with_root_key": order.root_key == WithRootKey::With });
    op.audit(&Event { action: "database_backup", target: &name, after, ..Event::default() })
}

fn unreadable(error: &std::io::Error) -> Refusal {
    Refusal::Conflict(format!("the folder of backups cannot be read: {}", Caused(error)))
}
