//! `gk panic`: denied within a second, whatever grants say and whatever can still be read.

use std::fs;

use crate::world::{ADMIN, Answer, World, wait_until};

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";

/// Whether an answer is a denial of that kind.
fn denied(answer: &Answer) -> bool {
    answer.status == 403 && answer.header("x-gk-reason") == Some("panic")
}

#[test]
fn a_person_an_app_and_everybody_are_denied_until_that_is_lifted_and_it_is_audited() {
    let world = World::quiet(&[]);
    let [alice, bob] = [ALICE, BOB].map(|email| {
        world.grant(email, "docs");
        world.grant(email, "wiki");
        world.session(email)
    });
    let ask = |session: &str, app: &str| world.validate(Some(session), Some(app));
    let statuses = |alice: &str| {
        [(alice, "docs"), (alice, "wiki"), (&bob, "docs"), (&bob, "wiki")].map(|(who, app)| ask(who, app).status)
    };
    let panic = |words: &[&str]| world.gk(&[&["panic"], words].concat());
    assert_eq!(panic(&["list"]).done().trim(), "Nothing is denied.");
    panic(&["deny", "--user", ALICE]).done();
    wait_until("alice to be denied", || denied(&ask(&alice, "docs")));
    assert_eq!(statuses(&alice), [403, 403, 200, 200]);
    // Another address is no way out.
    world.gk(&["users", "update", "--user", ALICE, "--new-email", "other@example.com"]).done();
    let alice = world.session("other@example.com");
    assert!(denied(&ask(&alice, "wiki")));
    panic(&["deny", "--app", "wiki"]).done();
    wait_until("the wiki to be denied", || denied(&ask(&bob, "wiki")));
    assert!(denied(&world.validate(None, Some("wiki"))), "also to strangers");
    assert_eq!(world.metric("gk_panic_rules"), Some(3.0));
    panic(&["lift", "--user", "other@example.com"]).done();
    wait_until("alice to be let in", || ask(&alice, "docs").status == 200);
    assert_eq!(statuses(&alice), [200, 403, 200, 403]);
    panic(&["lift", "--user", BOB]).refused(1);
    panic(&["deny", "--all"]).done();
    wait_until("everybody to be denied", || denied(&ask(&bob, "docs")));
    let said = world.gk(&["doctor", "--offline", "--nginx-config", "/dev/null"]);
    assert!((said.out + &said.err).contains("gk panic denies"), "it is not forgotten");
    world.start_admin();
    let page = world.visitor_as(ADMIN).get("/admin").text();
    assert!(page.contains("gk panic lift") && page.contains("app wiki"), "{page}");
    assert!(world.metric("gk_decisions_total{outcome=\"forbid\",reason=\"panic\"}").unwrap() > 4.0);
    panic(&["lift", "--all"]).done();
    wait_until("everybody to be let in", || statuses(&alice) == [200; 4]);
    let audit = world.gk_json(&["audit", "list", "--action", "panic_denied"]).to_string();
    assert!(audit.contains("app wiki") && audit.contains("all"), "{audit}");
}

#[test]
fn it_needs_neither_database_and_what_it_cannot_read_denies_everybody() {
    let world = World::quiet(&[]);
    world.grant(ALICE, "docs");
    let alice = world.session(ALICE);
    let ask = || world.validate(Some(&alice), Some("docs"));
    fs::write(world.database(), "no database any more").unwrap();
    fs::write(world.policy(), "nor a policy").unwrap();
    let policy = world.policy().display().to_string();
    let panic = |words: &[&str]| world.gk(&[&["panic"], words, &["--policy", &policy]].concat());
    panic(&["deny", "--user", "alice"]).refused(1);
    panic(&["deny", "--user", ALICE]).done();
    panic(&["deny", "--all"]).done();
    wait_until("everybody to be denied", || denied(&ask()));
    // Also from its first answer on.
    world.stop_validate();
    world.start_validate();
    assert!(denied(&ask()) && denied(&world.validate(None, None)));
    panic(&["lift", "--all"]).done();
    wait_until("the policy to be missed again", || ask().status == 503);
    fs::write(world.policy().with_file_name("panic"), "gatekeeper panic 9\n").unwrap();
    wait_until("everybody to be denied", || denied(&ask()));
    let said = panic(&["list"]).refused(1);
    assert!(said.contains("gk panic lift --all"), "{said}");
}
