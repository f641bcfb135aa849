//! `/admin/mail`: what an administrator sees of the queue and does about it without a shell.

use super::{ask, plainly, queued, trouble, wait_until_it_is};
use crate::world::{ADMIN, Answer, World, wait_until};

#[track_caller]
fn assert_done(answer: &Answer, done: &str) {
    assert_eq!((answer.status, answer.location()), (303, format!("/admin/mail?done={done}").as_str()), "{answer:?}");
}

#[test]
fn dead_letters_are_seen_retried_and_dropped_and_addresses_suppressed_from_the_console() {
    let (_folder, sink, world) = plainly(&[]);
    let admin = world.visitor_as(ADMIN);
    let quiet = admin.get("/admin/mail").text();
    assert!(quiet.contains("No mail was given up") && quiet.contains("Mail goes to everybody"), "{quiet}");
    let [first, second, third, gone] = ["policy.1", "policy.2", "policy.3", "perm"].map(trouble);
    for email in [&first, &second, &third, &gone] {
        ask(&world, email);
        wait_until_it_is(&world, email, "dead");
    }
    let page = admin.get("/admin/mail").text();
    for shown in [&*first, "5.7.1 Not from you", "5.1.1 No such user", "refused by its server"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains("/signin/link/"), "{page}");
    let id = |email: &str| queued(&world, email).unwrap()["id"].to_string();

    assert_done(&admin.post(&format!("/admin/mail/{}/drop", id(&third)), &[]), "dropped");
    assert_eq!(queued(&world, &third).unwrap()["state"], "dropped");
    assert_done(&admin.post(&format!("/admin/mail/{}/retry", id(&first)), &[]), "retried");
    wait_until_it_is(&world, &first, "sent");
    let again = admin.post(&format!("/admin/mail/{}/retry", id(&first)), &[]);
    assert!(again.status == 409 && again.text().contains("nothing to send"), "{again:?}");
    assert_done(&admin.post("/admin/mail/retry", &[]), "all-retried");
    wait_until_it_is(&world, &second, "sent");
    assert_eq!(queued(&world, &gone).unwrap()["state"], "dead", "its address is suppressed");
    assert_eq!(admin.post("/admin/mail/4711/retry", &[]).status, 404);

    assert_done(&admin.post("/admin/mail/unsuppress", &[("email", &gone)]), "unsuppressed");
    let left = [("email", "Left@Example.com"), ("reason", "<left> us")];
    assert_done(&admin.post("/admin/mail/suppress", &left), "suppressed");
    let page = admin.get("/admin/mail?done=suppressed").text();
    assert!(
        page.contains("left@example.com")
            && page.contains("&lt;left&gt; us")
            && !page.contains(&format!("value=\"{gone}\"")),
        "{page}"
    );
    assert!(page.contains("No mail goes to that address from now on."), "{page}");
    for bad in ["", "nobody", "a@b.example\r\nBcc: c@d.example"] {
        assert_eq!(admin.post("/admin/mail/suppress", &[("email", bad)]).status, 422, "{bad}");
    }
    assert_eq!(sink.mails().len(), 2);
    let audit = rusqlite::Connection::open(world.database()).unwrap();
    let rows = "SELECT count(*) FROM audit WHERE actor = 'admin' AND action IN ('mail_retried', 'mail_dropped', 'mail_suppressed', 'mail_unsuppressed')";
    assert_eq!(audit.query_row(rows, [], |row| row.get::<_, i64>(0)).unwrap(), 5);
}

#[test]
fn nobody_but_a_super_admin_sees_the_mail_and_an_old_session_changes_nothing() {
    let world = World::start();
    let (alice, admin) = (world.visitor_as("alice@example.com"), world.visitor_as(ADMIN));
    let pages = ["/admin/mail/retry", "/admin/mail/1/retry", "/admin/mail/1/drop"];
    assert_eq!(alice.get("/admin/mail").status, 403);
    for path in pages {
        assert_eq!(alice.post(path, &[]).status, 403, "{path}");
    }
    for path in ["/admin/mail/suppress", "/admin/mail/unsuppress"] {
        assert_eq!(alice.post(path, &[("email", ADMIN)]).status, 403, "{path}");
    }
    let database = rusqlite::Connection::open(world.database()).unwrap();
    database.execute("UPDATE session SET created_at = created_at - 86400", []).unwrap();
    let refused = admin.post("/admin/mail/suppress", &[("email", "alice@example.com")]);
    assert!(refused.status == 403 && refused.text().contains("/signin/again"), "{refused:?}");
    assert_eq!(world.gk_json(&["mail", "suppressed"])["suppressed"].as_array().unwrap().len(), 0);
}

#[test]
fn the_page_fits_a_phone_and_works_in_either_colour_scheme() {
    let (_folder, _sink, world) = plainly(&[]);
    world.start_nginx();
    let (dead, gone) = (trouble("policy.with-a-rather-long-name"), trouble("perm"));
    for email in [&dead, &gone] {
        ask(&world, email);
        wait_until_it_is(&world, email, "dead");
    }
    ask(&world, &trouble("hang"));
    let browser = world.browser();
    let link = world.gk(&["login-link", "--user", "admin"]).done();
    browser.goto(link.trim());
    browser.click("#confirm-signin");
    wait_until("the session", || browser.cookies().iter().any(|(name, _)| name == "gk_session"));
    browser.goto(&format!("{}/admin/mail", world.auth_url()));
    for (width, scheme) in [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")] {
        browser.looks(width, scheme);
        assert!(browser.overflow() <= 0, "too wide for {width}");
        browser.picture(&format!("mail-{width}-{scheme}"));
    }
    browser.write("#suppress-email", "left@example.com");
    browser.click("form[action=\"/admin/mail/suppress\"] button");
    browser.wait_for_url("the page again", |url| url.ends_with("done=suppressed"));
    assert!(browser.text().contains("left@example.com"));
}
