//! Apps, groups and who may enter what.

use gk_shared::model::{AppId, GrantId, GroupId, Role, Slug, UserId};
use gk_shared::time::Timestamp;

use super::origin::Origin;

/// A protected service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    pub id: AppId,
    pub slug: Slug,
    pub name: String,
    pub description: String,
    pub origins: Vec<Origin>,
    /// Weakest first.
    pub roles: Vec<Role>,
    pub role_list: RoleList,
    /// A subset of the roles; whoever holds one by grant administers this app.
    pub admin_roles: Vec<Role>,
    pub noindex: bool,
    /// Whether the app receives X-Auth-Groups.
    pub groups_header: bool,
    pub contact: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What happens when a role is granted that the app does not list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleList {
    /// It is appended.
    Open,
    /// It is refused.
    Closed,
}

impl RoleList {
    /// The stored word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// What kind of group it is. Only the built-in `admin` makes super-admins, whatever others are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    Admin,
    Standard,
    Local,
    Directory,
}

impl GroupKind {
    const ALL: [Self; 4] = [Self::Admin, Self::Standard, Self::Local, Self::Directory];

    /// The stored word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Standard => "standard",
            Self::Local => "local",
            Self::Directory => "directory",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub id: GroupId,
    pub kind: GroupKind,
    pub name: String,
    pub description: String,
    pub members: i64,
}

/// Who holds a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    User(UserId),
    Group(GroupId),
}

/// Leave to enter an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub id: GrantId,
    pub app: AppId,
    pub holder: Holder,
    /// The holder's e-mail or group name.
    pub holder_name: String,
    pub role: Option<Role>,
    pub starts_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub note: String,
    pub granted_by: String,
    pub granted_at: Timestamp,
}
