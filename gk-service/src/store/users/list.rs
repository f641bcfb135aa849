//! Lists of people: by text and by what they are, in an order, a part at a time, among any number of them.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use gk_shared::model::{GroupName, UserId};

use super::{COLUMNS, from_row};
use crate::model::{Direction, User, UserFilter, UserOrder, UserSort};
use crate::store::groups;

/// More matches than this are quicker found by reading people in their order until enough match.
const FEW: i64 = 1000;

/// So many characters of a text are looked for: no name is longer.
const MOST_OF_TEXT: usize = 300;

/// Which people, as a condition of SQL with its values.
pub(crate) struct Matching {
    /// `WHERE …`; empty for everybody, whom SQLite then counts without looking at each.
    condition: String,
    values: Vec<Value>,
    /// How many there are, if that is kept somewhere.
    known: Option<i64>,
}

impl Matching {
    /// The condition of a filter. `accepted` are the domains of internal people.
    pub(crate) fn new(connection: &Connection, filter: &UserFilter, accepted: &[&str]) -> rusqlite::Result<Self> {
        let mut matching = Self { condition: String::new(), values: Vec::new(), known: None };
        if let Some(text) = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            // SQLite's index takes a NUL for the end of what is sought. No name has one, so nobody is meant.
            if text.contains('\0') {
                matching.and("1 = 0", []);
            } else {
                matching.text(connection, text)?;
            }
        }
        if let Some(status) = filter.status {
            matching.and("u.status = ?", [status.word().to_owned().into()]);
        }
        if let Some(enabled) = filter.enabled {
            matching.and("u.enabled = ?", [enabled.into()]);
        }
        if let Some(directory) = filter.directory {
            matching.and(if directory { "u.directory <> ''" } else { "u.directory = ''" }, []);
        }
        if let Some(internal) = filter.internal {
            let domains = serde_json::json!(accepted).to_string();
            let among = "u.domain IN (SELECT value FROM json_each(?))";
            matching.and(&if internal { among.to_owned() } else { format!("NOT {among}") }, [domains.into()]);
        }
        if let Some(admin) = filter.admin {
            let among = "u.id IN (SELECT m.user_id FROM membership m JOIN groups g ON g.id = m.group_id WHERE g.kind = 'admin')";
            matching.and(&if admin { among.to_owned() } else { format!("NOT {among}") }, []);
        }
        if let Some(group) = &filter.group {
            matching.members_of(connection, group)?;
        }
        Ok(matching)
    }

    /// A group of few is read whole; of one of thousands, people are read in their order until enough are in it.
    fn members_of(&mut self, connection: &Connection, group: &GroupName) -> rusqlite::Result<()> {
        let found = groups::by_name(connection, group)?;
        let (id, members) = found.map_or((0, 0), |group| (group.id.0, group.members));
        let condition = if members <= FEW {
            "u.id IN (SELECT m.user_id FROM membership m WHERE m.group_id = ?)"
        } else {
            "EXISTS (SELECT 1 FROM membership m WHERE m.user_id = u.id AND m.group_id = ?)"
        };
        let alone = self.condition.is_empty();
        self.and(condition, [id.into()]);
        self.known = alone.then_some(members);
        Ok(())
    }

    fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.condition.push_str(if self.condition.is_empty() { "WHERE " } else { " AND " });
        self.condition.push_str(condition);
        self.values.extend(values);
    }

    /// A part of a name or an address, every character standing for itself.
    fn text(&mut self, connection: &Connection, text: &str) -> rusqlite::Result<()> {
        let text = &text.chars().take(MOST_OF_TEXT).collect::<String>();
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let like = Value::from(format!("%{escaped}%"));
        let in_group = "SELECT m.user_id FROM groups g JOIN membership m ON m.group_id = g.id
                        WHERE g.kind <> 'standard' AND g.name LIKE ? ESCAPE '\\'";
        let phrase = format!("\"{}\"", text.replace('"', "\"\""));
        // The index is of three letters, and of a word that thousands match it is the longer way.
        if text.chars().count() >= 3 && (!text.is_ascii() || are_few(connection, &phrase)?) {
            let found = "SELECT rowid FROM user_text WHERE user_text MATCH ?";
            self.and(&format!("u.id IN ({found} UNION {in_group})"), [phrase.into(), like]);
        } else {
            let read = "u.username LIKE ? ESCAPE '\\' OR u.email LIKE ? ESCAPE '\\' OR u.fullname LIKE ? ESCAPE '\\'";
            let values = [like.clone(), like.clone(), like.clone(), like];
            self.and(&format!("({read} OR u.id IN ({in_group}))"), values);
        }
        Ok(())
    }
}

fn are_few(connection: &Connection, phrase: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) FROM (SELECT rowid FROM user_text WHERE user_text MATCH ?1 LIMIT ?2)";
    let found = connection.prepare_cached(sql)?.query_row((phrase, FEW + 1), |row| row.get::<_, i64>(0))?;
    Ok(found <= FEW)
}

/// How many people match.
pub(crate) fn count_matching(connection: &Connection, matching: &Matching) -> rusqlite::Result<i64> {
    if let Some(known) = matching.known {
        return Ok(known);
    }
    let sql = format!("SELECT count(*) FROM user u {}", matching.condition);
    connection.prepare_cached(&sql)?.query_row(params_from_iter(&matching.values), |row| row.get(0))
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
