//! Tables `user` and `identifier`. Lists of people are in `list`.

mod list;
mod matching;

#[cfg(test)]
pub(crate) use list::listing;
pub(crate) use list::{all_matching, count_all, count_matching, matching};
pub(crate) use matching::Matching;

use gk_shared::model::{AppId, Email, UserId, Username};
use gk_shared::time::Timestamp;
use gk_shared::token::{Tag, tag};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::model::{Detail, Details, Language, Status, User};
use crate::secret::random;
use crate::store::bad_column;

const COLUMNS: &str =
    "u.id, u.username, u.email, u.fullname, u.status, u.enabled, u.seeded, u.created_at, u.updated_at, u.notify,
    u.new_device_mail, u.language, u.directory, u.version,
    u.given_name, u.mail_nickname, u.title, u.department, u.manager, u.telephone_number, u.mobile_number,
    EXISTS (SELECT 1 FROM membership m JOIN groups g ON g.id = m.group_id WHERE m.user_id = u.id AND g.kind = 'admin')";

/// What a new account starts with.
pub(crate) struct NewUser {
    pub(crate) username: Username,
    pub(crate) email: Email,
    pub(crate) fullname: String,
    pub(crate) status: Status,
    pub(crate) seeded: bool,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: UserId(row.get(0)?),
        username: Username::parse(row.get_ref(1)?.as_str()?).map_err(|error| bad_column(1, error))?,
        email: Email::parse(row.get_ref(2)?.as_str()?).map_err(|error| bad_column(2, error))?,
        fullname: row.get(3)?,
        status: Status::parse(row.get_ref(4)?.as_str()?).ok_or_else(|| crate::store::unknown_word(4))?,
        enabled: row.get(5)?,
        seeded: row.get(6)?,
        created_at: Timestamp(row.get(7)?),
        updated_at: Timestamp(row.get(8)?),
        notify: row.get(9)?,
        new_device_mail: row.get(10)?,
        language: Language::parse(row.get_ref(11)?.as_str()?),
        directory: row.get(12)?,
        version: row.get(13)?,
        details: Details::new([
            row.get(14)?,
            row.get(15)?,
            row.get(16)?,
            row.get(17)?,
            row.get(18)?,
            row.get(19)?,
            row.get(20)?,
        ]),
        admin: row.get(21)?,
    })
}

/// The account with this id.
pub(crate) fn by_id(connection: &Connection, id: UserId) -> rusqlite::Result<Option<User>> {
    let sql = format!("SELECT {COLUMNS} FROM user u WHERE u.id = ?1");
    connection.prepare_cached(&sql)?.query_row([id.0], from_row).optional()
}

/// The account that goes by this user name or e-mail.
pub(crate) fn by_name(connection: &Connection, name: &str) -> rusqlite::Result<Option<User>> {
    // As a join it would be compiled anew for each name, which costs more than the look-up.
    let sql = format!("SELECT {COLUMNS} FROM user u WHERE u.id = (SELECT user_id FROM identifier WHERE value = ?1)");
    connection.prepare_cached(&sql)?.query_row([name], from_row).optional()
}

/// All accounts, or those of one status, by user name.
pub(crate) fn list(connection: &Connection, status: Option<Status>) -> rusqlite::Result<Vec<User>> {
    let sql = format!("SELECT {COLUMNS} FROM user u WHERE ?1 IS NULL OR u.status = ?1 ORDER BY u.username");
    connection.prepare_cached(&sql)?.query_map([status.map(Status::word)], from_row)?.collect()
}

/// Whether an account of the same mailbox, whatever its plus-tag, is disabled or rejected.
pub(crate) fn is_mailbox_barred(connection: &Connection, email: &Email) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM user WHERE domain = ?2 AND (enabled = 0 OR status = 'rejected')
               AND (email = ?1 || '@' || ?2 OR substr(email, 1, length(?1) + 1) = ?1 || '+'))";
    let values = [email.mailbox(), email.domain()];
    connection.prepare_cached(sql)?.query_row(values, |row| row.get(0))
}

