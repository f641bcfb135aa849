//! How people are written in JSON, in the two forms that are asked for.

use gk_service::model::User;
use gk_service::service::central::Known;
use serde_json::{Value, json};

use crate::time;

/// A person as self-service reads their own account.
pub(super) fn own(user: &User) -> Value {
    json!({
        "id": user.id.to_string(), "email": user.email.as_str(), "name": name(user), "status": user.status.word(),
        "is_admin": user.admin, "is_seeded": user.seeded, "notify_private_app_requests": user.notify,
        "created_at": time::show(user.created_at), "updated_at": time::show(user.updated_at),
    })
}

fn name(user: &User) -> Option<&str> {
    (!user.fullname.is_empty()).then_some(user.fullname.as_str())
}

/// A person as client libraries of apps read one. What comes from directories is empty until there are any.
pub(super) fn account(user: &User) -> Value {
    json!({
        "username": user.username.as_str(), "email": user.email.as_str(), "fullname": user.fullname,
        "enabled": user.enabled, "created_at": time::show(user.created_at), "updated_at": time::show(user.updated_at),
        "ldap_domain": "", "given_name": "", "mail_nickname": "", "title": "", "department": "", "manager": "",
        "telephone_number": "", "mobile_number": "", "is_ldap": false,
    })
}

/// The same, with the names of their groups.
pub(super) fn known(known: &Known) -> Value {
    let mut person = account(&known.user);
    if let Some(person) = person.as_object_mut() {
        person.insert("groups".into(), json!(known.groups));
    }
    person
}
