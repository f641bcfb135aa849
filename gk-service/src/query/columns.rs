//! What a question may read: every table and column that is named in `columns.txt`, and nothing else.

use std::sync::LazyLock;

/// A table and its columns, in the order of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: &'static str,
    pub columns: Vec<Column>,
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    /// Reads as NULL.
    pub secret: bool,
}

/// How much of a column a question gets to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readable {
    Yes,
    /// As NULL.
    AsNull,
    No,
}

/// All of them, by name.
pub fn tables() -> &'static [Table] {
    static TABLES: LazyLock<Vec<Table>> =
        LazyLock::new(|| include_str!("columns.txt").lines().filter_map(Table::of).collect());
    &TABLES
}

impl Table {
    fn of(line: &'static str) -> Option<Self> {
        let (name, columns) = line.split_once(':').filter(|(name, _)| !name.starts_with('#'))?;
        let column = |word: &'static str| {
            word.strip_prefix('!').map_or(Column { name: word, secret: false }, |name| Column { name, secret: true })
        };
        Some(Self { name, columns: columns.split_whitespace().map(column).collect() })
    }
}

/// How much of this column may be seen. Counting rows reads none: SQLite asks for a column without a name then, also of
/// what a question itself calls a table.
pub(super) fn readable(table: &str, column: &str) -> Readable {
    // Rows that SQLite itself makes of a JSON value.
    if column.is_empty() || matches!(table, "json_each" | "json_tree") {
        return Readable::Yes;
    }
    let Some(table) = tables().iter().find(|known| known.name.eq_ignore_ascii_case(table)) else {
        return Readable::No;
    };
    match table.columns.iter().find(|known| known.name.eq_ignore_ascii_case(column)) {
        Some(Column { secret: false, .. }) => Readable::Yes,
        None if column.eq_ignore_ascii_case("rowid") => Readable::Yes,
        Some(Column { secret: true, .. }) | None => Readable::AsNull,
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::store::migrate;

    /// Tables in which SQLite keeps its index of words: the words are those of the tables that are named.
    const OF_SEARCH: [&str; 2] = ["user_text", "audit_text"];

    #[test]
    fn every_column_of_the_schema_is_named() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let sql = "SELECT m.name, group_concat(c.name, ' ') FROM sqlite_schema m, pragma_table_info(m.name) c
                   WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' GROUP BY m.name ORDER BY m.name";
        let mut statement = connection.prepare(sql).unwrap();
        let named = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
        let schema = statement.query_map([], named).unwrap().map(Result::unwrap);
        let schema: Vec<_> =
            schema.filter(|(name, _)| OF_SEARCH.iter().all(|search| !name.starts_with(search))).collect();
        let columns = |table: &Table| table.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(" ");
        let named: Vec<_> = tables().iter().map(|table| (table.name.to_owned(), columns(table))).collect();
        assert_eq!(named, schema);
    }

    #[test]
    fn nothing_that_is_sealed_or_hashed_is_readable() {
        let telling =
            |name: &str| ["hash", "sealed", "salt", "sid", "chain", "check"].iter().any(|word| name.contains(word));
        for table in tables() {
            for column in table.columns.iter().filter(|column| telling(column.name)) {
                assert!(column.secret, "{}.{}", table.name, column.name);
            }
        }
    }
}