/// Accounts that wait, the oldest first.
pub(crate) fn pending(connection: &Connection, skip: i64, most: i64) -> rusqlite::Result<Vec<User>> {
    let sql = format!("SELECT {COLUMNS} FROM user u WHERE u.status = 'pending' ORDER BY u.id LIMIT ?1 OFFSET ?2");
    connection.prepare_cached(&sql)?.query_map([most, skip], from_row)?.collect()
}

/// Rejected accounts, the last changed first.
pub(crate) fn rejected(connection: &Connection, most: i64) -> rusqlite::Result<Vec<User>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM user u WHERE u.status = 'rejected' ORDER BY u.updated_at DESC, u.id DESC LIMIT ?1"
    );
    connection.prepare_cached(&sql)?.query_map([most], from_row)?.collect()
}

/// How many accounts are of this status.
pub(crate) fn count(connection: &Connection, status: Status) -> rusqlite::Result<i64> {
    let sql = "SELECT count(*) FROM user WHERE status = ?1";
    connection.prepare_cached(sql)?.query_row([status.word()], |row| row.get(0))
}

/// The usable super-admins who want to hear of requests, by e-mail.
pub(crate) fn notified_admins(connection: &Connection) -> rusqlite::Result<Vec<User>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM user u JOIN membership m ON m.user_id = u.id JOIN groups g ON g.id = m.group_id
         WHERE g.kind = 'admin' AND u.status = 'approved' AND u.enabled = 1 AND u.notify = 1 ORDER BY u.email"
    );
    connection.prepare_cached(&sql)?.query_map([], from_row)?.collect()
}

/// The usable people who want to hear of requests and hold a grant of an app, own or of a group, by e-mail. Whether it
/// makes them its administrators is for the caller to see.
pub(crate) fn notified_holders(connection: &Connection, app: AppId) -> rusqlite::Result<Vec<User>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM user u WHERE u.status = 'approved' AND u.enabled = 1 AND u.notify = 1 AND u.id IN (
             SELECT user_id FROM access_grant WHERE app_id = ?1 AND user_id IS NOT NULL
             UNION SELECT m.user_id FROM access_grant a JOIN membership m ON m.group_id = a.group_id WHERE a.app_id = ?1)
         ORDER BY u.email"
    );
    connection.prepare_cached(&sql)?.query_map([app.0], from_row)?.collect()
}

/// How many usable super-admins there are besides one.
pub(crate) fn usable_admins_besides(connection: &Connection, id: UserId) -> rusqlite::Result<i64> {
    let sql = "SELECT count(*) FROM user u JOIN membership m ON m.user_id = u.id JOIN groups g ON g.id = m.group_id
               WHERE g.kind = 'admin' AND u.status = 'approved' AND u.enabled = 1 AND u.id <> ?1";
    connection.prepare_cached(sql)?.query_row([id.0], |row| row.get(0))
}

/// Adds an account with its identifiers; gives its id.
pub(crate) fn insert(transaction: &Transaction<'_>, new: &NewUser, now: Timestamp) -> rusqlite::Result<UserId> {
    let sql = "INSERT INTO user (username, email, fullname, status, seeded, login_salt, created_at, updated_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)";
    let (username, email) = (new.username.as_str(), new.email.as_str());
    let values = params![username, email, new.fullname, new.status.word(), new.seeded, random::<16>(), now.0];
    let id = UserId(transaction.prepare_cached(sql)?.insert(values)?);
    insert_identifier(transaction, email, id, "email")?;
    if username != email {
        insert_identifier(transaction, username, id, "username")?;
    }
    Ok(id)
}

fn insert_identifier(transaction: &Transaction<'_>, value: &str, id: UserId, kind: &str) -> rusqlite::Result<()> {
    let sql = "INSERT INTO identifier (value, user_id, kind) VALUES (?1, ?2, ?3)";
    transaction.prepare_cached(sql)?.execute(params![value, id.0, kind]).map(drop)
}

/// Sets the display name.
pub(crate) fn set_fullname(
    transaction: &Transaction<'_>,
    id: UserId,
    fullname: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "UPDATE user SET fullname = ?2, updated_at = ?3 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![id.0, fullname, now.0]).map(drop)
}

/// Sets where the account stands.
pub(crate) fn set_status(
    transaction: &Transaction<'_>,
    id: UserId,
    status: Status,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "UPDATE user SET status = ?2, updated_at = ?3 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![id.0, status.word(), now.0]).map(drop)
}

