//! Settings on every face: set anywhere, in force everywhere at the next request, and pinned where the environment says so.

mod command;
mod console;
mod everywhere;

use rusqlite::Connection;

use crate::world::World;

/// A picture of one pixel.
pub(crate) const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8,
    0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 10, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63, 0x60, 0, 0, 0, 2, 0, 1,
    0x48, 0xaf, 0xa4, 0x71, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

/// How often the audit has this action, and words in what was before and after.
fn audited(world: &World, action: &str, words: &str) -> i64 {
    let sql = "SELECT count(*) FROM audit WHERE action = ?1 AND target || before || after LIKE '%' || ?2 || '%'";
    let database = Connection::open(world.database()).unwrap();
    database.query_row(sql, [action, words], |row| row.get(0)).unwrap()
}

/// A setting's value at the command line.
#[track_caller]
fn value(world: &World, key: &str) -> String {
    world.gk_json(&["config", "get", key])["value"].as_str().unwrap_or("(secret)").to_owned()
}
