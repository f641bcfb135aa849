//! What people see of themselves: the apps they may enter, and those they may ask for.

use gk_shared::access::{AllowReason, Decision};
use gk_shared::model::Slug;
use gk_shared::policy::Snapshot;
use gk_shared::time::Timestamp;

use super::outcome::{Outcome, Reason, ask};
use crate::model::{App, Grant, User};
use crate::service::op::View;
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::store;

/// An app the caller may enter, and as what.
#[derive(Clone, Debug)]
pub struct OwnApp {
    pub app: App,
    pub role: Option<String>,
    /// Since when the grant is there that lets them in, if one does.
    pub granted_at: Option<Timestamp>,
}

/// The apps a person may enter now, by name.
pub fn own_apps(view: &View<'_>, snapshot: &Snapshot, user: &User) -> Result<Vec<OwnApp>, Refusal> {
    permit(view.standing, Verb::SeeOwnApps)?;
    let grants = store::grants::of_person(view.connection, user.id)?;
    let entered = |app: App| match ask(snapshot, user.id, Some(&app.slug).into(), view.now) {
        Decision::Allow(pass) => Some(OwnApp {
            app,
            role: pass.role.map(|role| snapshot.role(role).to_owned()),
            granted_at: granted_at(pass.reason, &grants),
        }),
        Decision::SignIn(_) | Decision::Forbid(_) => None,
    };
    let mut apps = store::apps::list(view.connection)?.into_iter().filter_map(entered).collect::<Vec<_>>();
    apps.sort_by_cached_key(|own| own.app.name.to_lowercase());
    Ok(apps)
}

fn granted_at(reason: AllowReason, grants: &[Grant]) -> Option<Timestamp> {
    let id = Reason::Allow(reason).grant()?;
    grants.iter().find(|grant| grant.id == id).map(|grant| grant.granted_at)
}

/// The listed apps a person may not enter now and so may ask for: none for an account that is not usable.
pub fn other_apps(view: &View<'_>, snapshot: &Snapshot, user: &User) -> Result<Vec<App>, Refusal> {
    permit(view.standing, Verb::SeeOwnApps)?;
    if permit(view.standing, Verb::RequestAccess).is_err() {
        return Ok(Vec::new());
    }
    let apps = store::apps::list(view.connection)?.into_iter();
    Ok(apps.filter(|app| app.listed && !enters(view, snapshot, user, &app.slug)).collect())
}

/// Whether the caller may enter one app now, and why.
pub fn own_entry(view: &View<'_>, snapshot: &Snapshot, user: &User, slug: &Slug) -> Result<Outcome, Refusal> {
    permit(view.standing, Verb::SeeOwnApps)?;
    Ok(Outcome::of(snapshot, user.id, Some(slug).into(), view.now))
}

/// Whether a person enters an app now.
pub(in crate::service) fn enters(view: &View<'_>, snapshot: &Snapshot, user: &User, slug: &Slug) -> bool {
    matches!(ask(snapshot, user.id, Some(slug).into(), view.now), Decision::Allow(_))
}
