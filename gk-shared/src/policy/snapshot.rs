//! Everything a decision needs, in memory, laid out to be small and to be changed in place.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::grants::Grant;
use super::load::LoadError;
use super::people::{People, User, UserRow};
use super::schema::Identity;
use super::sessions::Sessions;
use super::text::Texts;
use crate::access::{GroupsHeader, rank};
use crate::model::{ApiKeyId, AppId, GroupId, IdleLimit, SessionId, UserId};
use crate::time::Timestamp;
use crate::token::{PublicKeys, Tag};

// Keys come only from the database, so a hash that is fast and not proof against chosen keys is right here.
type Map<K, V> = HashMap<K, V, RandomState>;

/// One state of the policy file.
#[derive(Clone)]
pub struct Snapshot {
    pub identity: Identity,
    pub revision: i64,
    /// When gk-admin last said that nothing newer is published; none where it says nothing.
    pub beat: Option<Timestamp>,
    pub settings: PolicySettings,
    people: People,
    groups: Map<GroupId, Group>,
    apps: Map<Box<str>, App>,
    app_slugs: Map<AppId, Box<str>>,
    sessions: Sessions,
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

/// A group and what it opens.
#[derive(Clone, Debug)]
pub struct Group {
    pub name: Box<str>,
    /// Whether its members are super-admins: the built-in one's are.
    pub(super) admin: bool,
    grants: Box<[Grant]>,
}

/// A registered app.
#[derive(Clone, Debug)]
pub struct App {
    pub id: AppId,
    /// Weakest first.
    roles: Box<[RoleIndex]>,
    pub groups: GroupsHeader,
    /// Whether it stays open when nobody knows any more whether the policy is the newest.
    pub stale_ok: bool,
}

/// A person's key: it opens some of the apps its owner may enter.
#[derive(Clone, Debug)]
pub struct Key {
    pub id: ApiKeyId,
    pub owner: UserId,
    pub apps: Box<[AppId]>,
    pub expires: Timestamp,
}

/// A role's place in the snapshot's table of role names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RoleIndex(pub(super) u32);

impl RoleIndex {
    /// `admin`, which a super-admin passes as.
    pub const ADMIN: Self = Self(0);

    /// This role's place in the table of role names, counted from 0.
    pub fn position(self) -> usize {
        self.0 as usize
    }
}

impl Group {
    /// The group's grant of an app.
    pub fn grant(&self, app: AppId) -> Option<Grant> {
        let found = self.grants.binary_search_by_key(&app, |grant| grant.app).ok()?;
        self.grants.get(found).copied()
    }
}

impl App {
    /// How strong a role is here.
    pub fn rank(&self, role: Option<RoleIndex>) -> usize {
        rank(&self.roles, role.as_ref())
    }
}

impl Snapshot {
    /// A snapshot with nobody in it.
    pub(super) fn empty(identity: Identity, revision: i64, settings: PolicySettings, domains: Texts) -> Self {
        let mut roles = Texts::default();
        roles.index("admin"); // RoleIndex::ADMIN
        Self {
            identity,
            revision,
            beat: None,
            settings,
            people: People::default(),
            groups: Map::default(),
            apps: Map::default(),
            app_slugs: Map::default(),
            sessions: Sessions::default(),
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
    pub fn user(&self, id: UserId) -> Option<User<'_>> {
        self.people.get(id)
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
        self.sessions.get(session)
    }

    /// The person's key whose secret has this SHA-256.
    pub fn key(&self, hash: &[u8; 32]) -> Option<&Key> {
        self.keys.get(hash)
    }

    /// Whether the person's e-mail domain is exactly one of the accepted ones.
    pub fn is_internal(&self, user: User<'_>) -> bool {
        self.settings.accepted.contains(&user.domain())
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
        self.people.len()
    }

    /// Every person, in no order.
    pub fn users(&self) -> impl Iterator<Item = (UserId, User<'_>)> {
        self.people.iter()
    }

    /// For making room and giving it back.
    pub(super) fn people(&mut self) -> &mut People {
        &mut self.people
    }

    /// For setting and forgetting what is known of them.
    pub(super) fn sessions(&mut self) -> &mut Sessions {
        &mut self.sessions
    }

    pub(super) fn set_user(&mut self, id: UserId, row: &mut UserRow<'_>) -> Result<(), LoadError> {
        self.generation = self.generation.wrapping_add(1);
        let domain = self.domains.index(row.email.split_once('@').map_or("", |(_, domain)| domain));
        self.people.set(id, row, domain, self.generation)
    }

    pub(super) fn remove_user(&mut self, id: UserId) {
        self.people.remove(id);
    }

    pub(super) fn set_group(&mut self, id: GroupId, name: &str, (mut grants, admin): (Vec<Grant>, bool)) {
        self.groups_changed();
        grants.sort_by_key(|grant| (grant.app, grant.id));
        self.groups.insert(id, Group { name: name.into(), admin, grants: grants.into_boxed_slice() });
    }

    pub(super) fn remove_group(&mut self, id: GroupId) {
        self.groups_changed();
        self.groups.remove(&id);
    }

    fn groups_changed(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.groups_generation = self.generation;
    }

    pub(super) fn set_app(&mut self, slug: &str, roles: &str, (id, groups, stale_ok): (AppId, GroupsHeader, bool)) {
        self.remove_app(id);
        let roles =
            roles.split(',').filter(|role| !role.is_empty()).map(|role| RoleIndex(self.roles.index(role))).collect();
        self.apps.insert(slug.into(), App { id, roles, groups, stale_ok });
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
