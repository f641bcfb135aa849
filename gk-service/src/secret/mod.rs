//! Secrets: the root key, what is sealed with it, and random values. Nothing here has a `Display`.

mod random;
mod root;
mod seal;

pub use random::Secret;
pub(crate) use random::{hash, random, random_link, random_uuid};
pub use root::{KeyFile, RootKey, RootKeyError};
pub(crate) use seal::Purpose;
pub use seal::SealError;
