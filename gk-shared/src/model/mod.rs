//! Plain data that both processes share. A value of one of these types has been parsed once, at the edge.

#[cfg(test)]
mod addresses;
mod block;
mod idle;
mod ids;
mod names;

pub(crate) use names::is_slug;

pub use block::BlockMark;
pub use idle::IdleLimit;
pub use ids::{ApiKeyId, AppId, GrantId, GroupId, SessionId, UserId};
pub use names::{BadName, Domain, Email, GroupName, Role, Slug, Username, is_invisible, is_plain_line};
