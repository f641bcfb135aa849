//! Keys of the session token. gk-validate holds [`PublicKeys`] and can mint nothing; only gk-service can unseal
//! what a [`Signer`] is made from.

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use super::session::Tag;

/// Which signing key made a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(pub u32);

/// A stored key that is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadKey {
    #[error("a filter key must be 32 bytes")]
    Filter,
    #[error("a verify key must be 32 bytes that name a point on the curve")]
    Verify,
}

/// The key of the token's outer tag. It holds no authority: it sheds junk before the expensive check.
#[derive(Clone)]
pub struct FilterKey(Hmac<Sha256>);

impl FilterKey {
    /// Sets the key up once; every check clones the prepared state.
    pub fn new(bytes: &[u8]) -> Result<Self, BadKey> {
        if bytes.len() != 32 {
            return Err(BadKey::Filter);
        }
        Hmac::new_from_slice(bytes).map(Self).map_err(|_| BadKey::Filter)
    }

    /// The first 16 bytes of HMAC-SHA256 over `message`.
    pub(super) fn sign(&self, message: &[u8]) -> [u8; 16] {
        let full = self.0.clone().chain_update(message).finalize().into_bytes();
        let mut tag = [0; 16];
        tag.iter_mut().zip(full).for_each(|(to, from)| *to = from);
        tag
    }

    /// Compares in constant time.
    pub(super) fn matches(&self, message: &[u8], tag: &[u8]) -> bool {
        self.0.clone().chain_update(message).verify_truncated_left(tag).is_ok()
    }
}

/// What a verifier holds: the filter key and the public half of every signing key still honoured.
#[derive(Clone)]
pub struct PublicKeys {
    pub(super) filter: FilterKey,
    verify: Vec<(KeyId, VerifyingKey)>,
}

impl PublicKeys {
    /// `verify` is a handful of (key id, 32 bytes).
    pub fn new<'a>(filter: FilterKey, verify: impl IntoIterator<Item = (KeyId, &'a [u8])>) -> Result<Self, BadKey> {
        let one = |(id, bytes): (KeyId, &[u8])| {
            let bytes = bytes.try_into().map_err(|_| BadKey::Verify)?;
            VerifyingKey::from_bytes(bytes).map(|key| (id, key)).map_err(|_| BadKey::Verify)
        };
        Ok(Self { filter, verify: verify.into_iter().map(one).collect::<Result<_, _>>()? })
    }

    pub(super) fn named(&self, id: KeyId) -> Option<&VerifyingKey> {
        self.verify.iter().find(|(known, _)| *known == id).map(|(_, key)| key)
    }
}

/// A private signing key with its id and the filter key: all that minting needs.
pub struct Signer {
    pub(super) id: KeyId,
    pub(super) filter: FilterKey,
    key: SigningKey,
}

impl Signer {
    /// `seed` is the 32-byte private half.
    pub fn new(id: KeyId, seed: &Zeroizing<[u8; 32]>, filter: FilterKey) -> Self {
        Self { id, filter, key: SigningKey::from_bytes(seed) }
    }

    /// The public half, 32 bytes, as policy.sqlite3 carries it.
    pub fn public(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    pub(super) fn sign(&self, message: &[u8]) -> Signature {
        self.key.sign(message)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Signer({:?}, …)", self.id)
    }
}

/// The 8 bytes that tie a token to a salt: rotating the salt ends every token that carries its tag.
///
/// `id` is the user's id, or 0 for the app salt that all tokens carry.
pub fn tag(id: i64, salt: &[u8]) -> Tag {
    let digest = Sha256::new().chain_update(b"gk1/tag\0").chain_update(id.to_be_bytes()).chain_update(salt).finalize();
    let mut tag = [0; 8];
    tag.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    Tag(tag)
}
