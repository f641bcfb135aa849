//! Lists of people: a part at a time, in an order, among any number of them.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use gk_shared::model::UserId;

use super::matching::Matching;
use super::{COLUMNS, from_row};
use crate::model::{Direction, User, UserOrder, UserSort};

/// How many people there are.
pub(crate) fn count_all(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT people FROM people_counted")?.query_row([], |row| row.get(0))
}

/// How many people match; beyond `most`, one more than that.
pub(crate) fn count_matching(connection: &Connection, matching: &Matching, most: i64) -> rusqlite::Result<i64> {
    if let Some(known) = matching.known {
        return Ok(known);
    }
    if matching.condition.is_empty() {
        return count_all(connection);
    }
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM user u {} LIMIT ?)", matching.condition);
    let limit = [Value::from(most.saturating_add(1))];
    let values = params_from_iter(matching.values.iter().chain(&limit));
    connection.prepare_cached(&sql)?.query_row(values, |row| row.get(0))
}

/// The people who match, a part of them.
pub(crate) fn matching(connection: &Connection, matching: &Matching, order: &UserOrder) -> rusqlite::Result<Vec<User>> {
    let sql = statement(&matching.condition, order);
    let ends = [Value::from(order.most), Value::from(order.skip)];
    let values = matching.values.iter().chain(&ends);
    connection.prepare_cached(&sql)?.query_map(params_from_iter(values), from_row)?.collect()
}

/// The numbers of all who match, by user name.
pub(crate) fn all_matching(connection: &Connection, matching: &Matching) -> rusqlite::Result<Vec<UserId>> {
    let sql = format!("SELECT u.id FROM user u {} ORDER BY u.username, u.id", matching.condition);
    let values = params_from_iter(&matching.values);
    connection.prepare_cached(&sql)?.query_map(values, |row| row.get(0).map(UserId))?.collect()
}

/// The numbers come first: what is skipped, and what is sorted, is then an entry of an index and not a whole account.
fn statement(condition: &str, order: &UserOrder) -> String {
    let by = by(order);
    format!(
        "SELECT {COLUMNS} FROM user u WHERE u.id IN (SELECT u.id FROM user u {condition} ORDER BY {by} LIMIT ? OFFSET ?)
         ORDER BY {by}"
    )
}

/// The statement of a list of everybody, for looking at its plan.
#[cfg(test)]
pub(crate) fn listing(order: &UserOrder) -> String {
    statement("", order)
}

fn by(order: &UserOrder) -> &'static str {
    match (order.sort, order.direction) {
        (UserSort::Username, Direction::Ascending) => "u.username, u.id",
        (UserSort::Username, Direction::Descending) => "u.username DESC, u.id DESC",
        (UserSort::Email, Direction::Ascending) => "u.email, u.id",
        (UserSort::Email, Direction::Descending) => "u.email DESC, u.id DESC",
        (UserSort::Fullname, Direction::Ascending) => "u.fullname COLLATE NOCASE, u.id",
        (UserSort::Fullname, Direction::Descending) => "u.fullname COLLATE NOCASE DESC, u.id DESC",
        (UserSort::Created, Direction::Ascending) => "u.created_at, u.id",
        (UserSort::Created, Direction::Descending) => "u.created_at DESC, u.id DESC",
        (UserSort::Updated, Direction::Ascending) => "u.updated_at, u.id",
        (UserSort::Updated, Direction::Descending) => "u.updated_at DESC, u.id DESC",
    }
}
