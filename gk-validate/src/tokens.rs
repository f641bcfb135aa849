//! Tokens whose signature was found good, by their exact bytes. The decision is never kept, only this.

use std::cell::{Cell, RefCell};
use std::hash::{Hash, Hasher};

use foldhash::quality::RandomState;
use gk_shared::index::Index;
use gk_shared::model::GrantId;
use gk_shared::time::Timestamp;
use gk_shared::token::{BadToken, Claims, PublicKeys, TOKEN_LENGTH};

use crate::identity::Identity;
use crate::noted::is_due;

/// One takes about 600 bytes, and saves the check of a signature, which takes fifty times as long as the rest of an answer.
const MOST: usize = 200_000;
/// Characters of the end of a token: 12 of the 16 bytes of its filter tag.
const HASHED: usize = 16;

/// A token with a good signature. Kept in this order, in which a request reads it: with 100,000 of them that is fetched from
/// memory, and what follows has begun to come by then.
#[repr(C)]
pub(crate) struct Verified {
    text: [u8; TOKEN_LENGTH],
    pub(crate) claims: Claims,
    /// When this worker last noted that it was used.
    pub(crate) noted: Cell<Option<Timestamp>>,
    /// The grant that was last noted for it, and when.
    noted_grant: Cell<Option<(GrantId, Timestamp)>>,
    /// The headers of the person it names, once asked for.
    pub(crate) identity: RefCell<Option<Identity>>,
}

/// Good tokens, as many as there is room for; another then takes the place of the one that was checked longest ago. Found
/// by a hash with a secret of this process, since anybody chooses what is looked up.
#[derive(Default)]
pub(crate) struct Tokens {
    known: Vec<Verified>,
    places: Index<RandomState>,
    /// Where the next one goes once there is no more room.
    oldest: usize,
}

/// A token's bytes. They differ already in the last ones, which are its filter tag's, so only those are hashed; all are
/// compared.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Text<'t>(&'t [u8]);

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.0.last_chunk::<HASHED>().map_or(self.0, |end| end.as_slice()));
    }
}

impl Verified {
    fn check(text: &[u8], keys: &PublicKeys) -> Result<Self, BadToken> {
        let claims = Claims::verify(text, keys)?;
        let text = text.try_into().map_err(|_| BadToken::Malformed)?;
        let (noted, noted_grant, identity) = Default::default();
        Ok(Self { text, claims, noted, noted_grant, identity })
    }

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
    pub(crate) fn verify(&mut self, text: &[u8], keys: &PublicKeys) -> Result<&Verified, BadToken> {
        let place = match self.places.find(&Text(text), |place| text_at(&self.known, place)) {
            Some(place) => place as usize,
            None => self.keep(Verified::check(text, keys)?),
        };
        Ok(self.known.get(place).expect("tokens are found where they were put"))
    }

    /// Forgets all, because the keys may have changed.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Gives where it is now.
    fn keep(&mut self, token: Verified) -> usize {
        if self.known.is_empty() {
            // At once, since growing stops requests for milliseconds; room that nothing was put in takes no memory. Where the
            // kernel promises none that it does not have, it grows. The table grows once at most: one with room for all is
            // larger and takes longer to fetch from.
            let _ = self.known.try_reserve_exact(MOST);
            self.places.reserve(MOST / 2);
        }
        let place = if self.known.len() < MOST { self.known.len() } else { self.replaceable() };
        let number = u32::try_from(place).expect("there are not so many");
        match self.known.get_mut(place) {
            Some(oldest) => {
                self.places.remove(&Text(&oldest.text), number);
                *oldest = token;
            }
            None => self.known.push(token),
        }
        if let Some(text) = text_at(&self.known, number) {
            self.places.add(&text, number, |place| text_at(&self.known, place));
        }
        place
    }

    fn replaceable(&mut self) -> usize {
        let place = self.oldest;
        self.oldest = (place + 1) % MOST;
        place
    }
}

fn text_at(known: &[Verified], place: u32) -> Option<Text<'_>> {
    known.get(place as usize).map(|token| Text(&token.text))
}

#[cfg(test)]
mod tests {
    use gk_shared::token::FilterKey;

    use super::*;
    use crate::trial::claims;

    /// One that would not be found good if it were checked.
    fn numbered(number: usize) -> Verified {
        let mut text = [b'0'; TOKEN_LENGTH];
        text[TOKEN_LENGTH - 8..].copy_from_slice(format!("{number:08}").as_bytes());
        let (noted, noted_grant, identity) = Default::default();
        Verified { text, claims: claims(), noted, noted_grant, identity }
    }

    #[test]
    fn so_many_are_known_and_then_each_takes_the_place_of_the_oldest() {
        let keys = PublicKeys::new(FilterKey::new(&[9; 32]).unwrap(), []).unwrap();
        let mut tokens = Tokens::default();
        let is_known = |tokens: &mut Tokens, number| tokens.verify(&numbered(number).text, &keys).is_ok();
        for number in 0..MOST + 2 {
            tokens.keep(numbered(number));
        }
        let known = [0, 1, 2, MOST / 2, MOST + 1, MOST + 2].map(|number| is_known(&mut tokens, number));
        assert_eq!(known, [false, false, true, true, true, false]);
        assert_eq!((tokens.known.len(), tokens.known.capacity()), (MOST, MOST));
        tokens.clear();
        assert!(!is_known(&mut tokens, MOST) && tokens.known.is_empty());
    }
}
