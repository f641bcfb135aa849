//! A setting as JSON, for the command and the API. A secret's value is never in it.

use gk_service::settings::{Effective, Secrecy, Source};
use serde_json::{Value, json};

/// Where a value may come from, as JSON says it.
pub(crate) const SOURCES: [&str; 3] = ["default", "database", "environment"];

/// Everything about a setting that may be shown.
pub(crate) fn setting_json(effective: &Effective) -> Value {
    let definition = effective.definition;
    let [default, database, environment] = SOURCES;
    let source = match &effective.source {
        Source::Default => default,
        Source::Database => database,
        Source::Pin(_) => environment,
    };
    let value = (definition.secrecy == Secrecy::Open).then(|| effective.open_text());
    json!({
        "key": definition.key, "value": value, "set": effective.is_set(), "secret": definition.secrecy == Secrecy::Secret,
        "source": source, "pinned_at": effective.pinned_at(), "default": definition.default, "meaning": definition.meaning,
        "form": definition.kind.description(), "variable": definition.alias,
    })
}
