//! Changing an app: everything but its slug, by which nginx and its grants know it.

use gk_shared::model::{Role, Slug};
use gk_shared::policy::ChangeKind;

use super::{check, described, named, permitted, version};
use crate::model::{App, CallbackUrl, OpenPath, Origin, RoleList};
use crate::service::audit::Event;
use crate::service::op::Op;
use crate::service::permit::Verb;
use crate::service::reach::Reach;
use crate::service::refusal::Refusal;
use crate::store::{apps, grants};

/// What to change about an app; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// The [`version`] that was looked at: what has changed since is not written over.
    pub version: Option<i64>,
    pub name: Option<String>,
    pub description: Option<String>,
    /// Whom people may ask about it.
    pub contact: Option<String>,
    pub origins: Option<Vec<Origin>>,
    pub roles: Option<Roles>,
    pub admin_roles: Option<Vec<Role>>,
    pub callbacks: Option<Vec<CallbackUrl>>,
    pub open_paths: Option<Vec<OpenPath>>,
    pub noindex: Option<bool>,
    pub listed: Option<bool>,
    pub groups_header: Option<bool>,
    pub stale_ok: Option<bool>,
}

/// Which roles an app shall have.
#[derive(Clone, Debug)]
pub enum Roles {
    /// These, weakest first, and no others.
    These(Vec<Role>),
    /// These, or those it has, and any that is granted.
    Any(Option<Vec<Role>>),
}

/// Changes an app.
pub fn update(op: &Op<'_>, slug: &Slug, update: &Update) -> Result<App, Refusal> {
    let before = permitted(op, slug, Verb::ChangeAppSettings)?;
    if update.version.is_some_and(|seen| seen != version(&before)) {
        return Err(Refusal::Outdated);
    }
    let wanted = App { updated_at: op.now, ..wanted(&before, update) };
    Reach::of(op, &before)?.refuse_settings(&before, &wanted)?;
    check(op, &wanted)?;
    keep_held_roles(op, &before, &wanted)?;
    apps::update(op.transaction, &wanted)?;
    let published = |app: &App| (app.roles.clone(), app.groups_header, app.stale_ok);
    if published(&before) != published(&wanted) {
        op.changed(ChangeKind::App, before.id.0)?;
    }
    let after = named(op, slug)?;
    op.audit(&Event {
        action: "app_updated",
        target: slug.as_str(),
        app: slug.as_str(),
        before: described(&before),
        after: described(&after),
    })?;
    Ok(after)
}

/// The app as it shall be.
fn wanted(before: &App, update: &Update) -> App {
    let (roles, role_list) = match &update.roles {
        Some(Roles::These(roles)) => (roles.clone(), RoleList::Closed),
        Some(Roles::Any(roles)) => (roles.as_ref().unwrap_or(&before.roles).clone(), RoleList::Open),
        None => (before.roles.clone(), before.role_list),
    };
    App {
        name: update.name.as_deref().unwrap_or(&before.name).trim().to_owned(),
        description: update.description.clone().unwrap_or_else(|| before.description.clone()),
        contact: update.contact.as_deref().unwrap_or(&before.contact).trim().to_owned(),
        origins: update.origins.clone().unwrap_or_else(|| before.origins.clone()),
        roles,
        role_list,
        admin_roles: update.admin_roles.clone().unwrap_or_else(|| before.admin_roles.clone()),
        callbacks: update.callbacks.clone().unwrap_or_else(|| before.callbacks.clone()),
        open_paths: update.open_paths.clone().unwrap_or_else(|| before.open_paths.clone()),
        noindex: update.noindex.unwrap_or(before.noindex),
        listed: update.listed.unwrap_or(before.listed),
        groups_header: update.groups_header.unwrap_or(before.groups_header),
        stale_ok: update.stale_ok.unwrap_or(before.stale_ok),
        ..before.clone()
    }
}

/// A role that is held and not in the list would rank below all others, and the app would still be told it.
fn keep_held_roles(op: &Op<'_>, before: &App, wanted: &App) -> Result<(), Refusal> {
    let held = grants::of_app(op.connection, before.id)?;
    for role in before.roles.iter().filter(|role| !wanted.roles.contains(role)) {
        let holders = held.iter().filter(|grant| grant.role.as_ref() == Some(role)).count();
        if holders > 0 {
            let grants = if holders == 1 { "1 grant has".to_owned() } else { format!("{holders} grants have") };
            return Err(Refusal::Conflict(format!("{grants} the role `{role}`: change or revoke them first")));
        }
    }
    Ok(())
}
