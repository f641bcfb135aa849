//! A line break in an address or a name would be a header of somebody else's making in a mail: refused wherever it
//! comes in.

use serde_json::json;

use crate::api::raw;
use crate::world::{ADMIN, Request, World};

const BREAKS: [&str; 3] = ["\r\n", "\n", "\r"];

#[test]
fn a_line_break_is_refused_in_every_name_and_address_and_no_letter_goes_out() {
    let world = World::start();
    world.registered("docs");
    world
        .gk(&["apps", "add", "--slug", "ledger", "--name", "Ledger", "--callback", "https://ledger.example.net/in"])
        .done();
    let mint = world.key_of("mint", &["--app", "ledger"]);
    let alice = world.visitor_as("alice@example.com");
    let before = |what: &str| world.gk_json(&[what, "list"]);
    let state = ["users", "apps", "groups", "invitations"].map(before);
    for broken in BREAKS {
        let address = format!("a@inside.example{broken}Bcc: b@inside.example");
        let name = format!("A{broken}Bcc: b@inside.example");
        at_the_command_line(&world, &address, &name);
        for path in ["/signin", "/register"] {
            assert_eq!(world.visitor().post(path, &[("email", &address), ("redirect", "")]).status, 303);
        }
        let login = [("identifier", address.as_str()), ("callback_url", "https://ledger.example.net/in")];
        assert_eq!(world.visitor().post("/auth/login", &login).status, 303);
        for path in ["/api/v1/auth/signin", "/api/v1/auth/register"] {
            let asked = raw(path, &json!({ "email": address }).to_string()).with("Sec-Fetch-Site", "same-origin");
            assert_eq!(world.visitor().ask(asked).status, 200, "the answer is everybody's");
        }
        let sent = json!({ "identifier": address, "callback_url": "https://ledger.example.net/in" });
        let sent = world.call(&mint, "/api/v1/auth/send-magic-link", &sent);
        assert!((400..500).contains(&sent.status), "{sent:?}");
        assert_eq!(alice.post("/settings/email", &[("email", &address)]).status, 422);
        assert_eq!(alice.post("/settings/name", &[("fullname", &name)]).status, 422);
        let mut patch = Request::new("PATCH", "/api/v1/auth/me").with("Content-Type", "application/json");
        patch.body = json!({ "name": name }).to_string().into_bytes();
        assert!((400..500).contains(&alice.ask(patch).status));
    }
    world.visitor().ask_for_link(ADMIN, ""); // requests are worked off in order
    world.wait_for_mail(ADMIN, 1);
    assert_eq!(world.letters(), [ADMIN], "to nobody else");
    assert_eq!(["users", "apps", "groups", "invitations"].map(before), state, "and nothing was made");
}

#[track_caller]
fn at_the_command_line(world: &World, address: &str, name: &str) {
    for arguments in [
        ["users", "add", "--email", address].as_slice(),
        &["users", "add", "--email", "a@inside.example", "--name", name],
        &["users", "add", "--email", "a@inside.example", "--username", name],
        &["users", "update", "--user", "alice@example.com", "--name", name],
        &["apps", "add", "--slug", "other", "--name", name],
        &["groups", "add", "--name", name],
        &["invitations", "add", "--email", address],
        &["create-admin", "--username", "boss", "--email", address],
    ] {
        let said = world.gk(arguments);
        assert!(matches!(said.code, 1 | 2), "{arguments:?} ends with {}: {} {}", said.code, said.out, said.err);
        assert!(!said.err.contains("unexpected argument") && !said.err.contains("unrecognized"), "{}", said.err);
    }
}
