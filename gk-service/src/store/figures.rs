//! Tables `counted`, `tally` and `open_sessions`: figures that are kept as things happen.

use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// A figure of `counted`; 0 for one that was never counted.
pub(crate) fn counted(connection: &Connection, what: &str) -> rusqlite::Result<i64> {
    let sql = "SELECT count FROM counted WHERE what = ?1";
    let found = connection.prepare_cached(sql)?.query_row([what], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or_default())
}

/// Counts something for its hour, and in all.
pub(crate) fn add(transaction: &Transaction<'_>, what: &str, at: Timestamp, times: i64) -> rusqlite::Result<()> {
    let hourly = "INSERT INTO tally (what, hour, count) VALUES (?1, ?2, ?3)
                  ON CONFLICT (what, hour) DO UPDATE SET count = count + excluded.count";
    transaction.prepare_cached(hourly)?.execute(params![what, at.0 / 3600, times])?;
    let all = "INSERT INTO counted (what, count) VALUES (?1, ?2)
               ON CONFLICT (what) DO UPDATE SET count = count + excluded.count";
    transaction.prepare_cached(all)?.execute(params![what, times]).map(drop)
}

/// How often something happened in each hour from one on: (hour, count).
pub(crate) fn hours(connection: &Connection, what: &str, from: i64) -> rusqlite::Result<Vec<(i64, i64)>> {
    let sql = "SELECT hour, count FROM tally WHERE what = ?1 AND hour >= ?2 ORDER BY hour";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map(params![what, from], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// How many sessions are open: those that run out in later hours are kept counted, those of this hour are looked at.
pub(crate) fn open_sessions(connection: &Connection, now: Timestamp) -> rusqlite::Result<i64> {
    let later = "SELECT coalesce(sum(count), 0) FROM open_sessions WHERE hour > ?1";
    let later: i64 = connection.prepare_cached(later)?.query_row([now.0 / 3600], |row| row.get(0))?;
    let soon = "SELECT count(*) FROM session WHERE ended_at IS NULL AND expires_at > ?1 AND expires_at < ?2";
    let end = (now.0 / 3600 + 1) * 3600;
    let soon: i64 = connection.prepare_cached(soon)?.query_row([now.0, end], |row| row.get(0))?;
    Ok(later + soon)
}

/// Forgets what happened in hours before this one, and which sessions ran out in them; gives how much.
pub(crate) fn delete_before(transaction: &Transaction<'_>, hour: i64, now: Timestamp) -> rusqlite::Result<usize> {
    let tallies = transaction.prepare_cached("DELETE FROM tally WHERE hour < ?1")?.execute([hour])?;
    let sql = "DELETE FROM open_sessions WHERE hour < ?1";
    Ok(tallies + transaction.prepare_cached(sql)?.execute([now.0 / 3600])?)
}
