//! The only SQL over gatekeeper.sqlite3: one file a table, reads on `&Connection`, writes on `&Transaction`.

pub(crate) mod api_keys;
pub(crate) mod app_codes;
pub(crate) mod apps;
pub(crate) mod audit;
pub(crate) mod challenges;
pub(crate) mod change_log;
mod copy;
pub(crate) mod devices;
pub(crate) mod directories;
pub(crate) mod email_changes;
pub(crate) mod figures;
pub(crate) mod grants;
pub(crate) mod groups;
pub(crate) mod installation;
pub(crate) mod invitations;
pub(crate) mod keys;
mod lock;
pub(crate) mod logos;
pub(crate) mod mail;
mod migrate;
mod open;
pub(crate) mod properties;
pub(crate) mod requests;
pub(crate) mod sealed;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod suppressions;
pub(crate) mod users;

pub use copy::Copied;
pub(crate) use copy::{CopyError, copy, unsound};
pub(crate) use lock::BackupLock;
pub use lock::{LockError, ServerLock};
pub use migrate::SCHEMA_VERSION;
pub(crate) use migrate::{MigrateError, dated, is_foreign, migrate, migrate_file, version};
pub(crate) use open::{create_private, open_existing};

use rusqlite::types::{FromSqlError, Type};

/// A stored text that is not what its column may hold: a bad row is an error, never a default.
pub(crate) fn bad_column(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}

/// A stored word that is none of an enum's.
pub(crate) fn unknown_word(column: usize) -> rusqlite::Error {
    bad_column(column, FromSqlError::InvalidType)
}
