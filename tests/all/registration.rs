//! Who is approved at once, who is not, and what a closed registration leaves.

use crate::world::{ADMIN, INTERNAL, World};

fn status_of(world: &World, email: &str) -> Option<String> {
    let users = world.gk_json(&["users", "list"]);
    let users = users["users"].as_array().unwrap().iter().find(|user| user["email"] == email).cloned()?;
    Some(users["status"].as_str()?.to_owned())
}

#[test]
fn whoever_registers_from_an_accepted_domain_is_in_at_once_and_no_administrator_is_bothered() {
    let world = World::start();
    world.registered("docs");
    world.gk(&["users", "update", "--user", ADMIN, "--notify"]).done();
    let (visitor, email) = (world.visitor(), format!("new@{INTERNAL}"));
    assert_eq!(visitor.post("/register", &[("email", &email), ("redirect", "")]).status, 303);
    assert_eq!(visitor.post(&world.mailed_path(&email, 1), &[]).status, 303);
    assert_eq!(status_of(&world, &email).as_deref(), Some("approved"));
    assert_eq!(world.validate(visitor.session().as_deref(), Some("docs")).status, 200);
    assert_eq!((world.letters_to(ADMIN), world.letters_to(&email)), (0, 1), "nor is anybody told to wait");
    let sub = format!("new@sub.{INTERNAL}");
    let outside = world.visitor();
    outside.post("/register", &[("email", &sub), ("redirect", "")]);
    assert_eq!(outside.post(&world.mailed_path(&sub, 1), &[]).status, 303);
    assert_eq!(status_of(&world, &sub).as_deref(), Some("pending"), "a part of a domain is another domain");
}

#[test]
fn a_closed_registration_sends_nobody_new_a_mail_and_everybody_the_same_answer() {
    let world = World::start();
    world.gk(&["config", "set", "auth.self_registration", "false"]).done();
    let email = format!("new@{INTERNAL}");
    let asked =
        [("/signin", &*email), ("/register", &email), ("/register", "new@elsewhere.example"), ("/signin", ADMIN)];
    for (path, email) in asked {
        assert_eq!(world.visitor().post(path, &[("email", email), ("redirect", "")]).status, 303, "{path} {email}");
    }
    world.wait_for_mail(ADMIN, 1);
    assert_eq!(world.letters(), [ADMIN]);
    assert_eq!(status_of(&world, &email), None);
}

#[test]
fn whoever_is_rejected_while_they_wait_is_told() {
    let world = World::start();
    let (visitor, email) = (world.visitor(), "new@elsewhere.example");
    visitor.post("/register", &[("email", email), ("redirect", "")]);
    visitor.post(&world.mailed_path(email, 1), &[]);
    world.wait_for_mail(email, 2);
    world.gk(&["users", "reject", "--user", email]).done();
    let told = world.wait_for_mail(email, 3);
    assert!(told.contains("was not approved") && !told.contains("href="), "{told}");
}

#[test]
fn the_page_says_which_app_one_signs_in_to_if_it_is_listed() {
    let world = World::start();
    world.gk(&["apps", "add", "--slug", "wiki", "--name", "The <Wiki>", "--listed"]).done();
    world.gk(&["apps", "add", "--slug", "secret", "--name", "Secret plans"]).done();
    let heading = |query: &str| {
        let page = world.visitor().get(&format!("/signin?{query}")).text();
        page.split_once("<h1>").unwrap().1.split_once("</h1>").unwrap().0.to_owned()
    };
    assert_eq!(heading("app=wiki"), "Sign in to enter The &lt;Wiki&gt;");
    assert_eq!(
        heading(&format!("app=wiki&redirect={}/a?app=secret", world.docs_url())),
        "Sign in to enter The &lt;Wiki&gt;"
    );
    for other in ["app=secret", "app=nothing", "app=WIKI", "app=", "redirect=/?app=wiki", ""] {
        assert_eq!(heading(other), "Sign in", "{other}");
    }
}
