//! Everything about one person, and kinds of properties.

use serde_json::Value;

use super::operation::{Access, Operation, Tag};
use super::schema::{between, list, number, object, sent, text, text_or_null, time, time_or_null};
use crate::api::paths;

const READ: Access = Access::AdminOrKey("read");
const WRITE: Access = Access::AdminOrKey("write");

pub(super) fn operations() -> Vec<Operation> {
    [person(), kinds()].concat()
}

fn person() -> Vec<Operation> {
    let new = |method, path, summary, access| Operation::new(Tag::Users, method, path, summary, access);
    vec![
        new("get", paths::ABOUT_USER, "See everything about somebody", READ)
            .about("Groups, grants, properties, open sessions, and the newest of what happened.")
            .answers(200, "All of it.", about()),
        new("post", paths::COPY_GROUPS, "Put somebody into another's groups", WRITE)
            .about("Local groups only, never that of administrators.")
            .body(sent(&[("from", text())], &[]))
            .changes(200, "The groups they were not in.", object(&[("copied", list(&text()))])),
        Operation::new(Tag::Sessions, "delete", paths::SESSION, "End one session", Access::Admin).changes(
            200,
            "Ended.",
            object(&[("status", text())]),
        ),
    ]
}

fn kinds() -> Vec<Operation> {
    let new = |method, path, summary, access| Operation::new(Tag::Properties, method, path, summary, access);
    let kind = object(&[("app", text()), ("key", text()), ("people", number(0))]);
    let holder = object(&[("username", text()), ("email", text()), ("value", text_or_null())]);
    let part = [("people", list(&holder)), ("total", number(0)), ("limit", number(1)), ("offset", number(0))];
    vec![
        new("get", paths::PROPERTY_KINDS, "List the kinds there are", READ).answers(
            200,
            "Each with how many people have it.",
            object(&[("types", list(&kind))]),
        ),
        new("get", paths::PROPERTY_KIND, "List who has one", READ)
            .query("limit", between(1, 1000), "At most so many; 100 unless given.")
            .query("offset", number(0), "Pass over so many.")
            .answers(200, "Some of them, each with the value.", object(&part)),
        new("patch", paths::PROPERTY_KIND, "Give a kind another name", WRITE)
            .body(sent(&[], &[("app", text_or_null()), ("key", text_or_null())]))
            .changes(200, "The name it has now.", object(&[("app", text()), ("key", text())]))
            .refuses(409, "There is one of that name."),
        new("delete", paths::PROPERTY_KIND, "Delete a kind of everybody", WRITE).changes(
            200,
            "How many had it.",
            object(&[("status", text()), ("count", number(0))]),
        ),
    ]
}

fn about() -> Value {
    let times = [("starts_at", time_or_null()), ("expires_at", time_or_null())];
    let grant = [[("app", text()), ("role", text_or_null()), ("by", text())].as_slice(), &times].concat();
    let session = ["session", "method", "ip", "user_agent"].map(|name| (name, text()));
    let times = ["created_at", "last_seen_at", "expires_at"].map(|name| (name, time()));
    let entry = ["actor", "action", "target", "app", "ip"].map(|name| (name, text()));
    object(&[
        ("username", text()),
        ("email", text()),
        ("groups", list(&text())),
        ("grants", list(&object(&grant))),
        ("properties", list(&object(&[("app", text()), ("key", text()), ("value", text_or_null())]))),
        ("sessions", list(&object(&[session.as_slice(), &times].concat()))),
        ("audit", list(&object(&[[("id", number(1)), ("at", time())].as_slice(), &entry].concat()))),
    ])
}
