//! The audit's pages.

use super::ALICE;
use crate::world::{ADMIN, World, wait_until};

#[test]
fn filters_stand_in_the_address_and_a_row_is_shown_whole() {
    let world = World::start();
    world.grant(ALICE, "docs");
    world.gk(&["config", "set", "server.name", "<b>Door</b>"]).done();
    let admin = world.visitor_as(ADMIN);
    let page = admin.get("/admin/audit?action=setting_changed").text();
    assert!(page.contains("<del>Gatekeeper</del> <ins>&lt;b&gt;Door&lt;/b&gt;</ins>"), "{page}");
    assert!(!page.contains("grant_given</code>"), "{page}");
    let link = page.split("href=\"/admin/audit/").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let row = admin.get(&format!("/admin/audit/{link}")).text();
    assert!(row.contains("server.name") && row.contains("operator") && row.contains("changed"), "{row}");
    assert!(admin.get("/admin/audit?ip=here").text().contains("192.0.2.1"), "it says what an address is");
    assert_eq!(admin.get("/admin/audit/nothing").status, 404);
    // Pages are chained by the numbers of rows.
    for number in 0..60 {
        world.gk(&["groups", "add", "--name", &format!("g{number}")]).done();
    }
    let first = admin.get("/admin/audit?action=group_created").text();
    let older =
        first.split("href=\"").find(|part| part.contains("before=")).and_then(|part| part.split('"').next()).unwrap();
    let second = admin.get(&crate::world::unescaped(older)).text();
    assert!(first.contains(">g59<") && !first.contains(">g9<") && second.contains(">g9<") && second.contains(">g0<"));
    assert!(!second.contains("before="), "there is no older one");
    let checked = admin.post("/admin/audit/verify", &[]).text();
    assert!(checked.contains("each is as it was written"), "{checked}");
    let alice = world.visitor_as(ALICE);
    for path in ["/admin/audit", "/admin/audit/1"] {
        assert_eq!(alice.get(path).status, 403, "{path}");
    }
}

#[test]
fn what_happens_is_followed_without_a_click() {
    let world = World::start();
    world.start_nginx();
    world.grant(ALICE, "docs");
    let browser = world.browser();
    let link = world.gk(&["login-link", "--user", ADMIN]).done();
    browser.goto(link.trim());
    browser.click("#confirm-signin");
    browser.wait_for_url("the home page", |url| url == format!("{}/", world.auth_url()));
    browser.goto(&format!("{}/admin/audit?live=on&action=group_created", world.auth_url()));
    world.gk(&["groups", "add", "--name", "seen-live"]).done();
    wait_until("the new row", || browser.text().contains("seen-live"));
}
