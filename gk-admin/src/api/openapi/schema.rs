//! JSON Schema in few words.

use serde_json::{Map, Value, json};

pub(super) fn text() -> Value {
    json!({ "type": "string" })
}

pub(super) fn text_or_null() -> Value {
    json!({ "type": ["string", "null"] })
}

pub(super) fn words(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

/// A time in RFC 3339.
pub(super) fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

pub(super) fn time_or_null() -> Value {
    json!({ "type": ["string", "null"], "format": "date-time" })
}

pub(super) fn flag() -> Value {
    json!({ "type": "boolean" })
}

/// A whole number from this one on.
pub(super) fn number(least: i64) -> Value {
    json!({ "type": "integer", "minimum": least })
}

/// A whole number in these bounds.
pub(super) fn between(least: i64, most: i64) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

pub(super) fn list(of: &Value) -> Value {
    json!({ "type": "array", "items": of })
}

/// Something else, or null.
pub(super) fn or_null(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

/// An object that has all of these members.
pub(super) fn object(members: &[(&str, Value)]) -> Value {
    let needed = members.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    json!({ "type": "object", "properties": properties(members), "required": needed })
}

/// What is sent: these members must be there, those may be, and no others.
pub(super) fn sent(needed: &[(&str, Value)], optional: &[(&str, Value)]) -> Value {
    let names = needed.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let mut all = properties(needed);
    all.extend(properties(optional));
    json!({ "type": "object", "properties": all, "required": names, "additionalProperties": false })
}

/// The schema of this name.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn properties(members: &[(&str, Value)]) -> Map<String, Value> {
    members.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect()
}
