//! Table `directory`. What directories say of people is in `people`, runs are in `runs`.

pub(crate) mod people;
pub(crate) mod runs;

use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::model::{Directory, DirectoryLabel, DirectoryUri, GroupMode, Security};
use crate::store::{bad_column, unknown_word};

const COLUMNS: &str = "id, label, enabled, uris, security, ca, bind_dn, sealed_password IS NOT NULL, base_dns, user_filter,
    email_filter, username_attribute, email_attribute, fullname_attribute, group_mode, timeout_seconds, page_size, version";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Directory> {
    let lines = |column| -> rusqlite::Result<Vec<String>> {
        Ok(row.get_ref(column)?.as_str()?.lines().map(str::to_owned).collect())
    };
    let uris = lines(3)?.iter().map(|uri| DirectoryUri::parse(uri)).collect::<Result<_, _>>();
    Ok(Directory {
        id: row.get(0)?,
        label: label(row, 1)?,
        enabled: row.get(2)?,
        uris: uris.map_err(|error| bad_column(3, error))?,
        security: Security::parse(row.get_ref(4)?.as_str()?).ok_or_else(|| unknown_word(4))?,
        ca: row.get(5)?,
        bind_dn: row.get(6)?,
        has_password: row.get(7)?,
        base_dns: lines(8)?,
        user_filter: row.get(9)?,
        email_filter: row.get(10)?,
        username_attribute: row.get(11)?,
        email_attribute: row.get(12)?,
        fullname_attribute: row.get(13)?,
        group_mode: GroupMode::parse(row.get_ref(14)?.as_str()?).ok_or_else(|| unknown_word(14))?,
        timeout_seconds: row.get(15)?,
        page_size: row.get(16)?,
        version: row.get(17)?,
    })
}

/// A stored label.
fn label(row: &Row<'_>, column: usize) -> rusqlite::Result<DirectoryLabel> {
    DirectoryLabel::parse(row.get_ref(column)?.as_str()?).map_err(|error| bad_column(column, error))
}

/// All of them, in their order.
pub(crate) fn list(connection: &Connection) -> rusqlite::Result<Vec<Directory>> {
    let sql = format!("SELECT {COLUMNS} FROM directory ORDER BY position, id");
    connection.prepare_cached(&sql)?.query_map([], from_row)?.collect()
}

/// The one with this label.
pub(crate) fn by_label(connection: &Connection, label: &DirectoryLabel) -> rusqlite::Result<Option<Directory>> {
    let sql = format!("SELECT {COLUMNS} FROM directory WHERE label = ?1");
    connection.prepare_cached(&sql)?.query_row([label.as_str()], from_row).optional()
}

/// The sealed password of one.
pub(crate) fn sealed_password(connection: &Connection, id: i64) -> rusqlite::Result<Option<Vec<u8>>> {
    let sql = "SELECT sealed_password FROM directory WHERE id = ?1";
    connection.prepare_cached(sql)?.query_row([id], |row| row.get(0))
}

/// Adds an empty one at the end; gives its id. [`save`] fills it.
pub(crate) fn insert(transaction: &Transaction<'_>, label: &DirectoryLabel, now: Timestamp) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO directory (label, position, enabled, uris, security, ca, bind_dn, base_dns, user_filter, email_filter,
                   username_attribute, email_attribute, fullname_attribute, group_mode, timeout_seconds, page_size, version, updated_at)
               SELECT ?1, coalesce(max(position), 0) + 1, 0, '', 'ldaps', '', '', '', '', '', '', '', '', 'none', 0, 0, 0, ?2 FROM directory";
    transaction.prepare_cached(sql)?.insert(params![label.as_str(), now.0])
}

/// Writes everything but the label and the password.
pub(crate) fn save(transaction: &Transaction<'_>, directory: &Directory, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE directory SET enabled = ?2, uris = ?3, security = ?4, ca = ?5, bind_dn = ?6, base_dns = ?7, user_filter = ?8,
                   email_filter = ?9, username_attribute = ?10, email_attribute = ?11, fullname_attribute = ?12, group_mode = ?13,
                   timeout_seconds = ?14, page_size = ?15, version = version + 1, updated_at = ?16 WHERE id = ?1";
    let uris = directory.uris.iter().map(DirectoryUri::as_str).collect::<Vec<_>>().join("\n");
    let values = params![
        directory.id,
        directory.enabled,
        uris,
        directory.security.word(),
        directory.ca,
        directory.bind_dn,
        directory.base_dns.join("\n"),
        directory.user_filter,
        directory.email_filter,
        directory.username_attribute,
        directory.email_attribute,
        directory.fullname_attribute,
        directory.group_mode.word(),
        directory.timeout_seconds,
        directory.page_size,
        now.0
    ];
    transaction.prepare_cached(sql)?.execute(values).map(drop)
}

/// Keeps or forgets the password.
pub(crate) fn set_password(transaction: &Transaction<'_>, id: i64, sealed: Option<&[u8]>) -> rusqlite::Result<()> {
    let sql = "UPDATE directory SET sealed_password = ?2, version = version + 1 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![id, sealed]).map(drop)
}

/// Says where in the order one stands.
pub(crate) fn set_position(transaction: &Transaction<'_>, id: i64, position: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE directory SET position = ?2 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![id, position]).map(drop)
}

/// Removes one.
pub(crate) fn delete(transaction: &Transaction<'_>, id: i64) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM directory WHERE id = ?1")?.execute([id]).map(drop)
}
