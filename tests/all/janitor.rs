//! What is over goes by itself, while gk-admin runs.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::world::{ADMIN, World};

#[test]
#[ignore = "gk-admin begins a minute after its start: make soak"]
fn soak_what_is_over_is_gone_soon_after_the_start_and_counted_on_the_dashboard() {
    let world = World::start();
    let database = Connection::open(world.database()).unwrap();
    let over = "
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
        INSERT INTO session (sid, user_id, method, created_at, last_seen_at, expires_at, ended_at)
        SELECT randomblob(16), 1, 'link', 1, 1, 2, CASE WHEN i % 2 THEN 2 END FROM n;
        INSERT INTO mail (uuid, kind, recipient, language, state, next_try_at, give_up_at, created_at)
        VALUES ('x', 'test', 'a@example.com', 'en', 'sent', 1, 1, 1);
        INSERT INTO signin_attempt VALUES (1, 'a', 'b');";
    database.execute_batch(over).unwrap();
    let removed = |task: &str| world.admin_metric(&format!("gk_job_removed_total{{task=\"{task}\"}}")).unwrap();
    let begun = Instant::now();
    while removed("sign-ins") < 1.0 || removed("revoked") < 1.0 {
        assert!(begun.elapsed() < Duration::from_mins(2), "nothing is cleaned up");
        std::thread::sleep(Duration::from_millis(500));
    }
    assert_eq!(["sessions", "revoked", "mail"].map(|task| removed(task).to_string()), ["750", "750", "1"]);
    let left = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table} WHERE created_at = 1");
        database.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((left("session"), left("mail")), (0, 0));
    assert!(world.visitor_as(ADMIN).get("/admin").text().contains("750"));
}
