//! Renaming a role: whoever holds it, or is to get it, keeps it under its new name.

use gk_shared::model::{Role, Slug};
use gk_shared::policy::ChangeKind;
use serde_json::json;

use super::permitted;
use crate::model::App;
use crate::service::audit::Event;
use crate::service::grants::{id_of, kind_of};
use crate::service::op::Op;
use crate::service::permit::Verb;
use crate::service::reach::Reach;
use crate::service::refusal::Refusal;
use crate::store::{apps, grants, invitations};

/// What renaming a role came to.
#[derive(Clone, Debug)]
pub struct Renamed {
    pub app: App,
    /// How many grants have moved.
    pub grants: usize,
}

/// Renames a role of an app: in its list, among its admin roles, in every grant of it and in what invitations hold out.
pub fn rename_role(op: &Op<'_>, slug: &Slug, (from, to): (&Role, &Role)) -> Result<Renamed, Refusal> {
    let before = permitted(op, slug, Verb::ChangeAppSettings)?;
    if !before.roles.contains(from) {
        return Err(Refusal::Conflict(format!("`{slug}` has no role `{from}`")));
    }
    if before.roles.contains(to) {
        return Err(Refusal::Conflict(format!("`{slug}` has a role `{to}` already")));
    }
    let renamed = |roles: &[Role]| roles.iter().map(|role| if role == from { to } else { role }.clone()).collect();
    let (roles, admin_roles) = (renamed(&before.roles), renamed(&before.admin_roles));
    let app = App { roles, admin_roles, updated_at: op.now, ..before.clone() };
    Reach::of(op, &before)?.refuse_settings(&before, &app)?;
    apps::update(op.transaction, &app)?;
    op.changed(ChangeKind::App, app.id.0)?;
    let holders = grants::rename_role(op.transaction, app.id, (from, to))?;
    holders.iter().try_for_each(|holder| op.changed(kind_of(*holder), id_of(*holder)))?;
    invitations::rename_role(op.transaction, app.id, (from, to))?;
    op.audit(&Event {
        action: "app_role_renamed",
        target: slug.as_str(),
        app: slug.as_str(),
        before: json!({ "role": from.as_str() }),
        after: json!({ "role": to.as_str(), "grants": holders.len() }),
    })?;
    Ok(Renamed { app, grants: holders.len() })
}
