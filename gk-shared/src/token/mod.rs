//! The session token: its layout, who may read it (public keys) and who may make it (a private key). And the form of
//! API keys.

mod api_key;
mod keys;
mod session;

pub use api_key::{API_KEY_LENGTH, API_KEY_MARK, api_key_hash};
pub use keys::{BadKey, FilterKey, KeyId, PublicKeys, Signer, tag};
pub use session::{BadToken, Claims, Kind, TOKEN_LENGTH, Tag, Token};
