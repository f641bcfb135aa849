//! People by number, and requests for access: what consoles ask.

use serde_json::{Value, json};

use super::operation::{Access, Operation, Tag};
use super::people::{filtered, versioned};
use super::schema::{
    between, flag, list, number, object, or_null, reference, sent, text, text_or_null, time_or_null, words,
};
use crate::api::paths;

const READ: Access = Access::AdminOrKey("read");
const WRITE: Access = Access::AdminOrKey("write");
const BAD: &str =
    "Something is not of its form, the name is another account's, or the present state does not allow it.";

pub(super) fn operations() -> Vec<Operation> {
    [people(), requests()].concat()
}

fn people() -> Vec<Operation> {
    let new = |method, path, summary, access| Operation::new(Tag::Console, method, path, summary, access);
    let page = [("page", number(1)), ("page_size", number(1))];
    let part = [("users", list(&reference("Person"))), ("total", number(0))];
    let ids = list(&text());
    vec![
        filtered(new("get", paths::PEOPLE, "List people", READ))
            .query("status_filter", reference("Status"), "The same as `status`.")
            .query("page", between(1, 1_000_000), "The page, from 1.")
            .query("page_size", between(1, 100), "So many on a page; 20 unless given.")
            .answers(200, "A page of them, and how many match.", object(&[part.as_slice(), &page].concat())),
        new("post", paths::PEOPLE, "Add somebody", WRITE)
            .body(new_person())
            .changes(201, "The account.", reference("Person"))
            .refuses(400, BAD),
        new("get", paths::WAITING_PEOPLE, "List who waits for approval", READ)
            .about("The longest first; 1000 are the most.")
            .answers(200, "They, and how many.", object(&part)),
        new("post", paths::MANY_PEOPLE, "Do the same to many", WRITE)
            .about("All of it, or nothing: one who cannot be changed has everything refused. 1000 are the most.")
            .body(many())
            .changes(200, "For whom something changed.", object(&[("changed", ids.clone()), ("unchanged", ids)]))
            .refuses(404, "Somebody, the group or the app is not there.")
            .refuses(409, "The present state does not allow it."),
        new("post", paths::MANY_GRANTS, "Let several people into several apps", WRITE)
            .about("All of it, or nothing. Whoever has a grant of an app keeps it as it is.")
            .body(sent(&[("emails", list(&text())), ("app_slugs", list(&text()))], &[("role", text_or_null())]))
            .changes(200, "How many grants are new.", object(&[("message", text()), ("created", number(0))]))
            .refuses(400, "Somebody or an app is not there, or a closed list has no such role."),
        new("get", paths::ONE_PERSON, "See somebody", READ).answers(
            200,
            "The account, with an `ETag`.",
            reference("Person"),
        ),
        versioned(new("patch", paths::ONE_PERSON, "Change somebody", WRITE))
            .about("What is left out stays. Nobody changes themselves here.")
            .body(changes())
            .changes(200, "The account.", reference("Person"))
            .refuses(400, BAD),
        new("delete", paths::ONE_PERSON, "Delete somebody", WRITE)
            .changes(200, "Deleted.", reference("Message"))
            .refuses(400, BAD),
        new("post", paths::APPROVE_PERSON, "Approve somebody", WRITE)
            .changes(200, "The account.", reference("Person"))
            .refuses(400, BAD),
        new("post", paths::REJECT_PERSON, "Reject somebody", WRITE)
            .about("Ends their sessions.")
            .changes(200, "The account.", reference("Person"))
            .refuses(400, BAD),
    ]
}

fn new_person() -> Value {
    let optional =
        [("username", text_or_null()), ("name", text()), ("is_admin", flag()), ("auto_approve", or_null(&flag()))];
    sent(&[("email", text())], &optional)
}

fn changes() -> Value {
    let texts = ["username", "email", "name"].map(|name| (name, text_or_null()));
    let flags = ["is_admin", "enabled"].map(|name| (name, or_null(&flag())));
    let status = [("status", or_null(&reference("Status")))];
    sent(&[], &[texts.as_slice(), &flags, &status].concat())
}

fn many() -> Value {
    let id = json!({ "anyOf": [number(1), { "type": "string", "pattern": "^[0-9]{1,18}$" }] });
    let ids = json!({ "type": "array", "items": id, "minItems": 1, "maxItems": 1000 });
    let action = words(&["approve", "enable", "disable", "join", "grant"]);
    let texts = ["group", "app", "role"].map(|name| (name, text_or_null()));
    let optional = [texts.as_slice(), &[("expires_at", time_or_null())]].concat();
    sent(&[("ids", ids), ("action", action)], &optional)
}

fn requests() -> Vec<Operation> {
    let new = |method, path, summary, access| Operation::new(Tag::Requests, method, path, summary, access);
    let all = list(&reference("AccessRequest"));
    let states = words(&["pending", "approved", "rejected", "withdrawn"]);
    let approve = sent(&[], &[("role", text_or_null()), ("expires_at", time_or_null())]);
    vec![
        new("get", paths::REQUESTS, "List what waits", READ).answers(200, "The oldest first.", all.clone()),
        new("get", paths::REQUESTS_OF_APP, "List those for an app", READ)
            .query("status_filter", states, "`pending` unless given.")
            .answers(200, "The oldest first.", all),
        new("post", paths::APPROVE_REQUEST, "Approve one", WRITE).body_or_none(approve).changes(
            200,
            "The request, and what was given.",
            reference("AccessRequest"),
        ),
        new("post", paths::REJECT_REQUEST, "Reject one", WRITE)
            .body_or_none(sent(&[], &[("reason", text_or_null())]))
            .changes(200, "The request.", reference("AccessRequest")),
    ]
}
