//! `/settings`: one's own account, and what others must not be able to do to it.

use rusqlite::Connection;

use crate::world::{ADMIN, Answer, INTERNAL, Visitor, World, path_in, wait_until};

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";

/// Makes every session of this world look as old as a day.
fn a_day_passes(world: &World) {
    let database = Connection::open(world.database()).unwrap();
    database.execute("UPDATE session SET created_at = created_at - 86400", []).unwrap();
}

#[track_caller]
pub(crate) fn assert_done(answer: &Answer, done: &str) {
    assert_eq!((answer.status, answer.location()), (303, format!("/settings?done={done}").as_str()), "{answer:?}");
}

/// The ids of the sessions the settings show.
fn shown_sessions(visitor: &Visitor<'_>) -> Vec<String> {
    let page = visitor.get("/settings").text();
    let ids = page.split("name=\"session\" value=\"").skip(1);
    ids.filter_map(|rest| rest.split('"').next().map(str::to_owned)).collect()
}

fn account(world: &World, email: &str) -> Option<serde_json::Value> {
    let users = world.gk_json(&["users", "list"]);
    users["users"].as_array().unwrap().iter().find(|user| user["email"] == email).cloned()
}

#[test]
fn a_person_changes_name_and_wishes_and_an_app_sees_the_name_at_once() {
    let world = World::start();
    world.grant(ALICE, "docs");
    let alice = world.visitor_as(ALICE);
    assert_eq!(world.visitor().get("/settings").location(), "/signin?redirect=/settings");
    assert_done(&alice.post("/settings/name", &[("fullname", " Alice Müller ")]), "name");
    let page = alice.get("/settings?done=name");
    assert_eq!(page.field("fullname"), "Alice Müller");
    assert!(page.text().contains("Your name was saved."), "{}", page.text());
    let decided = world.validate(alice.session().as_deref(), Some("docs"));
    assert_eq!(decided.header("x-auth-name"), Some("Alice M%C3%BCller"));
    for bad in ["x".repeat(201), "two\nlines".to_owned(), "Alice\u{202e}nimda".to_owned()] {
        let refused = alice.post("/settings/name", &[("fullname", &bad)]);
        assert_eq!(refused.status, 422, "{refused:?}");
        assert!(refused.text().contains("name-problem"), "{}", refused.text());
    }
    assert_done(&alice.post("/settings/mails", &[("language", "de"), ("notify", "yes")]), "mails");
    assert!(alice.get("/settings?done=mails").text().contains("Your settings were saved."));
    let page = alice.get("/settings?done=nonsense").text();
    assert!(page.contains("value=\"de\" selected"), "{page}");
    assert!(!page.contains("name=\"notify\"") && !page.contains("role=\"status\""), "{page}");
    assert_eq!(account(&world, ALICE).unwrap()["notify"], false, "only administrators hear of requests");
    let admin = world.visitor_as(ADMIN);
    assert_done(&admin.post("/settings/mails", &[("language", ""), ("notify", "yes")]), "mails");
    assert_eq!(account(&world, ADMIN).unwrap()["notify"], true);
    assert_eq!(world.visitor().post("/settings/name", &[("fullname", "Eve")]).status, 303, "a stranger is sent away");
    assert_eq!(alice.get("/settings").field("fullname"), "Alice Müller");
}

