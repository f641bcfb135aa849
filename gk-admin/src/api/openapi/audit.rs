//! What happened.

use serde_json::Value;

use super::operation::{Access, Operation, Tag};
use super::schema::{between, list, number, object, or_null, reference, text, text_or_null, time, time_or_null};
use crate::api::paths;

const READ: Access = Access::AdminOrKey("read");

pub(super) fn operations() -> Vec<Operation> {
    let new = |path, summary| Operation::new(Tag::Audit, "get", path, summary, READ);
    let part = object(&[("entries", list(&reference("AuditRow"))), ("next", or_null(&number(1)))]);
    vec![
        filtered(new(paths::AUDIT, "List what happened"))
            .about("The newest first. A part looks at so many rows at most: it may hold fewer than were asked for and yet have a `next`.")
            .query("before", number(1), "Only rows older than this one: `next` of the part before.")
            .query("limit", between(1, 1000), "At most so many; 50 unless given.")
            .answers(200, "Some of the rows, and where to go on.", part),
        new(paths::AUDIT_ROW, "See one row").answers(200, "The row.", reference("AuditRow")),
        new(paths::VERIFY_AUDIT, "Check every row")
            .about("Whether one was edited, taken away, moved, put in or cut off since it was written. Very many rows take longer than a request may: `gk audit verify` takes as long as it needs.")
            .answers(200, "What was found; `broken` is 0 where all is as it was written.", verified()),
        new(paths::FORWARD_AUDIT, "See how the audit is sent on").answers(200, "How far it is.", forwarding()),
    ]
}

/// The filter of rows.
pub(super) fn filtered(operation: Operation) -> Operation {
    operation
        .query("person", text(), "What somebody did, and what was done to them: user name or e-mail.")
        .query("actor", text(), "Who did it, as the row calls them.")
        .query("action", text(), "What was done.")
        .query("ip", text(), "The address it came from.")
        .query("text", text(), "Whole words that all are in the row.")
        .query("since", text(), "Not before: a day, a time, or 7d for the last seven days.")
        .query("until", text(), "Not after: the same; a day is meant to its end.")
        .query("app", text(), "The app: a slug.")
}

pub(super) fn row() -> Value {
    let texts =
        ["actor_kind", "actor", "action", "target", "app", "ip", "user_agent", "chain"].map(|name| (name, text()));
    let anything = [("before", Value::Bool(true)), ("after", Value::Bool(true))];
    object(&[[("id", number(1)), ("at", time())].as_slice(), &texts, &anything].concat())
}

fn verified() -> Value {
    let counts = ["rows", "first", "last", "checkpoint", "broken"].map(|name| (name, number(0)));
    object(&[counts.as_slice(), &[("breaks", list(&text()))]].concat())
}

fn forwarding() -> Value {
    object(&[
        ("to", text_or_null()),
        ("through", number(0)),
        ("waiting", number(0)),
        ("sent_at", time_or_null()),
        ("failing_since", time_or_null()),
        ("last_error", text()),
    ])
}
