//! What a backup says of itself, in its first line.

use serde::{Deserialize, Serialize};

/// The form of backups that this build writes, and the newest that it reads.
pub(super) const FORMAT: u32 = 1;

/// The first line of a backup, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The version of Gatekeeper that wrote it.
    pub gatekeeper: String,
    pub schema: i64,
    pub database_id: String,
    pub restore_id: String,
    pub revision: i64,
    /// RFC 3339.
    pub made_at: String,
    /// Bytes of the database.
    pub size: u64,
    /// Of the database.
    pub sha256: String,
    /// Which root key opens what is sealed in it.
    pub root_key: String,
    /// Whether that key is in the backup, behind the database.
    pub with_root_key: bool,
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}
