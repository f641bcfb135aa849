//! What the servers of apps ask.

use super::operation::{Access, Operation, Tag};
use super::schema::{object, or_null, reference, sent, text, text_or_null, time};
use crate::api::paths;

pub(super) fn operations() -> Vec<Operation> {
    let new = |path, summary, scope| Operation::new(Tag::Apps, "post", path, summary, Access::Key(scope));
    let token = sent(&[("token", text())], &[("app", text_or_null())]);
    let made = object(&[("token", text()), ("username", text()), ("expires_at", time())]);
    let mail = sent(
        &[("identifier", text()), ("callback_url", text())],
        &[("redirect_url", text()), ("app_name", text_or_null())],
    );
    let create = sent(&[("username", text())], &[("lifetime_seconds", seconds()), ("app", text_or_null())]);
    let redirected = object(&[("username", text()), ("email", text()), ("redirect_url", or_null(&text()))]);
    let nobody = "Nobody of that name may sign in.";
    vec![
        new(paths::RESOLVE, "Look somebody up", "read")
            .body(sent(&[("identifier", text())], &[]))
            .answers(200, "The person.", reference("User"))
            .refuses(404, nobody),
        new(paths::SEND_MAGIC_LINK, "Send a sign-in mail", "mint")
            .about("Its link leads to the callback URL, with a code to exchange.")
            .body(mail)
            .answers(200, "It is on its way.", object(&[("status", text()), ("email", text())]))
            .refuses(404, nobody)
            .refuses(409, "It cannot be sent now."),
        new(paths::VERIFY_MAGIC_LINK, "Exchange a code", "mint")
            .body(token.clone())
            .answers(200, "The person, their groups, and where to.", redirected)
            .refuses(404, "There is no such app."),
        new(paths::CREATE_TOKEN, "Make a token", "mint")
            .about("It is good for the app only.")
            .body(create)
            .answers(200, "The token.", made)
            .refuses(404, nobody),
        new(paths::VERIFY_TOKEN, "Check a token", "read or mint")
            .body(token)
            .answers(200, "The person and their groups.", reference("KnownUser"))
            .refuses(404, "There is no such app."),
    ]
}

fn seconds() -> serde_json::Value {
    super::schema::between(1, 31_536_000)
}
