//! The shapes that several operations answer with.

use serde_json::{Map, Value, json};

use super::administered::{app, app_users, audit_entry, entered_by, grant};
use super::schema::{flag, list, number, object, reference, text, text_or_null, time, time_or_null, words};
use super::settings::setting;

/// Every shape by name.
pub(super) fn all() -> Map<String, Value> {
    let all = [
        ("User", user()),
        ("KnownUser", known_user()),
        ("Person", person()),
        ("OwnAccount", object(&own_account())),
        ("Myself", object(&[own_account().as_slice(), &rights()].concat())),
        ("App", object(&app())),
        ("AppInFull", object(&[app().as_slice(), &entered_by()].concat())),
        ("Grant", object(&grant())),
        ("GrantOfApp", object(&[grant().as_slice(), &[("app", text())]].concat())),
        ("AppUsers", app_users()),
        ("AuditEntry", audit_entry()),
        ("AuditRow", super::audit::row()),
        ("Group", group()),
        ("AccessRequest", access_request()),
        ("ApiKey", object(&api_key())),
        ("NewApiKey", object(&[api_key().as_slice(), &[("key", text())]].concat())),
        ("Setting", setting()),
        ("Status", words(&["pending", "approved", "rejected"])),
        ("Message", object(&[("message", text())])),
        ("ErrorText", problem("error")),
        ("Detail", problem("detail")),
    ];
    all.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// A person as client libraries of apps know one.
fn user() -> Value {
    object(&user_members())
}

fn user_members() -> Vec<(&'static str, Value)> {
    let texts = ["username", "email", "fullname", "ldap_domain", "given_name", "mail_nickname", "title"];
    let more = ["department", "manager", "telephone_number", "mobile_number"];
    let mut members = texts.into_iter().chain(more).map(|name| (name, text())).collect::<Vec<_>>();
    members.extend([("enabled", flag()), ("is_ldap", flag()), ("created_at", time()), ("updated_at", time())]);
    members
}

fn known_user() -> Value {
    let mut members = user_members();
    members.push(("groups", list(&text())));
    object(&members)
}

fn own_account() -> Vec<(&'static str, Value)> {
    vec![
        ("id", json!({ "type": "string", "description": "The number, as text." })),
        ("email", text()),
        ("name", text_or_null()),
        ("status", reference("Status")),
        ("is_admin", flag()),
        ("is_seeded", flag()),
        ("notify_private_app_requests", flag()),
        ("created_at", time()),
        ("updated_at", time()),
    ]
}

/// A person as consoles know one.
fn person() -> Value {
    let mut members = own_account();
    members.extend([("username", text()), ("enabled", flag()), ("directory", text())]);
    object(&members)
}

fn group() -> Value {
    object(&[
        ("name", text()),
        ("description", text()),
        ("source", words(&["gatekeeper", "ldap"])),
        ("members", number(0)),
        ("created_at", time()),
        ("updated_at", time()),
    ])
}

fn api_key() -> Vec<(&'static str, Value)> {
    vec![
        ("id", number(1)),
        ("kind", words(&["program", "person"])),
        ("name", text()),
        ("prefix", text()),
        ("scopes", text_or_null()),
        ("app", text_or_null()),
        ("owner", text_or_null()),
        ("apps", list(&text())),
        ("enabled", flag()),
        ("state", words(&["in use", "disabled", "expired", "maker left"])),
        ("created_by", text()),
        ("created_at", time()),
        ("expires_at", time_or_null()),
        ("last_used_at", time_or_null()),
    ]
}

/// What follows for oneself from settings and grants.
fn rights() -> [(&'static str, Value); 2] {
    [("is_internal", flag()), ("app_admin_apps", list(&text()))]
}

fn access_request() -> Value {
    object(&[
        ("id", number(1)),
        ("user_email", text()),
        ("user_name", text_or_null()),
        ("app_slug", text()),
        ("app_name", text()),
        ("message", text_or_null()),
        ("status", words(&["pending", "approved", "rejected", "withdrawn"])),
        ("reason", text_or_null()),
        ("reviewed_by", text_or_null()),
        ("reviewed_at", time_or_null()),
        ("created_at", time()),
    ])
}

/// A sentence under a name; or, of what is refused before it is known what was asked for, with a word for programs.
fn problem(name: &str) -> Value {
    let coded = object(&[("error", object(&[("code", text()), ("message", text())]))]);
    json!({ "anyOf": [object(&[(name, text())]), coded] })
}
