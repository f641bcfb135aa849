//! The SQL console: what it answers, and that nothing gets past it.

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::Value;

use crate::world::{ADMIN, World, clean, ours};

const PAGE: &str = "/admin/system/sql";
/// A value that stands in every secret column.
const CANARY: &str = "canary0123";

/// A world whose administrator may ask.
fn asking(more: &[(&str, &str)]) -> World {
    let world = World::with(more);
    world.gk(&["config", "set", "console.sql", "true"]).done();
    world
}

/// Asks in a process of its own, as gk-admin does.
pub(crate) fn ask(world: &World, question: &str) -> Output {
    let mut command = clean(&ours("gk-admin"));
    command.arg("answer-question").arg("--db").arg(world.database());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A question too long is not read to its end.
    let _ = child.stdin.take().unwrap().write_all(question.as_bytes());
    child.wait_with_output().unwrap()
}

fn answer(world: &World, question: &str) -> Value {
    let output = ask(world, question);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{question}: {error}: {output:?}"))
}

#[test]
fn an_administrator_asks_sees_rows_and_takes_away_what_was_shown() {
    let world = asking(&[]);
    let admin = world.visitor_as(ADMIN);
    let shown = admin.post(PAGE, &[("sql", "SELECT username, login_salt FROM user -- all of them")]);
    assert_eq!(shown.status, 200, "{shown:?}");
    let body = shown.text();
    assert!(body.contains(">admin</td>") && body.contains("NULL") && body.contains("1 row."), "{body}");
    let export = body.split("action=\"").filter_map(|rest| rest.split('"').next());
    let export = export.into_iter().find(|action| action.ends_with("/export")).expect("there is a button").to_owned();
    // What leaves is what was seen, not what is true by then.
    world.person("late@example.com");
    let file = admin.post(&export, &[("format", "csv")]);
    assert_eq!(
        (file.status, file.text().trim_start_matches('\u{feff}').replace("\r\n", "|")),
        (200, "username,login_salt|admin,|".into())
    );
    // Another administrator does not get it.
    world.person("other@example.com");
    world.gk(&["groups", "join", "--name", "admin", "--user", "other@example.com"]).done();
    let other = world.visitor_as("other@example.com");
    assert_eq!(other.post(&export, &[("format", "csv")]).status, 422);
    // Each question is in the audit, also one that is refused; one's own are offered again.
    let refused = admin.post(PAGE, &[("sql", "DELETE FROM audit")]);
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("only SELECT is answered"), "{}", refused.text());
    let audit = answer(&world, "SELECT action, after ->> 'sql' FROM audit WHERE action LIKE 'sql%' ORDER BY id");
    let rows = audit["rows"]["rows"].to_string();
    for part in ["sql_query", "SELECT username, login_salt FROM user -- all of them", "DELETE FROM audit", "sql_export"]
    {
        assert!(rows.contains(part), "{part}: {rows}");
    }
    assert!(admin.get(PAGE).text().contains("DELETE FROM audit"));
    assert!(!other.get(PAGE).text().contains("DELETE FROM audit"));
}

#[test]
fn nobody_asks_while_it_is_off_nor_after_an_old_sign_in_nor_without_being_an_administrator() {
    let world = World::start();
    let admin = world.visitor_as(ADMIN);
    let question = [("sql", "SELECT username FROM user")];
    assert!(admin.get(PAGE).text().contains("config set console.sql true"));
    assert_eq!(admin.post(PAGE, &question).status, 409);
    world.gk(&["config", "set", "console.sql", "true"]).done();
    assert_eq!(admin.post(PAGE, &question).status, 200);
    world.person("alice@example.com");
    assert_eq!(world.visitor_as("alice@example.com").post(PAGE, &question).status, 403);
    let file = Connection::open(world.database()).unwrap();
    file.execute("UPDATE session SET created_at = created_at - 86400", []).unwrap();
    drop(file);
    let late = admin.post(PAGE, &question);
    assert!(late.status != 200 && !late.text().contains(">admin</td>"), "{late:?}");
}

