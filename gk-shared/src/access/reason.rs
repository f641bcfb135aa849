//! Why. The words are those of metrics, X-GK-Reason and `gk explain`.

use crate::model::GrantId;
use crate::token::BadToken;

/// Why somebody passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowReason {
    OwnGrant(GrantId),
    GroupGrant(GrantId),
    SuperAdmin,
    Internal,
    /// No app named or none registered, and `DEFAULT_APP_ACCESS=allow`.
    DefaultAllow,
}

/// Why somebody must sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInReason {
    NoCredential,
    TwoCookies,
    Malformed,
    UnknownKey,
    Forged,
    Expired,
    Revoked,
    /// Not used for longer than the idle limit.
    Idle,
    UnknownUser,
    SaltRotated,
    WrongApp,
    TwoKeys,
    /// No key of a person's that is in use.
    BadKey,
}

/// Why somebody known may not enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForbidReason {
    /// A key that is not for this app, or none was named.
    WrongApp,
    NotApproved,
    BadApp,
    NoApp,
    Unregistered,
    NoGrant,
}

impl AllowReason {
    /// Each reason once, with a grant that stands for any.
    pub const ALL: [Self; 5] = [
        Self::OwnGrant(GrantId(0)),
        Self::GroupGrant(GrantId(0)),
        Self::SuperAdmin,
        Self::Internal,
        Self::DefaultAllow,
    ];

    /// This reason's place in [`Self::ALL`].
    pub fn position(self) -> usize {
        match self {
            Self::OwnGrant(_) => 0,
            Self::GroupGrant(_) => 1,
            Self::SuperAdmin => 2,
            Self::Internal => 3,
            Self::DefaultAllow => 4,
        }
    }

    /// The label of this reason.
    pub fn word(self) -> &'static str {
        match self {
            Self::OwnGrant(_) => "own-grant",
            Self::GroupGrant(_) => "group-grant",
            Self::SuperAdmin => "super-admin",
            Self::Internal => "internal",
            Self::DefaultAllow => "default-allow",
        }
    }

    /// Reads the label; a grant then stands for any.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

impl SignInReason {
    /// Each reason once, in the order of their numbers.
    pub const ALL: [Self; 13] = [
        Self::NoCredential,
        Self::TwoCookies,
        Self::Malformed,
        Self::UnknownKey,
        Self::Forged,
        Self::Expired,
        Self::Revoked,
        Self::Idle,
        Self::UnknownUser,
        Self::SaltRotated,
        Self::WrongApp,
        Self::TwoKeys,
        Self::BadKey,
    ];

    /// The label of this reason.
    pub fn word(self) -> &'static str {
        match self {
            Self::NoCredential => "no-credential",
            Self::TwoCookies => "two-cookies",
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown-key",
            Self::Forged => "forged",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Idle => "idle",
            Self::UnknownUser => "unknown-user",
            Self::SaltRotated => "salt-rotated",
            Self::WrongApp => "wrong-app",
            Self::TwoKeys => "two-keys",
            Self::BadKey => "bad-key",
        }
    }
}

impl From<BadToken> for SignInReason {
    fn from(bad: BadToken) -> Self {
        match bad {
            BadToken::Malformed => Self::Malformed,
            BadToken::UnknownKey => Self::UnknownKey,
            BadToken::Forged => Self::Forged,
        }
    }
}

impl ForbidReason {
    /// Each reason once, in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::WrongApp, Self::NotApproved, Self::BadApp, Self::NoApp, Self::Unregistered, Self::NoGrant];

    /// The label of this reason, also sent as X-GK-Reason.
    pub fn word(self) -> &'static str {
        match self {
            Self::WrongApp => "wrong-app",
            Self::NotApproved => "not-approved",
            Self::BadApp => "bad-app",
            Self::NoApp => "no-app",
            Self::Unregistered => "unregistered",
            Self::NoGrant => "no-grant",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_to_pass_has_its_own_place_and_a_word_it_is_read_from() {
        for (place, reason) in AllowReason::ALL.into_iter().enumerate() {
            assert_eq!((reason.position(), AllowReason::parse(reason.word())), (place, Some(reason)));
        }
        assert_eq!(AllowReason::OwnGrant(GrantId(7)).position(), 0);
        assert_eq!(AllowReason::parse("no-grant"), None);
    }
}
