//! For tests: a snapshot with one person in it, made without a file.

use super::grants::{Grant, Terms};
use super::people::UserRow;
use super::schema::Identity;
use super::snapshot::{DefaultAccess, Key, PolicySettings, RoleIndex, SessionMark, Snapshot};
use super::text::Texts;
use crate::access::GroupsHeader;
use crate::model::{ApiKeyId, AppId, GrantId, GroupId, IdleLimit, SessionId, UserId};
use crate::time::Timestamp;
use crate::token::{FilterKey, PublicKeys, Tag};

/// The person in the snapshot.
pub(crate) struct TrialUser<'t> {
    pub(crate) id: UserId,
    pub(crate) email: &'t str,
    pub(crate) usable: bool,
    pub(crate) admin: bool,
    pub(crate) tag: Tag,
    pub(crate) grants: Vec<TrialGrant>,
    /// One group for each list.
    pub(crate) groups: Vec<Vec<TrialGrant>>,
}

/// A grant of an app, from a time until just before another.
#[derive(Clone, Debug)]
pub(crate) struct TrialGrant {
    pub(crate) id: i64,
    pub(crate) app: AppId,
    pub(crate) role: Option<&'static str>,
    pub(crate) starts: i64,
    pub(crate) expires: i64,
}

impl Snapshot {
    /// A snapshot without anybody.
    pub(crate) fn trial(default_app: DefaultAccess, accepted: &str, global_tag: Tag) -> Self {
        let mut domains = Texts::default();
        let accepted = vec![domains.index(accepted)];
        let keys = PublicKeys::new(FilterKey::new(&[0; 32]).expect("32 bytes"), []).expect("no keys are fine keys");
        let idle_limit = IdleLimit::OFF;
        let settings = PolicySettings { default_app, idle_limit, global_tag, keys, accepted, generation: 0 };
        Self::empty(Identity { database: [0; 16], restore: [0; 16] }, 1, settings, domains)
    }

    /// Registers an app; its roles are separated by commas, weakest first.
    pub(crate) fn trial_app(&mut self, id: AppId, slug: &str, roles: &str) {
        self.set_app(slug, roles, (id, GroupsHeader::Unwanted, false));
    }

    /// Adds a person and the groups only this person is in.
    pub(crate) fn trial_user(&mut self, user: &TrialUser<'_>) {
        let mut groups = Vec::new();
        for (number, grants) in (100..).zip(&user.groups) {
            let grants = self.trial_grants(grants);
            self.set_group(GroupId(number), "group", (grants, false));
            groups.push(GroupId(number));
        }
        let grants = self.trial_grants(&user.grants);
        let packed = grants.iter().map(|grant| self.people().pack(grant)).collect::<Result<Vec<_>, _>>();
        let mut packed = packed.expect("few grants fit");
        let TrialUser { id, email, usable, admin, tag, .. } = *user;
        let mut row = UserRow { email, fullname: "", usable, admin, tag, groups: &groups, grants: &mut packed };
        self.set_user(id, &mut row).expect("few people fit");
    }

    /// Ends a session.
    pub(crate) fn trial_revoke(&mut self, session: SessionId) {
        self.sessions().set(1, session, SessionMark::Revoked).expect("few sessions fit");
    }

    /// Says when a session was last seen, as it is published.
    pub(crate) fn trial_seen(&mut self, session: SessionId, at: Timestamp) {
        self.sessions().set(2, session, SessionMark::Seen(at)).expect("few sessions fit");
    }

    /// Adds a person's key.
    pub(crate) fn trial_key(&mut self, hash: [u8; 32], owner: UserId, apps: &[AppId], expires: Timestamp) {
        let id = ApiKeyId(i64::from(hash[0]));
        self.set_key(hash, Key { id, owner, apps: apps.into(), expires });
    }

    fn trial_grants(&mut self, grants: &[TrialGrant]) -> Vec<Grant> {
        let one = |grant: &TrialGrant| Grant {
            id: GrantId(grant.id),
            app: grant.app,
            terms: Terms {
                role: grant.role.map(|role| RoleIndex(self.roles.index(role))),
                starts: Timestamp(grant.starts),
                expires: Timestamp(grant.expires),
            },
        };
        grants.iter().map(one).collect()
    }
}
