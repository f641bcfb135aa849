//! Every place where something sealed with the root key is kept.

use rusqlite::types::Value;
use rusqlite::{Connection, Transaction, params};

use crate::secret::Purpose;

/// Where sealed values are: table, what names a row in it, column, and what they are sealed for.
pub(crate) struct Place {
    table: &'static str,
    id: &'static str,
    column: &'static str,
    pub(crate) purpose: Purpose,
}

const fn place(table: &'static str, id: &'static str, column: &'static str, purpose: Purpose) -> Place {
    Place { table, id, column, purpose }
}

/// All of them, but the installation's check value. A test compares them with the schema.
pub(crate) const PLACES: [Place; 5] = [
    place("key", "id", "sealed", Purpose::Key),
    place("setting", "key", "sealed", Purpose::Setting),
    place("pin", "key", "sealed", Purpose::Setting),
    place("mail", "id", "sealed_values", Purpose::Mail),
    place("directory", "id", "sealed_password", Purpose::Directory),
];

/// What is sealed in a place, with what names its row.
pub(crate) fn all(connection: &Connection, place: &Place) -> rusqlite::Result<Vec<(Value, Vec<u8>)>> {
    let Place { table, id, column, .. } = place;
    let mut statement =
        connection.prepare(&format!("SELECT {id}, {column} FROM {table} WHERE length({column}) > 0"))?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// How many sealed values there are.
pub(crate) fn count(connection: &Connection) -> rusqlite::Result<i64> {
    let one = |Place { table, column, .. }: &Place| -> rusqlite::Result<i64> {
        let sql = format!("SELECT count(*) FROM {table} WHERE length({column}) > 0");
        connection.query_row(&sql, [], |row| row.get(0))
    };
    PLACES.iter().map(one).sum()
}

/// Puts another value in the place of one.
pub(crate) fn replace(
    transaction: &Transaction<'_>,
    Place { table, id, column, .. }: &Place,
    row: &Value,
    sealed: &[u8],
) -> rusqlite::Result<()> {
    let sql = format!("UPDATE {table} SET {column} = ?2 WHERE {id} = ?1");
    transaction.prepare_cached(&sql)?.execute(params![row, sealed]).map(drop)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_column_that_is_sealed_is_known() {
        let mut connection = Connection::open_in_memory().unwrap();
        crate::store::migrate(&mut connection).unwrap();
        let sql = "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c
                   WHERE m.type = 'table' AND c.name LIKE '%sealed%'";
        let mut statement = connection.prepare(sql).unwrap();
        let found = statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<BTreeSet<String>, _>>();
        let known = PLACES.iter().map(|place| format!("{}.{}", place.table, place.column)).collect();
        assert_eq!(found, Ok(known), "a rotation of the root key must reach each of them");
    }
}
