//! The session token: its layout, who may read it (public keys) and who may make it (a private key).

mod keys;
mod session;

pub use keys::{BadKey, FilterKey, KeyId, PublicKeys, Signer, tag};
pub use session::{BadToken, Claims, Kind, TOKEN_LENGTH, Tag, Token};
