//! How far those reach in an app who may only do something in that one: the rules in words are in `permit`.

use gk_shared::model::{Role, UserId};
use gk_shared::time::Timestamp;

use super::notice;
use super::op::{View, Who};
use super::permit::Standing;
use super::refusal::Refusal;
use crate::model::{App, Grant, Holder, Scopes};
use crate::store;

/// How far somebody reaches who was permitted to change something of an app.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reach {
    Everything,
    /// Whoever administers this app by a grant, or a key that is bound to it.
    Part(Part),
}

/// What part of an app somebody reaches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// No role of a higher rank is theirs to give or to touch.
    most: usize,
    /// What keys of theirs may do at most.
    scopes: Scopes,
    /// When their own reach ends.
    until: Option<Timestamp>,
    /// Who they are; `None` for a key.
    person: Option<UserId>,
}

const STRONGER: Refusal = Refusal::Forbidden("a role in this app that is at least as strong as the one to give");

impl Reach {
    /// How far the caller reaches in this app.
    pub(super) fn of(view: &View<'_>, app: &App) -> Result<Self, Refusal> {
        Self::among(view, app, &view.grants()?)
    }

    /// The same, for many apps: `grants` are the caller's, from [`View::grants`].
    pub(super) fn among(view: &View<'_>, app: &App, grants: &[Grant]) -> Result<Self, Refusal> {
        match view.standing_among(app, grants) {
            Standing::AppAdmin | Standing::StaleAppAdmin => {
                let own = app.counting(grants, view.now);
                let own = own.as_ref().map(|counts| counts.grant());
                Ok(Self::Part(Part {
                    most: app.rank(own.and_then(|grant| grant.role.as_ref())),
                    scopes: Scopes { mint: false, ..Scopes::ALL },
                    until: own.and_then(|grant| grant.expires_at),
                    person: Some(view.person()?),
                }))
            }
            Standing::AppKey(scopes) => {
                let weakest = app.admin_roles.iter().map(|role| app.rank(Some(role))).min();
                let most = weakest.map_or(usize::MAX, |rank| rank.saturating_sub(1));
                Ok(Self::Part(Part { most, scopes, until: end_of_key(view)?, person: None }))
            }
            Standing::Operator
            | Standing::SuperAdmin
            | Standing::StaleAdmin
            | Standing::Person
            | Standing::Unusable
            | Standing::Key(_)
            | Standing::BoundKey
            | Standing::System
            | Standing::Stranger => Ok(Self::Everything),
        }
    }

    fn part(self) -> Option<Part> {
        match self {
            Self::Everything => None,
            Self::Part(part) => Some(part),
        }
    }

    /// Refuses a role that is stronger than theirs.
    pub(super) fn refuse_role(self, app: &App, role: Option<&Role>) -> Result<(), Refusal> {
        let most = self.part().map_or(usize::MAX, |part| part.most);
        if app.rank(role) > most { Err(STRONGER) } else { Ok(()) }
    }

    /// Nobody whose own administration of an app ends makes administrators who stay longer: they could make their own
    /// for good, by way of somebody else.
    pub(super) fn refuse_outlasting(
        self,
        app: &App,
        role: Option<&Role>,
        expires_at: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        let administers = role.is_some_and(|role| app.admin_roles.contains(role));
        match self.part().and_then(|part| part.until) {
            Some(most) if administers && expires_at.is_none_or(|end| end > most) => Err(Refusal::Invalid(format!(
                "your own role in `{}` ends {}: until then at most you can make somebody else its administrator",
                app.slug,
                notice::written(most)
            ))),
            Some(_) | None => Ok(()),
        }
    }

    /// Refuses a grant as it shall be, if it or the one before is none of theirs to give.
    pub(super) fn refuse_grant(self, app: &App, before: Option<&Grant>, wanted: &Grant) -> Result<(), Refusal> {
        let Self::Part(part) = self else { return Ok(()) };
        match wanted.holder {
            Holder::Group(_) => return Err(Refusal::Forbidden("an administrator: groups are not the app's")),
            Holder::User(id) if part.person == Some(id) => {
                return Err(Refusal::Conflict("this grant is your own: somebody else has to change it".into()));
            }
            Holder::User(_) => {}
        }
        before.map_or(Ok(()), |before| self.refuse_role(app, before.role.as_ref()))?;
        self.refuse_role(app, wanted.role.as_ref())?;
        self.refuse_outlasting(app, wanted.role.as_ref(), wanted.expires_at)
    }

