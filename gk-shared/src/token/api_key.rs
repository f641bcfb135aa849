//! API keys: their form, and the hash they are stored and found by.

use sha2::{Digest, Sha256};

/// What every key begins with.
pub const API_KEY_MARK: &str = "gk_";
/// The mark and 256 random bits as base64url.
pub const API_KEY_LENGTH: usize = API_KEY_MARK.len() + 43;

/// The SHA-256 of a key; `None` for what has not the form of one, which costs nothing. The secret has 256 random bits,
/// so its hash needs no salt, and looking it up tells nothing about it.
pub fn api_key_hash(text: &[u8]) -> Option<[u8; 32]> {
    let of_form = text.len() == API_KEY_LENGTH && text.starts_with(API_KEY_MARK.as_bytes());
    of_form.then(|| Sha256::digest(text).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_the_form_of_a_key_is_hashed() {
        let key = format!("{API_KEY_MARK}{}", "A".repeat(43));
        assert!(api_key_hash(key.as_bytes()).is_some_and(|hash| hash != [0; 32]));
        for bad in ["", "gk_", &key[1..], &key[..45], &format!("{key}A"), &key.replace("gk_", "GK_")] {
            assert_eq!(api_key_hash(bad.as_bytes()), None, "{bad}");
        }
    }
}
