//! What a stop of gk-admin leaves undone: nothing that somebody was promised.

use rusqlite::Connection;

use crate::world::{INTERNAL, World, wait_until};

#[test]
fn sign_in_requests_that_were_answered_are_worked_off_before_a_stop() {
    let world = World::start();
    let database = Connection::open(world.database()).unwrap();
    // Nothing can be worked off yet; the answers do not wait for it.
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    for number in 0..40 {
        assert_eq!(world.visitor().ask_for_link(&format!("n{number}@{INTERNAL}"), "").status, 303);
    }
    let mut admin = world.admin_part().take().expect("gk-admin runs");
    admin.signal("TERM");
    wait_until("gk-admin to stop", || world.admin_talk().contains("stopping"));
    database.execute_batch("COMMIT").unwrap();
    assert!(admin.wait(crate::world::PATIENCE).expect("it ends").success());
    drop(admin);
    let asked: i64 = database.query_row("SELECT count(*) FROM mail", [], |row| row.get(0)).unwrap();
    assert_eq!(asked, 40);
    world.start_admin();
    world.wait_for_mail(&format!("n39@{INTERNAL}"), 1);
}
