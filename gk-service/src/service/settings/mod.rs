//! Settings: look at them, set them, carry them in files, and pin what the server's environment fixes.

mod change;
mod file;
mod look;
mod pins;
#[cfg(test)]
mod tests;

pub use change::{Change, Changed, Part, Problem, Seen, change, problems};
pub use file::{Imported, PassedOver, Secrets, export, import};
pub use look::{Logo, LogoKind, Look, MOST_LOGO_BYTES, clear_logo, logo, look, set_logo};
pub use pins::{OlderPins, record_pins, refuse_another_environment};

use gk_shared::policy::ChangeKind;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::activity;
use super::audit::Event;
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use crate::secret::Purpose;
use crate::settings::{Definition, Effective, Secrecy, Setting, Source, Stored};
use crate::store::settings;

/// Every setting with its value and source, in the order of the registry.
pub fn list(view: &View<'_>) -> Result<Vec<Effective>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok(view.settings.all().to_vec())
}

/// Some of them; a part that is none is refused.
pub fn part(view: &View<'_>, part: &Part) -> Result<Vec<Effective>, Refusal> {
    match part {
        Part::All => list(view),
        Part::One(key) => Ok(vec![get(view, key)?]),
        Part::Section(name) => {
            let found = list(view)?.into_iter().filter(|one| one.definition.section() == name).collect::<Vec<_>>();
            if found.is_empty() { Err(Refusal::missing("section", name)) } else { Ok(found) }
        }
    }
}

/// What tells these settings as they are now from what they are after a change of any of them.
pub fn version(settings: &[Effective]) -> i64 {
    let mut digest = Sha256::new();
    for one in settings {
        digest.update(format!("{} {:?} {:?}\n", one.definition.key, one.source, one.value));
    }
    digest.finalize().iter().take(8).fold(0, |sum, byte| (sum << 8) | i64::from(*byte)) & i64::MAX
}

/// One setting by key.
pub fn get(view: &View<'_>, key: &str) -> Result<Effective, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok(view.settings.one(named(key)?).clone())
}

/// Sets a value, in force at the next request of every process. A pinned setting is refused.
pub fn set(op: &Op<'_>, key: &str, value: &str) -> Result<Effective, Refusal> {
    permit(op.standing, Verb::ChangeSettings)?;
    write(op, unpinned(op, key)?, Some(value))
}

/// Forgets a value, so that the default counts again.
pub fn unset(op: &Op<'_>, key: &str) -> Result<Effective, Refusal> {
    permit(op.standing, Verb::ChangeSettings)?;
    write(op, unpinned(op, key)?, None)
}

/// Stores a value, or forgets it; audits and publishes it.
fn write(op: &Op<'_>, setting: Setting, value: Option<&str>) -> Result<Effective, Refusal> {
    let definition = setting.definition();
    let before = settings::read(op.connection)?.one(setting).clone();
    match value {
        Some(value) => settings::set(op.transaction, definition.key, &store_form(op, definition, value)?, op.now)?,
        None => settings::unset(op.transaction, definition.key)?,
    }
    let after = settings::read(op.connection)?.one(setting).clone();
    note_if_published(op, setting)?;
    op.audit(&Event {
        action: "setting_changed",
        target: definition.key,
        before: shown(&before),
        after: shown(&after),
        app: "",
    })?;
    Ok(after)
}

fn named(key: &str) -> Result<Setting, Refusal> {
    Setting::named(key).ok_or_else(|| Refusal::missing("setting", key))
}

fn unpinned(op: &Op<'_>, key: &str) -> Result<Setting, Refusal> {
    let setting = named(key)?;
    match op.settings.one(setting).pinned_at() {
        Some(place) => Err(Refusal::Conflict(pinned(key, &place))),
        None => Ok(setting),
    }
}

fn pinned(key: &str, place: &str) -> String {
    format!("{key} is fixed by {place}: change it there and restart gk-admin")
}

fn store_form(op: &Op<'_>, definition: &Definition, value: &str) -> Result<Stored, Refusal> {
    let value =
        definition.kind.parse(value).map_err(|error| Refusal::Invalid(format!("{} {error}", definition.key)))?;
    Ok(match definition.secrecy {
        Secrecy::Open => Stored::Open(value),
        // An empty secret is none.
        Secrecy::Secret if value.is_empty() => Stored::Open(value),
        Secrecy::Secret => Stored::Sealed(op.root.seal(Purpose::Setting, value.as_bytes())),
    })
}

fn note_if_published(op: &Op<'_>, setting: Setting) -> Result<(), Refusal> {
    if setting == Setting::IdleDays {
        activity::limit_changed(op, settings::read(op.connection)?.idle_limit())?;
    }
    if setting.is_published() { op.changed(ChangeKind::Settings, 0) } else { Ok(()) }
}

/// The value as the audit may have it.
fn shown(effective: &Effective) -> Value {
    match &effective.value {
        Stored::Open(text) => json!(text),
        Stored::Sealed(_) => json!("(secret)"),
    }
}

fn in_variable(definition: &Definition, error: &Refusal) -> Refusal {
    Refusal::Invalid(format!("the environment variable {} {error}", definition.alias))
}

/// Whether a value was set in the database.
fn is_stored(effective: &Effective) -> bool {
    match effective.source {
        Source::Database => true,
        Source::Default | Source::Pin(_) => false,
    }
}
