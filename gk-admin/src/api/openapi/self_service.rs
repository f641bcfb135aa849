//! Signing in, and one's own account.

use serde_json::{Value, json};

use super::operation::{Access, Operation, Tag};
use super::schema::{flag, list, number, object, or_null, reference, sent, text, text_or_null, time_or_null};
use crate::api::paths;

pub(super) fn operations() -> Vec<Operation> {
    [signing_in(), own_account()].concat().into_iter().map(Operation::with_detail).collect()
}

fn signing_in() -> Vec<Operation> {
    let new = |path, summary| Operation::new(Tag::SigningIn, "post", path, summary, Access::Anybody);
    let asked = sent(&[("email", text())], &[]);
    let typed = sent(&[("email", text()), ("code", text())], &[]);
    let on_its_way = object(&[("message", text()), ("detail", text())]);
    let with_user = object(&[("message", text()), ("user", or_null(&reference("OwnAccount")))]);
    let same = "The answer is the same for every address.";
    let bad_code = "The code does not work, or another browser asked for it.";
    vec![
        new(paths::SIGNIN, "Ask for a code").about(same).body(asked.clone()).answers(
            200,
            "A mail may be on its way.",
            on_its_way.clone(),
        ),
        new(paths::SIGNIN_VERIFY, "Sign in with the code")
            .body(typed.clone())
            .answers(200, "Signed in; the answer sets the cookie.", with_user.clone())
            .refuses(400, bad_code),
        new(paths::REGISTER, "Register").about(same).body(asked).answers(200, "A mail may be on its way.", on_its_way),
        new(paths::REGISTER_VERIFY, "Register with the code")
            .body(typed)
            .answers(200, "Registered; `user` is null for whoever has to wait for approval.", with_user)
            .refuses(400, bad_code),
        new(paths::SIGNOUT, "Sign out").about("Always succeeds.").answers(200, "Signed out.", reference("Message")),
    ]
}

fn own_account() -> Vec<Operation> {
    let new = |method, path, summary| Operation::new(Tag::OwnAccount, method, path, summary, Access::Person);
    let changes = sent(&[], &[("name", text_or_null()), ("notify_private_app_requests", or_null(&flag()))]);
    vec![
        new("get", paths::ME, "See one's own account").answers(
            200,
            "The account, and which apps one administers: none are named to administrators, who see to all.",
            reference("Myself"),
        ),
        new("patch", paths::ME, "Change it").body(changes).changes(200, "The account.", reference("OwnAccount")),
        new("delete", paths::ME, "Delete it")
            .about("Takes a recent sign-in.")
            .changes(200, "Deleted.", reference("Message"))
            .refuses(409, "The last administrator stays."),
        new("get", paths::MY_APPS, "List the apps one may enter").answers(200, "The apps.", list(&own_app())),
        new("get", paths::PRIVATE_APPS, "List the apps one can ask for").answers(200, "The apps.", list(&other_app())),
        Operation::new(
            Tag::OwnAccount,
            "get",
            paths::PUBLIC_APPS,
            "List the apps that are open to everybody",
            Access::Anybody,
        )
        .about("There are none here.")
        .answers(200, "An empty list.", json!({ "type": "array", "maxItems": 0 })),
        new("post", paths::REQUEST_APP, "Ask for access to an app")
            .body_or_none(sent(&[], &[("message", text_or_null())]))
            .answers(200, "Asked.", object(&[("message", text()), ("id", number(1))]))
            .refuses(409, "Asked too often."),
    ]
}

fn own_app() -> Value {
    object(&[
        ("app_slug", text()),
        ("app_name", text()),
        ("app_description", text()),
        ("app_url", text_or_null()),
        ("role", text_or_null()),
        ("granted_at", time_or_null()),
    ])
}

fn other_app() -> Value {
    object(&[("slug", text()), ("name", text()), ("description", text()), ("app_url", text_or_null())])
}
