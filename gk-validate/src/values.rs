//! The header values of an answer, built when first needed and kept.

use std::cell::RefCell;

use bytes::BytesMut;
use gk_shared::access::{GroupsHeader, Pass};
use gk_shared::policy::{RoleIndex, Snapshot};
use hyper::header::HeaderValue;

use crate::answer::Headers;
use crate::identity::{Groups, Identity, encoded, value};
use crate::tokens::Verified;

/// What one worker has built, beside what is kept with each token.
#[derive(Default)]
pub(crate) struct Values {
    /// By place in the snapshot's table of role names.
    roles: Vec<Option<HeaderValue>>,
    /// Where the next person's values go.
    room: BytesMut,
}

impl Values {
    /// The headers of an answer that lets somebody in.
    pub(crate) fn headers(&mut self, snapshot: &Snapshot, pass: &Pass<'_>, token: Option<&Verified>) -> Headers {
        let fresh = RefCell::default();
        let mut kept = token.map_or(&fresh, |token| &token.identity).borrow_mut();
        let identity = match &mut *kept {
            Some(identity) if identity.is_of(pass.user) => identity,
            stale => stale.insert(Identity::of(pass.user, &mut self.room)),
        };
        Headers {
            user: identity.user.clone(),
            name: identity.name.clone(),
            role: pass.role.map(|role| self.role(snapshot, role)),
            groups: match pass.groups {
                GroupsHeader::Wanted => identity.groups(snapshot, pass.user),
                GroupsHeader::Unwanted => Groups::None,
            },
        }
    }

    /// Forgets the roles: the snapshot is another.
    pub(crate) fn clear(&mut self) {
        self.roles.clear();
    }

    fn role(&mut self, snapshot: &Snapshot, role: RoleIndex) -> HeaderValue {
        let build = || value(&encoded(snapshot.role(role), usize::MAX));
        if self.roles.len() <= role.position() {
            self.roles.resize(role.position() + 1, None);
        }
        self.roles.get_mut(role.position()).map_or_else(build, |kept| kept.get_or_insert_with(build).clone())
    }
}
