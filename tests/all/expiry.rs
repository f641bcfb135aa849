//! How long links and codes work: to the second they say, and no longer.

use rusqlite::Connection;

use crate::one_time::{asked_for_code, code_in};
use crate::signin::asked;
use crate::world::{ADMIN, INTERNAL, Visitor, World};

const BUTTON: &str = "id=\"confirm-signin\"";

/// Makes every pending sign-in older.
fn pass(world: &World, seconds: i64) {
    let database = Connection::open(world.database()).unwrap();
    let older = "UPDATE challenge SET created_at = created_at - ?1, expires_at = expires_at - ?1";
    database.execute(older, [seconds]).unwrap();
}

/// Opening and using a link that is dead, by whoever has it.
#[track_caller]
fn assert_dead(visitor: &Visitor<'_>, path: &str) {
    let (shown, used) = (visitor.get(path), visitor.post(path, &[]));
    assert_eq!((shown.status, used.status, used.sets("gk_session")), (410, 410, None), "{path}");
    assert!(!shown.text().contains(BUTTON), "{}", shown.text());
}

#[test]
fn a_link_works_a_quarter_of_an_hour_and_is_gone_for_everybody_after_that() {
    let world = World::start();
    let (late, late_path) = asked(&world, ADMIN, "");
    let (early, early_path) = asked(&world, &format!("early@{INTERNAL}"), "");
    pass(&world, 880);
    assert!(late.get(&late_path).text().contains(BUTTON));
    assert_eq!(early.post(&early_path, &[]).status, 303);
    pass(&world, 20);
    assert_dead(&late, &late_path);
    assert_eq!(world.visitor().get(&late_path).status, 410, "another browser reads no code from it either");
}

#[test]
fn a_code_is_dead_after_ten_minutes_while_its_link_works_on() {
    let world = World::start();
    let [early, late] = ["early", "late"].map(|name| format!("{name}@{INTERNAL}"));
    let (first, second) = (world.visitor(), world.visitor());
    let (first_flow, first_code) = asked_for_code(&world, &first, &early);
    let (second_flow, second_code) = asked_for_code(&world, &second, &late);
    let path = world.mailed_path(&late, 1);
    let enter = |visitor: &Visitor<'_>, flow: &str, code: &str| {
        visitor.post("/signin/sent", &[("flow", flow), ("code", code)]).status
    };
    pass(&world, 580);
    assert!(world.visitor().get(&path).text().contains(&second_code), "another browser shows the code");
    assert_eq!(enter(&first, &first_flow, &first_code), 303);
    pass(&world, 20);
    assert_eq!(enter(&second, &second_flow, &second_code), 422);
    let elsewhere = world.visitor().get(&path);
    assert!(elsewhere.status == 200 && !elsewhere.text().contains(&second_code), "{elsewhere:?}");
    assert_eq!(second.post(&path, &[]).status, 303, "the link works on");
}

#[test]
fn a_printed_link_works_five_minutes_and_the_audit_says_who_printed_it_and_for_whom() {
    let world = World::start();
    let printed = || {
        let link = world.gk(&["login-link", "--user", "admin"]).done();
        link.trim_end().strip_prefix(&world.auth_url()).unwrap().to_owned()
    };
    let (early, late) = (printed(), printed());
    pass(&world, 280);
    assert_eq!(world.visitor().post(&early, &[]).status, 303);
    assert!(world.visitor().get(&late).text().contains(BUTTON));
    pass(&world, 20);
    assert_dead(&world.visitor(), &late);
    let database = Connection::open(world.database()).unwrap();
    let rows = "SELECT count(*) FROM audit WHERE action = 'login_link_printed' AND target = 'admin' AND actor_kind = 'operator' AND actor <> ''";
    assert_eq!(database.query_row(rows, [], |row| row.get::<_, i64>(0)).unwrap(), 2);
    let token = late.rsplit('/').next().unwrap();
    let told = "SELECT count(*) FROM audit WHERE instr(before || after || target, ?1) > 0";
    assert_eq!(database.query_row(told, [token], |row| row.get::<_, i64>(0)).unwrap(), 0, "the link is in no row");
}

#[test]
fn the_setting_for_how_long_a_link_works_holds_for_link_code_cookie_and_mail() {
    let world = World::start();
    world.gk(&["config", "set", "auth.magic_link_expiry_seconds", "120"]).done();
    let visitor = world.visitor();
    let sent = visitor.ask_for_link(ADMIN, "");
    let cookie = sent.all("set-cookie").concat();
    assert!(cookie.starts_with("gk_flow_") && cookie.contains("; Max-Age=120;"), "{cookie}");
    assert!(visitor.get(sent.location()).text().contains("within 2 minutes"));
    let mail = world.wait_for_sign_in_mail(ADMIN, 1);
    assert!(mail.contains("2 minutes") && !mail.contains("15 minutes") && !mail.contains("10 minutes"), "{mail}");
    let (path, code) = (world.mailed_path(ADMIN, 1), code_in(&mail));
    pass(&world, 100);
    assert!(visitor.get(&path).text().contains(BUTTON));
    pass(&world, 20);
    assert_dead(&visitor, &path);
    let flow = sent.location().rsplit('=').next().unwrap();
    assert_eq!(visitor.post("/signin/sent", &[("flow", flow), ("code", &code)]).status, 422);
    world.gk(&["config", "set", "auth.magic_link_expiry_seconds", "1200"]).done();
    let (visitor, path) = asked(&world, ADMIN, "");
    pass(&world, 1100);
    assert_eq!(visitor.post(&path, &[]).status, 303, "longer too");
}
