//! Numbers that name rows. Distinct types, so that a user is never looked up by an app's id.

use std::fmt;

macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }
    };
}

row_id!(
    /// A person; never reused.
    UserId
);
row_id!(
    /// A registered app; never reused.
    AppId
);
row_id!(
    /// A group, built-in, local or from a directory; never reused.
    GroupId
);
row_id!(
    /// A grant; never reused. Of two equal grants the lower id wins.
    GrantId
);

row_id!(
    /// A key of a program or a person; never reused.
    ApiKeyId
);

/// A session's public name: 128 random bits, written as 32 lower-case hex digits. Holding it authorises nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub [u8; 16]);

impl SessionId {
    /// Reads 32 hex digits; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        u128::from_str_radix(text, 16).ok().map(|number| Self(number.to_be_bytes()))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", u128::from_be_bytes(self.0))
    }
}
