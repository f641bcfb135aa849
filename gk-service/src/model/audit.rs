//! What happened, as the audit keeps it, and which of it is meant.

use std::net::IpAddr;

use gk_shared::model::Slug;
use gk_shared::time::Timestamp;

/// A row of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    pub id: i64,
    pub at: Timestamp,
    /// What kind of actor: operator, person, key, system or stranger.
    pub actor_kind: String,
    /// The label of whoever did it, as it was then.
    pub actor: String,
    pub action: String,
    pub target: String,
    /// The slug of the app it was about; empty for none.
    pub app: String,
    /// Where it came from; empty for a command.
    pub ip: String,
    /// What the browser or program called itself; empty for a command.
    pub user_agent: String,
    /// JSON, or empty.
    pub before: String,
    /// JSON, or empty.
    pub after: String,
    /// The keyed hash over this row and the one before it.
    pub chain: [u8; 32],
    /// The number of the person or key that did it.
    pub actor_id: Option<i64>,
    /// The number of the person it was done to.
    pub target_user: Option<i64>,
}

/// Which rows. What is not set is not asked for; what is, all has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// What somebody did, and what was done to them: by user name or e-mail.
    pub person: Option<String>,
    /// Who did it, by the label in the row.
    pub actor: Option<String>,
    pub action: Option<String>,
    pub app: Option<Slug>,
    pub ip: Option<IpAddr>,
    /// Words that all are in the row: in actor, action, target, app, before or after.
    pub text: Option<String>,
    /// Not before this.
    pub since: Option<Timestamp>,
    /// Before this.
    pub until: Option<Timestamp>,
}

/// Some of the rows that match, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPart {
    pub entries: Vec<AuditEntry>,
    /// More may come below this number; without it there is none.
    pub next: Option<i64>,
    /// So far back was looked, without finding as many as were asked for. A part looks at no more than so many rows.
    pub reached: Option<Timestamp>,
}
