//! People, groups, properties and sessions, by name.

use serde_json::{Value, json};

use super::operation::{Access, Operation, Place, Tag};
use super::schema::{flag, list, number, object, or_null, reference, sent, text, text_or_null, words};
use crate::api::paths;

const READ: Access = Access::AdminOrKey("read");
const WRITE: Access = Access::AdminOrKey("write");
const IF_MATCH: &str = "The `ETag` that was seen: when the account has changed since, nothing is done.";
const OUTDATED: &str = "Somebody has changed the account since.";
const TAKEN: &str = "The name is another account's, or the present state does not allow it.";

pub(super) fn operations() -> Vec<Operation> {
    [users(), properties(), groups(), sessions(), about()].concat()
}

/// The parameters that both lists of people take.
pub(super) fn filtered(operation: Operation) -> Operation {
    let yes_no = || words(&["true", "false"]);
    operation
        .query("search", text(), "A part of user name, e-mail, display name or group.")
        .query("status", reference("Status"), "Only those.")
        .query("enabled", yes_no(), "Only enabled or disabled accounts.")
        .query("admin", yes_no(), "Whether they are administrators.")
        .query("internal", yes_no(), "Whether their e-mail's domain is accepted.")
        .query("directory", yes_no(), "Whether a directory keeps the account.")
        .query("group", text(), "Members of this group.")
        .query("sort", words(&["username", "email", "fullname", "created_at", "updated_at"]), "What to sort by.")
        .query("order", words(&["asc", "desc"]), "Which end comes first.")
}

/// A change of one account that may say which version it is of.
pub(super) fn versioned(operation: Operation) -> Operation {
    operation.parameter(Place::Header, "If-Match", text(), IF_MATCH).refuses(412, OUTDATED)
}

fn users() -> Vec<Operation> {
    let new = |method, path, summary, access| Operation::new(Tag::Users, method, path, summary, access);
    let page = [("users", list(&reference("User"))), ("total", number(0)), ("limit", number(1)), ("offset", number(0))];
    let groups = object(&[("username", text()), ("groups", list(&text()))]);
    vec![
        filtered(new("get", paths::USERS, "List people", READ))
            .query("enabled_only", words(&["true", "false"]), "The same as `enabled=true`.")
            .query("limit", number(1), "At most so many, 100 unless given; 500 are the most.")
            .query("offset", number(0), "Leave out so many at the beginning.")
            .answers(200, "A part of them, and how many match.", object(&page)),
        new("post", paths::USERS, "Add somebody", WRITE)
            .about("The account is approved.")
            .body(new_user())
            .changes(201, "The account.", reference("User"))
            .refuses(409, TAKEN),
        new("get", paths::USER, "See somebody", READ).answers(200, "The account, with an `ETag`.", reference("User")),
        versioned(new("patch", paths::USER, "Change somebody", WRITE))
            .about("What is left out stays. Disabling, and another e-mail, end the person's sessions.")
            .body(changes_of_user())
            .changes(200, "The account.", reference("User"))
            .refuses(409, TAKEN),
        new("delete", paths::USER, "Delete somebody", WRITE)
            .changes(200, "Deleted.", object(&[("status", text()), ("username", text())]))
            .refuses(409, "The last administrator, and whoever was made at installation, stays."),
        new("get", paths::GROUPS_OF_USER, "List somebody's groups", READ).answers(200, "Their names.", groups),
    ]
}

fn new_user() -> Value {
    let optional = [("fullname", text()), ("enabled", or_null(&flag()))];
    sent(&[("username", text()), ("email", text())], &optional)
}

fn changes_of_user() -> Value {
    let names = ["username", "email", "fullname", "given_name", "mail_nickname", "title", "department", "manager"];
    let texts = names.into_iter().chain(["telephone_number", "mobile_number"]);
    let mut all = texts.map(|name| (name, text_or_null())).collect::<Vec<_>>();
    all.push(("enabled", or_null(&flag())));
    sent(&[], &all)
}

