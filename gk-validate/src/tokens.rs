//! Tokens whose signature was found good, by their exact bytes. The decision is never kept, only this.

use std::borrow::Borrow;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::mem;
use std::rc::Rc;

use foldhash::quality::RandomState;
use gk_shared::model::GrantId;
use gk_shared::time::Timestamp;
use gk_shared::token::{BadToken, Claims, PublicKeys, TOKEN_LENGTH};

use crate::identity::Identity;
use crate::noted::is_due;

/// So many that were used last are always kept, and twice as many at most. One takes about 600 bytes, and saves the check of
/// a signature, which takes fifty times as long as the rest of an answer.
const HALF: usize = 100_000;

/// A token with a good signature.
pub(crate) struct Verified {
    text: [u8; TOKEN_LENGTH],
    pub(crate) claims: Claims,
    /// The headers of the person it names, once asked for.
    pub(crate) identity: RefCell<Option<Identity>>,
    /// When this worker last noted that it was used.
    pub(crate) noted: Cell<Option<Timestamp>>,
    /// The grant that was last noted for it, and when.
    noted_grant: Cell<Option<(GrantId, Timestamp)>>,
}

/// Good tokens in two halves. When the young half is full, the old one goes and the young one ages: no order to
/// keep, and a token in use survives. Hashed with a secret of this process, since anybody chooses what is looked up.
#[derive(Default)]
pub(crate) struct Tokens {
    young: HashSet<ByText, RandomState>,
    old: HashSet<ByText, RandomState>,
}

struct ByText(Rc<Verified>);

impl Borrow<[u8]> for ByText {
    fn borrow(&self) -> &[u8] {
        &self.0.text
    }
}

impl Hash for ByText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.text.as_slice().hash(state);
    }
}

impl PartialEq for ByText {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for ByText {}

impl Verified {
    fn check(text: &[u8], keys: &PublicKeys) -> Result<Self, BadToken> {
        let claims = Claims::verify(text, keys)?;
        let text = text.try_into().map_err(|_| BadToken::Malformed)?;
        let (identity, noted, noted_grant) = Default::default();
        Ok(Self { text, claims, identity, noted, noted_grant })
    }
}

impl Verified {
    /// Whether a use now is worth noting: not when one was noted a moment ago.
    pub(crate) fn is_worth_noting(&self, now: Timestamp) -> bool {
        self.noted.get().is_none_or(|noted| is_due(noted, now))
    }

    /// Whether a use of a grant now is worth looking up whether it is worth noting: not when it was noted for this
    /// token a moment ago.
    pub(crate) fn may_note_grant(&self, grant: GrantId, now: Timestamp) -> bool {
        self.noted_grant.get().is_none_or(|(noted, at)| noted != grant || is_due(at, now))
    }

    /// A use of this grant was noted then.
    pub(crate) fn grant_noted(&self, grant: GrantId, at: Timestamp) {
        self.noted_grant.set(Some((grant, at)));
    }
}

impl Tokens {
    /// The token these bytes are, by an earlier look or by checking them now. A bad one is checked every time.
    pub(crate) fn verify(&mut self, text: &[u8], keys: &PublicKeys) -> Result<Rc<Verified>, BadToken> {
        if let Some(known) = self.young.get(text) {
            return Ok(Rc::clone(&known.0));
        }
        let token = match self.old.take(text) {
            Some(ByText(known)) => known,
            None => Rc::new(Verified::check(text, keys)?),
        };
        self.keep(Rc::clone(&token));
        Ok(token)
    }

    /// Forgets all, because the keys may have changed.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn keep(&mut self, token: Rc<Verified>) {
        if self.young.len() >= HALF {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(ByText(token));
    }
}
