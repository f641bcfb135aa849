//! Everything that can be done to one person, each by a form of their page.

use gk_service::model::{Detail, Property, PropertyName, User};
use gk_service::service::grants::{Give, Receiver};
use gk_service::service::users::{self, Fullname, Rank, Seeded, Update};
use gk_service::service::{Op, Refusal, grants, groups, properties, sessions};
use gk_shared::model::{Email, GroupName, Role, SessionId, Slug, Username};

use crate::ui::typed::Typed;

/// What a form of somebody's page does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Edit,
    Approve,
    Reject,
    Enable,
    Disable,
    Promote,
    Demote,
    EndSessions,
    EndSession,
    Join,
    Leave,
    CopyGroups,
    Grant,
    Revoke,
    SetProperty,
    UnsetProperty,
    Delete,
}

impl Change {
    const ALL: [Self; 17] = [
        Self::Edit,
        Self::Approve,
        Self::Reject,
        Self::Enable,
        Self::Disable,
        Self::Promote,
        Self::Demote,
        Self::EndSessions,
        Self::EndSession,
        Self::Join,
        Self::Leave,
        Self::CopyGroups,
        Self::Grant,
        Self::Revoke,
        Self::SetProperty,
        Self::UnsetProperty,
        Self::Delete,
    ];

    /// The last word of its path.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::Promote => "promote",
            Self::Demote => "demote",
            Self::EndSessions => "end-sessions",
            Self::EndSession => "end-session",
            Self::Join => "join",
            Self::Leave => "leave",
            Self::CopyGroups => "copy-groups",
            Self::Grant => "grant",
            Self::Revoke => "revoke",
            Self::SetProperty => "set-property",
            Self::UnsetProperty => "unset-property",
            Self::Delete => "delete",
        }
    }

    /// Reads the word.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.word() == word)
    }

    /// What is said once it is done.
    pub(super) fn done(self) -> &'static str {
        match self {
            Self::Edit => "The changes were saved.",
            Self::Approve => "Approved: they get in at once.",
            Self::Reject => "Rejected and signed out.",
            Self::Enable => "The account works again.",
            Self::Disable => "Disabled and signed out.",
            Self::Promote => "They are an administrator now.",
            Self::Demote => "They are no administrator any more.",
            Self::EndSessions => "They are signed out everywhere.",
            Self::EndSession => "The session was ended.",
            Self::Join => "They are in the group now.",
            Self::Leave => "They are out of the group.",
            Self::CopyGroups => "The local groups were copied.",
            Self::Grant => "They may enter the app.",
            Self::Revoke => "The grant was taken back.",
            Self::SetProperty => "The property was set.",
            Self::UnsetProperty => "The property was deleted.",
            Self::Delete => "The account was deleted.",
        }
    }

    /// Does it.
    pub(super) fn run(self, op: &Op<'_>, user: &User, typed: &Typed) -> Result<(), Refusal> {
        let name = &user.username;
        let set = |update: Update| users::update(op, name, &update).map(drop);
        match self {
            Self::Edit => set(edited(user, typed)?),
            Self::Approve => users::approve(op, name).map(drop),
            Self::Reject => users::reject(op, name).map(drop),
            Self::Enable => set(Update { enabled: Some(true), ..Update::default() }),
            Self::Disable => set(Update { enabled: Some(false), ..Update::default() }),
            Self::Promote => set(Update { rank: Some(Rank::SuperAdmin), ..Update::default() }),
            Self::Demote => set(Update { rank: Some(Rank::Person), ..Update::default() }),
            Self::EndSessions => sessions::end_all_of(op, name).map(drop),
            Self::EndSession => {
                let id = typed.one("session").and_then(SessionId::parse);
                let id = id.ok_or_else(|| Refusal::Invalid("no such session".into()))?;
                sessions::end(op, id).map(drop)
            }
            Self::Join => groups::join(op, &typed.needed("group", GroupName::parse)?, name).map(drop),
            Self::Leave => groups::leave(op, &typed.needed("group", GroupName::parse)?, name).map(drop),
            Self::CopyGroups => groups::copy_memberships(op, &typed.needed("from", Username::parse)?, name).map(drop),
            Self::Grant => {
                let slug = typed.needed("app", Slug::parse)?;
                grants::give(op, &slug, &Receiver::User(name.clone()), &given(typed)?).map(drop)
            }
            Self::Revoke => {
                let slug = typed.needed("app", Slug::parse)?;
                grants::take(op, &slug, &Receiver::User(name.clone())).map(drop)
            }
            Self::SetProperty => properties::set(op, name, &[property(typed)?]).map(drop),
            Self::UnsetProperty => {
                let (app, key) = (typed.needed("app", PropertyName::parse)?, typed.needed("key", PropertyName::parse)?);
                properties::unset(op, name, &app, Some(&key)).map(drop)
            }
            Self::Delete => {
                if typed.one("name") != Some(user.email.as_str()) {
                    return Err(Refusal::Invalid(format!("type {} to delete the account", user.email)));
                }
                users::remove(op, name, Seeded::Refuse).map(drop)
            }
        }
    }
}

/// What the form of names and details says, and which version it was made from.
fn edited(user: &User, typed: &Typed) -> Result<Update, Refusal> {
    let version = typed.one("version").and_then(|version| version.parse().ok());
    let sent = |detail: Detail| typed.raw(detail.word()).map(|text| (detail, text.to_owned()));
    Ok(Update {
        version: Some(version.ok_or(Refusal::Outdated)?),
        // One that was left as it is moves with the e-mail, if it was that.
        username: typed.parsed("username", Username::parse)?.filter(|name| *name != user.username),
        email: typed.parsed("email", Email::parse)?,
        fullname: typed.raw("fullname").map(Fullname::parse).transpose()?,
        details: Detail::ALL.into_iter().filter_map(sent).collect(),
        ..Update::default()
    })
}

fn given(typed: &Typed) -> Result<Give, Refusal> {
    let role = typed.parsed("role", Role::parse)?.into();
    let note = typed.one("note").map(str::to_owned);
    Ok(Give { role, expires_at: typed.end_of_day("until")?.into(), note, ..Give::default() })
}

fn property(typed: &Typed) -> Result<Property, Refusal> {
    let (app, key) = (typed.needed("app", PropertyName::parse)?, typed.needed("key", PropertyName::parse)?);
    let value = typed.raw("value").filter(|value| !value.is_empty()).map(str::to_owned);
    Ok(Property::new(app, key, value)?)
}