    /// Refuses to touch the own grant of somebody who is stronger by anything else: it counts before what groups give and
    /// what a super-admin is, so both giving and taking it would say who they are. Nobody takes their own to become more.
    pub(super) fn refuse_person(self, view: &View<'_>, app: &App, holder: Holder) -> Result<(), Refusal> {
        let (Self::Part(part), Holder::User(id)) = (self, holder) else { return Ok(()) };
        let held = store::grants::of_person(view.connection, id)?;
        let here = held.iter().filter(|grant| grant.app == app.id && grant.expires_at.is_none_or(|end| end > view.now));
        let ranks = here.map(|grant| (app.rank(grant.role.as_ref()), matches!(grant.holder, Holder::Group(_))));
        let own = part.person == Some(id);
        let stronger = |(rank, of_group): (usize, bool)| rank > part.most || (own && of_group && rank == part.most);
        let admin = store::users::by_id(view.connection, id)?.is_some_and(|user| user.admin);
        if admin || ranks.into_iter().any(stronger) { Err(STRONGER) } else { Ok(()) }
    }

    /// Whether a group there is has that name is told to nobody who could not give it anything.
    pub(super) fn refuse_groups(self) -> Result<(), Refusal> {
        match self {
            Self::Everything => Ok(()),
            Self::Part(_) => Err(Refusal::Forbidden("an administrator: groups are not the app's")),
        }
    }

    /// Refuses settings that decide more than what the app looks like.
    pub(super) fn refuse_settings(self, before: &App, wanted: &App) -> Result<(), Refusal> {
        let Self::Part(part) = self else { return Ok(()) };
        let theirs = App {
            name: wanted.name.clone(),
            description: wanted.description.clone(),
            contact: wanted.contact.clone(),
            noindex: wanted.noindex,
            listed: wanted.listed,
            callbacks: wanted.callbacks.clone(),
            roles: wanted.roles.clone(),
            updated_at: wanted.updated_at,
            ..before.clone()
        };
        if theirs != *wanted {
            return Err(Refusal::Forbidden("an administrator: this setting is not the app's own"));
        }
        refuse_places(before, wanted)?;
        let weaker = wanted.roles.strip_suffix(part.roles_to_keep(before));
        match (weaker, part.person) {
            (Some([]), None) | (Some(_), Some(_)) => Ok(()),
            (Some(_) | None, _) => {
                Err(Refusal::Forbidden("an administrator: these roles are not weaker than the caller's own"))
            }
        }
    }

    /// Refuses to a key to end one that can do more; an app's administrators may end all keys of their app.
    pub(super) fn refuse_ending(self, scopes: Scopes) -> Result<(), Refusal> {
        match self {
            Self::Part(part) if part.person.is_none() && !scopes.are_within(part.scopes) => {
                Err(Refusal::Forbidden("an administrator, or a key with these scopes"))
            }
            Self::Part(_) | Self::Everything => Ok(()),
        }
    }

    /// Refuses a key that could do more than they, or for longer.
    pub(super) fn refuse_key(self, scopes: Scopes, expires_at: Option<Timestamp>) -> Result<(), Refusal> {
        let Self::Part(part) = self else { return Ok(()) };
        if !scopes.are_within(part.scopes) {
            return Err(Refusal::Forbidden("an administrator, or a key with these scopes"));
        }
        match part.until {
            Some(most) if expires_at.is_none_or(|end| end > most) => Err(Refusal::Invalid(format!(
                "your own access ends {}: a key of yours has to end by then",
                notice::written(most)
            ))),
            Some(_) | None => Ok(()),
        }
    }
}

impl Part {
    /// The roles of an app that stay as they are and where they are: all for a key, those from one's own on for a person.
    fn roles_to_keep(self, app: &App) -> &[Role] {
        let all = app.roles.as_slice();
        let below = |role: &&Role| app.rank(Some(role)) < self.most;
        let weaker = if self.person.is_some() { all.iter().take_while(below).count() } else { 0 };
        all.get(weaker..).unwrap_or(all)
    }
}

/// Where an app takes people back says where they may be sent from our own pages.
fn refuse_places(before: &App, wanted: &App) -> Result<(), Refusal> {
    let mut new = wanted.callbacks.iter().filter(|url| !before.callbacks.contains(url));
    if new.any(|url| !before.origins.contains(&url.origin())) {
        return Err(Refusal::Forbidden("an administrator: people may be sent to a callback outside the app's origins"));
    }
    Ok(())
}

/// When the key that asks runs out.
fn end_of_key(view: &View<'_>) -> Result<Option<Timestamp>, Refusal> {
    match view.caller.who {
        Who::Key(id) => Ok(store::api_keys::by_id(view.connection, id)?.and_then(|key| key.expires_at)),
        Who::Person(..) | Who::Operator(_) | Who::System(_) | Who::Stranger => Ok(None),
    }
}

#[cfg(test)]
mod tests;
