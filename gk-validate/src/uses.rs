//! Which uses a worker notes for the process, each now and then: of sessions, keys, grants and blocks.

use std::sync::Arc;

use gk_shared::access::AllowReason;
use gk_shared::activity::Used;
use gk_shared::model::{BlockMark, IdleLimit};
use gk_shared::policy::{App, Snapshot};
use gk_shared::time::Timestamp;

use crate::activity::Activity;
use crate::noted::Noted;
use crate::shown::Shown;
use crate::tokens::Verified;

/// One worker's part in what is known of uses.
pub(crate) struct Uses {
    /// What this worker has noted of late.
    pub(crate) noted: Noted,
    /// When what was used, as all workers together know it.
    activity: Arc<Activity>,
}

impl Uses {
    /// Has noted nothing yet.
    pub(crate) fn new(activity: Arc<Activity>) -> Self {
        Self { noted: Noted::default(), activity }
    }

    /// When the session was last used, as far as this process needs to know. Other workers are asked only when there
    /// is a limit and this one has not noted anything lately.
    pub(crate) fn seen(&self, token: &Verified, limit: IdleLimit, now: Timestamp) -> Option<Timestamp> {
        let noted = token.noted.get();
        if limit.is_on() && token.is_worth_noting(now) {
            noted.max(self.activity.seen(Used::Session(token.claims.session)))
        } else {
            noted
        }
    }

    /// A session or a key was used.
    pub(crate) fn note(&mut self, shown: &Shown<'_>, snapshot: &Snapshot, now: Timestamp) {
        match shown {
            Shown::Token(token) if token.is_worth_noting(now) => {
                token.noted.set(Some(now));
                self.activity.note(Used::Session(token.claims.session), now);
            }
            Shown::Key(hash) => {
                if let Some(key) = snapshot.key(hash) {
                    self.note_now_and_then(Used::Key(key.id), now);
                }
            }
            Shown::Token(_) | Shown::Nothing | Shown::TwoCookies | Shown::Bad(_) | Shown::TwoKeys | Shown::BadKey => {}
        }
    }

    /// A proxy's block is in use whatever the answer is.
    pub(crate) fn note_block(&mut self, app: &App, block: Option<BlockMark>, now: Timestamp) {
        self.note_now_and_then(Used::Block(app.id, block), now);
    }

    /// A grant is used by whoever it lets in, be it theirs or a group's. Beside a token stands which was noted last: there
    /// are more grants than can be remembered here, and looking them up takes longer than deciding.
    pub(crate) fn note_grant(&mut self, reason: AllowReason, token: Option<&Verified>, now: Timestamp) {
        match reason {
            AllowReason::OwnGrant(grant) | AllowReason::GroupGrant(grant) => {
                if token.is_none_or(|token| token.may_note_grant(grant, now)) {
                    let noted = self.note_now_and_then(Used::Grant(grant), now);
                    token.inspect(|token| token.grant_noted(grant, noted));
                }
            }
            AllowReason::SuperAdmin | AllowReason::Internal | AllowReason::DefaultAllow => {}
        }
    }

    /// Notes a use, unless that was done a moment ago. Gives when it was.
    fn note_now_and_then(&mut self, used: Used, now: Timestamp) -> Timestamp {
        self.noted.lately(used, now).unwrap_or_else(|| {
            self.activity.note(used, now);
            now
        })
    }
}
