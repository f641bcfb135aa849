//! Settings: look at them, set them, and pin what the server's environment fixes.

use gk_shared::policy::ChangeKind;
use serde_json::{Value, json};

use super::activity;
use super::audit::Event;
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use crate::secret::Purpose;
use crate::settings::{DEFINITIONS, Definition, Effective, Secrecy, Setting, Source, Stored};
use crate::store::settings;

/// Every setting with its value and source, in the order of the registry.
pub fn list(view: &View<'_>) -> Result<Vec<Effective>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok(view.settings.all().to_vec())
}

/// One setting by key.
pub fn get(view: &View<'_>, key: &str) -> Result<Effective, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok(view.settings.one(named(key)?).clone())
}

/// Sets a value, in force at the next request of every process. A pinned setting is refused.
pub fn set(op: &Op<'_>, key: &str, value: &str) -> Result<Effective, Refusal> {
    permit(op.standing, Verb::ChangeSettings)?;
    let setting = unpinned(op, key)?;
    let stored = store_form(op, setting.definition(), value)?;
    settings::set(op.transaction, key, &stored, op.now)?;
    changed(op, setting)
}

/// Forgets a value, so that the default counts again.
pub fn unset(op: &Op<'_>, key: &str) -> Result<Effective, Refusal> {
    permit(op.standing, Verb::ChangeSettings)?;
    let setting = unpinned(op, key)?;
    settings::unset(op.transaction, key)?;
    changed(op, setting)
}

/// What becomes of pins that this environment does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OlderPins {
    /// The server's own start: its environment is all there is.
    Drop,
    /// `init-db`, which may be run in any shell.
    Keep,
}

/// Records what an environment fixes.
pub fn record_pins(op: &Op<'_>, environment: &dyn Fn(&str) -> Option<String>, older: OlderPins) -> Result<(), Refusal> {
    permit(op.standing, Verb::Housekeep)?;
    let before = op.settings.clone();
    match older {
        OlderPins::Drop => settings::clear_pins(op.transaction)?,
        OlderPins::Keep => {}
    }
    for definition in DEFINITIONS {
        if let Some(value) = environment(definition.alias) {
            let stored = store_form(op, definition, &value).map_err(|error| in_variable(definition, &error))?;
            settings::pin(op.transaction, definition.key, &stored, definition.alias, op.now)?;
        }
    }
    let after = settings::read(op.connection)?;
    for definition in DEFINITIONS {
        let (old, new) = (before.one(definition.setting), after.one(definition.setting));
        if shown(old) != shown(new) || old.source != new.source {
            op.audit(&Event {
                action: "setting_pinned",
                target: definition.key,
                before: shown(old),
                after: shown(new),
                app: "",
            })?;
            publish_if_deciding(op, definition.setting)?;
        }
    }
    Ok(())
}

/// Refuses to work in a shell whose environment says something else than the server's: the two would disagree.
pub fn refuse_another_environment(
    view: &View<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<(), Refusal> {
    for effective in view.settings.all() {
        let definition = effective.definition;
        let (Source::Pin(_), Some(here)) = (&effective.source, environment(definition.alias)) else { continue };
        let here = definition.kind.parse(&here).map_err(|error| in_variable(definition, &error.into()))?;
        let same = match definition.secrecy {
            Secrecy::Open => view.settings.text(definition.setting) == here,
            Secrecy::Secret => {
                view.settings.secret(definition.setting, view.root()?)?.is_some_and(|set| set.reveal() == here)
            }
        };
        if !same {
            return Err(Refusal::Conflict(format!(
                "this shell has another {} than the server, whose environment fixes {}: unset it here, or change it there and restart gk-admin{}",
                definition.alias,
                definition.key,
                both(effective, &here),
            )));
        }
    }
    Ok(())
}

fn both(effective: &Effective, here: &str) -> String {
    match &effective.value {
        Stored::Open(there) => format!(" (here `{here}`, there `{there}`)"),
        Stored::Sealed(_) => String::new(),
    }
}

fn in_variable(definition: &Definition, error: &Refusal) -> Refusal {
    Refusal::Invalid(format!("the environment variable {} {error}", definition.alias))
}

fn named(key: &str) -> Result<Setting, Refusal> {
    Setting::named(key).ok_or_else(|| Refusal::missing("setting", key))
}

fn unpinned(op: &Op<'_>, key: &str) -> Result<Setting, Refusal> {
    let setting = named(key)?;
    match &op.settings.one(setting).source {
        Source::Pin(variable) => Err(Refusal::Conflict(format!(
            "{key} is fixed by {variable} in the server's environment: change it there and restart gk-admin"
        ))),
        Source::Default | Source::Database => Ok(setting),
    }
}

fn store_form(op: &Op<'_>, definition: &Definition, value: &str) -> Result<Stored, Refusal> {
    let value =
        definition.kind.parse(value).map_err(|error| Refusal::Invalid(format!("{} {error}", definition.key)))?;
    Ok(match definition.secrecy {
        Secrecy::Open => Stored::Open(value),
        Secrecy::Secret => Stored::Sealed(op.root.seal(Purpose::Setting, value.as_bytes())),
    })
}

fn changed(op: &Op<'_>, setting: Setting) -> Result<Effective, Refusal> {
    let after = settings::read(op.connection)?.one(setting).clone();
    publish_if_deciding(op, setting)?;
    let before = shown(op.settings.one(setting));
    op.audit(&Event {
        action: "setting_changed",
        target: setting.definition().key,
        before,
        after: shown(&after),
        app: "",
    })?;
    Ok(after)
}

fn publish_if_deciding(op: &Op<'_>, setting: Setting) -> Result<(), Refusal> {
    if setting == Setting::IdleDays {
        activity::limit_changed(op, settings::read(op.connection)?.idle_limit())?;
    }
    if setting.decides_access() { op.changed(ChangeKind::Settings, 0) } else { Ok(()) }
}

fn shown(effective: &Effective) -> Value {
    match &effective.value {
        Stored::Open(text) => json!(text),
        Stored::Sealed(_) => json!("(secret)"),
    }
}
