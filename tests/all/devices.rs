//! The mail about a browser that is new to an account.

use rusqlite::Connection;

use crate::account::assert_done;
use crate::world::{Request, World, path_in};

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";

#[test]
fn a_new_browser_is_told_of_and_a_known_one_is_not() {
    let world = World::with(&[("AUTH_NEW_DEVICE_MAIL", ""), ("AUTH_MAILBOX_LIMIT", "20")]);
    world.person(ALICE);
    world.session(ALICE);
    let (laptop, phone) = (world.visitor(), world.visitor());
    let first = laptop.signs_in(ALICE, 1);
    let set = first.sets("gk_device").expect("the browser is known from now on").to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=34560000"] {
        assert!(set.contains(part), "{part} is missing: {set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    laptop.signs_in(ALICE, 2);
    assert_eq!(world.mails_to(ALICE).len(), 2, "neither the first nor a known browser is news");
    phone.ask_for_link(ALICE, "");
    let firefox = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0";
    phone.ask(Request::form(&world.mailed_path(ALICE, 3), &[]).with("User-Agent", firefox));
    let told = world.wait_for_mail(ALICE, 4);
    assert!(told.contains("Firefox on Android"), "{told}");
    assert_eq!(path_in(&world, &told), "/settings");
    let page = phone.get("/settings").text();
    assert!(page.contains("Firefox on Android") && page.contains("this browser"), "{page}");
    let this = page.split("<strong>Firefox on Android</strong>").nth(1).unwrap().split("</form>").next().unwrap();
    assert!(this.contains(&format!("{} · signed in ", phone.address())), "from where: {this}");
    let seen = this.split("last seen <time datetime=\"").nth(1).expect("when it was last seen");
    assert!(seen.starts_with("20") && seen.contains("just now"), "{seen}");
    assert_done(&phone.post("/settings/mails", &[("language", "")]), "mails");
    let planted = world.visitor();
    planted.remember("gk_device=guessed");
    let set = planted.signs_in(ALICE, 4).sets("gk_device").expect("a secret of our own").to_owned();
    assert_eq!(set.split(';').next().unwrap().len(), "gk_device=".len() + 43, "what is no secret is not kept");
    laptop.signs_in(ALICE, 5);
    assert_eq!(world.mails_to(ALICE).len(), 6, "who does not want to hear of it does not");
    let database = Connection::open(world.database()).unwrap();
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
                INSERT INTO device SELECT u.id, randomblob(32), 1, 1 FROM n, user u WHERE u.email = ?1";
    database.execute(many, [ALICE]).unwrap();
    laptop.signs_in(ALICE, 6);
    let count = "SELECT count(*) FROM device";
    assert_eq!(database.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap(), 50);
}

#[test]
fn whoever_used_a_shared_browser_first_has_no_secret_of_whoever_comes_after() {
    let world = World::with(&[("AUTH_NEW_DEVICE_MAIL", "")]);
    for person in [ALICE, BOB] {
        world.person(person);
    }
    let (shared, elsewhere) = (world.visitor(), world.visitor());
    let secret = |answer: &crate::world::Answer| {
        let set = answer.sets("gk_device").expect("the browser is known from now on").split(';').next();
        set.unwrap().to_owned()
    };
    let kept = secret(&shared.signs_in(ALICE, 1));
    assert_ne!(secret(&shared.signs_in(BOB, 1)), kept);
    elsewhere.remember(&kept);
    elsewhere.signs_in(BOB, 2);
    world.wait_for_mail(BOB, 3);
}
