//! Everything a decision needs, in memory, laid out to be small and to be changed in place.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::load::LoadError;
use super::schema::Identity;
use super::text::Texts;
use crate::access::{Counts, GroupsHeader, rank};
use crate::model::{ApiKeyId, AppId, GrantId, GroupId, IdleLimit, SessionId, UserId};
use crate::time::Timestamp;
use crate::token::{PublicKeys, Tag};

// Keys come only from the database, so a hash that is fast and not proof against chosen keys is right here.
type Map<K, V> = HashMap<K, V, RandomState>;

/// One state of the policy file.
#[derive(Clone)]
pub struct Snapshot {
    pub identity: Identity,
    pub revision: i64,
    pub settings: PolicySettings,
    users: Map<UserId, User>,
    groups: Map<GroupId, Group>,
    apps: Map<Box<str>, App>,
    app_slugs: Map<AppId, Box<str>>,
    sessions: Map<SessionId, SessionMark>,
    /// By the row that names them in the file.
    session_rows: Map<i64, SessionId>,
    /// By the SHA-256 of the secret.
    keys: Map<[u8; 32], Key>,
    key_hashes: Map<ApiKeyId, [u8; 32]>,
    pub(super) roles: Texts,
    pub(super) domains: Texts,
    pub(super) standing: Standing,
    /// Counts upwards with every change of a user or group, so that what was built from an older one is recognised.
    generation: u32,
    groups_generation: u32,
}

/// How this snapshot relates to the file it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It equals one revision of the file, and changes after that revision can be added to it.
    Sound,
    /// The file went back to an older revision. What is here is newer, and what follows may be another history.
    Ahead,
    /// The file was written over by a build that lays it out differently.
    OtherFormat(i64),
    /// A change was applied halfway. Only a whole load helps.
    Torn,
}

/// The settings a decision reads.
#[derive(Clone)]
pub struct PolicySettings {
    pub default_app: DefaultAccess,
    pub idle_limit: IdleLimit,
    pub global_tag: Tag,
    pub keys: PublicKeys,
    /// Indices of the accepted domains.
    pub(super) accepted: Vec<u32>,
    /// Changes whenever settings and keys are re-read, so that what was verified with older keys is recognised.
    pub generation: u32,
}

/// What becomes of a request that names no registered app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultAccess {
    Allow,
    Deny,
}

/// What is known of a session beyond its token. Of most there is nothing to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionMark {
    /// It was ended before its time.
    Revoked,
    /// It was used then, and maybe later. Known only while there is an idle limit.
    Seen(Timestamp),
}

/// A person, as far as a decision goes.
#[derive(Clone, Debug)]
pub struct User {
    /// E-mail and full name in one allocation.
    text: Box<str>,
    email_length: u16,
    pub usable: bool,
    admin: bool,
    pub tag: Tag,
    domain: u32,
    /// Changes whenever this user is re-read.
    pub generation: u32,
    pub groups: Box<[GroupId]>,
    grants: Box<[Grant]>,
}

/// A group and what it opens.
#[derive(Clone, Debug)]
pub struct Group {
    pub name: Box<str>,
    grants: Box<[Grant]>,
}

/// A registered app.
#[derive(Clone, Debug)]
pub struct App {
    pub id: AppId,
    /// Weakest first.
    roles: Box<[RoleIndex]>,
    pub groups: GroupsHeader,
}

/// A person's key: it opens some of the apps its owner may enter.
#[derive(Clone, Debug)]
pub struct Key {
    pub id: ApiKeyId,
    pub owner: UserId,
    pub apps: Box<[AppId]>,
    pub expires: Timestamp,
}

/// A grant of one app to whoever holds the list it is in.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    pub id: GrantId,
    pub app: AppId,
    pub role: Option<RoleIndex>,
    pub starts: Timestamp,
    pub expires: Timestamp,
}

/// A role's place in the snapshot's table of role names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleIndex(pub(super) u32);

impl RoleIndex {
    /// `admin`, which a super-admin passes as.
    pub const ADMIN: Self = Self(0);

    /// This role's place in the table of role names, counted from 0.
    pub fn position(self) -> usize {
        self.0 as usize
    }
}

impl Counts for Grant {
    fn times(&self) -> (Timestamp, Timestamp) {
        (self.starts, self.expires)
    }

    fn number(&self) -> GrantId {
        self.id
    }
}

fn grant_for(grants: &[Grant], app: AppId) -> Option<&Grant> {
    grants.binary_search_by_key(&app, |grant| grant.app).ok().and_then(|found| grants.get(found))
}

fn sorted(mut grants: Vec<Grant>) -> Box<[Grant]> {
    grants.sort_by_key(|grant| (grant.app, grant.id));
    grants.into_boxed_slice()
}

impl User {
    /// The identity apps see.
    pub fn email(&self) -> &str {
        self.text.get(..usize::from(self.email_length)).unwrap_or_default()
    }

    /// The display name; empty when there is none.
    pub fn fullname(&self) -> &str {
        self.text.get(usize::from(self.email_length)..).unwrap_or_default()
    }

    /// Whether this person is in the built-in group `admin`.
    pub fn is_admin(&self) -> bool {
        self.admin
    }

    /// This person's own grant of an app.
    pub fn grant(&self, app: AppId) -> Option<&Grant> {
        grant_for(&self.grants, app)
    }
}

impl Group {
    /// The group's grant of an app.
    pub fn grant(&self, app: AppId) -> Option<&Grant> {
        grant_for(&self.grants, app)
    }
}

impl App {
    /// How strong a role is here.
    pub fn rank(&self, role: Option<RoleIndex>) -> usize {
        rank(&self.roles, role.as_ref())
    }
}

