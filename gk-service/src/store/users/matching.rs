//! Which people are meant: by text and by what they are, as a condition of SQL that costs the same among any number of them.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use gk_shared::model::GroupName;

use crate::model::UserFilter;
use crate::store::groups;

/// More matches than this are quicker found by reading people in their order until enough match.
const FEW: i64 = 1000;

/// So many characters of a text are looked for: no name is longer.
const MOST_OF_TEXT: usize = 300;

/// Which people, as a condition of SQL with its values.
pub(crate) struct Matching {
    /// `WHERE …`; empty for everybody.
    pub(super) condition: String,
    pub(super) values: Vec<Value>,
    /// How many there are, if that is kept somewhere.
    pub(super) known: Option<i64>,
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
            matching.equal(connection, "status = ?", [status.word().to_owned().into()])?;
        }
        if let Some(enabled) = filter.enabled {
            matching.equal(connection, "enabled = ?", [enabled.into()])?;
        }
        if let Some(directory) = filter.directory {
            matching.equal(connection, if directory { "directory <> ''" } else { "directory = ''" }, [])?;
        }
        match filter.internal {
            Some(true) => {
                matching.equal(connection, "domain IN (SELECT value FROM json_each(?))", [json_of(accepted)])?;
            }
            Some(false) => matching.external(connection, accepted)?,
            None => {}
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

    /// Few are found by their numbers; of many, people are read in their order until enough are among them.
    fn found_or_read(&mut self, connection: &Connection, found: Condition, read: Condition) -> rusqlite::Result<()> {
        let sql = format!("SELECT count(*) FROM ({} LIMIT {})", found.sql, FEW + 1);
        let values = params_from_iter(&found.values);
        let count = connection.prepare_cached(&sql)?.query_row(values, |row| row.get::<_, i64>(0))?;
        if count <= FEW {
            self.and(&format!("u.id IN ({})", found.sql), found.values);
        } else {
            self.and(&read.sql, read.values);
        }
        Ok(())
    }

    /// Of whom a column says so; an index has it. The `+` keeps SQLite from sorting all whom the index gives.
    fn equal(
        &mut self,
        connection: &Connection,
        condition: &str,
        values: impl Into<Vec<Value>>,
    ) -> rusqlite::Result<()> {
        let values = values.into();
        let found = Condition { sql: format!("SELECT id FROM user WHERE {condition}"), values: values.clone() };
        self.found_or_read(connection, found, Condition { sql: format!("+u.{condition}"), values })
    }

    /// Whose domain is none of these: what the index of domains has before, between and after them.
    fn external(&mut self, connection: &Connection, accepted: &[&str]) -> rusqlite::Result<()> {
        let mut borders = accepted.to_vec();
        borders.sort_unstable();
        let before = borders.iter().map(|_| "SELECT id FROM user WHERE domain > ? AND domain < ?");
        let after = "SELECT id FROM user WHERE domain > ?";
        let sql = before.chain([after]).collect::<Vec<_>>().join(" UNION ALL ");
        // No domain is empty.
        let starts = [""].into_iter().chain(borders.iter().copied());
        let ends = borders.iter().copied().map(Some).chain([None]);
        let values = starts.zip(ends).flat_map(|(start, end)| [Some(start), end]).flatten();
        let found = Condition { sql, values: values.map(|border| border.to_owned().into()).collect() };
        let read = "u.domain NOT IN (SELECT value FROM json_each(?))".to_owned();
        self.found_or_read(connection, found, Condition { sql: read, values: vec![json_of(accepted)] })
    }

    /// A part of a name or an address, every character standing for itself. One or two letters are what one begins with:
    /// the index is of three.
    fn text(&mut self, connection: &Connection, text: &str) -> rusqlite::Result<()> {
        let text = &text.chars().take(MOST_OF_TEXT).collect::<String>();
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let (anywhere, first) = (format!("%{escaped}%"), format!("{escaped}%"));
        let short = text.chars().count() < 3;
        let like = Value::from(if short && text.is_ascii() { first } else { anywhere.clone() });
        let named = "FROM groups g CROSS JOIN membership m ON m.group_id = g.id WHERE g.kind <> 'standard' AND g.name LIKE ? ESCAPE '\\'";
        let read = Condition {
            sql: format!(
                "(u.username LIKE ? ESCAPE '\\' OR u.email LIKE ? ESCAPE '\\' OR u.fullname LIKE ? ESCAPE '\\'
                  OR EXISTS (SELECT 1 {named} AND m.user_id = u.id))"
            ),
            values: vec![like.clone(), like.clone(), like, anywhere.clone().into()],
        };
        let members = format!("SELECT m.user_id {named}");
        if !short {
            let sql = format!("SELECT rowid FROM user_text WHERE user_text MATCH ? UNION ALL {members}");
            let phrase = format!("\"{}\"", text.replace('"', "\"\""));
            let found = Condition { sql, values: vec![phrase.into(), anywhere.into()] };
            // Only the index knows letters of all scripts, large and small.
            let read = if text.is_ascii() { read } else { found.among() };
            self.found_or_read(connection, found, read)
        } else if text.is_ascii() {
            let beginning = |column: &str| format!("SELECT id FROM user WHERE {column} >= ? AND {column} < ?");
            let sql = ["username", "email", "fullname COLLATE NOCASE"].map(beginning).join(" UNION ALL ");
            let ends = [text.to_ascii_lowercase(), format!("{}{}", text.to_ascii_lowercase(), char::MAX)];
            let values = ends.iter().cycle().take(6).cloned().chain([anywhere]).map(Value::from).collect();
            self.found_or_read(connection, Condition { sql: format!("{sql} UNION ALL {members}"), values }, read)
        } else {
            self.and(&read.sql, read.values);
            Ok(())
        }
    }
}

/// A piece of SQL with its values: a condition, or a query that gives numbers of people.
struct Condition {
    sql: String,
    values: Vec<Value>,
}

impl Condition {
    /// A query's numbers as a condition.
    fn among(&self) -> Self {
        Self { sql: format!("u.id IN ({})", self.sql), values: self.values.clone() }
    }
}

fn json_of(domains: &[&str]) -> Value {
    serde_json::json!(domains).to_string().into()
}
