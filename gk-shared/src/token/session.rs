//! The token itself: 150 bytes, written as exactly 200 characters of base64url.
//!
//! | bytes | field |
//! |---|---|
//! | 1, 1, 4 | version, kind, key id |
//! | 8, 8, 16 | app id (0 = none), user id, session id |
//! | 8, 8 | issued, expires (seconds since 1970) |
//! | 8, 8 | user tag, global tag |
//! | 64 | Ed25519 over `gk1/session\0` and the 70 bytes above |
//! | 16 | filter tag over the 134 bytes above |
//!
//! All numbers are big-endian. Any other length, version, kind or key id is refused.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signature;
use subtle::ConstantTimeEq;
use thiserror::Error;

use super::keys::{KeyId, PublicKeys, Signer};
use crate::model::{AppId, SessionId, UserId};
use crate::time::Timestamp;

/// How many characters a token has.
pub const TOKEN_LENGTH: usize = 200;

const VERSION: u8 = 1;
const DOMAIN: &[u8] = b"gk1/session\0";
const PAYLOAD: usize = 70;
const SIGNED: usize = PAYLOAD + 64;
const WHOLE: usize = SIGNED + 16;

/// Eight bytes that tie a token to a salt. Compared in constant time.
#[derive(Clone, Copy, Debug)]
pub struct Tag(pub [u8; 8]);

impl PartialEq for Tag {
    fn eq(&self, other: &Self) -> bool {
        // As one number: eight bytes one by one take ten times as long.
        u64::from_ne_bytes(self.0).ct_eq(&u64::from_ne_bytes(other.0)).into()
    }
}

impl Eq for Tag {}

/// What the token was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person's browser.
    Browser,
    /// One app, through central sign-in or the command line.
    App,
    /// A program that calls the JSON API.
    Api,
}

impl Kind {
    fn byte(self) -> u8 {
        match self {
            Self::Browser => 1,
            Self::App => 2,
            Self::Api => 3,
        }
    }

    fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Browser),
            2 => Some(Self::App),
            3 => Some(Self::Api),
            _ => None,
        }
    }
}

/// What a verified token says. Whether it still counts is for `access::decide`, on every request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    pub kind: Kind,
    /// The only app this session opens, if it is bound to one.
    pub app: Option<AppId>,
    pub user: UserId,
    pub session: SessionId,
    pub issued: Timestamp,
    pub expires: Timestamp,
    pub user_tag: Tag,
    pub global_tag: Tag,
}

/// Why these bytes are no token of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadToken {
    #[error("not 200 characters of base64url with a known version and kind")]
    Malformed,
    #[error("signed with a key that is not known")]
    UnknownKey,
    #[error("the signature does not match")]
    Forged,
}

/// A token as text. It is a credential: it has no `Display`, and `Debug` hides it.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// The 200 characters, for the cookie and nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token(…)")
    }
}

