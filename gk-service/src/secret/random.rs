//! Random values, and the hashes under which links and verifiers are stored.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A text that authorises whoever holds it: a link's token, a browser's verifier, a password.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text that came from outside.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the one place it has to go to.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Sixteen hex digits that differ for different secrets and tell nothing about this one.
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::new().chain_update(b"gk1/fingerprint\0").chain_update(self.0.as_bytes()).finalize();
        let (head, _) = digest.split_first_chunk().expect("a SHA-256 digest has 32 bytes");
        format!("{:016x}", u64::from_be_bytes(*head))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

/// `N` bytes from the operating system's generator.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("a Linux that has booted always has random bytes");
    bytes
}

/// A new 256-bit secret as 43 characters of base64url.
pub(crate) fn random_link() -> Secret {
    Secret::new(URL_SAFE_NO_PAD.encode(random::<32>()))
}

/// A random UUID, version 4, as text.
pub(crate) fn random_uuid() -> String {
    let version_4 = 4_u128 << 76 | 2_u128 << 62;
    let number = u128::from_be_bytes(random()) & !(0xf_u128 << 76 | 3_u128 << 62) | version_4;
    let hex = format!("{number:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// SHA-256, under which a 256-bit random secret may be stored: it cannot be guessed, so it needs no salt.
pub(crate) fn hash(secret: &Secret) -> [u8; 32] {
    Sha256::digest(secret.reveal()).into()
}

#[cfg(test)]
mod tests {
    use super::random_uuid;

    #[test]
    fn a_uuid_has_its_form() {
        for _ in 0..100 {
            let uuid = random_uuid();
            let parts = uuid.split('-').map(str::len).collect::<Vec<_>>();
            assert_eq!(parts, [8, 4, 4, 4, 12], "{uuid}");
            assert!(
                uuid.chars().nth(14) == Some('4') && uuid.chars().nth(19).is_some_and(|c| "89ab".contains(c)),
                "{uuid}"
            );
        }
    }
}
