//! Sealing: XChaCha20-Poly1305 under a key derived from the root key, one for each purpose.
//!
//! A sealed value is a 24-byte nonce followed by the cipher text. The purpose is part of the key, so a value
//! sealed for one place cannot be put into another.

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use super::random::random;
use super::root::RootKey;

const NONCE: usize = 24;

/// What a sealed value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    RootCheck,
    Key,
    Setting,
    Mail,
    Directory,
}

impl Purpose {
    fn info(self) -> &'static [u8] {
        match self {
            Self::RootCheck => b"gk/v1/root-check",
            Self::Key => b"gk/v1/key",
            Self::Setting => b"gk/v1/setting",
            Self::Mail => b"gk/v1/mail",
            Self::Directory => b"gk/v1/directory",
        }
    }
}

/// The value was sealed with another key, for another purpose, or was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a sealed value does not open with this root key")]
pub struct SealError;

impl RootKey {
    /// Seals bytes for a purpose.
    pub(crate) fn seal(&self, purpose: Purpose, plain: &[u8]) -> Vec<u8> {
        let nonce = random::<NONCE>();
        let sealed = self.cipher(purpose).encrypt(&XNonce::from(nonce), plain);
        let sealed = sealed.expect("encryption in memory fails only for messages of many gigabytes");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens what [`RootKey::seal`] made for the same purpose.
    pub(crate) fn open(&self, purpose: Purpose, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(SealError)?;
        self.cipher(purpose).decrypt(&XNonce::from(*nonce), sealed).map(Zeroizing::new).map_err(|_| SealError)
    }

    /// Sixteen hex digits by which people tell keys apart, and which tell nothing about this one.
    pub fn fingerprint(&self) -> String {
        let mut mark = [0; 8];
        let derived = Hkdf::<Sha256>::new(None, self.0.as_slice()).expand(b"gk/v1/fingerprint", &mut mark);
        derived.expect("8 bytes are within what HKDF-SHA256 can give");
        format!("{:016x}", u64::from_be_bytes(mark))
    }

    fn cipher(&self, purpose: Purpose) -> XChaCha20Poly1305 {
        let mut key = Zeroizing::new([0; 32]);
        let derived = Hkdf::<Sha256>::new(None, self.0.as_slice()).expand(purpose.info(), key.as_mut_slice());
        derived.expect("32 bytes are within what HKDF-SHA256 can give");
        XChaCha20Poly1305::new((&*key).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_for_its_key_and_purpose() {
        let (ours, foreign) = (RootKey(Zeroizing::new([1; 32])), RootKey(Zeroizing::new([2; 32])));
        let sealed = ours.seal(Purpose::Mail, b"hello");
        assert_eq!(ours.open(Purpose::Mail, &sealed).unwrap().as_slice(), b"hello");
        assert_eq!(ours.open(Purpose::Setting, &sealed), Err(SealError));
        assert_eq!(foreign.open(Purpose::Mail, &sealed), Err(SealError));
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(ours.open(Purpose::Mail, &changed), Err(SealError));
        }
    }
}
