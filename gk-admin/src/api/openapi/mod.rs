//! What the API says of itself: one table of operations, written as an OpenAPI 3.1 document and shown as a page.
//!
//! A path that is served and not in the table, or the other way round, fails a test.

mod about;
mod access;
mod administered;
mod apps;
mod audit;
mod consoles;
mod directories;
mod keys;
mod operation;
mod people;
mod schema;
mod self_service;
mod settings;
mod shapes;
mod system;

use std::collections::BTreeMap;

use axum::Json;
use serde_json::{Map, Value, json};

pub(crate) use operation::{Operation, Parameter, Place, Tag};

/// Every operation, in the order of the page.
pub(crate) fn operations() -> Vec<Operation> {
    [
        self_service::operations(),
        apps::operations(),
        people::operations(),
        about::operations(),
        consoles::operations(),
        administered::operations(),
        access::operations(),
        audit::operations(),
        keys::operations(),
        settings::operations(),
        directories::operations(),
        system::operations(),
    ]
    .concat()
}

/// GET /api/v1/openapi.json: the same for everybody, as there is no secret in it.
pub(super) async fn show() -> Json<Value> {
    Json(document())
}

/// The schemas that others refer to, by name.
pub(crate) fn schemas() -> Map<String, Value> {
    shapes::all()
}

fn document() -> Value {
    let mut paths = BTreeMap::<String, Map<String, Value>>::new();
    for operation in operations() {
        let described = operation.described();
        paths.entry(operation.whole_path()).or_default().insert(operation.method.to_owned(), described);
    }
    let tags = Tag::ALL.map(|tag| json!({ "name": tag.name(), "description": tag.about() }));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Gatekeeper", "version": env!("CARGO_PKG_VERSION"),
            "description": "Sign-in and access for apps behind nginx: people, groups, properties and requests.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "paths": paths,
        "components": { "schemas": schemas(), "securitySchemes": {
            "session": {
                "type": "apiKey", "in": "cookie", "name": "gk_session",
                "description": "The session of a browser. What changes something is sent as application/json, also without a body, and from our own pages.",
            },
            "bearer": { "type": "http", "scheme": "bearer", "description": "A key of a program." },
            "key": { "type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key, in another header." },
        } },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::{document, operations, schemas};

    #[test]
    fn names_are_given_once_and_references_lead_somewhere() {
        let ids = operations().iter().map(super::Operation::id).collect::<Vec<_>>();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
        let (text, known) = (document().to_string(), schemas());
        for reference in text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(known.contains_key(reference), "{reference}");
        }
        for name in known.keys() {
            assert!(text.contains(&format!("\"#/components/schemas/{name}\"")), "nothing refers to {name}");
        }
    }

    #[test]
    fn the_names_in_a_path_are_its_parameters() {
        for operation in operations() {
            let described = operation.described();
            let listed = described.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
            let in_path = listed.iter().filter(|parameter| parameter.get("in").is_some_and(|place| place == "path"));
            assert_eq!(in_path.count(), operation.path.matches('{').count(), "{}", operation.path);
        }
    }
}