/// A user as read from the file.
pub(super) struct UserRow<'r> {
    pub(super) email: &'r str,
    pub(super) fullname: &'r str,
    pub(super) usable: bool,
    pub(super) admin: bool,
    pub(super) tag: Tag,
    pub(super) groups: Vec<GroupId>,
    pub(super) grants: Vec<Grant>,
}

impl Snapshot {
    /// A snapshot with nobody in it.
    pub(super) fn empty(identity: Identity, revision: i64, settings: PolicySettings, domains: Texts) -> Self {
        let mut roles = Texts::default();
        roles.index("admin"); // RoleIndex::ADMIN
        Self {
            identity,
            revision,
            settings,
            users: Map::default(),
            groups: Map::default(),
            apps: Map::default(),
            app_slugs: Map::default(),
            sessions: Map::default(),
            session_rows: Map::default(),
            keys: Map::default(),
            key_hashes: Map::default(),
            roles,
            domains,
            standing: Standing::Sound,
            generation: 0,
            groups_generation: 0,
        }
    }

    /// The person with this id.
    pub fn user(&self, id: UserId) -> Option<&User> {
        self.users.get(&id)
    }

    /// The group with this id.
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(&id)
    }

    /// The app registered under this slug.
    pub fn app(&self, slug: &str) -> Option<&App> {
        self.apps.get(slug)
    }

    /// What is known of this session, if anything is.
    pub fn session(&self, session: SessionId) -> Option<SessionMark> {
        self.sessions.get(&session).copied()
    }

    /// The person's key whose secret has this SHA-256.
    pub fn key(&self, hash: &[u8; 32]) -> Option<&Key> {
        self.keys.get(hash)
    }

    /// Whether the person's e-mail domain is exactly one of the accepted ones.
    pub fn is_internal(&self, user: &User) -> bool {
        self.settings.accepted.contains(&user.domain)
    }

    /// A role's name.
    pub fn role(&self, role: RoleIndex) -> &str {
        self.roles.text(role.0)
    }

    /// Changes whenever any group is re-read.
    pub fn groups_generation(&self) -> u32 {
        self.groups_generation
    }

    /// Why the file is not followed although it can be read; this snapshot is then what is known.
    pub fn kept_because(&self) -> Option<LoadError> {
        match self.standing {
            Standing::Sound | Standing::Torn => None,
            Standing::Ahead => Some(LoadError::Older),
            Standing::OtherFormat(format) => Some(LoadError::UnknownFormat(format)),
        }
    }

    /// Every registered app's slug, in no order.
    pub fn slugs(&self) -> impl Iterator<Item = &str> {
        self.apps.keys().map(|slug| &**slug)
    }

    /// How many people the snapshot holds.
    pub fn user_count(&self) -> usize {
        self.users.len()
    }

    /// Every person, in no order.
    pub fn users(&self) -> impl Iterator<Item = (UserId, &User)> {
        self.users.iter().map(|(id, user)| (*id, user))
    }

    pub(super) fn reserve_users(&mut self, count: usize) {
        self.users.reserve(count);
    }

    pub(super) fn set_user(&mut self, id: UserId, row: UserRow<'_>) {
        self.generation = self.generation.wrapping_add(1);
        let domain = self.domains.index(row.email.split_once('@').map_or("", |(_, domain)| domain));
        let user = User {
            text: [row.email, row.fullname].concat().into_boxed_str(),
            email_length: u16::try_from(row.email.len()).unwrap_or(u16::MAX),
            usable: row.usable,
            admin: row.admin,
            tag: row.tag,
            domain,
            generation: self.generation,
            groups: row.groups.into_boxed_slice(),
            grants: sorted(row.grants),
        };
        self.users.insert(id, user);
    }

    pub(super) fn remove_user(&mut self, id: UserId) {
        self.users.remove(&id);
    }

    pub(super) fn set_group(&mut self, id: GroupId, name: &str, grants: Vec<Grant>) {
        self.groups_changed();
        self.groups.insert(id, Group { name: name.into(), grants: sorted(grants) });
    }

    pub(super) fn remove_group(&mut self, id: GroupId) {
        self.groups_changed();
        self.groups.remove(&id);
    }

    fn groups_changed(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.groups_generation = self.generation;
    }

    pub(super) fn set_app(&mut self, id: AppId, slug: &str, roles: &str, groups: GroupsHeader) {
        self.remove_app(id);
        let roles =
            roles.split(',').filter(|role| !role.is_empty()).map(|role| RoleIndex(self.roles.index(role))).collect();
        self.apps.insert(slug.into(), App { id, roles, groups });
        self.app_slugs.insert(id, slug.into());
    }

    pub(super) fn remove_app(&mut self, id: AppId) {
        // The slug may have gone to another app by now, if both changed in one delta.
        if let Some(slug) = self.app_slugs.remove(&id)
            && self.apps.get(&slug).is_some_and(|app| app.id == id)
        {
            self.apps.remove(&slug);
        }
    }

    pub(super) fn set_session(&mut self, row: i64, session: SessionId, mark: SessionMark) {
        self.sessions.insert(session, mark);
        self.session_rows.insert(row, session);
    }

    pub(super) fn remove_session(&mut self, row: i64) {
        if let Some(session) = self.session_rows.remove(&row) {
            self.sessions.remove(&session);
        }
    }

    pub(super) fn set_key(&mut self, hash: [u8; 32], key: Key) {
        self.remove_key(key.id);
        self.key_hashes.insert(key.id, hash);
        self.keys.insert(hash, key);
    }

    pub(super) fn remove_key(&mut self, id: ApiKeyId) {
        if let Some(hash) = self.key_hashes.remove(&id) {
            self.keys.remove(&hash);
        }
    }
}
