//! Handing a mail to an Outbox service through its database: somebody else's file, so every error says what is
//! wrong with it, and nothing in it is made or changed but one row.

use std::path::Path;
use std::time::Duration;

use gk_shared::model::Email;
use gk_shared::time::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, named_params};
use serde_json::json;
use thiserror::Error;

/// A mail as the Outbox takes it: one body, which is HTML.
#[derive(Debug)]
pub struct OutboxMail<'m> {
    /// The same at every try: a second one finds the row of the first.
    pub uuid: &'m str,
    pub sender: &'m Email,
    pub recipient: &'m Email,
    pub subject: &'m str,
    pub html: &'m str,
    pub now: Timestamp,
}

/// Why the mail is not in the database.
#[derive(Debug, Error)]
pub enum OutboxError {
    #[error("there is no such file")]
    Missing,
    #[error("somebody holds it")]
    Busy,
    #[error("it is no Outbox database: its table `message` has no column {0}")]
    Schema(&'static str),
    #[error("it cannot be written")]
    Database(#[source] rusqlite::Error),
}

const PATIENCE: Duration = Duration::from_secs(5);

const COLUMNS: [&str; 11] = [
    "uuid",
    "status",
    "delivery_type",
    "from_address",
    "to_recipients",
    "subject",
    "body",
    "body_type",
    "source_app",
    "created_at",
    "updated_at",
];

/// Puts a mail into the Outbox database at `path`. Once it is there, doing it again changes nothing.
pub fn put(path: &Path, mail: &OutboxMail<'_>) -> Result<(), OutboxError> {
    if !path.is_file() {
        return Err(OutboxError::Missing);
    }
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(why)?;
    connection.busy_timeout(PATIENCE).map_err(why)?;
    check(&connection)?;
    let sql = "INSERT INTO message (uuid, status, delivery_type, from_address, to_recipients, subject, body, body_type, source_app, created_at, updated_at)
               VALUES (:uuid, 'queued', 'email', :from, :to, :subject, :body, 'html', 'gatekeeper',
                       strftime('%Y-%m-%dT%H:%M:%S+00:00', :now, 'unixepoch'), strftime('%Y-%m-%dT%H:%M:%S+00:00', :now, 'unixepoch'))
               ON CONFLICT (uuid) DO NOTHING";
    let row = named_params! {
        ":uuid": mail.uuid, ":from": mail.sender.as_str(), ":to": json!([mail.recipient.as_str()]).to_string(),
        ":subject": mail.subject, ":body": mail.html, ":now": mail.now.0,
    };
    connection.execute(sql, row).map(drop).map_err(why)
}

fn check(connection: &Connection) -> Result<(), OutboxError> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info('message')").map_err(why)?;
    let there = statement.query_map([], |row| row.get(0)).and_then(Iterator::collect::<rusqlite::Result<Vec<String>>>);
    let there = there.map_err(why)?;
    match COLUMNS.into_iter().find(|column| there.iter().all(|name| name != column)) {
        Some(missing) => Err(OutboxError::Schema(missing)),
        None => Ok(()),
    }
}

fn why(error: rusqlite::Error) -> OutboxError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OutboxError::Busy,
        _ => OutboxError::Database(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_try_finds_the_row_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outbox.db");
        let connection = Connection::open(&path).unwrap();
        let columns = COLUMNS.map(|column| format!("{column} TEXT NOT NULL")).join(", ");
        connection.execute_batch(&format!("CREATE TABLE message ({columns}, UNIQUE (uuid))")).unwrap();
        let address = Email::parse("a@example.com").unwrap();
        let (sender, recipient) = (&address, &address);
        let mail = OutboxMail { uuid: "u", sender, recipient, subject: "s", html: "<p>", now: Timestamp(0) };
        put(&path, &mail).unwrap();
        put(&path, &mail).unwrap();
        let row = |sql| connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(row("SELECT count(*) || created_at FROM message"), "11970-01-01T00:00:00+00:00");
    }
}
