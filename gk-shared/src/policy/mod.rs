//! policy.sqlite3: its schema, how it becomes a [`Snapshot`], and how a change to it is noticed.

mod arena;
mod grants;
mod load;
mod load_grants;
mod load_keys;
mod load_people;
mod mark;
#[cfg(any(test, fuzzing))]
pub(crate) mod naive;
mod pages;
mod people;
mod reader;
mod schema;
mod sessions;
mod snapshot;
mod stamp;
mod supposed;
mod text;
#[cfg(test)]
pub(crate) mod trial;

pub use grants::{Grant, Terms};
pub use load::{LoadError, MOST_ROWS_IN_A_DELTA};
pub use mark::Mark;
pub use people::User;
pub use reader::{CaughtUp, PolicyReader, Replaced};
pub use schema::{CHANGES_KEPT, ChangeKind, FORMAT, Identity, SCHEMA};
pub use snapshot::{App, DefaultAccess, Group, Key, PolicySettings, RoleIndex, SessionMark, Snapshot};
pub use stamp::{FileControl, file_has_moved, keep_wal_on_close};
pub use supposed::Supposed;
