//! A refresh of everybody a directory keeps.

use gk_shared::model::UserId;
use gk_shared::time::Timestamp;

use super::DirectoryLabel;

/// One run, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryRun {
    pub id: i64,
    pub directory: DirectoryLabel,
    pub state: RunState,
    /// Whether somebody has asked for it to stop.
    pub cancel: bool,
    /// So many disabled accounts somebody has said yes to.
    pub may_disable: i64,
    pub total: i64,
    pub looked_at: i64,
    pub changed: i64,
    /// Disabled; or to be disabled, while it asks.
    pub disabled: i64,
    pub failed: i64,
    /// Why it ended as it did.
    pub reason: String,
    pub started_by: String,
    pub started_at: Timestamp,
    /// When whoever works on it said so last.
    pub beat_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    Waiting,
    Running,
    Done,
    /// It would disable more than may be disabled unasked.
    Asks,
    Cancelled,
    Failed,
}

impl RunState {
    pub const ALL: [Self; 6] = [Self::Waiting, Self::Running, Self::Done, Self::Asks, Self::Cancelled, Self::Failed];

    /// The stored and shown word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Asks => "asks",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether something may still come of it by itself.
    pub fn is_open(self) -> bool {
        match self {
            Self::Waiting | Self::Running => true,
            Self::Done | Self::Asks | Self::Cancelled | Self::Failed => false,
        }
    }
}

/// Somebody a run has something to say about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunPerson {
    pub user: UserId,
    pub username: String,
    pub outcome: RunOutcome,
    pub detail: String,
}

/// What a run did to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    Changed,
    Disabled,
    WouldDisable,
    Failed,
}

impl RunOutcome {
    pub const ALL: [Self; 4] = [Self::Changed, Self::Disabled, Self::WouldDisable, Self::Failed];

    /// The stored and shown word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Disabled => "disabled",
            Self::WouldDisable => "would-disable",
            Self::Failed => "failed",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.word() == word)
    }
}
