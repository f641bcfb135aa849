//! Table `access_request`.

use std::collections::HashMap;

use gk_shared::model::{AppId, Email, Role, Slug, UserId};
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde_json::json;

use super::bad_column;
use crate::model::{AccessRequest, Held, Remark, RequestState};

const SELECT: &str =
    "SELECT r.id, r.app_id, a.slug, a.name, r.user_id, u.email, u.fullname, r.message, r.state, r.reason,
    r.decided_by, r.decided_at, r.created_at, g.id, g.role, g.expires_at
    FROM access_request r JOIN app a ON a.id = r.app_id JOIN user u ON u.id = r.user_id
    LEFT JOIN access_grant g ON r.state = 'approved' AND g.app_id = r.app_id AND g.user_id = r.user_id";

fn from_row(row: &Row<'_>) -> rusqlite::Result<AccessRequest> {
    let remark = |column| Remark::stored(row.get_ref(column)?.as_str()?).map_err(|error| bad_column(column, error));
    Ok(AccessRequest {
        id: row.get(0)?,
        app: AppId(row.get(1)?),
        slug: Slug::parse(row.get_ref(2)?.as_str()?).map_err(|error| bad_column(2, error))?,
        app_name: row.get(3)?,
        user: UserId(row.get(4)?),
        email: Email::parse(row.get_ref(5)?.as_str()?).map_err(|error| bad_column(5, error))?,
        fullname: row.get(6)?,
        message: remark(7)?,
        state: RequestState::parse(row.get_ref(8)?.as_str()?).ok_or_else(|| super::unknown_word(8))?,
        reason: remark(9)?,
        decided_by: row.get(10)?,
        decided_at: row.get::<_, Option<i64>>(11)?.map(Timestamp),
        created_at: Timestamp(row.get(12)?),
        held: row.get::<_, Option<i64>>(13)?.map(|_| held(row)).transpose()?,
    })
}

fn held(row: &Row<'_>) -> rusqlite::Result<Held> {
    let role = row.get_ref(14)?.as_str_or_null()?.map(Role::parse).transpose();
    let expires_at = row.get::<_, Option<i64>>(15)?.map(Timestamp);
    Ok(Held { role: role.map_err(|error| bad_column(14, error))?, expires_at })
}

/// Which requests to list.
pub(crate) struct Wanted<'w> {
    pub(crate) apps: &'w [AppId],
    pub(crate) states: &'w [RequestState],
    pub(crate) skip: i64,
    pub(crate) most: i64,
}

impl Wanted<'_> {
    fn lists(&self) -> (String, String) {
        let apps = self.apps.iter().map(|app| app.0).collect::<Vec<_>>();
        let states = self.states.iter().map(|state| state.word()).collect::<Vec<_>>();
        (json!(apps).to_string(), json!(states).to_string())
    }
}

const WHERE_WANTED: &str =
    "r.app_id IN (SELECT value FROM json_each(?1)) AND r.state IN (SELECT value FROM json_each(?2))";

/// Those that wait first, the longest first; then the decided ones, newest first.
pub(crate) fn list(connection: &Connection, wanted: &Wanted<'_>) -> rusqlite::Result<Vec<AccessRequest>> {
    let sql = format!(
        "{SELECT} WHERE {WHERE_WANTED}
         ORDER BY r.state <> 'pending', CASE r.state WHEN 'pending' THEN r.id ELSE -r.id END LIMIT ?3 OFFSET ?4"
    );
    let (apps, states) = wanted.lists();
    let values = params![apps, states, wanted.most, wanted.skip];
    connection.prepare_cached(&sql)?.query_map(values, from_row)?.collect()
}

/// How many wait for a decision about each app that somebody waits for.
pub(crate) fn pending_counts(connection: &Connection) -> rusqlite::Result<HashMap<AppId, i64>> {
    let sql = "SELECT app_id, count(*) FROM access_request WHERE state = 'pending' GROUP BY app_id";
    connection.prepare_cached(sql)?.query_map([], |row| Ok((AppId(row.get(0)?), row.get(1)?)))?.collect()
}

/// How many there are in all.
pub(crate) fn count(connection: &Connection, wanted: &Wanted<'_>) -> rusqlite::Result<i64> {
    let sql = format!("SELECT count(*) FROM access_request r WHERE {WHERE_WANTED}");
    let (apps, states) = wanted.lists();
    connection.prepare_cached(&sql)?.query_row([apps, states], |row| row.get(0))
}

/// The request with this number.
pub(crate) fn by_id(connection: &Connection, id: i64) -> rusqlite::Result<Option<AccessRequest>> {
    let sql = format!("{SELECT} WHERE r.id = ?1");
    connection.prepare_cached(&sql)?.query_row([id], from_row).optional()
}

/// A person's requests, newest first, at most 100.
pub(crate) fn of_user(connection: &Connection, user: UserId) -> rusqlite::Result<Vec<AccessRequest>> {
    let sql = format!("{SELECT} WHERE r.user_id = ?1 ORDER BY r.id DESC LIMIT 100");
    connection.prepare_cached(&sql)?.query_map([user.0], from_row)?.collect()
}

/// The newest request of a person for an app.
pub(crate) fn latest(connection: &Connection, app: AppId, user: UserId) -> rusqlite::Result<Option<AccessRequest>> {
    let sql = format!("{SELECT} WHERE r.app_id = ?1 AND r.user_id = ?2 ORDER BY r.id DESC LIMIT 1");
    connection.prepare_cached(&sql)?.query_row([app.0, user.0], from_row).optional()
}

/// Adds a request that waits; gives its number.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    app: AppId,
    user: UserId,
    message: &Remark,
    now: Timestamp,
) -> rusqlite::Result<i64> {
    let sql =
        "INSERT INTO access_request (app_id, user_id, message, state, created_at) VALUES (?1, ?2, ?3, 'pending', ?4)";
    transaction.prepare_cached(sql)?.insert(params![app.0, user.0, message.as_str(), now.0])
}

/// Writes what became of a request.
pub(crate) fn settle(transaction: &Transaction<'_>, request: &AccessRequest) -> rusqlite::Result<()> {
    let sql = "UPDATE access_request SET state = ?2, reason = ?3, decided_by = ?4, decided_at = ?5 WHERE id = ?1";
    let at = request.decided_at.map(|at| at.0);
    let values = params![request.id, request.state.word(), request.reason.as_str(), request.decided_by, at];
    transaction.prepare_cached(sql)?.execute(values).map(drop)
}
