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

/// SHA-256, under which a 256-bit random secret may be stored: it cannot be guessed, so it needs no salt.
pub(crate) fn hash(secret: &Secret) -> [u8; 32] {
    Sha256::digest(secret.reveal()).into()
}
