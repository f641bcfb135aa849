//! Invitations: links by which people get in without an administrator looking at each of them.

use gk_shared::model::{Email, Role, Slug, UserId};
use gk_shared::time::Timestamp;

/// A link that lets people in: approved at once, with these groups and apps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub id: i64,
    /// Whom alone it is for; `None`: whoever has the link.
    pub email: Option<Email>,
    pub note: String,
    pub uses: i64,
    pub used: i64,
    /// The label of whoever made it, as it was then.
    pub created_by: String,
    /// The person who made it, if one did who still has an account.
    pub inviter: Option<UserId>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub withdrawn_at: Option<Timestamp>,
    pub groups: Vec<String>,
    pub apps: Vec<InvitedApp>,
}

/// An app an invitation lets into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitedApp {
    pub slug: Slug,
    pub name: String,
    pub role: Option<Role>,
}

/// Whether an invitation works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationState {
    Open,
    UsedUp,
    Expired,
    Withdrawn,
}

impl InvitationState {
    /// The shown word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::UsedUp => "used up",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl Invitation {
    /// Whether it works now.
    pub fn state(&self, now: Timestamp) -> InvitationState {
        if self.withdrawn_at.is_some() {
            InvitationState::Withdrawn
        } else if self.used >= self.uses {
            InvitationState::UsedUp
        } else if self.expires_at <= now {
            InvitationState::Expired
        } else {
            InvitationState::Open
        }
    }
}