impl Claims {
    /// Signs these claims.
    pub fn mint(&self, signer: &Signer) -> Token {
        let mut bytes = Vec::with_capacity(WHOLE);
        bytes.extend_from_slice(&self.payload(signer.id));
        bytes.extend_from_slice(&signer.sign(&signed_message(&bytes)).to_bytes());
        bytes.extend_from_slice(&signer.filter.sign(&bytes));
        Token(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Checks form, key id, filter tag and signature, cheapest first.
    pub fn verify(text: &[u8], keys: &PublicKeys) -> Result<Self, BadToken> {
        let mut bytes = [0; WHOLE];
        let decoded =
            if text.len() == TOKEN_LENGTH { URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok() } else { None };
        if decoded != Some(WHOLE) {
            return Err(BadToken::Malformed);
        }
        let (signed, filter_tag) = bytes.split_at(SIGNED);
        let (payload, signature) = signed.split_at(PAYLOAD);
        let (key, claims) = Self::read(payload).ok_or(BadToken::Malformed)?;
        let key = keys.named(key).ok_or(BadToken::UnknownKey)?;
        if !keys.filter.matches(signed, filter_tag) {
            return Err(BadToken::Forged);
        }
        let signature = Signature::from_slice(signature).map_err(|_| BadToken::Forged)?;
        key.verify_strict(&signed_message(payload), &signature).map_err(|_| BadToken::Forged)?;
        Ok(claims)
    }

    fn payload(&self, key: KeyId) -> [u8; PAYLOAD] {
        let parts: [&[u8]; 10] = [
            &[VERSION],
            &[self.kind.byte()],
            &key.0.to_be_bytes(),
            &self.app.map_or(0, |app| app.0).to_be_bytes(),
            &self.user.0.to_be_bytes(),
            &self.session.0,
            &self.issued.0.to_be_bytes(),
            &self.expires.0.to_be_bytes(),
            &self.user_tag.0,
            &self.global_tag.0,
        ];
        let mut payload = [0; PAYLOAD];
        payload.iter_mut().zip(parts.into_iter().flatten()).for_each(|(to, from)| *to = *from);
        payload
    }

    fn read(payload: &[u8]) -> Option<(KeyId, Self)> {
        let mut rest = payload;
        if take::<1>(&mut rest)? != [VERSION] {
            return None;
        }
        let [kind] = take(&mut rest)?;
        let kind = Kind::from_byte(kind)?;
        let key = KeyId(u32::from_be_bytes(take(&mut rest)?));
        let mut number = || take(&mut rest).map(i64::from_be_bytes);
        let app = Some(number()?).filter(|id| *id != 0).map(AppId);
        let user = UserId(number()?);
        let session = SessionId(take(&mut rest)?);
        let mut number = || take(&mut rest).map(i64::from_be_bytes);
        let (issued, expires) = (Timestamp(number()?), Timestamp(number()?));
        let (user_tag, global_tag) = (Tag(take(&mut rest)?), Tag(take(&mut rest)?));
        Some((key, Self { kind, app, user, session, issued, expires, user_tag, global_tag }))
    }
}

fn signed_message(payload: &[u8]) -> [u8; DOMAIN.len() + PAYLOAD] {
    let mut message = [0; DOMAIN.len() + PAYLOAD];
    message.iter_mut().zip(DOMAIN.iter().chain(payload)).for_each(|(to, from)| *to = *from);
    message
}

/// Splits `N` bytes off the front of `rest`.
fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::keys::{FilterKey, tag};
    use zeroize::Zeroizing;

    fn signer(id: u32) -> Signer {
        Signer::new(KeyId(id), &Zeroizing::new([7; 32]), FilterKey::new(&[9; 32]).expect("32 bytes"))
    }

    fn keys(signer: &Signer) -> PublicKeys {
        let filter = FilterKey::new(&[9; 32]).expect("32 bytes");
        PublicKeys::new(filter, [(signer.id, signer.public().as_slice())]).expect("a public key")
    }

    fn claims() -> Claims {
        Claims {
            kind: Kind::Browser,
            app: Some(AppId(3)),
            user: UserId(5),
            session: SessionId([8; 16]),
            issued: Timestamp(1000),
            expires: Timestamp(2000),
            user_tag: tag(5, b"salt"),
            global_tag: tag(0, b"app salt"),
        }
    }

    #[test]
    fn a_token_is_200_characters_and_reads_back() {
        let signer = signer(1);
        let token = claims().mint(&signer);
        assert_eq!(token.reveal().len(), TOKEN_LENGTH);
        assert_eq!(Claims::verify(token.reveal().as_bytes(), &keys(&signer)), Ok(claims()));
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let signer = signer(1);
        let token = claims().mint(&signer);
        let bytes = URL_SAFE_NO_PAD.decode(token.reveal()).expect("base64url");
        for bit in 0..bytes.len() * 8 {
            let mut forged = bytes.clone();
            if let Some(byte) = forged.get_mut(bit / 8) {
                *byte ^= 1 << (bit % 8);
            }
            assert!(Claims::verify(URL_SAFE_NO_PAD.encode(forged).as_bytes(), &keys(&signer)).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_filter_key_alone_cannot_mint() {
        let thief = Signer::new(KeyId(1), &Zeroizing::new([8; 32]), FilterKey::new(&[9; 32]).expect("32 bytes"));
        let token = claims().mint(&thief);
        assert_eq!(Claims::verify(token.reveal().as_bytes(), &keys(&signer(1))), Err(BadToken::Forged));
    }

    #[test]
    fn another_length_version_kind_or_key_is_refused() {
        let signer = signer(1);
        let token = claims().mint(&signer);
        let text = token.reveal().as_bytes();
        for length in (0..TOKEN_LENGTH).chain(TOKEN_LENGTH + 1..TOKEN_LENGTH + 9) {
            let other = text.iter().chain(text).take(length).copied().collect::<Vec<_>>();
            assert_eq!(Claims::verify(&other, &keys(&signer)), Err(BadToken::Malformed), "length {length}");
        }
        let unknown = claims().mint(&self::signer(2));
        assert_eq!(Claims::verify(unknown.reveal().as_bytes(), &keys(&signer)), Err(BadToken::UnknownKey));
    }

    #[test]
    fn what_is_printed_tells_no_secret() {
        let token = Token("secret".repeat(4));
        assert_eq!(format!("{token:?}"), "Token(…)");
        assert_eq!(format!("{:?}", signer(3)), "Signer(KeyId(3), …)");
    }
}
