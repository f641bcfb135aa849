//! The verdict.

use super::reason::{AllowReason, ForbidReason, SignInReason};
use crate::model::UserId;
use crate::policy::{RoleIndex, User};

/// The answer to a question.
#[derive(Clone, Copy, Debug)]
pub enum Decision<'s> {
    /// 200.
    Allow(Pass<'s>),
    /// 401: sign in first.
    SignIn(SignInReason),
    /// 403: signing in again changes nothing.
    Forbid(ForbidReason),
}

/// Whoever passes, and as what.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'s> {
    pub id: UserId,
    pub user: User<'s>,
    pub role: Option<RoleIndex>,
    pub reason: AllowReason,
    /// Whether the app asked for X-Auth-Groups.
    pub groups: GroupsHeader,
}

/// Whether an app receives X-Auth-Groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupsHeader {
    Wanted,
    Unwanted,
}

impl Decision<'_> {
    /// The HTTP status nginx is given.
    pub fn status(&self) -> u16 {
        match self {
            Self::Allow(_) => 200,
            Self::SignIn(_) => 401,
            Self::Forbid(_) => 403,
        }
    }

    /// `allow`, `sign-in` or `forbid`.
    pub fn verdict(&self) -> &'static str {
        match self {
            Self::Allow(_) => "allow",
            Self::SignIn(_) => "sign-in",
            Self::Forbid(_) => "forbid",
        }
    }

    /// The label of the reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Allow(pass) => pass.reason.word(),
            Self::SignIn(reason) => reason.word(),
            Self::Forbid(reason) => reason.word(),
        }
    }
}
