//! Tables `directory_run` and `directory_run_person`.

use gk_shared::model::UserId;
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::label;
use crate::model::{DirectoryLabel, DirectoryRun, RunOutcome, RunPerson, RunState};
use crate::store::unknown_word;

const COLUMNS: &str =
    "id, directory, state, cancel, may_disable, total, looked_at, changed, disabled, failed, reason, started_by,
    started_at, beat_at, ended_at";

fn from_row(row: &Row<'_>) -> rusqlite::Result<DirectoryRun> {
    Ok(DirectoryRun {
        id: row.get(0)?,
        directory: label(row, 1)?,
        state: RunState::parse(row.get_ref(2)?.as_str()?).ok_or_else(|| unknown_word(2))?,
        cancel: row.get(3)?,
        may_disable: row.get(4)?,
        total: row.get(5)?,
        looked_at: row.get(6)?,
        changed: row.get(7)?,
        disabled: row.get(8)?,
        failed: row.get(9)?,
        reason: row.get(10)?,
        started_by: row.get(11)?,
        started_at: Timestamp(row.get(12)?),
        beat_at: Timestamp(row.get(13)?),
        ended_at: row.get::<_, Option<i64>>(14)?.map(Timestamp),
    })
}

/// The run with this number.
pub(crate) fn by_id(connection: &Connection, id: i64) -> rusqlite::Result<Option<DirectoryRun>> {
    let sql = format!("SELECT {COLUMNS} FROM directory_run WHERE id = ?1");
    connection.prepare_cached(&sql)?.query_row([id], from_row).optional()
}

/// The newest run of a directory.
pub(crate) fn latest(connection: &Connection, directory: &DirectoryLabel) -> rusqlite::Result<Option<DirectoryRun>> {
    let sql = format!("SELECT {COLUMNS} FROM directory_run WHERE directory = ?1 ORDER BY id DESC LIMIT 1");
    connection.prepare_cached(&sql)?.query_row([directory.as_str()], from_row).optional()
}

/// The runs that wait or are worked on, the oldest first.
pub(crate) fn open(connection: &Connection) -> rusqlite::Result<Vec<DirectoryRun>> {
    let sql = format!("SELECT {COLUMNS} FROM directory_run WHERE state IN ('waiting', 'running') ORDER BY id");
    connection.prepare_cached(&sql)?.query_map([], from_row)?.collect()
}

/// Adds a run that waits; gives its number.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    directory: &DirectoryLabel,
    may_disable: i64,
    (by, now): (&str, Timestamp),
) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO directory_run (directory, state, may_disable, started_by, started_at, beat_at)
               VALUES (?1, 'waiting', ?2, ?3, ?4, ?4)";
    transaction.prepare_cached(sql)?.insert(params![directory.as_str(), may_disable, by, now.0])
}

/// Writes where a run stands.
pub(crate) fn save(transaction: &Transaction<'_>, run: &DirectoryRun) -> rusqlite::Result<()> {
    let sql = "UPDATE directory_run SET state = ?2, total = ?3, looked_at = ?4, changed = ?5, disabled = ?6, failed = ?7, reason = ?8,
                   beat_at = ?9, ended_at = ?10 WHERE id = ?1";
    let values = params![
        run.id,
        run.state.word(),
        run.total,
        run.looked_at,
        run.changed,
        run.disabled,
        run.failed,
        run.reason,
        run.beat_at.0,
        run.ended_at.map(|at| at.0)
    ];
    transaction.prepare_cached(sql)?.execute(values).map(drop)
}

/// Asks a run to stop.
pub(crate) fn cancel(transaction: &Transaction<'_>, id: i64) -> rusqlite::Result<()> {
    transaction.prepare_cached("UPDATE directory_run SET cancel = 1 WHERE id = ?1")?.execute([id]).map(drop)
}

/// Notes what a run did to somebody.
pub(crate) fn note(transaction: &Transaction<'_>, run: i64, person: &RunPerson) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO directory_run_person (run_id, user_id, username, outcome, detail) VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![run, person.user.0, person.username, person.outcome.word(), person.detail];
    transaction.prepare_cached(sql)?.execute(values).map(drop)
}

/// Whom a run has something to say about: the gravest first, at most so many.
pub(crate) fn people(connection: &Connection, run: i64, most: i64) -> rusqlite::Result<Vec<RunPerson>> {
    let sql = "SELECT user_id, username, outcome, detail FROM directory_run_person WHERE run_id = ?1
               ORDER BY CASE outcome WHEN 'would-disable' THEN 0 WHEN 'disabled' THEN 1 WHEN 'failed' THEN 2 ELSE 3 END, username LIMIT ?2";
    let read = |row: &Row<'_>| {
        Ok(RunPerson {
            user: UserId(row.get(0)?),
            username: row.get(1)?,
            outcome: RunOutcome::parse(row.get_ref(2)?.as_str()?).ok_or_else(|| unknown_word(2))?,
            detail: row.get(3)?,
        })
    };
    connection.prepare_cached(sql)?.query_map([run, most], read)?.collect()
}

/// Forgets all runs of a directory but the newest ones.
pub(crate) fn keep_newest(
    transaction: &Transaction<'_>,
    directory: &DirectoryLabel,
    keep: i64,
) -> rusqlite::Result<()> {
    let sql = "DELETE FROM directory_run WHERE directory = ?1 AND state NOT IN ('waiting', 'running') AND id NOT IN
                   (SELECT id FROM directory_run WHERE directory = ?1 ORDER BY id DESC LIMIT ?2)";
    transaction.prepare_cached(sql)?.execute(params![directory.as_str(), keep]).map(drop)
}
