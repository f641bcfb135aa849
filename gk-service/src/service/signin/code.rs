//! The code beside the link: eight characters to type where the mail was asked for.
//!
//! It is derived from the link under a key of its own, so it is stored nowhere, and the page another browser shows for
//! the link can say it.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::secret::Purpose;
use crate::service::{Refusal, View};
use crate::store::keys::{self, KeyPurpose};

/// Digits and letters that nobody mistakes for one another: no 0 and O, no 1, I and L.
const CHARACTERS: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const LENGTH: usize = 8;

/// A code. It authorises only together with the secret of the browser that asked; still, `Debug` hides it.
#[derive(Clone)]
pub struct Code([u8; LENGTH]);

impl Code {
    /// The code that goes with a link.
    pub(super) fn of(view: &View<'_>, link_hash: [u8; 32]) -> Result<Self, Refusal> {
        let key = keys::active(view.connection, KeyPurpose::Csrf)?;
        let key = view.root()?.open(Purpose::Key, &key.sealed)?;
        let mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of any length");
        let bytes = mac.chain_update(b"gk1/code\0").chain_update(link_hash).finalize().into_bytes();
        Ok(Self::from_bytes(&bytes))
    }

    /// Each character is as likely as any other: bytes beyond the last whole multiple of 31 are passed over.
    fn from_bytes(bytes: &[u8]) -> Self {
        let fair = bytes.iter().filter(|byte| **byte < 248).map(|byte| usize::from(*byte) % CHARACTERS.len());
        let mut code = [b'2'; LENGTH];
        code.iter_mut().zip(fair).for_each(|(to, place)| *to = CHARACTERS.get(place).copied().unwrap_or(b'2'));
        Self(code)
    }

    /// Reads a code as people type it: lower case is forgiven, and whatever is neither a letter nor a digit.
    pub(super) fn parse(typed: &str) -> Option<Self> {
        let plain = typed.chars().filter(|c| c.is_alphanumeric()).take(LENGTH + 1);
        // No letter of another script is one of ours.
        let plain = plain.map(|c| if c.is_ascii() { c.to_ascii_uppercase() } else { '!' });
        let bytes = plain.collect::<String>().into_bytes();
        let code = bytes.try_into().ok().map(Self)?;
        code.0.iter().all(|byte| CHARACTERS.contains(byte)).then_some(code)
    }

    /// In two groups of four, as it is read out.
    pub fn shown(&self) -> String {
        let (left, right) = self.0.split_at(LENGTH / 2);
        format!("{}-{}", String::from_utf8_lossy(left), String::from_utf8_lossy(right))
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Code {}

impl fmt::Debug for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Code(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = Code(*b"AB2CD3EF");
        for typed in [
            "AB2CD3EF",
            "ab2c-d3ef",
            " AB2C D3EF ",
            "a b 2 c d 3 e f",
            "AB2C\u{2011}D3EF",
            "\u{a0}ab2c\u{2013}d3ef.",
            "\u{feff}AB2C_D3EF\n",
        ] {
            assert_eq!(Code::parse(typed), Some(code.clone()), "{typed}");
        }
        for bad in
            ["", "AB2CD3E", "AB2CD3EFG", "AB2CD3E0", "AB2CD3EO", "AB2CD3Eé", "AB2CD3EF\u{ff11}", "\u{ff21}B2CD3EF"]
        {
            assert_eq!(Code::parse(bad), None, "{bad}");
        }
        assert_eq!(code.shown(), "AB2C-D3EF");
    }

    #[test]
    fn every_character_is_as_likely_as_any_other() {
        let bytes = (0..=255).collect::<Vec<u8>>();
        let mut counts = std::collections::BTreeMap::new();
        for window in bytes.windows(1) {
            let Code([first, ..]) = Code::from_bytes(window);
            *counts.entry(first).or_insert(0) += 1;
        }
        // 248 fair bytes over 31 characters; the 8 unfair ones leave the filler.
        assert_eq!(counts.remove(&b'2'), Some(16));
        assert!(counts.len() == 30 && counts.values().all(|count| *count == 8));
    }
}