/// Ways out that were tried on consoles of this kind. None reads what is secret, writes, or goes on for long.
const ESCAPES: &[&str] = &[
    // Writing.
    "INSERT INTO user (username) VALUES ('eve')",
    "UPDATE user SET enabled = 0",
    "DELETE FROM audit",
    "REPLACE INTO setting (key, value) VALUES ('console.sql', 'true')",
    "DROP TABLE audit",
    "CREATE TABLE eve (x)",
    "CREATE TEMP TABLE eve AS SELECT 1",
    "CREATE VIEW eve AS SELECT sealed FROM key",
    "CREATE TEMP VIEW eve AS SELECT sealed FROM key",
    "CREATE TEMP TRIGGER eve AFTER INSERT ON user BEGIN SELECT 1; END",
    "CREATE INDEX eve ON user (fullname)",
    "CREATE VIRTUAL TABLE eve USING fts5(x)",
    "ALTER TABLE user ADD COLUMN eve",
    "REINDEX",
    "ANALYZE",
    "VACUUM",
    "VACUUM INTO 'eve.db'",
    "WITH gone AS (SELECT 1) DELETE FROM user",
    "INSERT INTO user_text(user_text) VALUES('rebuild')",
    "DELETE FROM user RETURNING login_salt",
    // Transactions and locks.
    "BEGIN IMMEDIATE",
    "BEGIN EXCLUSIVE",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT eve",
    "RELEASE eve",
    // Other files and code.
    "ATTACH 'eve.db' AS eve",
    "ATTACH ':memory:' AS eve",
    "DETACH main",
    "SELECT load_extension('eve')",
    "SELECT readfile('/etc/passwd')",
    "SELECT writefile('eve', 'x')",
    "SELECT edit('x')",
    "SELECT fts3_tokenizer('simple')",
    "SELECT sqlite_log(1, 'x')",
    "SELECT sqlite_version(), sqlite_source_id()",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM pragma_table_info('key')",
    "SELECT * FROM dbstat",
    "SELECT * FROM sqlite_dbpage",
    "SELECT * FROM generate_series(1, 10)",
    // Switches.
    "PRAGMA query_only = OFF",
    "PRAGMA writable_schema = ON",
    "PRAGMA trusted_schema = ON",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA temp_store_directory = '/tmp'",
    "PRAGMA cache_size = -4000000",
    "PRAGMA hard_heap_limit = 0",
    "PRAGMA key",
    "PRAGMA user_version",
    // More than one, or none.
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE user",
    "SELECT 1; not even SQL",
    "SELECT 1;; ATTACH 'eve.db' AS eve",
    "",
    "-- nothing",
    "SELECT",
    // What is secret, by other ways.
    "SELECT sealed FROM key",
    "SELECT * FROM key",
    "SELECT hash FROM api_key",
    "SELECT hex(sid) FROM session",
    "SELECT quote(login_salt), typeof(login_salt) FROM user",
    "SELECT json_group_array(hex(sealed)) FROM key",
    "SELECT coalesce(sealed, 'nothing') FROM setting",
    "SELECT s.sealed FROM (SELECT * FROM setting) s",
    "WITH x AS (SELECT app_salt AS y FROM installation) SELECT y FROM x",
    "SELECT (SELECT group_concat(hash) FROM api_key)",
    "SELECT x.link_hash FROM challenge c JOIN invitation x ON 1",
    "SELECT 1 FROM api_key WHERE hash LIKE '%c%'",
    "SELECT max(sealed) FROM pin",
    "SELECT sealed_values FROM mail UNION ALL SELECT sealed FROM key",
    "SELECT count(DISTINCT sid), min(sid) FROM session",
    "SELECT first_value(hash) OVER (ORDER BY id) FROM api_key",
    "SELECT username FROM user ORDER BY login_salt",
    "SELECT sql FROM sqlite_schema",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM sqlite_temp_master",
    "SELECT * FROM user_text_data",
    "SELECT * FROM user_text WHERE user_text MATCH 'a'",
    "SELECT * FROM sqlite_sequence",
    "EXPLAIN SELECT sealed FROM key",
    "EXPLAIN QUERY PLAN SELECT sealed FROM key",
    // Large.
    "SELECT zeroblob(900000000)",
    "SELECT randomblob(900000000)",
    "SELECT hex(randomblob(400000000))",
    "SELECT printf('%900000000d', 1)",
    "SELECT replace(printf('%1000000d', 1), ' ', 'aaaaaaaaaaaaaaaa')",
    "WITH RECURSIVE c(x) AS (SELECT 'a' UNION ALL SELECT x || x FROM c) SELECT length(x) FROM c",
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c",
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION SELECT x + 1 FROM c) SELECT count(*) FROM c",
    "WITH RECURSIVE c(x, y) AS (SELECT 1, printf('%100000d', 1) UNION ALL SELECT x + 1, y || x FROM c) SELECT y FROM c ORDER BY y DESC, x",
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 100000) SELECT count(*) FROM c a, c b, c d",
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 1000000) SELECT group_concat(x) FROM c",
    "SELECT printf('%1000000d', 1) LIKE '%' || printf('%150d', 1) || '%a%b%c%d%e%f%g%h%'",
    "SELECT count(*) FROM audit a, audit b, audit c, audit d, audit e, audit f, audit g, audit h",
];

