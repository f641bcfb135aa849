//! Why somebody enters or not, who does, and where.

use serde_json::{Value, json};

use super::operation::{Access, Operation, Tag};
use super::schema::{list, number, object, text, text_or_null, time_or_null, words};
use crate::api::paths;

const READ: Access = Access::AdminOrKey("read");
const OF_APP: &str = "An administrator of one app may ask about that one.";

pub(super) fn operations() -> Vec<Operation> {
    let new = |path, summary| Operation::new(Tag::Access, "get", path, summary, READ);
    let at = json!({ "type": "string", "format": "date-time" });
    vec![
        new(paths::EXPLAIN, "Explain a decision")
            .about(OF_APP)
            .query("user", text(), "Whose: a user name or an e-mail. It is needed.")
            .query("app", text(), "The slug; without it, a request that names no app.")
            .query("at", at, "When; now unless given.")
            .answers(200, "What is decided, what it rests on, and what would change it.", explanation())
            .refuses(404, "Somebody is not there."),
        narrowed(new(paths::WHO, "List who enters an app"))
            .about(OF_APP)
            .query("limit", number(1), "At most so many; 100 unless given, 1000 at most.")
            .query("offset", number(0), "Pass over so many first.")
            .answers(200, "They by e-mail, and how many there are.", entrants()),
        narrowed(new(paths::WHERE, "List where somebody can go"))
            .query("all", words(&["true", "false"]), "Also the apps that refuse them, and why.")
            .answers(200, "The apps by slug.", destinations()),
    ]
}

/// The filter that both lists have.
fn narrowed(operation: Operation) -> Operation {
    operation
        .query("search", text(), "A part of e-mail, name or group; of the slug or name of an app.")
        .query("role", text(), "Only with this role.")
        .query("reason", text(), "Only for this reason, such as group-grant.")
}

fn outcome() -> Vec<(&'static str, Value)> {
    let verdict = words(&["allow", "sign-in", "forbid"]);
    vec![("status", number(200)), ("verdict", verdict), ("reason", text()), ("role", text_or_null())]
}

fn explanation() -> Value {
    let mut members = outcome();
    let objects = || list(&object(&[("sentence", text())]));
    members.extend([("user", text()), ("name", text_or_null()), ("app", text_or_null()), ("at", text())]);
    members.extend([("sentence", text()), ("facts", objects()), ("changes", objects())]);
    object(&members)
}

fn entrants() -> Value {
    let mut members = outcome();
    members.extend([("id", number(1)), ("user", text()), ("name", text_or_null())]);
    members.extend([("group", text_or_null()), ("until", time_or_null())]);
    object(&[("entrants", list(&object(&members))), ("total", number(0))])
}

fn destinations() -> Value {
    let mut members = outcome();
    members.extend([("app", text()), ("name", text()), ("group", text_or_null()), ("until", time_or_null())]);
    object(&[("user", text()), ("destinations", list(&object(&members)))])
}
