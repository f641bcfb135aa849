//! Where people come from besides this installation.

use serde_json::Value;

use super::operation::{Access, Operation, Tag};
use super::schema::{between, flag, list, number, object, or_null, sent, text, time, time_or_null, words};
use crate::api::paths;

const READ: Access = Access::AdminOrKey("read");
const WRITE: Access = Access::AdminOrKey("write");

fn new(method: &'static str, path: &'static str, summary: &'static str, access: Access) -> Operation {
    Operation::new(Tag::Directories, method, path, summary, access)
}

pub(super) fn operations() -> Vec<Operation> {
    [set_up(), people(), runs()].concat()
}

fn set_up() -> Vec<Operation> {
    let whole = || object(&[shown().as_slice(), &[("label", text()), ("has_password", flag())]].concat());
    let setup = [shown(), vec![("password", text()), ("place", number(1))]].concat();
    let step = object(&[("step", text()), ("milliseconds", number(0)), ("ok", flag()), ("result", text())]);
    let tried = object(&[("ok", flag()), ("steps", list(&step)), ("found", or_null(&found()))]);
    vec![
        new("get", paths::DIRECTORIES, "List directories", READ).about("In the order they are asked about.").answers(
            200,
            "They.",
            object(&[("directories", list(&whole()))]),
        ),
        new("post", paths::DIRECTORIES, "Set a directory up", Access::Admin)
            .about("What is left out starts as an Active Directory is usually set up. Takes a recent sign-in.")
            .body(sent(&[("label", text())], &setup))
            .changes(201, "How it is set up.", whole())
            .refuses(409, "There is one with this label."),
        new("get", paths::DIRECTORY, "See how a directory is set up", READ)
            .about("Of its password, whether there is one. `ETag` is its version.")
            .answers(200, "It.", whole()),
        new("patch", paths::DIRECTORY, "Change how a directory is set up", Access::Admin)
            .about("Another host, or plain instead of encrypted, forgets the password. Takes a recent sign-in.")
            .parameter(super::Place::Header, "If-Match", text(), "The version that was looked at.")
            .body(sent(&[], &setup))
            .changes(200, "How it is set up now.", whole())
            .refuses(412, "It is another version by now."),
        new("delete", paths::DIRECTORY, "Remove a directory with its groups", Access::Admin)
            .query("release", flag(), "Keep the accounts of its people here from now on.")
            .changes(200, "How it was set up.", whole())
            .refuses(409, "It keeps accounts."),
        new("post", paths::TEST_DIRECTORY, "Try a directory step by step", Access::Admin)
            .about("Every address, the bind, the base DNs, and somebody's entry, each timed.")
            .body_or_none(sent(&[], &[("user", text())]))
            .answers(200, "The steps, also when one fails.", tried),
    ]
}

fn people() -> Vec<Operation> {
    let made = [("id", number(1)), ("username", text()), ("email", text()), ("directory", text())];
    vec![
        new("get", paths::PEOPLE_OF_DIRECTORY, "Find people of a directory", WRITE)
            .query("text", text(), "A part of a name, user name or e-mail.")
            .answers(200, "At most 50 of them.", object(&[("people", list(&found()))]))
            .refuses(409, "It does not answer."),
        new("post", paths::PEOPLE_OF_DIRECTORY, "Make an account for somebody in a directory", WRITE)
            .body(sent(&[("user", text())], &[]))
            .changes(201, "The account.", object(&made))
            .refuses(409, "They have one, or are disabled there, or it does not answer."),
    ]
}

fn runs() -> Vec<Operation> {
    let person = object(&[("username", text()), ("outcome", text()), ("detail", text())]);
    vec![
        new("get", paths::REFRESH_DIRECTORY, "See how far looking everybody up again is", READ)
            .about("The newest run, whom it changed, and about whom nothing could be learned.")
            .answers(200, "It.", object(&[("run", or_null(&run())), ("people", list(&person))])),
        new("post", paths::REFRESH_DIRECTORY, "Look everybody up again", Access::Admin)
            .about("Begins within seconds. `allow` is the number of a run that asks whether so many are to be disabled: it says yes.")
            .body_or_none(sent(&[], &[("allow", number(1))]))
            .changes(201, "The run.", run())
            .refuses(409, "One is under way, or the directory is switched off."),
        new("delete", paths::REFRESH_DIRECTORY, "Stop looking everybody up", Access::Admin)
            .changes(200, "The run.", run())
            .refuses(409, "None is under way."),
    ]
}

fn shown() -> Vec<(&'static str, Value)> {
    let texts = ["ca", "bind_dn", "user_filter", "email_filter", "username_attribute", "email_attribute"];
    let mut all = texts.map(|name| (name, text())).to_vec();
    all.extend([
        ("fullname_attribute", text()),
        ("enabled", flag()),
        ("uris", list(&text())),
        ("base_dns", list(&text())),
        ("security", words(&["ldaps", "starttls", "plain"])),
        ("groups", words(&["in-chain", "transitive", "member-of", "none"])),
        ("timeout_seconds", between(1, 60)),
        ("page_size", between(1, 5000)),
    ]);
    all
}

fn found() -> Value {
    let texts = ["username", "fullname", "account", "office", "dn"].map(|name| (name, text()));
    object(&[texts.as_slice(), &[("emails", list(&text())), ("groups", list(&text()))]].concat())
}

fn run() -> Value {
    let numbers = ["id", "total", "looked_at", "changed", "disabled", "failed"].map(|name| (name, number(0)));
    let texts = ["directory", "reason", "started_by"].map(|name| (name, text()));
    let states = words(&["waiting", "running", "done", "asks", "cancelled", "failed"]);
    let times = [("state", states), ("started_at", time()), ("ended_at", time_or_null())];
    object(&[numbers.as_slice(), &texts, &times].concat())
}
