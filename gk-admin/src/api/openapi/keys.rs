//! API keys, lists of people that come in, and tables that leave.

use serde_json::{Value, json};

use super::audit::filtered as audit_filtered;
use super::operation::{Access, Operation, Tag};
use super::people::filtered;
use super::schema::{
    between, flag, list, number, object, or_null, reference, sent, text, text_or_null, time_or_null, words,
};
use crate::api::paths;

const READ: Access = Access::AdminOrKey("read");
const WRITE: Access = Access::AdminOrKey("write");

pub(super) fn operations() -> Vec<Operation> {
    [of_everybody(), own(), tables()].concat().into_iter().map(Operation::with_detail).collect()
}

fn of_everybody() -> Vec<Operation> {
    let new = |method, path, summary, access| Operation::new(Tag::Keys, method, path, summary, access);
    let listed = object(&[("keys", list(&reference("ApiKey"))), ("total", number(0))]);
    vec![
        new("get", paths::KEYS, "List API keys", READ)
            .query("skip", number(0), "Pass over so many.")
            .query("limit", between(0, 1000), "At most so many.")
            .answers(200, "The keys, without their secrets.", listed),
        new("post", paths::KEYS, "Make a key", Access::Admin)
            .about("A program's has `scopes` and maybe `app`, a person's has `owner` and `apps`.")
            .body(new_key())
            .changes(201, "The key, with its secret in `key`: it is told this once.", reference("NewApiKey"))
            .refuses(404, "The owner or an app is not there.")
            .refuses(409, "The present state does not allow it."),
        new("patch", paths::KEY, "Put a key out of use, or into use again", Access::Admin)
            .body(sent(&[("enabled", flag())], &[]))
            .changes(200, "The key.", reference("ApiKey")),
        new("delete", paths::KEY, "Delete a key", Access::Admin).changes(200, "Deleted.", deleted()),
    ]
}

fn own() -> Vec<Operation> {
    let new = |method, path, summary| Operation::new(Tag::Keys, method, path, summary, Access::Person);
    let mine = sent(&[("name", text()), ("apps", list(&text()))], &[("expires_at", time_or_null())]);
    vec![
        new("get", paths::MY_KEYS, "List one's own keys").answers(
            200,
            "The keys.",
            object(&[("keys", list(&reference("ApiKey")))]),
        ),
        new("post", paths::MY_KEYS, "Make a key of one's own")
            .about("It opens the named apps, for as long as its owner may enter them. Takes a recent sign-in.")
            .body(mine)
            .changes(201, "The key, with its secret in `key`: it is told this once.", reference("NewApiKey"))
            .refuses(404, "An app is not there.")
            .refuses(409, "There are too many, or an app does not let its owner in."),
        new("delete", paths::MY_KEY, "Delete a key of one's own").changes(200, "Deleted.", deleted()),
    ]
}

fn tables() -> Vec<Operation> {
    let new = |method, path, summary, access| Operation::new(Tag::Tables, method, path, summary, access);
    let yes_no = || words(&["true", "false"]);
    vec![
        new("post", paths::IMPORT_USERS, "Add people from a list", WRITE)
            .about("A CSV file with the headings username, email and fullname; at most 16 MiB and 100,000 lines.")
            .query("dry_run", yes_no(), "Tell what would happen, and change nothing.")
            .query("update", yes_no(), "Also change those who have an account.")
            .body_as("text/csv", text())
            .changes(200, "What became of each line.", report())
            .refuses(413, "The list is too long."),
        audit_filtered(filtered(new("get", paths::EXPORT, "Take a table away", READ)))
            .about("`users` by the same filter as their list, `groups`, `properties`, `keys`, `entrants` of an app, `destinations` of somebody, or the `audit` by the same filter as its list. Cells are text; of JSON lines those that are JSON stay what they are.")
            .query("user", number(1), "Whose destinations: a number.")
            .query("all", yes_no(), "Also the apps that refuse them.")
            .query("role", text(), "Entrants or destinations with this role.")
            .query("reason", text(), "Entrants or destinations for this reason.")
            .query("format", words(&["csv", "xlsx", "jsonl"]), "The kind of file; csv unless given.")
            .answers_file("The file."),
    ]
}

fn new_key() -> Value {
    let optional = [
        ("scopes", text_or_null()),
        ("app", text_or_null()),
        ("owner", text_or_null()),
        ("apps", or_null(&list(&text()))),
        ("expires_at", time_or_null()),
    ];
    sent(&[("name", text())], &optional)
}

fn deleted() -> Value {
    object(&[("message", text()), ("id", number(1))])
}

fn report() -> Value {
    let counts = ["created", "updated", "unchanged", "skipped"].map(|name| (name, number(0)));
    let rest = [("dry_run", flag()), ("lines", json!({ "type": "array", "items": { "type": "object" } }))];
    object(&[counts.as_slice(), &rest].concat())
}
