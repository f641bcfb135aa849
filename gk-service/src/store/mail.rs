//! Table `mail`: the queue the courier empties.

use gk_shared::model::Email;
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::bad_column;
use crate::model::{Language, MailEntry, MailKind, MailState, Template};

/// A mail to queue.
pub(crate) struct NewMail<'m> {
    pub(crate) uuid: &'m str,
    pub(crate) template: Template,
    pub(crate) recipient: &'m Email,
    pub(crate) sealed_values: &'m [u8],
    /// The sign-in it is for.
    pub(crate) challenge: Option<i64>,
    pub(crate) created_at: Timestamp,
    pub(crate) give_up_at: Timestamp,
}

/// A mail with what it says.
pub(crate) struct QueuedMail {
    pub(crate) id: i64,
    pub(crate) uuid: String,
    pub(crate) template: Template,
    pub(crate) recipient: Email,
    pub(crate) sealed_values: Vec<u8>,
    pub(crate) challenge: Option<i64>,
    pub(crate) tries: i64,
    pub(crate) unclear: i64,
    pub(crate) give_up_at: Timestamp,
}

/// A dead mail to be tried again.
pub(crate) struct DeadMail {
    pub(crate) kind: Option<MailKind>,
    pub(crate) recipient: String,
    pub(crate) has_values: bool,
    pub(crate) challenge: Option<i64>,
    pub(crate) give_up_at: Timestamp,
}

/// When the next try is, and how many before it may have arrived.
pub(crate) struct NextTry {
    pub(crate) at: Timestamp,
    pub(crate) unclear: i64,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<QueuedMail> {
    let kind = MailKind::parse(row.get_ref(2)?.as_str()?).ok_or_else(|| super::unknown_word(2))?;
    let language = Language::parse(row.get_ref(4)?.as_str()?).ok_or_else(|| super::unknown_word(4))?;
    Ok(QueuedMail {
        id: row.get(0)?,
        uuid: row.get(1)?,
        template: Template { kind, language },
        recipient: Email::parse(row.get_ref(3)?.as_str()?).map_err(|error| bad_column(3, error))?,
        sealed_values: row.get(5)?,
        challenge: row.get(6)?,
        tries: row.get(7)?,
        unclear: row.get(8)?,
        give_up_at: Timestamp(row.get(9)?),
    })
}

fn entry(row: &Row<'_>) -> rusqlite::Result<MailEntry> {
    Ok(MailEntry {
        id: row.get(0)?,
        kind: row.get(1)?,
        to: row.get(2)?,
        state: MailState::parse(row.get_ref(3)?.as_str()?).ok_or_else(|| super::unknown_word(3))?,
        tries: row.get(4)?,
        created_at: Timestamp(row.get(5)?),
        next_try_at: Timestamp(row.get(6)?),
        last_error: row.get(7)?,
    })
}

const ENTRY: &str = "id, kind, recipient, state, tries, created_at, next_try_at, last_error";

/// Queues a mail; gives its id.
pub(crate) fn insert(transaction: &Transaction<'_>, new: &NewMail<'_>) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO mail (uuid, kind, recipient, language, sealed_values, challenge_id, state, next_try_at, give_up_at, created_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'queued', ?7, ?8, ?7)";
    let (kind, language) = (new.template.kind.word(), new.template.language.tag());
    let (created, give_up, recipient) = (new.created_at.0, new.give_up_at.0, new.recipient.as_str());
    transaction.prepare_cached(sql)?.insert(params![
        new.uuid,
        kind,
        recipient,
        language,
        new.sealed_values,
        new.challenge,
        created,
        give_up
    ])
}

/// How many mails wait.
pub(crate) fn count_queued(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT count(*) FROM mail WHERE state = 'queued'")?.query_row([], |row| row.get(0))
}

/// The mails that are due, at most `most`: sign-ins first, then the oldest. None to anybody to whom one of
/// `under_way` (ids as JSON) goes, none to a domain of `crowded` (JSON too), and none beyond `most_tries`.
pub(crate) fn due(
    connection: &Connection,
    now: Timestamp,
    (under_way, crowded): (&str, &str),
    (most, most_tries): (i64, i64),
) -> rusqlite::Result<Vec<QueuedMail>> {
    let sql =
        "SELECT id, uuid, kind, recipient, language, sealed_values, challenge_id, tries, unclear, give_up_at FROM mail
               WHERE state = 'queued' AND next_try_at <= ?1 AND tries <= ?2
                 AND recipient NOT IN (SELECT recipient FROM mail WHERE id IN (SELECT value FROM json_each(?3)))
                 AND substr(recipient, instr(recipient, '@') + 1) NOT IN (SELECT value FROM json_each(?4))
               ORDER BY challenge_id IS NULL, next_try_at, id LIMIT ?5";
    connection.prepare_cached(sql)?.query_map(params![now.0, most_tries, under_way, crowded, most], from_row)?.collect()
}

/// Notes before a try's last word that it may arrive without an answer; gives 0 if the mail is not queued any more.
pub(crate) fn note_unclear(transaction: &Transaction<'_>, id: i64, unclear: i64) -> rusqlite::Result<usize> {
    let sql = "UPDATE mail SET unclear = ?2 WHERE id = ?1 AND state = 'queued'";
    transaction.prepare_cached(sql)?.execute([id, unclear])
}

/// Marks a mail as sent and empties it.
pub(crate) fn sent(transaction: &Transaction<'_>, id: i64, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE mail SET state = 'sent', settled_at = ?2, sealed_values = NULL, tries = tries + 1, last_error = '' WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute([id, now.0]).map(drop)
}

