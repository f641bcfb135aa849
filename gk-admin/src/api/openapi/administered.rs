//! Apps, their grants, keys and history: what whoever administers one asks.

use serde_json::{Value, json};

use super::operation::{Access, Operation, Tag};
use super::people::versioned;
use super::schema::{
    between, flag, list, number, object, or_null, reference, sent, text, text_or_null, time, time_or_null, words,
};
use crate::api::paths;

const READ: Access = Access::AppAdminOrKey("read");
const GRANT: Access = Access::AppAdminOrKey("write");
const WRITE: Access = Access::AppAdmin("write");
const BAD: &str = "Something is not of its form, or the present state does not allow it.";

pub(super) fn operations() -> Vec<Operation> {
    [apps(), grants(), by_email(), keys()].concat()
}

fn new(method: &'static str, path: &'static str, summary: &'static str, access: Access) -> Operation {
    Operation::new(Tag::Administered, method, path, summary, access)
}

fn apps() -> Vec<Operation> {
    let renamed = object(&[("app", text()), ("roles", list(&text())), ("grants", number(0))]);
    vec![
        new("get", paths::APPS, "List apps", READ)
            .about("Those the caller may see, the newest first.")
            .answers(200, "They, and how many.", object(&[("apps", list(&reference("App"))), ("total", number(0))])),
        new("post", paths::APPS, "Register an app", Access::Admin)
            .body(sent(&[("slug", text()), ("name", text())], &settings()))
            .changes(201, "The app, with an `ETag`.", reference("App"))
            .refuses(400, BAD),
        new("get", paths::APP, "See an app and who may enter it", READ).answers(
            200,
            "The app, with an `ETag`.",
            reference("AppInFull"),
        ),
        versioned(new("patch", paths::APP, "Change an app", WRITE))
            .about("What is left out stays. Whoever administers only this app changes what it looks like, and weaker roles than their own.")
            .body(sent(&[], &[settings().as_slice(), &[("name", text_or_null())]].concat()))
            .changes(200, "The app, with an `ETag`.", reference("App"))
            .refuses(400, BAD),
        new("delete", paths::APP, "Remove an app with its grants", Access::Admin).changes(
            200,
            "Removed.",
            reference("Message"),
        ),
        new("post", paths::RENAME_ROLE, "Rename a role", WRITE)
            .about("Whoever has it keeps it.")
            .body(sent(&[("from", text()), ("to", text())], &[]))
            .changes(200, "The roles now, and how many grants moved.", renamed)
            .refuses(400, BAD),
        new("get", paths::AUDIT_OF_APP, "See what happened to an app", READ)
            .query("limit", between(1, 500), "At most so many; 50 unless given.")
            .query("offset", number(0), "Pass over so many.")
            .answers(200, "The newest first.", object(&[("entries", list(&reference("AuditEntry"))), ("total", number(0))])),
    ]
}

fn grants() -> Vec<Operation> {
    let listed = object(&[("grants", list(&reference("GrantOfApp"))), ("total", number(0))]);
    let several = list(&reference("Grant"));
    vec![
        new("get", paths::GRANTS_OF_APP, "List grants", READ)
            .query("unused", days(), "Only those nobody has used for so long, and that were given longer ago.")
            .query("expiring", days(), "Only those that end within so long.")
            .query("limit", between(1, 1000), "At most so many.")
            .query("offset", number(0), "Pass over so many.")
            .answers(200, "They, and how many.", listed),
        new("post", paths::GRANTS_OF_APP, "Give a grant", GRANT)
            .about("To a person by `email` or to a `group`; whoever has one has it changed. Only administrators give to groups.")
            .body(sent(&[], &[&[("email", text_or_null()), ("group", text_or_null())], what().as_slice()].concat()))
            .answers(200, "The grant that there was, changed.", reference("Grant"))
            .changes(201, "The new grant.", reference("Grant"))
            .refuses(400, BAD),
        new("patch", paths::GRANT_OF_APP, "Change a grant", GRANT)
            .about("What is left out stays; null takes it away.")
            .body(sent(&[], &what()))
            .changes(200, "The grant.", reference("Grant"))
            .refuses(400, BAD),
        new("delete", paths::GRANT_OF_APP, "Take a grant", GRANT).changes(200, "What it was.", reference("Grant")),
        new("post", paths::TAKE_GRANTS, "Take many grants", GRANT)
            .about("All of them, of whichever apps, or none. `taking` is the number to give them back by, within a day.")
            .body(sent(&[("ids", json!({ "type": "array", "items": number(1), "minItems": 1 }))], &[]))
            .changes(200, "What they were.", object(&[("taking", number(1)), ("revoked", several.clone())]))
            .refuses(400, BAD)
            .refuses(404, "An app is gone."),
        new("post", paths::GIVE_BACK, "Give back what was taken together", GRANT)
            .body(sent(&[("taking", number(1))], &[]))
            .changes(200, "The grants, as they were.", object(&[("given_back", several)]))
            .refuses(400, BAD)
            .refuses(404, "An app is gone."),
    ]
}

