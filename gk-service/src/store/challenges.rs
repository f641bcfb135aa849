//! Tables `challenge` and `signin_attempt`.

use gk_shared::model::{AppId, Email};
use gk_shared::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::bad_column;
use crate::model::Purpose;

/// A pending sign-in.
pub(crate) struct Challenge {
    pub(crate) id: i64,
    pub(crate) purpose: Purpose,
    pub(crate) email: Email,
    pub(crate) link_hash: [u8; 32],
    pub(crate) browser_hash: Option<[u8; 32]>,
    pub(crate) code_tries: i64,
    pub(crate) return_to: String,
    /// The app it leads to, by one of its callback URLs.
    pub(crate) app: Option<AppId>,
    pub(crate) callback: String,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) used_at: Option<Timestamp>,
    pub(crate) invitation: Option<i64>,
}

const COLUMNS: &str =
    "id, purpose, email, link_hash, browser_hash, code_tries, return_to, created_at, expires_at, used_at,
    app_id, callback, invitation_id";

impl Challenge {
    /// Whether an app's server asked for it: then no browser is bound to it.
    pub(crate) fn is_central(&self) -> bool {
        self.browser_hash.is_none() && self.app.is_some()
    }
}

/// What a new challenge starts with.
pub(crate) struct NewChallenge<'n> {
    pub(crate) purpose: Purpose,
    pub(crate) email: &'n Email,
    pub(crate) link_hash: [u8; 32],
    /// `None` for a link that was printed, not mailed, and for one that an app's server asked for.
    pub(crate) browser_hash: Option<[u8; 32]>,
    pub(crate) return_to: &'n str,
    /// The app it leads to, by one of its callback URLs.
    pub(crate) app: Option<(AppId, &'n str)>,
    /// The one it was asked for by.
    pub(crate) invitation: Option<i64>,
    pub(crate) ip: &'n str,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// How many sign-in mails were asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempts {
    pub(crate) mailbox: i64,
    pub(crate) mailbox_daily: i64,
    pub(crate) network: i64,
    pub(crate) everybody: i64,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Challenge> {
    Ok(Challenge {
        id: row.get(0)?,
        purpose: Purpose::parse(row.get_ref(1)?.as_str()?).ok_or_else(|| super::unknown_word(1))?,
        email: Email::parse(row.get_ref(2)?.as_str()?).map_err(|error| bad_column(2, error))?,
        link_hash: row.get(3)?,
        browser_hash: row.get(4)?,
        code_tries: row.get(5)?,
        return_to: row.get(6)?,
        created_at: Timestamp(row.get(7)?),
        expires_at: Timestamp(row.get(8)?),
        used_at: row.get::<_, Option<i64>>(9)?.map(Timestamp),
        app: row.get::<_, Option<i64>>(10)?.map(AppId),
        callback: row.get(11)?,
        invitation: row.get(12)?,
    })
}

/// The challenge a link belongs to.
pub(crate) fn by_link(connection: &Connection, link_hash: [u8; 32]) -> rusqlite::Result<Option<Challenge>> {
    let sql = format!("SELECT {COLUMNS} FROM challenge WHERE link_hash = ?1");
    connection.prepare_cached(&sql)?.query_row([link_hash], from_row).optional()
}

/// The challenge a browser keeps the secret of.
pub(crate) fn by_browser(connection: &Connection, browser_hash: [u8; 32]) -> rusqlite::Result<Option<Challenge>> {
    let sql = format!("SELECT {COLUMNS} FROM challenge WHERE browser_hash = ?1");
    connection.prepare_cached(&sql)?.query_row([browser_hash], from_row).optional()
}

/// Counts a wrong code.
pub(crate) fn count_try(transaction: &Transaction<'_>, id: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE challenge SET code_tries = code_tries + 1 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute([id]).map(drop)
}

/// Adds a challenge.
pub(crate) fn insert(transaction: &Transaction<'_>, new: &NewChallenge<'_>) -> rusqlite::Result<i64> {
    let sql =
        "INSERT INTO challenge (kind, purpose, email, link_hash, browser_hash, return_to, ip, created_at, expires_at, app_id, callback, invitation_id)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    let kind = match (new.browser_hash, new.app) {
        (Some(_), _) => "bound",
        (None, Some(_)) => "central",
        (None, None) => "host",
    };
    let (app, callback) = new.app.map_or((None, ""), |(app, callback)| (Some(app.0), callback));
    let (created, expires) = (new.created_at.0, new.expires_at.0);
    let (purpose, email) = (new.purpose.word(), new.email.as_str());
    transaction.prepare_cached(sql)?.insert(params![
        kind,
        purpose,
        email,
        new.link_hash,
        new.browser_hash,
        new.return_to,
        new.ip,
        created,
        expires,
        app,
        callback,
        new.invitation,
    ])
}