#[test]
fn sessions_are_ended_one_by_one_and_all_others_at_once_and_are_out_at_the_next_request() {
    let world = World::start();
    world.grant(ALICE, "docs");
    world.person(BOB);
    let (alice, bob) = (world.visitor_as(ALICE), world.visitor_as(BOB));
    let (cookies, ids): (Vec<_>, Vec<_>) = (0..4).map(|_| world.known_session(ALICE)).unzip();
    let bound = world.gk_json(&["sessions", "create", "--user", ALICE, "--app", "docs"]);
    assert!(alice.get("/settings").text().contains("<strong>In docs</strong>"));
    world.gk(&["sessions", "revoke", "--session", bound["session"].as_str().unwrap()]).done();
    let shown = shown_sessions(&alice);
    assert_eq!(shown.len(), 5, "{shown:?}");
    assert!(ids.iter().all(|id| shown.contains(id)), "{shown:?}");
    let enters = |cookie: &str| world.validate(Some(cookie), Some("docs")).status;

    let foreign = bob.post("/settings/sessions/end", &[("session", &ids[0])]);
    let unknown = bob.post("/settings/sessions/end", &[("session", &"0".repeat(32))]);
    assert_eq!((foreign.status, foreign.text()), (404, unknown.text()), "another's is as one that never was");
    assert_eq!(enters(&cookies[0]), 200);
    assert_eq!(alice.post("/settings/sessions/end", &[("session", "junk")]).status, 404);

    assert_done(&alice.post("/settings/sessions/end", &[("session", &ids[0])]), "session");
    assert_eq!((enters(&cookies[0]), enters(&cookies[1])), (401, 200));
    assert_done(&alice.post("/settings/sessions/end", &[("session", &ids[0])]), "session");

    assert_done(&alice.post("/settings/sessions/end-others", &[]), "others");
    assert_eq!(cookies.iter().map(|cookie| enters(cookie)).collect::<Vec<_>>(), [401; 4]);
    assert_eq!(enters(&alice.session().unwrap()), 200, "the one in hand stays");
    assert_eq!(shown_sessions(&alice).len(), 1);
    assert_eq!(bob.get("/settings").status, 200);

    let own = shown_sessions(&alice);
    let out = alice.post("/settings/sessions/end", &[("session", &own[0])]);
    assert_eq!((out.location(), alice.session()), ("/signin", None), "{out:?}");

    let bobs = bob.session().unwrap();
    assert_eq!(bob.signs_in(ALICE, 1).status, 303, "somebody else signs in with this browser");
    world.grant(BOB, "docs");
    assert_eq!((enters(&bobs), enters(&bob.session().unwrap())), (401, 200), "and leaves no session behind");
}