fn properties() -> Vec<Operation> {
    let new = |method, path, summary, access| Operation::new(Tag::Properties, method, path, summary, access);
    let values = json!({ "type": "object", "additionalProperties": text_or_null() });
    let several = object(&[("username", text()), ("app", text()), ("properties", values.clone())]);
    let one = object(&[("username", text()), ("app", text()), ("key", text()), ("value", text_or_null())]);
    let deleted = object(&[("status", text()), ("count", number(0))]);
    let full = "The person would have too many properties.";
    vec![
        new("get", paths::PROPERTIES, "List what an app keeps", READ).answers(200, "Key and value.", several.clone()),
        new("put", paths::PROPERTIES, "Set several", WRITE)
            .about("Those that are not named stay.")
            .body(sent(&[("properties", values)], &[]))
            .changes(200, "All that the app keeps.", several)
            .refuses(409, full),
        new("delete", paths::PROPERTIES, "Delete all that an app keeps", WRITE).changes(
            200,
            "How many there were.",
            deleted,
        ),
        new("get", paths::PROPERTY, "See one", READ).answers(200, "The value.", one.clone()),
        new("put", paths::PROPERTY, "Set one", WRITE)
            .body(sent(&[("value", text_or_null())], &[]))
            .changes(200, "The value.", one)
            .refuses(409, full),
        new("delete", paths::PROPERTY, "Delete one", WRITE).changes(
            200,
            "Deleted.",
            object(&[("status", text()), ("app", text()), ("key", text())]),
        ),
    ]
}

fn groups() -> Vec<Operation> {
    let new = |method, path, summary, access| Operation::new(Tag::Groups, method, path, summary, access);
    let members = object(&[("group", text()), ("members", list(&text())), ("total", number(0))]);
    let member = object(&[("status", text()), ("group", text()), ("username", text())]);
    let new_group = sent(&[("name", text())], &[("description", text()), ("source", or_null(&words(&["gatekeeper"])))]);
    vec![
        new("get", paths::GROUPS, "List groups", READ).answers(
            200,
            "The groups.",
            object(&[("groups", list(&reference("Group")))]),
        ),
        new("post", paths::GROUPS, "Add a group", WRITE)
            .body(new_group)
            .changes(201, "The group.", reference("Group"))
            .refuses(409, "There is one of that name."),
        new("get", paths::GROUP, "See a group", READ).answers(200, "The group.", reference("Group")),
        new("patch", paths::GROUP, "Describe a group", WRITE).body(sent(&[("description", text())], &[])).changes(
            200,
            "The group.",
            reference("Group"),
        ),
        new("delete", paths::GROUP, "Delete a group", WRITE).about("With its grants. Built-in groups stay.").changes(
            200,
            "Deleted.",
            object(&[("status", text()), ("name", text())]),
        ),
        new("get", paths::MEMBERS, "List members", READ)
            .query("limit", number(1), "At most so many; all unless given.")
            .query("offset", number(0), "Leave out so many at the beginning.")
            .answers(200, "User names.", members),
        new("post", paths::MEMBERS, "Put somebody into a group", WRITE)
            .body(sent(&[("username", text())], &[]))
            .changes(201, "Added.", member.clone())
            .refuses(409, "They are in it."),
        new("delete", paths::MEMBER, "Take somebody out of a group", WRITE)
            .changes(200, "Removed.", member)
            .refuses(409, "The last administrator stays, and everybody stays in `standard`."),
    ]
}

fn sessions() -> Vec<Operation> {
    let new = |method, path, summary, access| Operation::new(Tag::Sessions, method, path, summary, access);
    vec![
        new("post", paths::ROTATE_SALT, "End somebody's sessions", Access::Admin).changes(
            200,
            "None of them counts.",
            object(&[("status", text()), ("username", text())]),
        ),
        new("post", paths::ROTATE_APP_SALT, "End everybody's sessions", Access::Admin)
            .about("Whoever asks for it has to sign in again, too.")
            .changes(200, "None of them counts.", object(&[("status", text())])),
        new("get", paths::APP_SALT, "Nothing", READ)
            .about("Kept for clients that ask for it: it is always refused, as the salt is told to nobody.")
            .refuses(403, "Always."),
    ]
}

fn about() -> Vec<Operation> {
    let document = json!({ "type": "object" });
    vec![Operation::new(Tag::About, "get", paths::DOCUMENT, "Read this document", Access::Anybody).answers(
        200,
        "OpenAPI 3.1.",
        document,
    )]
}
