//! Tables that leave: who takes one is in the audit, with how much it holds.

use serde_json::json;

use super::audit::Event;
use super::op::Op;
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use super::{groups, keys, properties, users};
use crate::model::{UserFilter, UserOrder};

/// What leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exported {
    /// Those who match.
    Users(UserFilter),
    Groups,
    /// The kinds there are; not the values.
    Properties,
    /// Without their secrets, which nobody has.
    Keys,
}

impl Exported {
    /// What the file is called.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Users(_) => "users",
            Self::Groups => "groups",
            Self::Properties => "user_properties",
            Self::Keys => "api_keys",
        }
    }

    fn action(&self) -> &'static str {
        match self {
            Self::Users(_) => "users_exported",
            Self::Groups => "groups_exported",
            Self::Properties => "user_properties_exported",
            Self::Keys => "api_keys_exported",
        }
    }
}

/// Notes that a table leaves; gives how many rows it has now.
pub fn begin(op: &Op<'_>, exported: &Exported) -> Result<i64, Refusal> {
    permit(op.standing, Verb::Inspect)?;
    let length = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let (count, search) = match exported {
        Exported::Users(filter) => {
            (users::search(op, filter, &UserOrder::default())?.total, filter.text.clone().unwrap_or_default())
        }
        Exported::Groups => (length(groups::list(op)?.len()), String::new()),
        Exported::Properties => (length(properties::types(op)?.len()), String::new()),
        Exported::Keys => (keys::list(op, 0, 0)?.total, String::new()),
    };
    let after = json!({ "rows": count, "search": search });
    op.audit(&Event { action: exported.action(), target: exported.word(), after, ..Event::default() })?;
    Ok(count)
}
