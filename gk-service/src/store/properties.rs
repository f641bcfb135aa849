//! Table `user_property`.

use gk_shared::model::UserId;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::bad_column;
use crate::model::{Property, PropertyName, PropertyType};

fn from_row(row: &Row<'_>) -> rusqlite::Result<Property> {
    Ok(Property { app: name(row, 0)?, key: name(row, 1)?, value: row.get(2)? })
}

fn name(row: &Row<'_>, column: usize) -> rusqlite::Result<PropertyName> {
    PropertyName::parse(row.get_ref(column)?.as_str()?).map_err(|error| bad_column(column, error))
}

/// Every property of a person, by app and key.
pub(crate) fn of_user(connection: &Connection, user: UserId) -> rusqlite::Result<Vec<Property>> {
    let sql = "SELECT app, key, value FROM user_property WHERE user_id = ?1 ORDER BY app, key";
    connection.prepare_cached(sql)?.query_map([user.0], from_row)?.collect()
}

/// One property of a person.
pub(crate) fn find(
    connection: &Connection,
    user: UserId,
    app: &PropertyName,
    key: &PropertyName,
) -> rusqlite::Result<Option<Property>> {
    let sql = "SELECT app, key, value FROM user_property WHERE user_id = ?1 AND app = ?2 AND key = ?3";
    let values = params![user.0, app.as_str(), key.as_str()];
    connection.prepare_cached(sql)?.query_row(values, from_row).optional()
}

/// Sets a property of a person.
pub(crate) fn put(transaction: &Transaction<'_>, user: UserId, property: &Property) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO user_property (user_id, app, key, value) VALUES (?1, ?2, ?3, ?4)";
    let values = params![user.0, property.app.as_str(), property.key.as_str(), property.value];
    transaction.prepare_cached(sql)?.execute(values).map(drop)
}

/// Deletes one property of a person, or all that an app keeps; gives how many.
pub(crate) fn delete(
    transaction: &Transaction<'_>,
    user: UserId,
    app: &PropertyName,
    key: Option<&PropertyName>,
) -> rusqlite::Result<usize> {
    let sql = "DELETE FROM user_property WHERE user_id = ?1 AND app = ?2 AND (?3 IS NULL OR key = ?3)";
    let values = params![user.0, app.as_str(), key.map(PropertyName::as_str)];
    transaction.prepare_cached(sql)?.execute(values)
}

/// Every kind of property, by app and key.
pub(crate) fn types(connection: &Connection) -> rusqlite::Result<Vec<PropertyType>> {
    let sql = "SELECT app, key, count(*) FROM user_property GROUP BY app, key ORDER BY app, key";
    let from_row = |row: &Row<'_>| Ok(PropertyType { app: name(row, 0)?, key: name(row, 1)?, people: row.get(2)? });
    connection.prepare_cached(sql)?.query_map([], from_row)?.collect()
}

/// How many people have a kind of property.
pub(crate) fn count(connection: &Connection, app: &PropertyName, key: &PropertyName) -> rusqlite::Result<i64> {
    let sql = "SELECT count(*) FROM user_property WHERE app = ?1 AND key = ?2";
    connection.prepare_cached(sql)?.query_row([app.as_str(), key.as_str()], |row| row.get(0))
}

/// Some of the people who have a kind of property, by number, each with the value.
pub(crate) fn holders(
    connection: &Connection,
    (app, key): (&PropertyName, &PropertyName),
    (skip, most): (i64, i64),
) -> rusqlite::Result<Vec<(UserId, Option<String>)>> {
    let sql =
        "SELECT user_id, value FROM user_property WHERE app = ?1 AND key = ?2 ORDER BY user_id LIMIT ?4 OFFSET ?3";
    let values = params![app.as_str(), key.as_str(), skip, most];
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map(values, |row| Ok((UserId(row.get(0)?), row.get(1)?)))?.collect()
}

/// Gives a kind of property another name; who has one of that name already is an error.
pub(crate) fn rename_type(
    transaction: &Transaction<'_>,
    (app, key): (&PropertyName, &PropertyName),
    (new_app, new_key): (&PropertyName, &PropertyName),
) -> rusqlite::Result<usize> {
    let sql = "UPDATE user_property SET app = ?3, key = ?4 WHERE app = ?1 AND key = ?2";
    let values = [app.as_str(), key.as_str(), new_app.as_str(), new_key.as_str()];
    transaction.prepare_cached(sql)?.execute(values)
}

/// Deletes a kind of property of everybody; gives how many had it.
pub(crate) fn delete_type(
    transaction: &Transaction<'_>,
    app: &PropertyName,
    key: &PropertyName,
) -> rusqlite::Result<usize> {
    let sql = "DELETE FROM user_property WHERE app = ?1 AND key = ?2";
    transaction.prepare_cached(sql)?.execute([app.as_str(), key.as_str()])
}
