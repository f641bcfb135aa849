//! Tables `app`, `app_origin`, `app_callback` and `app_open_path`.

use gk_shared::model::{AppId, BadName, BlockMark, Role, Slug};
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::bad_column;
use crate::model::{App, CallbackUrl, OpenPath, Origin, RoleList, SeenBlock};

const COLUMNS: &str = "id, slug, name, description, roles, role_list, admin_roles, noindex, groups_header, contact,
    created_at, updated_at, listed, block_seen_at, block_mark, stale_ok";

fn from_row(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<App> {
    let id = AppId(row.get(0)?);
    Ok(App {
        id,
        slug: Slug::parse(row.get_ref(1)?.as_str()?).map_err(|error| bad_column(1, error))?,
        name: row.get(2)?,
        description: row.get(3)?,
        origins: origins_of(connection, id)?,
        roles: roles(row.get_ref(4)?.as_str()?).map_err(|error| bad_column(4, error))?,
        role_list: match row.get_ref(5)?.as_str()? {
            "open" => RoleList::Open,
            "closed" => RoleList::Closed,
            _ => return Err(super::unknown_word(5)),
        },
        admin_roles: roles(row.get_ref(6)?.as_str()?).map_err(|error| bad_column(6, error))?,
        noindex: row.get(7)?,
        groups_header: row.get(8)?,
        stale_ok: row.get(15)?,
        contact: row.get(9)?,
        created_at: Timestamp(row.get(10)?),
        updated_at: Timestamp(row.get(11)?),
        listed: row.get(12)?,
        callbacks: callbacks_of(connection, id)?,
        seen_block: match row.get::<_, Option<i64>>(13)? {
            Some(at) => Some(SeenBlock { mark: mark(row.get_ref(14)?.as_str()?)?, at: Timestamp(at) }),
            None => None,
        },
        open_paths: open_paths_of(connection, id)?,
    })
}

fn mark(text: &str) -> rusqlite::Result<Option<BlockMark>> {
    if text.is_empty() {
        return Ok(None);
    }
    BlockMark::parse(text.as_bytes()).map(Some).ok_or_else(|| super::unknown_word(14))
}

/// Reads roles separated by commas.
fn roles(text: &str) -> Result<Vec<Role>, BadName> {
    text.split(',').filter(|role| !role.is_empty()).map(Role::parse).collect()
}

/// Roles as they are stored: separated by commas, which no role contains.
pub(crate) fn joined(roles: &[Role]) -> String {
    roles.iter().map(Role::as_str).collect::<Vec<_>>().join(",")
}

fn origins_of(connection: &Connection, id: AppId) -> rusqlite::Result<Vec<Origin>> {
    let mut statement = connection.prepare_cached("SELECT origin FROM app_origin WHERE app_id = ?1 ORDER BY origin")?;
    statement.query_map([id.0], origin)?.collect()
}

fn origin(row: &Row<'_>) -> rusqlite::Result<Origin> {
    Origin::parse(row.get_ref(0)?.as_str()?).map_err(|error| bad_column(0, error))
}

fn callbacks_of(connection: &Connection, id: AppId) -> rusqlite::Result<Vec<CallbackUrl>> {
    let mut statement = connection.prepare_cached("SELECT url FROM app_callback WHERE app_id = ?1 ORDER BY url")?;
    let url = |row: &Row<'_>| CallbackUrl::parse(row.get_ref(0)?.as_str()?).map_err(|error| bad_column(0, error));
    statement.query_map([id.0], url)?.collect()
}

fn open_paths_of(connection: &Connection, id: AppId) -> rusqlite::Result<Vec<OpenPath>> {
    let sql = "SELECT path, networks FROM app_open_path WHERE app_id = ?1 ORDER BY path";
    let mut statement = connection.prepare_cached(sql)?;
    let open = |row: &Row<'_>| {
        let open = OpenPath::of(row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
        open.map_err(|error| bad_column(0, error))
    };
    statement.query_map([id.0], open)?.collect()
}

/// The app that has this callback URL, letter for letter.
pub(crate) fn by_callback(connection: &Connection, url: &str) -> rusqlite::Result<Option<App>> {
    let sql = "SELECT app_id FROM app_callback WHERE url = ?1 LIMIT 2";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map([url], |row| row.get::<_, i64>(0))?.collect::<Result<Vec<_>, _>>()?;
    match found.as_slice() {
        [only] => by_id(connection, *only),
        [] | [..] => Ok(None),
    }
}

fn set_callbacks(transaction: &Transaction<'_>, id: AppId, urls: &[CallbackUrl]) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM app_callback WHERE app_id = ?1")?.execute([id.0])?;
    let mut statement =
        transaction.prepare_cached("INSERT OR IGNORE INTO app_callback (app_id, url) VALUES (?1, ?2)")?;
    urls.iter().try_for_each(|url| statement.execute(params![id.0, url.as_str()]).map(drop))
}

fn set_origins(transaction: &Transaction<'_>, id: AppId, origins: &[Origin]) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM app_origin WHERE app_id = ?1")?.execute([id.0])?;
    let mut statement =
        transaction.prepare_cached("INSERT OR IGNORE INTO app_origin (app_id, origin) VALUES (?1, ?2)")?;
    origins.iter().try_for_each(|origin| statement.execute(params![id.0, origin.as_str()]).map(drop))
}

fn set_open_paths(transaction: &Transaction<'_>, id: AppId, paths: &[OpenPath]) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM app_open_path WHERE app_id = ?1")?.execute([id.0])?;
    let sql = "INSERT INTO app_open_path (app_id, path, networks) VALUES (?1, ?2, ?3)";
    let mut statement = transaction.prepare_cached(sql)?;
    paths.iter().try_for_each(|open| {
        let networks = open.networks().iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        statement.execute(params![id.0, open.path(), networks]).map(drop)
    })
}

/// Every origin of every app.
pub(crate) fn origins(connection: &Connection) -> rusqlite::Result<Vec<Origin>> {
    connection.prepare_cached("SELECT DISTINCT origin FROM app_origin")?.query_map([], origin)?.collect()
}

/// Every app by slug.
pub(crate) fn list(connection: &Connection) -> rusqlite::Result<Vec<App>> {
    let sql = format!("SELECT {COLUMNS} FROM app ORDER BY slug");
    connection.prepare_cached(&sql)?.query_map([], |row| from_row(connection, row))?.collect()
}

/// The app with this slug.
pub(crate) fn by_slug(connection: &Connection, slug: &Slug) -> rusqlite::Result<Option<App>> {
    let sql = format!("SELECT {COLUMNS} FROM app WHERE slug = ?1");
    connection.prepare_cached(&sql)?.query_row([slug.as_str()], |row| from_row(connection, row)).optional()
}

/// The app with this id.
pub(crate) fn by_id(connection: &Connection, id: i64) -> rusqlite::Result<Option<App>> {
    let sql = format!("SELECT {COLUMNS} FROM app WHERE id = ?1");
    connection.prepare_cached(&sql)?.query_row([id], |row| from_row(connection, row)).optional()
}

/// Adds an app; its id is not read.
pub(crate) fn insert(transaction: &Transaction<'_>, app: &App) -> rusqlite::Result<AppId> {
    let sql = "INSERT INTO app (slug, name, description, roles, role_list, admin_roles, noindex, groups_header, contact, created_at, updated_at, listed, stale_ok)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11, ?12)";
    let id = AppId(transaction.prepare_cached(sql)?.insert(params![
        app.slug.as_str(),
        app.name,
        app.description,
        joined(&app.roles),
        app.role_list.word(),
        joined(&app.admin_roles),
        app.noindex,
        app.groups_header,
        app.contact,
        app.created_at.0,
        app.listed,
        app.stale_ok,
    ])?);
    set_origins(transaction, id, &app.origins)?;
    set_callbacks(transaction, id, &app.callbacks)?;
    set_open_paths(transaction, id, &app.open_paths)?;
    Ok(id)
}

/// Writes over an app that exists; its slug stays.
pub(crate) fn update(transaction: &Transaction<'_>, app: &App) -> rusqlite::Result<()> {
    let sql = "UPDATE app SET name = ?2, description = ?3, roles = ?4, role_list = ?5, admin_roles = ?6, noindex = ?7, groups_header = ?8, contact = ?9, updated_at = ?10, listed = ?11, stale_ok = ?12
               WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![
        app.id.0,
        app.name,
        app.description,
        joined(&app.roles),
        app.role_list.word(),
        joined(&app.admin_roles),
        app.noindex,
        app.groups_header,
        app.contact,
        app.updated_at.0,
        app.listed,
        app.stale_ok,
    ])?;
    set_origins(transaction, app.id, &app.origins)?;
    set_callbacks(transaction, app.id, &app.callbacks)?;
    set_open_paths(transaction, app.id, &app.open_paths)
}

/// Appends a role to an open list.
pub(crate) fn set_roles(
    transaction: &Transaction<'_>,
    id: AppId,
    roles: &[Role],
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "UPDATE app SET roles = ?2, updated_at = ?3 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![id.0, joined(roles), now.0]).map(drop)
}

/// Notes which block a check came through, unless a later one is known.
pub(crate) fn set_seen_block(transaction: &Transaction<'_>, id: AppId, seen: SeenBlock) -> rusqlite::Result<usize> {
    let sql = "UPDATE app SET block_seen_at = ?2, block_mark = ?3
               WHERE id = ?1 AND (block_seen_at IS NULL OR block_seen_at <= ?2)";
    let mark = seen.mark.map(|mark| mark.to_string()).unwrap_or_default();
    transaction.prepare_cached(sql)?.execute(params![id.0, seen.at.0, mark])
}

/// Deletes an app with its origins and grants.
pub(crate) fn delete(transaction: &Transaction<'_>, id: AppId) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM app WHERE id = ?1")?.execute([id.0]).map(drop)
}