#[test]
fn an_address_changes_when_the_new_one_confirms_and_the_old_one_is_told() {
    let world = World::start();
    world.grant(ALICE, "docs");
    let (alice, other) = (world.visitor_as(ALICE), world.signed_in(ALICE));
    let new = "alice@new.example";
    assert_done(&alice.post("/settings/email", &[("email", "Alice@NEW.example")]), "email-asked");
    assert!(alice.get("/settings").text().contains(new));
    let path = path_in(&world, &world.wait_for_mail(new, 1));
    let token = path.rsplit('/').next().unwrap();
    assert_eq!((token.len(), path.as_str()), (43, format!("/settings/email/{token}").as_str()));
    let clear: i64 = Connection::open(world.database())
        .unwrap()
        .query_row("SELECT count(*) FROM email_change WHERE link_hash = CAST(?1 AS BLOB)", [token], |row| row.get(0))
        .unwrap();
    assert_eq!(clear, 0);

    let stranger = world.visitor().get(&path);
    assert_eq!(stranger.location(), "/signin?redirect=/settings", "the link is a secret, and addresses are logged");
    let bob = world.visitor_as(BOB);
    for answer in [bob.get(&path), bob.post(&path, &[])] {
        assert_eq!(answer.status, 410, "another account's link: {answer:?}");
        let page = answer.text();
        assert!(page.contains(BOB) && page.contains("Use another account") && !page.contains(token), "{page}");
    }
    for _ in 0..20 {
        assert_eq!((alice.get(&path).status, alice.head(&path).status), (200, 200), "looking changes nothing");
    }
    let decided = world.validate(alice.session().as_deref(), Some("docs"));
    assert_eq!(decided.header("x-auth-user"), Some(ALICE));

    // Somebody begins to sign in with the old address; that ends with it.
    let pending = world.visitor();
    pending.ask_for_link(ALICE, "");
    let begun = world.mailed_path(ALICE, 1);
    let answers = std::thread::scope(|scope| {
        let posts: Vec<_> = (0..10).map(|_| scope.spawn(|| alice.post(&path, &[]).status)).collect();
        posts.into_iter().map(|post| post.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
    let decided = world.validate(alice.session().as_deref(), Some("docs"));
    assert_eq!((decided.status, decided.header("x-auth-user")), (200, Some(new)), "{decided:?}");
    assert_eq!(world.validate(Some(&other), Some("docs")).status, 401, "every other session ended");
    assert_eq!(pending.post(&begun, &[]).status, 410);
    let told = || world.mails_to(ALICE).iter().any(|mail| mail.contains(new));
    wait_until("the old address to be told", told);
    let account = account(&world, new).expect("the account goes by the new address");
    assert_eq!((&account["username"], &account["status"]), (&new.into(), &"approved".into()));
    let used = alice.get(&path);
    assert!(used.status == 410 && used.text().contains("no longer works"), "{used:?}");

    // The old name is free, and the new one signs in.
    world.gk(&["users", "add", "--email", ALICE]).done();
    assert_eq!(world.visitor().signs_in(new, 1).status, 303);
}

#[test]
fn whoever_leaves_an_accepted_domain_has_to_be_approved_again_and_a_super_admin_has_not() {
    let world = World::start();
    world.registered("docs");
    world.gk(&["users", "update", "--user", ADMIN, "--notify"]).done();
    let moves = |from: &str, to: &str| {
        let visitor = world.visitor_as(from);
        assert_done(&visitor.post("/settings/email", &[("email", to)]), "email-asked");
        let path = path_in(&world, &world.wait_for_mail(to, 1));
        let told = visitor.get(&path).text().contains("outside the accepted domains");
        assert_done(&visitor.post(&path, &[]), "email-changed");
        let status = world.validate(visitor.session().as_deref(), Some("docs")).status;
        assert_eq!(visitor.get("/settings").status, 200);
        (told, status, account(&world, to).unwrap()["status"].as_str().unwrap().to_owned())
    };
    let at = |name: &str| format!("{name}@{INTERNAL}");
    let boss = at("boss");
    world.person(&boss);
    world.gk(&["groups", "join", "--name", "admin", "--user", &boss]).done();
    assert_eq!(moves(&at("stays"), &at("stayed")), (false, 200, "approved".to_owned()));
    assert_eq!(moves(&boss, "boss@example.com"), (false, 200, "approved".to_owned()));
    assert_eq!(world.letters_to(ADMIN), 0);
    assert_eq!(moves(&at("leaves"), "left@example.com"), (true, 403, "pending".to_owned()));
    assert!(world.wait_for_mail(ADMIN, 1).contains("left@example.com"));
    world.wait_for_mail("left@example.com", 2);
}

#[test]
fn nobody_learns_from_a_change_of_address_who_has_an_account() {
    let world = World::start();
    world.person(BOB);
    let alice = world.visitor_as(ALICE);
    let asked = |email: &str| {
        let answer = alice.post("/settings/email", &[("email", email)]);
        let page = alice.get("/settings").text().replace(email, "ADDRESS");
        let untimed = page.split("<time").map(|part| part.split_once("</time>").map_or(part, |(_, rest)| rest));
        let page = untimed.collect::<Vec<_>>().concat();
        (answer.status, answer.location().to_owned(), answer.headers.len(), page)
    };
    let occupied = asked(BOB);
    assert_eq!(occupied, asked("free@example.com"));
    world.wait_for_mail("free@example.com", 1);
    assert_eq!(world.letters_to(BOB), 0, "and nobody is written to");
    assert_eq!(asked("admin").0, 422, "a user name is no address");
    assert_eq!(alice.post("/settings/email", &[("email", ALICE)]).status, 422);
    for number in 0..3 {
        assert_eq!(asked(&format!("more{number}@example.com")).0, 303);
    }
    assert_eq!(asked("sixth@example.com").0, 422, "five in a day are enough");
    assert_done(&alice.post("/settings/email/cancel", &[]), "email-cancelled");
    let path = path_in(&world, &world.wait_for_mail("more2@example.com", 1));
    assert_eq!(alice.post(&path, &[]).status, 410, "a change that was given up");
    assert_eq!(account(&world, ALICE).unwrap()["email"], ALICE);
}

#[test]
fn a_change_of_address_is_no_mail_bomb_and_no_way_past_somebody_who_waits() {
    let world = World::with(&[("AUTH_MAILBOX_LIMIT", "2")]);
    for number in 0..4 {
        let person = format!("p{number}@example.com");
        let asked = world.visitor_as(&person).post("/settings/email", &[("email", "victim@example.com")]);
        assert_done(&asked, "email-asked");
    }
    let alice = world.visitor_as(ALICE);
    assert_done(&alice.post("/settings/email", &[("email", "last@example.com")]), "email-asked");
    let path = path_in(&world, &world.wait_for_mail("last@example.com", 1));
    world.wait_for_mail("victim@example.com", 2);
    assert_eq!(world.letters_to("victim@example.com"), 2, "nor does another wait");

    // The address was taken meanwhile.
    world.gk(&["users", "add", "--email", "last@example.com"]).done();
    assert_eq!(alice.post(&path, &[]).status, 410);
    assert!(account(&world, ALICE).is_some());

    world.gk(&["users", "add", "--email", "waits@example.com"]).done();
    let waits = world.visitor();
    waits.remember(&world.session("waits@example.com"));
    assert_eq!(waits.get("/settings").status, 200);
    let inside = format!("waits@{INTERNAL}");
    assert_eq!(waits.post("/settings/email", &[("email", &inside)]).status, 422);
    assert!(account(&world, &inside).is_none());
}

#[test]
fn a_cookie_from_yesterday_changes_no_address_and_deletes_nothing_until_its_owner_signs_in_again() {
    let world = World::start();
    world.person(ALICE);
    let alice = world.visitor_as(ALICE);
    let old = alice.session().unwrap();
    a_day_passes(&world);
    for (path, field) in
        [("/settings/email", ("email", "thief@evil.example")), ("/settings/delete", ("confirmation", ALICE))]
    {
        let refused = alice.post(path, &[field]);
        assert_eq!(refused.status, 403, "{refused:?}");
        assert!(refused.text().contains("href=\"/signin/again?redirect=/settings\""), "{}", refused.text());
    }
    assert_done(&alice.post("/settings/name", &[("fullname", "Alice")]), "name");
    let again = alice.get("/signin/again?redirect=/settings");
    assert_eq!((again.field("email"), again.field("redirect")), (ALICE.to_owned(), "/settings".to_owned()));
    assert_eq!(alice.get("/signin/again?redirect=https://evil.example/").field("redirect"), "/");

    let asked = alice.ask_for_link(ALICE, "/settings");
    let window = asked.location().to_owned();
    let path = world.mailed_path(ALICE, 1);
    assert_eq!(alice.get(&window).status, 200);
    for _ in 0..5 {
        let flow = window.rsplit('=').next().unwrap();
        assert_eq!(alice.post("/signin/sent", &[("flow", flow), ("code", "2222-2222")]).status, 422);
    }
    assert_eq!(alice.get(&window).status, 200, "used up, but not by signing in: the old session goes nowhere");
    assert_eq!(alice.post(&path, &[]).status, 410);

    let window = alice.ask_for_link(ALICE, "/settings").location().to_owned();
    let done = alice.post(&world.mailed_path(ALICE, 2), &[]);
    assert_eq!((done.status, done.location()), (303, "/settings"), "{done:?}");
    assert_eq!(alice.get(&window).location(), "/settings", "now the window goes on");
    assert_eq!(shown_sessions(&alice).len(), 1, "the old session was replaced");
    world.registered("docs");
    assert_eq!(world.validate(Some(&old), Some("docs")).status, 401);
    assert_done(&alice.post("/settings/email", &[("email", "alice2@example.com")]), "email-asked");
    assert_eq!(world.letters_to("thief@evil.example"), 0);
}

#[test]
fn an_account_is_deleted_only_by_typing_it_and_never_the_seeded_or_the_last_administrators() {
    let world = World::start();
    let alice = format!("alice@{INTERNAL}");
    world.registered("docs");
    let (first, second) = (world.visitor_as(&alice), world.signed_in(&alice));
    let pending = world.visitor();
    pending.ask_for_link(&alice, "");
    let begun = world.mailed_path(&alice, 1);
    for typed in ["", "delete", "yes", BOB, "DELETE me"] {
        let refused = first.post("/settings/delete", &[("confirmation", typed)]);
        assert_eq!(refused.status, 422, "{typed}: {refused:?}");
        assert!(refused.text().contains("delete-problem"));
    }
    assert_eq!(world.validate(Some(&second), Some("docs")).status, 200);
    let gone = first.post("/settings/delete", &[("confirmation", &alice.to_uppercase())]);
    assert_eq!((gone.status, first.session()), (200, None), "{gone:?}");
    assert_eq!(world.validate(Some(&second), Some("docs")).status, 401);
    assert!(account(&world, &alice).is_none());
    assert_eq!(pending.post(&begun, &[]).status, 410, "a sign-in that was begun does not bring it back");
    let database = Connection::open(world.database()).unwrap();
    let count = |sql: &str| database.query_row(sql, [&alice], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM mail WHERE recipient = ?1"), 0);
    assert_eq!(count("SELECT count(*) FROM audit WHERE action = 'user_deleted' AND target = ?1 AND actor = ?1"), 1);

    let seeded = world.visitor_as(ADMIN);
    assert!(!seeded.get("/settings").text().contains("name=\"confirmation\""));
    assert_eq!(seeded.post("/settings/delete", &[("confirmation", "DELETE")]).status, 422);
    world.person(BOB);
    world.gk(&["groups", "join", "--name", "admin", "--user", BOB]).done();
    world.gk(&["users", "update", "--user", ADMIN, "--disable"]).done();
    let bob = world.visitor_as(BOB);
    let refused = bob.post("/settings/delete", &[("confirmation", "DELETE")]);
    assert!(refused.status == 422 && refused.text().contains("last administrator"), "{refused:?}");
    world.gk(&["users", "update", "--user", ADMIN, "--enable"]).done();
    assert_eq!(bob.post("/settings/delete", &[("confirmation", "DELETE")]).status, 200);
}

#[test]
fn the_settings_work_in_a_browser_and_fit_a_phone_in_either_colour_scheme() {
    let world = World::start();
    world.start_nginx();
    world.person(ALICE);
    world.session(ALICE);
    let browser = world.browser();
    let link = world.gk(&["login-link", "--user", ALICE]).done();
    browser.goto(link.trim());
    browser.click("#confirm-signin");
    browser.click("header a[href=\"/settings\"]");
    browser.wait_for_url("the settings", |url| url.ends_with("/settings"));
    browser.write("#fullname", "Alice Example");
    browser.click("form[action=\"/settings/name\"] button");
    browser.wait_for_url("the settings again", |url| url.ends_with("done=name"));
    assert!(browser.text_of("[role=status]").contains("saved"));
    browser.write("#email", "alice@new.example");
    browser.click("form[action=\"/settings/email\"] button");
    browser.wait_for_url("the settings again", |url| url.ends_with("done=email-asked"));
    let path = path_in(&world, &world.wait_for_mail("alice@new.example", 1));
    let pages = ["/settings", "/signin/again?redirect=/settings", &path];
    for (number, page) in pages.iter().enumerate() {
        for (width, scheme) in [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")] {
            browser.looks(width, scheme);
            browser.goto(&format!("{}{page}", world.auth_url()));
            assert!(browser.overflow() <= 0, "{page} is too wide for {width}");
            browser.picture(&format!("settings{number}-{width}-{scheme}"));
        }
    }
    browser.click("#confirm-email");
    browser.wait_for_url("the settings", |url| url.ends_with("done=email-changed"));
    assert!(browser.text().contains("You sign in with alice@new.example"), "{}", browser.text());
    browser.write("#confirmation", "bob@example.com");
    browser.click("form[action=\"/settings/delete\"] button");
    assert!(browser.text_of("#delete-problem").contains("alice@new.example"));
    browser.picture("settings-problem");
    browser.write("#confirmation", "alice@new.example");
    browser.click("form[action=\"/settings/delete\"] button");
    wait_until("the account to be gone", || browser.text().contains("Your account was deleted"));
    assert!(browser.cookies().iter().all(|(name, _)| name != "gk_session"));
}