#[test]
fn no_way_out_reads_what_is_secret_writes_or_goes_on_for_long() {
    assert!(ESCAPES.len() >= 60);
    let world = World::quiet(&[]);
    world.grant("alice@example.com", "docs");
    world.session("alice@example.com");
    world.gk(&["keys", "add", "--name", "report", "--scope", "read"]).done();
    // As gk-admin, it keeps the files beside the database there; and nobody writes.
    let _held = plant(&world);
    let files = || {
        let mut names: Vec<_> = fs::read_dir(world.folder()).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let state = |world: &World| fs::read(world.database()).unwrap();
    let (before, stood) = (state(&world), files());
    std::thread::scope(|scope| {
        for part in ESCAPES.chunks(ESCAPES.len().div_ceil(4)) {
            scope.spawn(|| part.iter().for_each(|escape| holds(&world, escape)));
        }
    });
    holds(&world, &format!("SELECT '{}'", "a".repeat(20_000)));
    holds(&world, &format!("SELECT {}1{}", "(".repeat(5000), ")".repeat(5000)));
    assert!(state(&world) == before, "the database was written");
    assert_eq!(files(), stood);
}

/// Writes the canary to wherever something secret stands.
fn plant(world: &World) -> Connection {
    let file = Connection::open(world.database()).unwrap();
    let secret = [
        ("key", "sealed"),
        ("api_key", "hash"),
        ("user", "login_salt"),
        ("installation", "app_salt"),
        ("session", "sid"),
        ("change_log", "nonce"),
    ];
    for (table, column) in secret {
        // All keep their length, and are unique.
        let sql = format!(
            "UPDATE {table} SET {column} = CAST('{CANARY}' || printf('%0*d', length({column}) - 10, rowid) AS BLOB)"
        );
        file.execute(&sql, []).unwrap_or_else(|error| panic!("{table}.{column}: {error}"));
    }
    file.execute(
        "INSERT INTO setting (key, sealed, updated_at) VALUES ('mail.smtp_password', ?1, 1)",
        [CANARY.as_bytes()],
    )
    .unwrap();
    file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    file
}

fn holds(world: &World, escape: &str) {
    let begun = Instant::now();
    let output = ask(world, escape);
    let took = begun.elapsed();
    // Its own limit is two seconds; machines are busy.
    assert!(took < Duration::from_secs(20), "{escape} took {took:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let hex = CANARY.bytes().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().concat();
    assert!(!said.contains(CANARY) && !said.contains(&hex), "{escape}: {said}");
    assert!(said.len() < 4 << 20, "{escape}: {} bytes", said.len());
    // It was answered in words, or its process ended.
    let answered = serde_json::from_str::<Value>(&said);
    assert!(answered.is_ok() || !output.status.success(), "{escape}: {said}");
}

#[test]
fn a_question_takes_two_seconds_at_most_and_shows_what_it_left_out() {
    let world = World::start();
    let endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c";
    let stopped = answer(&world, endless);
    assert!(stopped["refused"].as_str().unwrap().contains("longer than 2 seconds"), "{stopped}");
    let many = answer(&world, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c");
    assert_eq!((many["rows"]["rows"].as_array().unwrap().len(), &many["rows"]["more"]), (1000, &true.into()));
    let named = answer(&world, "WITH x AS (SELECT 1 UNION ALL SELECT 2) SELECT count(*) FROM x a, x b");
    assert_eq!(named["rows"]["rows"], serde_json::json!([["4"]]));
    let plain = answer(&world, "SELECT count(*), max(created_at) > 0, NULL FROM user");
    assert_eq!(plain["rows"]["rows"], serde_json::json!([["1", "1", null]]));
    // A question has little memory: what it sorts ends it, and nothing else.
    let sorts = "WITH RECURSIVE c(x, y) AS (SELECT 1, printf('%900000d', 1) UNION ALL SELECT x + 1, substr(y || x, 2) FROM c LIMIT 100000) SELECT x FROM c ORDER BY y DESC";
    let output = ask(&world, sorts);
    assert!(!output.status.success() || String::from_utf8_lossy(&output.stdout).contains("refused"), "{output:?}");
}
