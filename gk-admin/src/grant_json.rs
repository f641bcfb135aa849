//! A grant as JSON, the same at the command line and at the API.

use gk_service::model::{Grant, Holder};
use gk_shared::model::{Role, Slug};
use serde_json::{Value, json};

use crate::time;

/// A grant as JSON.
pub(crate) fn grant_json(grant: &Grant) -> Value {
    let (email, group) = match grant.holder {
        Holder::User(_) => (Some(&grant.holder_name), None),
        Holder::Group(_) => (None, Some(&grant.holder_name)),
    };
    json!({
        "id": grant.id.0, "email": email, "group": group, "role": grant.role.as_ref().map(Role::as_str),
        "starts_at": grant.starts_at.map(time::show), "expires_at": grant.expires_at.map(time::show),
        "note": grant.note, "granted_by": grant.granted_by, "granted_at": time::show(grant.granted_at),
        "last_used_at": grant.last_used_at.map(time::show),
    })
}

/// The same, with the app it lets in to.
pub(crate) fn grant_of_app_json((grant, slug): &(Grant, Slug)) -> Value {
    let mut value = grant_json(grant);
    if let Some(object) = value.as_object_mut() {
        object.insert("app".into(), json!(slug.as_str()));
    }
    value
}
