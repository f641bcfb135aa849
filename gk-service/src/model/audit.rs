//! What happened, as the audit keeps it.

use gk_shared::time::Timestamp;

/// A row of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    pub id: i64,
    pub at: Timestamp,
    /// The label of whoever did it, as it was then.
    pub actor: String,
    pub action: String,
    pub target: String,
    /// The slug of the app it was about; empty for none.
    pub app: String,
    /// Where it came from; empty for a command.
    pub ip: String,
    /// JSON, or empty.
    pub before: String,
    /// JSON, or empty.
    pub after: String,
}