/// Enables or disables the account.
pub(crate) fn set_enabled(
    transaction: &Transaction<'_>,
    id: UserId,
    enabled: bool,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "UPDATE user SET enabled = ?2, updated_at = ?3 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![id.0, enabled, now.0]).map(drop)
}

/// Gives the account another user name.
pub(crate) fn set_username(
    transaction: &Transaction<'_>,
    user: &User,
    username: &Username,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let (old, new, email) = (user.username.as_str(), username.as_str(), user.email.as_str());
    let sql = "UPDATE user SET username = ?2, updated_at = ?3 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![user.id.0, new, now.0])?;
    let sql = "DELETE FROM identifier WHERE user_id = ?1 AND value = ?2 AND value <> ?3";
    transaction.prepare_cached(sql)?.execute(params![user.id.0, old, email])?;
    if new == email { Ok(()) } else { insert_identifier(transaction, new, user.id, "username") }
}

/// Sets the details of the account.
pub(crate) fn set_details(
    transaction: &Transaction<'_>,
    id: UserId,
    details: &Details,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "UPDATE user SET given_name = ?3, mail_nickname = ?4, title = ?5, department = ?6, manager = ?7,
               telephone_number = ?8, mobile_number = ?9, updated_at = ?2 WHERE id = ?1";
    let [given, nickname, title, department, manager, telephone, mobile] =
        Detail::ALL.map(|detail| details.get(detail));
    let values = params![id.0, now.0, given, nickname, title, department, manager, telephone, mobile];
    transaction.prepare_cached(sql)?.execute(values).map(drop)
}

/// Sets whether the account hears of requests.
pub(crate) fn set_notify(
    transaction: &Transaction<'_>,
    id: UserId,
    notify: bool,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "UPDATE user SET notify = ?2, updated_at = ?3 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![id.0, notify, now.0]).map(drop)
}

/// Sets whether the account hears of browsers that are new to it.
pub(crate) fn set_new_device_mail(
    transaction: &Transaction<'_>,
    id: UserId,
    wanted: bool,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "UPDATE user SET new_device_mail = ?2, updated_at = ?3 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![id.0, wanted, now.0]).map(drop)
}

/// Sets the language of the account's mails.
pub(crate) fn set_language(
    transaction: &Transaction<'_>,
    id: UserId,
    language: Option<Language>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "UPDATE user SET language = ?2, updated_at = ?3 WHERE id = ?1";
    let tag = language.map(Language::tag).unwrap_or_default();
    transaction.prepare_cached(sql)?.execute(params![id.0, tag, now.0]).map(drop)
}

/// Moves the account to another address, and its user name along if that was the address.
pub(crate) fn set_email(
    transaction: &Transaction<'_>,
    user: &User,
    email: &Email,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "UPDATE user SET email = ?2, username = CASE username WHEN email THEN ?2 ELSE username END,
               updated_at = ?3 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![user.id.0, email.as_str(), now.0])?;
    let sql = "DELETE FROM identifier WHERE user_id = ?1 AND value = ?2";
    transaction.prepare_cached(sql)?.execute(params![user.id.0, user.email.as_str()])?;
    insert_identifier(transaction, email.as_str(), user.id, "email")
}

/// Draws a new login salt, which ends every session of the account.
pub(crate) fn rotate_salt(transaction: &Transaction<'_>, id: UserId) -> rusqlite::Result<()> {
    let sql = "UPDATE user SET login_salt = ?2 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![id.0, random::<16>()]).map(drop)
}

/// Deletes the account with everything that hangs on it, except the audit.
pub(crate) fn delete(transaction: &Transaction<'_>, id: UserId) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM user WHERE id = ?1")?.execute([id.0]).map(drop)
}

/// The tag of the account's login salt. The salt itself goes nowhere else.
pub(crate) fn salt_tag(connection: &Connection, id: UserId) -> rusqlite::Result<Option<Tag>> {
    let sql = "SELECT login_salt FROM user WHERE id = ?1";
    let salt = connection.prepare_cached(sql)?.query_row([id.0], |row| row.get::<_, [u8; 16]>(0)).optional()?;
    Ok(salt.map(|salt| tag(id.0, &salt)))
}