/// Keeps a mail for another try.
pub(crate) fn retry(transaction: &Transaction<'_>, id: i64, error: &str, next: &NextTry) -> rusqlite::Result<()> {
    let sql = "UPDATE mail SET tries = tries + 1, last_error = ?2, next_try_at = ?3, unclear = ?4 WHERE id = ?1 AND state = 'queued'";
    transaction.prepare_cached(sql)?.execute(params![id, error, next.at.0, next.unclear]).map(drop)
}

/// Gives a mail up, but keeps what it says: somebody may have it tried again.
pub(crate) fn dead(transaction: &Transaction<'_>, id: i64, error: &str, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE mail SET state = 'dead', settled_at = ?3, tries = tries + 1, last_error = ?2 WHERE id = ?1 AND state = 'queued'";
    transaction.prepare_cached(sql)?.execute(params![id, error, now.0]).map(drop)
}

/// Deletes every mail to an address, sent or not.
pub(crate) fn delete_to(transaction: &Transaction<'_>, recipient: &Email) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM mail WHERE recipient = ?1")?.execute([recipient.as_str()]).map(drop)
}

/// Forgets what a mail says, since nobody needs it.
pub(crate) fn dropped(transaction: &Transaction<'_>, id: i64, why: &str, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE mail SET state = 'dropped', settled_at = ?3, sealed_values = NULL, last_error = ?2
               WHERE id = ?1 AND state IN ('queued', 'dead')";
    transaction.prepare_cached(sql)?.execute(params![id, why, now.0]).map(drop)
}

/// Drops whatever waits.
pub(crate) fn drop_queued(transaction: &Transaction<'_>, why: &str, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE mail SET state = 'dropped', settled_at = ?2, sealed_values = NULL, last_error = ?1
               WHERE state = 'queued'";
    transaction.prepare_cached(sql)?.execute(params![why, now.0]).map(drop)
}

/// Makes a mail due now.
pub(crate) fn hurry(transaction: &Transaction<'_>, id: i64, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE mail SET next_try_at = ?2 WHERE id = ?1 AND state = 'queued'";
    transaction.prepare_cached(sql)?.execute([id, now.0]).map(drop)
}

/// Queues a dead mail anew.
pub(crate) fn revive(
    transaction: &Transaction<'_>,
    id: i64,
    now: Timestamp,
    give_up_at: Timestamp,
) -> rusqlite::Result<()> {
    let sql =
        "UPDATE mail SET state = 'queued', tries = 0, unclear = 0, next_try_at = ?2, give_up_at = ?3, settled_at = NULL
               WHERE id = ?1 AND state = 'dead'";
    transaction.prepare_cached(sql)?.execute([id, now.0, give_up_at.0]).map(drop)
}

/// What tells whether a dead mail is worth another try.
pub(crate) fn dead_by_id(connection: &Connection, id: i64) -> rusqlite::Result<Option<DeadMail>> {
    let sql = "SELECT kind, recipient, sealed_values IS NOT NULL, challenge_id, give_up_at FROM mail
               WHERE id = ?1 AND state = 'dead'";
    let read = |row: &Row<'_>| {
        Ok(DeadMail {
            kind: MailKind::parse(row.get_ref(0)?.as_str()?),
            recipient: row.get(1)?,
            has_values: row.get(2)?,
            challenge: row.get(3)?,
            give_up_at: Timestamp(row.get(4)?),
        })
    };
    connection.prepare_cached(sql)?.query_row([id], read).optional()
}

/// One mail by its number.
pub(crate) fn by_id(connection: &Connection, id: i64) -> rusqlite::Result<Option<MailEntry>> {
    let sql = format!("SELECT {ENTRY} FROM mail WHERE id = ?1");
    connection.prepare_cached(&sql)?.query_row([id], entry).optional()
}

/// The newest `most` mails in a state, or in any, newest first.
pub(crate) fn list(connection: &Connection, state: Option<MailState>, most: i64) -> rusqlite::Result<Vec<MailEntry>> {
    let sql = format!("SELECT {ENTRY} FROM mail WHERE ?1 IS NULL OR state = ?1 ORDER BY id DESC LIMIT ?2");
    connection.prepare_cached(&sql)?.query_map(params![state.map(MailState::word), most], entry)?.collect()
}

/// Deletes what was sent or dropped a week ago, and what was given up a month ago.
pub(crate) fn delete_old(transaction: &Transaction<'_>, now: Timestamp) -> rusqlite::Result<usize> {
    let sql = "DELETE FROM mail WHERE coalesce(settled_at, created_at) < CASE state WHEN 'dead' THEN ?2 ELSE ?1 END AND state <> 'queued'";
    let (week_ago, month_ago) = (now.plus(-7 * 86_400).0, now.plus(-30 * 86_400).0);
    transaction.prepare_cached(sql)?.execute([week_ago, month_ago])
}

/// How many mails there are of a state.
pub(crate) fn count(connection: &Connection, state: MailState) -> rusqlite::Result<i64> {
    super::figures::counted(connection, &format!("mail:{}", state.word()))
}

/// How many mails of a kind were written to somebody since a time.
pub(crate) fn count_to(
    connection: &Connection,
    (kind, recipient): (MailKind, &Email),
    since: Timestamp,
) -> rusqlite::Result<i64> {
    let sql = "SELECT count(*) FROM mail WHERE recipient = ?1 AND kind = ?2 AND created_at > ?3";
    connection.prepare_cached(sql)?.query_row(params![recipient.as_str(), kind.word(), since.0], |row| row.get(0))
}