/// Whether a challenge can still be used.
pub(crate) fn is_open(connection: &Connection, id: i64, now: Timestamp) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM challenge WHERE id = ?1 AND used_at IS NULL AND expires_at > ?2)";
    connection.prepare_cached(sql)?.query_row([id, now.0], |row| row.get(0))
}

/// Uses a challenge up; gives 1 to whoever came first, and 0 to everybody after.
pub(crate) fn consume(transaction: &Transaction<'_>, id: i64, now: Timestamp) -> rusqlite::Result<usize> {
    let sql = "UPDATE challenge SET used_at = ?2 WHERE id = ?1 AND used_at IS NULL AND expires_at > ?2";
    transaction.prepare_cached(sql)?.execute([id, now.0])
}

/// Writes as much as counting a wrong code does, and changes nothing.
pub(crate) fn count_no_try(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.prepare_cached("UPDATE installation SET id = 1 WHERE id = 1")?.execute([]).map(drop)
}

/// Uses up every open challenge of an address.
pub(crate) fn end_all_of(transaction: &Transaction<'_>, email: &Email, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE challenge SET used_at = ?2 WHERE email = ?1 AND used_at IS NULL";
    transaction.prepare_cached(sql)?.execute(params![email.as_str(), now.0]).map(drop)
}

/// Counts recent requests for one mailbox, one network and everybody. What apps ask for is counted as networks of their
/// own, and is not everybody's.
pub(crate) fn attempts(
    connection: &Connection,
    (mailbox, network): (&str, &str),
    now: Timestamp,
) -> rusqlite::Result<Attempts> {
    let sql = "SELECT
        (SELECT count(*) FROM signin_attempt WHERE mailbox = ?1 AND at > ?3),
        (SELECT count(*) FROM signin_attempt WHERE mailbox = ?1 AND at > ?4),
        (SELECT count(*) FROM signin_attempt WHERE network = ?2 AND at > ?3),
        (SELECT count(*) FROM signin_attempt WHERE at > ?3 AND network <> ?5 AND network NOT LIKE 'app %')";
    let (quarter, day) = (now.plus(-900).0, now.plus(-86_400).0);
    connection.prepare_cached(sql)?.query_row(params![mailbox, network, quarter, day, OWN], |row| {
        Ok(Attempts { mailbox: row.get(0)?, mailbox_daily: row.get(1)?, network: row.get(2)?, everybody: row.get(3)? })
    })
}

/// Counts one request.
pub(crate) fn note_attempt(
    transaction: &Transaction<'_>,
    (mailbox, network): (&str, &str),
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO signin_attempt (at, mailbox, network) VALUES (?1, ?2, ?3)";
    transaction.prepare_cached(sql)?.execute(params![now.0, mailbox, network]).map(drop)
}

/// What stands for the network of what somebody does to their own account. No network is called so.
const OWN: &str = "own account";

/// How often somebody has done something to their own account since a time, counted under a name no mailbox has.
pub(crate) fn own_attempts(connection: &Connection, name: &str, since: Timestamp) -> rusqlite::Result<i64> {
    let sql = "SELECT count(*) FROM signin_attempt WHERE mailbox = ?1 AND at > ?2";
    connection.prepare_cached(sql)?.query_row(params![name, since.0], |row| row.get(0))
}

/// Counts that somebody did something to their own account. It takes nothing from everybody's share of mails.
pub(crate) fn note_own_attempt(transaction: &Transaction<'_>, name: &str, now: Timestamp) -> rusqlite::Result<()> {
    note_attempt(transaction, (name, OWN), now)
}

/// Deletes what no limit counts any more and challenges that ran out a day ago.
pub(crate) fn delete_old(transaction: &Transaction<'_>, now: Timestamp) -> rusqlite::Result<usize> {
    let day_ago = now.plus(-86_400).0;
    let attempts = transaction.prepare_cached("DELETE FROM signin_attempt WHERE at < ?1")?.execute([day_ago])?;
    Ok(attempts + transaction.prepare_cached("DELETE FROM challenge WHERE expires_at < ?1")?.execute([day_ago])?)
}

/// Uses up every open challenge there is.
pub(crate) fn end_all(transaction: &Transaction<'_>, now: Timestamp) -> rusqlite::Result<()> {
    transaction.prepare_cached("UPDATE challenge SET used_at = ?1 WHERE used_at IS NULL")?.execute([now.0]).map(drop)
}
