//! The session token: as text that anybody may send, and as a payload under a good signature.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::token::{BadToken, Claims, FilterKey, KeyId, PublicKeys, Signer};

const SEED: [u8; 32] = [7; 32];
const FILTER: [u8; 32] = [9; 32];
const KEY: u32 = 1;

/// The input is a token; and, if it is long enough, a payload that gets a good signature, and a change to the result.
pub fn token(data: &[u8]) {
    let _ = read(data);
    if let Some((payload, rest)) = data.split_first_chunk::<70>() {
        let text = sealed(payload);
        assert_eq!(read(text.as_bytes()), expected(payload));
        if let [place, change, ..] = rest {
            change_one(text.into_bytes(), usize::from(*place), *change);
        }
    }
}

fn signer() -> Signer {
    Signer::new(KeyId(KEY), &Zeroizing::new(SEED), FilterKey::new(&FILTER).expect("32 bytes"))
}

/// What a token has to be read as: whatever is taken is written back as the same text, so each token has one spelling.
fn read(text: &[u8]) -> Result<(), BadToken> {
    let signer = signer();
    let filter = FilterKey::new(&FILTER).expect("32 bytes");
    let keys = PublicKeys::new(filter, [(KeyId(KEY), signer.public().as_slice())]).expect("a public key");
    let claims = Claims::verify(text, &keys)?;
    assert_eq!(claims.mint(&signer).reveal().as_bytes(), text);
    Ok(())
}

/// The payload's form alone decides once the signature is good.
fn expected(payload: &[u8; 70]) -> Result<(), BadToken> {
    match payload {
        [1, 1..=3, 0, 0, 0, 1, ..] => Ok(()),
        [1, 1..=3, ..] => Err(BadToken::UnknownKey),
        _ => Err(BadToken::Malformed),
    }
}

/// A payload signed by the words of the table in `token::session`, without its code.
fn sealed(payload: &[u8; 70]) -> String {
    let message = [b"gk1/session\0".as_slice(), payload].concat();
    let signature = SigningKey::from_bytes(&SEED).sign(&message).to_bytes();
    let signed = [payload.as_slice(), &signature].concat();
    let tag = Hmac::<Sha256>::new_from_slice(&FILTER).expect("any length").chain_update(&signed).finalize();
    let tag = tag.into_bytes();
    URL_SAFE_NO_PAD.encode(signed.iter().chain(tag.iter().take(16)).copied().collect::<Vec<_>>())
}

/// Whatever character is changed into whatever other: it is no token any more.
fn change_one(mut text: Vec<u8>, place: usize, change: u8) {
    let Some(byte) = text.get_mut(place) else { return };
    *byte ^= change;
    assert!(change == 0 || read(&text).is_err(), "byte {place} changed by {change}");
}
