//! Why somebody may or may not enter: the same decision as gk-validate's, put into words.

use gk_shared::access::{AllowReason, AskedApp, Credential, Decision, ForbidReason, Question, decide};
use gk_shared::model::{Slug, Username};
use gk_shared::policy::Snapshot;
use gk_shared::time::Timestamp;

use super::op::View;
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use super::users;
use crate::model::{App, Grant, User};
use crate::store;

/// A decision in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    pub status: u16,
    pub verdict: &'static str,
    pub reason: &'static str,
    pub email: String,
    pub fullname: Option<String>,
    pub role: Option<String>,
    pub app: Option<String>,
    pub sentence: String,
}

impl Explanation {
    /// Whether the person is let in.
    pub fn enters(&self) -> bool {
        self.verdict == "allow"
    }
}

/// What would be answered if this person asked for this app at this time.
pub fn explain(
    view: &View<'_>,
    snapshot: &Snapshot,
    name: &Username,
    slug: Option<&Slug>,
    at: Timestamp,
) -> Result<Explanation, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let user = users::named(view, name)?;
    let decision = ask(snapshot, &user, slug, at);
    Ok(describe(snapshot, &user, slug, &decision))
}

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
    let entered = |app: App| match ask(snapshot, user, Some(&app.slug), view.now) {
        Decision::Allow(pass) => Some(OwnApp {
            app,
            role: pass.role.map(|role| snapshot.role(role).to_owned()),
            granted_at: granted_at(&pass.reason, &grants),
        }),
        Decision::SignIn(_) | Decision::Forbid(_) => None,
    };
    let mut apps = store::apps::list(view.connection)?.into_iter().filter_map(entered).collect::<Vec<_>>();
    apps.sort_by_cached_key(|own| own.app.name.to_lowercase());
    Ok(apps)
}

fn granted_at(reason: &AllowReason, grants: &[Grant]) -> Option<Timestamp> {
    match reason {
        AllowReason::OwnGrant(id) | AllowReason::GroupGrant(id) => {
            grants.iter().find(|grant| grant.id == *id).map(|grant| grant.granted_at)
        }
        AllowReason::SuperAdmin | AllowReason::Internal | AllowReason::DefaultAllow => None,
    }
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

/// Whether the caller may enter one app now, in words.
pub fn own_entry(view: &View<'_>, snapshot: &Snapshot, user: &User, slug: &Slug) -> Result<Explanation, Refusal> {
    permit(view.standing, Verb::SeeOwnApps)?;
    let decision = ask(snapshot, user, Some(slug), view.now);
    Ok(describe(snapshot, user, Some(slug), &decision))
}

/// Whether a person enters an app now.
pub(super) fn enters(view: &View<'_>, snapshot: &Snapshot, user: &User, slug: &Slug) -> bool {
    matches!(ask(snapshot, user, Some(slug), view.now), Decision::Allow(_))
}

fn ask<'s>(snapshot: &'s Snapshot, user: &User, slug: Option<&Slug>, at: Timestamp) -> Decision<'s> {
    decide(snapshot, &Question { credential: Credential::Person(user.id), app: AskedApp::from(slug) }, at)
}

fn describe(snapshot: &Snapshot, user: &User, slug: Option<&Slug>, decision: &Decision<'_>) -> Explanation {
    let role = match decision {
        Decision::Allow(pass) => pass.role.map(|role| snapshot.role(role).to_owned()),
        Decision::SignIn(_) | Decision::Forbid(_) => None,
    };
    Explanation {
        status: decision.status(),
        verdict: decision.verdict(),
        reason: decision.reason(),
        email: user.email.to_string(),
        fullname: (!user.fullname.is_empty()).then(|| user.fullname.clone()),
        role,
        app: slug.map(ToString::to_string),
        sentence: sentence(user, slug, decision),
    }
}

fn sentence(user: &User, slug: Option<&Slug>, decision: &Decision<'_>) -> String {
    let email = &user.email;
    let app = slug.map_or_else(|| "a request that names no app".to_owned(), |slug| format!("`{slug}`"));
    match decision {
        Decision::Allow(pass) => match pass.reason {
            AllowReason::OwnGrant(id) => format!("{email} enters {app} by a grant of their own (number {id})."),
            AllowReason::GroupGrant(id) => {
                format!("{email} enters {app} by a grant to one of their groups (number {id}).")
            }
            AllowReason::SuperAdmin => format!("{email} enters {app} as a super-admin."),
            AllowReason::Internal => format!("{email} enters {app} because {} is an accepted domain.", email.domain()),
            AllowReason::DefaultAllow => format!("{email} passes {app} because access.default_app is allow."),
        },
        Decision::SignIn(reason) => format!("{email} would be asked to sign in: {}.", reason.word()),
        Decision::Forbid(reason) => match reason {
            ForbidReason::WrongApp => format!("{email} is refused: the key is not for {app}."),
            ForbidReason::NotApproved => format!("{email} enters nothing: the account is {}.", account_state(user)),
            ForbidReason::BadApp => format!("{email} is refused: the app's name is malformed."),
            ForbidReason::NoApp => {
                format!("{email} is refused: the request names no app, and access.default_app is deny.")
            }
            ForbidReason::Unregistered => {
                format!("{email} is refused: {app} is not registered, and access.default_app is deny.")
            }
            ForbidReason::NoGrant => format!(
                "{email} may not enter {app}: no grant is in force, and {} is no accepted domain.",
                email.domain()
            ),
        },
    }
}

fn account_state(user: &User) -> &'static str {
    if user.enabled { user.status.word() } else { "disabled" }
}
