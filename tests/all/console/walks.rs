//! The same walks in real Chromium, with scripts and without.

use rusqlite::Connection;

use crate::world::{ADMIN, Browser, World, wait_until};

/// Adds many people at once, behind the back of the product.
fn crowd(world: &World, people: i64) {
    let database = Connection::open(world.database()).unwrap();
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
               INSERT INTO user (username, email, fullname, status, login_salt, created_at, updated_at)
               SELECT printf('user%06d@example.com', i), printf('user%06d@example.com', i), printf('Person %d', i),
                   iif(i <= 3, 'pending', 'approved'), zeroblob(16), i, i FROM n";
    database.execute(sql, [people]).unwrap();
    database
        .execute("INSERT INTO identifier SELECT email, id, 'email' FROM user WHERE email LIKE 'user%'", [])
        .unwrap();
}

#[track_caller]
pub(super) fn sign_in(world: &World, browser: &Browser) {
    let link = world.gk(&["login-link", "--user", ADMIN]).done();
    browser.goto(link.trim());
    browser.click("#confirm-signin");
    browser.wait_for_url("the home page", |url| url == format!("{}/", world.auth_url()));
}

/// Adds somebody, finds one among all, edits them, approves those who wait.
#[track_caller]
fn walk(world: &World, browser: &Browser, name: &str) {
    browser.goto(&format!("{}/admin/users/new", world.auth_url()));
    browser.write("#email", &format!("{name}@elsewhere.example"));
    browser.write("#fullname", "New Person");
    browser.click("main form button[type=submit]");
    browser.wait_for_url("the new person's page", |url| url.ends_with("?done=added"));
    assert!(browser.text_of(".toast").contains("made"));

    browser.goto(&format!("{}/admin/users", world.auth_url()));
    browser.write("#search", "user099998");
    if browser.run("return typeof htmx") == "undefined" {
        browser.click(".filters button");
    }
    wait_until("the one to be found", || browser.text_of("#list").contains("1 person"));
    browser.click("#list td a");
    browser.wait_for_url("their page", |url| url.contains("/admin/users/"));
    browser.write("#fullname", " Renamed");
    browser.click("form[action$=\"/edit\"] button");
    browser.wait_for_url("their page again", |url| url.ends_with("?done=edit"));
    assert!(browser.text_of("h1").contains("Person 99998 Renamed"), "{}", browser.text());

    browser.goto(&format!("{}/admin/users?status=pending", world.auth_url()));
    for row in 1..=3 {
        browser.click(&format!("tbody tr:nth-child({row}) input[name=user]"));
    }
    browser.write("#what", "approve");
    browser.click("form.many button");
    assert!(browser.text_of("h1").contains("Approve 3 people?"), "{}", browser.text());
    browser.click("main form button[type=submit]");
    browser.wait_for_url("the list", |url| url.ends_with("?done=approve&count=3"));
    assert!(browser.text_of(".toast").contains("3 people were approved"));
}

#[test]
fn people_are_added_found_among_a_hundred_thousand_edited_and_approved_in_a_browser() {
    let world = World::start();
    world.start_nginx();
    crowd(&world, 100_000);
    for (browser, name) in [(world.browser(), "with"), (world.browser_without_scripts(), "without")] {
        sign_in(&world, &browser);
        walk(&world, &browser, name);
        let database = Connection::open(world.database()).unwrap();
        let again = "UPDATE user SET status = 'pending' WHERE email < 'user000004' AND email > 'user000000'";
        database.execute(again, []).unwrap();
        database.execute("UPDATE user SET fullname = 'Person 99998' WHERE email LIKE 'user099998%'", []).unwrap();
    }
}
