//! An API key as JSON, the same at the command line and at the API. Never with its secret.

use gk_service::service::keys::{KeyEntry, NamedReach};
use gk_shared::model::Slug;
use serde_json::{Value, json};

use crate::time;

/// Everything there is to see of a key. `scopes` and `app` are a program's, `owner` and `apps` a person's.
pub(crate) fn key_json(KeyEntry { key, reach, state }: &KeyEntry) -> Value {
    let (kind, scopes, app, owner, apps) = match reach {
        NamedReach::Program { scopes, app } => {
            ("program", Some(scopes.words()), app.as_ref().map(Slug::as_str), None, Vec::new())
        }
        NamedReach::Person { owner, apps } => {
            ("person", None, None, Some(owner.as_str()), apps.iter().map(Slug::as_str).collect())
        }
    };
    json!({
        "id": key.id.0, "kind": kind, "name": key.name, "prefix": key.prefix, "scopes": scopes, "app": app, "owner": owner,
        "apps": apps, "enabled": key.enabled, "state": state.word(), "created_by": key.created_by, "created_at": time::show(key.created_at),
        "expires_at": key.expires_at.map(time::show), "last_used_at": key.last_used_at.map(time::show),
    })
}

/// The same of a key just made, with the secret, which is shown this once.
pub(crate) fn new_key_json(entry: &KeyEntry, secret: &str) -> Value {
    let mut value = key_json(entry);
    if let Some(object) = value.as_object_mut() {
        object.insert("key".into(), json!(secret));
    }
    value
}
