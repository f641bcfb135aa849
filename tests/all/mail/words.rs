//! What mails say: in whose language, by whose template.

use crate::world::{ADMIN, INTERNAL, Request, World, wait_until};

/// Asks for a sign-in mail with a browser that prefers `language`.
#[track_caller]
fn ask_in(world: &World, language: &str, email: &str) {
    let form = Request::form("/signin", &[("email", email), ("redirect", "")]);
    let own = form.with("Sec-Fetch-Site", "same-origin").with("Origin", &world.auth_url());
    assert_eq!(world.visitor().ask(own.with("Accept-Language", language)).status, 303);
}

#[test]
fn mails_are_in_the_readers_language_and_have_one_link() {
    let world = World::start();
    ask_in(&world, "de-AT,de;q=0.9,en;q=0.5", ADMIN);
    let german = world.wait_for_mail(ADMIN, 1);
    assert!(german.contains("Öffnen Sie diesen Link") && german.contains("lang=\"de\""), "{german}");
    ask_in(&world, "fr,en;q=0.5", ADMIN);
    assert!(world.wait_for_mail(ADMIN, 2).contains("Open this link"));
    world.gk(&["config", "set", "mail.language", "de"]).done();
    ask_in(&world, "fr", ADMIN);
    assert!(world.wait_for_mail(ADMIN, 3).contains("Öffnen Sie diesen Link"));
    let (visitor, alice) = (world.visitor(), format!("alice@{INTERNAL}"));
    visitor.remember(&world.signed_in(&alice));
    assert_eq!(visitor.post("/settings/mails", &[("language", "en")]).status, 303);
    ask_in(&world, "de", &alice);
    assert!(world.wait_for_mail(&alice, 1).contains("Open this link"), "what people chose wins");
    let link = world.mailed_link(ADMIN, 1);
    assert_eq!((german.matches("href=").count(), german.matches(&format!("href=\"{link}\"")).count()), (1, 1));
    assert!(!german.contains("<img") && german.contains("Auto-Submitted: auto-generated"), "{german}");
    assert_eq!(world.visitor().get(&world.mailed_path(ADMIN, 1)).status, 200);
}

#[test]
fn a_folder_of_templates_replaces_the_built_in_ones_and_a_broken_one_costs_no_mail() {
    let folder = tempfile::tempdir().unwrap();
    let templates = folder.path().join("templates");
    let world = World::with(&[("MAIL_TEMPLATE_DIR", templates.to_str().unwrap())]);
    let said = world.gk(&["mail", "templates", "--to", templates.to_str().unwrap()]).done();
    assert!(said.contains("Wrote 37"), "{said}");
    let file = templates.join("sign-in.en.txt");
    let ours = "Subject: Hello from {{ name }}\n\nCome in, {{ email }}:\n\n{{ link }}\n";
    std::fs::write(&file, ours).unwrap();
    let email = format!("bob@{INTERNAL}");
    ask_in(&world, "en", &email);
    let mail = world.wait_for_mail(&email, 1);
    assert!(mail.contains("Subject: Hello from Gatekeeper") && mail.contains(&format!("Come in, {email}:")), "{mail}");
    let said = world.gk(&["mail", "templates", "--to", templates.to_str().unwrap()]).done();
    assert!(said.contains("Wrote 0") && std::fs::read_to_string(&file).unwrap() == ours, "{said}");
    std::fs::write(&file, "Subject: Hello\n\n{% if link %}\n").unwrap();
    ask_in(&world, "en", &email);
    assert!(world.wait_for_mail(&email, 2).contains("Subject: Gatekeeper - Sign-in link"));
    wait_until("gk-admin to say which line is wrong", || {
        let talk = world.admin_talk();
        talk.lines().any(|line| line.contains("WARN") && line.contains("sign-in.en.txt:"))
    });
}
