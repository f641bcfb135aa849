//! The installation's settings and its logo.

use serde_json::{Value, json};

use super::operation::{Access, Operation, Place, Tag};
use super::schema::{flag, list, number, object, reference, sent, text, text_or_null, words};
use crate::api::paths;
use crate::setting_json::SOURCES;

const FIXED: &str = "The server's environment fixes it; `pinned_at` says where.";

pub(super) fn operations() -> Vec<Operation> {
    let new = |method, path, summary, access| Operation::new(Tag::Settings, method, path, summary, access);
    let (read, admin) = (Access::AdminOrKey("read"), Access::Admin);
    let values =
        json!({ "type": "object", "additionalProperties": text_or_null(), "examples": [{ "server.name": "Example" }] });
    let one = |operation: Operation| operation.changes(200, "The setting, with an `ETag`.", reference("Setting"));
    vec![
        new("get", paths::SETTINGS, "List settings", read)
            .answers(200, "All of them, with an `ETag`.", object(&[("settings", list(&reference("Setting")))])),
        checked(new("patch", paths::SETTINGS, "Change several settings", admin))
            .about("All of them or none. `null` forgets what is set, so that the default counts; what changes nothing leaves no trace.")
            .query("dry_run", words(&["true", "false"]), "Only tell what would change, and who would gain or lose by it in `effects`.")
            .body(sent(&[("settings", values)], &[]))
            .changes(200, "What was changed.", object(&[("changed", list(&changed()))])),
        new("get", paths::SETTING, "See a setting", read).answers(200, "It, with an `ETag`.", reference("Setting")),
        one(checked(new("put", paths::SETTING, "Set a setting", admin)).body(sent(&[("value", text())], &[]))),
        one(checked(new("delete", paths::SETTING, "Forget what a setting is set to", admin))),
        new("put", paths::LOGO, "Set the logo", admin)
            .about("`picture` is a PNG, JPEG or WebP file of at most 128 KiB, in base64.")
            .body(sent(&[("picture", text())], &[]))
            .changes(200, "It is shown.", object(&[("type", text()), ("bytes", number(0))]))
            .refuses(413, "The body is longer than 192 KiB."),
        new("delete", paths::LOGO, "Take the logo away", admin).changes(200, "Taken away.", reference("Message")),
    ]
}

fn checked(operation: Operation) -> Operation {
    operation
        .parameter(Place::Header, "If-Match", text(), "The `ETag` of what was read: refused if it has changed since.")
        .refuses(409, FIXED)
        .refuses(412, "Somebody else has changed it meanwhile.")
}

fn changed() -> Value {
    object(&[("before", reference("Setting")), ("after", reference("Setting"))])
}

pub(super) fn setting() -> Value {
    let texts = ["key", "default", "meaning", "form", "variable"].map(|name| (name, text()));
    let flags = ["set", "secret"].map(|name| (name, flag()));
    let rest = [("value", text_or_null()), ("pinned_at", text_or_null()), ("source", words(&SOURCES))];
    object(&[texts.as_slice(), &flags, &rest].concat())
}
