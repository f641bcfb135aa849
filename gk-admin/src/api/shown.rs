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

/// A person as consoles read one.
pub(super) fn person(user: &User) -> Value {
    let mut person = own(user);
    if let Some(person) = person.as_object_mut() {
        person.insert("username".into(), json!(user.username.as_str()));
        person.insert("enabled".into(), json!(user.enabled));
        person.insert("directory".into(), json!(user.directory));
    }
    person
}

/// A person as client libraries of apps read one.
pub(super) fn account(user: &User) -> Value {
    let mut account = json!({
        "username": user.username.as_str(), "email": user.email.as_str(), "fullname": user.fullname,
        "enabled": user.enabled, "created_at": time::show(user.created_at), "updated_at": time::show(user.updated_at),
        "ldap_domain": user.directory, "is_ldap": !user.directory.is_empty(),
    });
    if let Some(account) = account.as_object_mut() {
        account.extend(user.details.iter().map(|(detail, text)| (detail.word().to_owned(), json!(text))));
    }
    account
}

/// The same, with the names of their groups.
pub(super) fn known(known: &Known) -> Value {
    let mut person = account(&known.user);
    if let Some(person) = person.as_object_mut() {
        person.insert("groups".into(), json!(known.groups));
    }
    person
}
