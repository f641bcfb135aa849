//! What the server's environment fixes, and shells whose environment says something else.

use super::{in_variable, note_if_published, shown, store_form};
use crate::service::audit::Event;
use crate::service::op::{Op, View};
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::settings::{DEFINITIONS, Effective, Secrecy, Source, Stored};
use crate::store::settings;

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
            note_if_published(op, definition.setting)?;
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