fn by_email() -> Vec<Operation> {
    vec![
        new("get", paths::PEOPLE_OF_APP, "List people with a grant", READ).answers(200, "They.", reference("AppUsers")),
        new("post", paths::GRANT, "Give somebody a grant", GRANT)
            .about("One that is the same already is refused. Without a role they have none.")
            .body(sent(&[("email", text())], &[("role", text_or_null())]))
            .changes(200, "Given, or changed.", reference("Message"))
            .refuses(400, BAD),
        new("delete", paths::REVOKE, "Take somebody's grant", GRANT).query("email", text(), "Whose.").changes(
            200,
            "Taken.",
            reference("Message"),
        ),
    ]
}

fn keys() -> Vec<Operation> {
    let listed = object(&[("keys", list(&reference("ApiKey"))), ("total", number(0))]);
    let deleted = object(&[("message", text()), ("id", number(1))]);
    vec![
        new("get", paths::KEYS_OF_APP, "List an app's keys", READ).answers(200, "Without their secrets.", listed),
        new("post", paths::KEYS_OF_APP, "Make an app a key", WRITE)
            .about("It can do no more than whoever makes it, and for no longer.")
            .body(sent(&[("name", text()), ("scopes", text())], &[("expires_at", time_or_null())]))
            .changes(201, "The key, with its secret in `key`: it is told this once.", reference("NewApiKey")),
        new("delete", paths::KEY_OF_APP, "Delete an app's key", WRITE).changes(200, "Deleted.", deleted),
    ]
}

fn days() -> Value {
    json!({ "type": "string", "pattern": "^[0-9]{1,4}d$", "examples": ["90d"] })
}

/// What is sent of an app besides its slug and name.
fn settings() -> Vec<(&'static str, Value)> {
    let several = ["origins", "callbacks", "open_paths"].map(|name| (name, or_null(&list(&text()))));
    let roles = ["roles", "admin_roles"].map(|name| (name, json!({ "anyOf": [list(&text()), text_or_null()] })));
    let texts = ["description", "contact", "app_url"].map(|name| (name, text_or_null()));
    let flags = ["noindex", "listed", "groups_header", "stale_ok"].map(|name| (name, or_null(&flag())));
    let list = [("role_list", or_null(&words(&["open", "closed"])))];
    [several.as_slice(), &roles, &texts, &flags, &list].concat()
}

/// What is sent of a grant besides whose it is.
fn what() -> Vec<(&'static str, Value)> {
    let times = ["starts_at", "expires_at"].map(|name| (name, time_or_null()));
    [times.as_slice(), &[("role", text_or_null()), ("note", text_or_null()), ("notify", flag())]].concat()
}

pub(super) fn app() -> Vec<(&'static str, Value)> {
    let texts = ["slug", "name", "description", "contact"].map(|name| (name, text()));
    let lists = ["origins", "roles", "admin_roles", "callbacks", "open_paths"].map(|name| (name, list(&text())));
    let flags = ["noindex", "listed", "groups_header", "stale_ok"].map(|name| (name, flag()));
    let seen = or_null(&object(&[("mark", text_or_null()), ("at", time())]));
    let rest = [
        ("app_url", text_or_null()),
        ("role_list", words(&["open", "closed"])),
        ("created_at", time()),
        ("seen_block", seen),
    ];
    [texts.as_slice(), &lists, &flags, &rest].concat()
}

/// Who may enter an app by a grant.
pub(super) fn entered_by() -> [(&'static str, Value); 2] {
    [("grants", list(&reference("Grant"))), ("users", reference("AppUsers"))]
}

pub(super) fn app_users() -> Value {
    list(&object(&[("email", text()), ("role", text_or_null()), ("granted_at", time()), ("granted_by", text())]))
}

pub(super) fn grant() -> Vec<(&'static str, Value)> {
    let texts = ["email", "group", "role"].map(|name| (name, text_or_null()));
    let times = ["starts_at", "expires_at", "last_used_at"].map(|name| (name, time_or_null()));
    let rest = [("id", number(1)), ("note", text()), ("granted_by", text()), ("granted_at", time())];
    [texts.as_slice(), &times, &rest].concat()
}

pub(super) fn audit_entry() -> Value {
    let texts = ["actor", "action", "target", "ip"].map(|name| (name, text()));
    let rest = [("id", number(1)), ("at", time()), ("before", json!({})), ("after", json!({}))];
    object(&[texts.as_slice(), &rest].concat())
}
