//! Apps, groups and who may enter what.

use gk_shared::access::{Counting, Counts, counting, rank};
use gk_shared::model::{AppId, BlockMark, GrantId, GroupId, Role, Slug, UserId};
use gk_shared::time::Timestamp;

use super::callback_url::CallbackUrl;
use super::open_path::OpenPath;
use super::origin::Origin;

/// A protected service.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, and any of them goes with any other")]
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
    /// Where people are taken back to by an app that is not behind nginx.
    pub callbacks: Vec<CallbackUrl>,
    /// What is open without sign-in, each path once.
    pub open_paths: Vec<OpenPath>,
    /// Whether people who may not enter see that there is such an app, so that they can ask.
    pub listed: bool,
    /// Whether the app receives X-Auth-Groups.
    pub groups_header: bool,
    /// Whether it stays open when nobody knows any more whether the policy is the newest.
    pub stale_ok: bool,
    pub contact: String,
    /// None before the first check.
    pub seen_block: Option<SeenBlock>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The proxy block the last check for an app came through, as gk-validate saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenBlock {
    /// None when it says nothing of itself that can be read.
    pub mark: Option<BlockMark>,
    pub at: Timestamp,
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
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
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
    /// When somebody last entered by it, to half a minute; a group's is used by any member.
    pub last_used_at: Option<Timestamp>,
}

/// Which grants a list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhichGrants {
    /// By app and holder.
    All,
    /// Those nobody has entered by since, and that were given and had begun before; the longest unused first.
    Unused { since: Timestamp },
    /// Those that end in this time, its end included; the first to end first.
    Expiring { after: Timestamp, until: Timestamp },
}

impl Counts for Grant {
    fn times(&self) -> (Timestamp, Timestamp) {
        (self.starts_at.unwrap_or(Timestamp(i64::MIN)), self.expires_at.unwrap_or(Timestamp(i64::MAX)))
    }

    fn number(&self) -> GrantId {
        self.id
    }
}

impl App {
    /// How strong a role is here.
    pub fn rank(&self, role: Option<&Role>) -> usize {
        rank(&self.roles, role)
    }

    /// Which of these grants, of one person and their groups, counts here now.
    pub fn counting<'g>(&self, grants: &'g [Grant], now: Timestamp) -> Option<Counting<&'g Grant>> {
        let here = || grants.iter().filter(|grant| grant.app == self.id);
        let own = here().find(|grant| matches!(grant.holder, Holder::User(_)));
        let of_groups = here().filter(|grant| matches!(grant.holder, Holder::Group(_)));
        counting(own, of_groups, |grant| self.rank(grant.role.as_ref()), now)
    }

    /// Whether whoever holds these grants administers this app.
    pub fn is_administered_by(&self, grants: &[Grant], now: Timestamp) -> bool {
        let role = self.counting(grants, now).and_then(|counts| counts.grant().role.as_ref());
        role.is_some_and(|role| self.admin_roles.contains(role))
    }
}
