//! Apps: register, look at, remove. Changing one is in `update`, renaming its roles in `roles`, and what the proxy in front
//! of it needs in `proxy`.

mod history;
mod overview;
mod proposal;
mod proxy;
mod roles;
mod update;

pub use history::{History, history};
pub use overview::{Entry, overview};
pub use proposal::{may_add, proposal};
pub use proxy::{BlockState, Part, block_state, configuration};
pub use roles::{Renamed, rename_role};
pub use update::{Roles, Update, update};

use std::collections::BTreeSet;

use gk_shared::model::{Role, Slug, is_plain_line};
use gk_shared::policy::ChangeKind;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::model::{App, CallbackUrl, Grant, Hosts, OpenPath, Origin, RoleList};
use crate::service::audit::Event;
use crate::service::op::{Op, View};
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::settings::Setting;
use crate::store::{apps, grants};

/// An app to register.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, and any of them goes with any other")]
pub struct Add {
    pub slug: Slug,
    pub name: String,
    pub description: String,
    pub origins: Vec<Origin>,
    /// Weakest first. Empty leaves the list open: a role that is granted is appended.
    pub roles: Vec<Role>,
    pub admin_roles: Vec<Role>,
    pub noindex: bool,
    pub callbacks: Vec<CallbackUrl>,
    /// What is open without sign-in.
    pub open_paths: Vec<OpenPath>,
    /// Whether people who may not enter see that there is such an app.
    pub listed: bool,
    /// Whether it receives X-Auth-Groups.
    pub groups_header: bool,
    /// Whether it stays open when nobody knows any more whether the policy is the newest.
    pub stale_ok: bool,
    /// Whom people may ask about it.
    pub contact: String,
}

/// Registers an app.
pub fn add(op: &Op<'_>, new: Add) -> Result<App, Refusal> {
    permit(op.standing, Verb::ChangeApps)?;
    refuse_unusable(op, &new.slug)?;
    let role_list = if new.roles.is_empty() { RoleList::Open } else { RoleList::Closed };
    let app = App {
        id: gk_shared::model::AppId(0),
        slug: new.slug,
        name: new.name.trim().to_owned(),
        description: new.description,
        origins: new.origins,
        roles: new.roles,
        role_list,
        admin_roles: new.admin_roles,
        noindex: new.noindex,
        callbacks: new.callbacks,
        open_paths: new.open_paths,
        listed: new.listed,
        groups_header: new.groups_header,
        stale_ok: new.stale_ok,
        contact: new.contact.trim().to_owned(),
        seen_block: None,
        created_at: op.now,
        updated_at: op.now,
    };
    check(op, &app)?;
    let id = apps::insert(op.transaction, &app)?;
    op.changed(ChangeKind::App, id.0)?;
    let after = described(&app);
    op.audit(&Event {
        action: "app_created",
        target: app.slug.as_str(),
        app: app.slug.as_str(),
        after,
        ..Event::default()
    })?;
    Ok(App { id, ..app })
}

/// Refuses a slug that an app has, or that would be looked for where Gatekeeper itself is.
fn refuse_unusable(view: &View<'_>, slug: &Slug) -> Result<(), Refusal> {
    let public = Origin::parse(view.settings.text(Setting::PublicUrl))?;
    if public.host().split('.').next() == Some(slug.as_str()) {
        return Err(Refusal::Conflict(format!("`{slug}` is reserved: Gatekeeper itself is at {public}")));
    }
    match apps::by_slug(view.connection, slug)? {
        Some(_) => Err(Refusal::Conflict(format!("there is already an app `{slug}`"))),
        None => Ok(()),
    }
}

/// Refuses an app that must not be stored like this.
fn check(op: &Op<'_>, app: &App) -> Result<(), Refusal> {
    one_line(&app.name, 255)?;
    lines("a description", &app.description, 1000)?;
    if app.contact.chars().count() > 255 || !is_plain_line(&app.contact) {
        return Err(Refusal::Invalid("a contact is one line of at most 255 characters, none of them invisible".into()));
    }
    let mut seen = BTreeSet::new();
    if let Some(role) = app.roles.iter().find(|role| !seen.insert(role.as_str())) {
        return Err(Refusal::Invalid(format!("the role `{role}` is in the list twice")));
    }
    if let Some(role) = app.admin_roles.iter().find(|role| !app.roles.contains(role)) {
        return Err(Refusal::Invalid(format!("the admin role `{role}` must also be in the list of roles")));
    }
    if app.role_list == RoleList::Open && !app.admin_roles.is_empty() {
        return Err(Refusal::Invalid("an app that takes any role has no admin roles".into()));
    }
    one_each(&app.open_paths)?;
    refuse_shared(op, &app.slug, &app.callbacks)
}

/// Said twice, it would be open to whom?
fn one_each(open: &[OpenPath]) -> Result<(), Refusal> {
    if open.len() > 50 {
        return Err(Refusal::Invalid("an app has at most 50 open paths".into()));
    }
    let twice =
        open.iter().enumerate().find(|(number, one)| open.iter().take(*number).any(|two| two.path() == one.path()));
    match twice {
        Some((_, one)) => {
            Err(Refusal::Invalid(format!("the path {} is opened twice: name all its networks at once", one.path())))
        }
        None => Ok(()),
    }
}

/// A callback URL says which app it belongs to, so no two may have the same; and the bound keeps pages readable.
fn refuse_shared(op: &Op<'_>, slug: &Slug, callbacks: &[CallbackUrl]) -> Result<(), Refusal> {
    if callbacks.len() > 50 {
        return Err(Refusal::Invalid("an app has at most 50 callback URLs".into()));
    }
    for url in callbacks {
        if let Some(other) = apps::by_callback(op.connection, url.as_str())?.filter(|other| other.slug != *slug) {
            // Which apps there are is told only to those who see all.
            let all = permit(op.standing, Verb::SeeApp).is_ok();
            let other = if all { format!("the app `{}`", other.slug) } else { "another app".to_owned() };
            return Err(Refusal::Conflict(format!("{url} already belongs to {other}")));
        }
    }
    Ok(())
}

fn described(app: &App) -> serde_json::Value {
    let roles = |roles: &[Role]| roles.iter().map(|role| role.as_str().to_owned()).collect::<Vec<_>>();
    json!({
        "name": app.name,
        "description": app.description,
        "contact": app.contact,
        "origins": app.origins.iter().map(Origin::as_str).collect::<Vec<_>>(),
        "roles": roles(&app.roles),
        "role_list": app.role_list.word(),
        "admin_roles": roles(&app.admin_roles),
        "callbacks": app.callbacks.iter().map(CallbackUrl::as_str).collect::<Vec<_>>(),
        "open_paths": app.open_paths.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "noindex": app.noindex,
        "listed": app.listed,
        "groups_header": app.groups_header,
        "stale_ok": app.stale_ok,
    })
}

/// A number that stands for everything that can be changed about an app: another one when something has been.
pub fn version(app: &App) -> i64 {
    let digest = Sha256::digest(described(app).to_string());
    digest.iter().take(8).fold(0, |sum, byte| (sum << 8) | i64::from(*byte)) & i64::MAX
}

/// The apps the caller may see, by slug.
pub fn list(view: &View<'_>) -> Result<Vec<App>, Refusal> {
    those_open_to(view, Verb::SeeApp)
}

/// One app with its grants.
pub fn show(view: &View<'_>, slug: &Slug) -> Result<(App, Vec<Grant>), Refusal> {
    let app = permitted(view, slug, Verb::SeeApp)?;
    let grants = grants::of_app(view.connection, app.id)?;
    Ok((app, grants))
}

/// Removes an app with its grants. Its id, and so a session bound to it, never comes back.
pub fn remove(op: &Op<'_>, slug: &Slug) -> Result<App, Refusal> {
    permit(op.standing, Verb::ChangeApps)?;
    let app = named(op, slug)?;
    let holders = grants::of_app(op.connection, app.id)?;
    for grant in &holders {
        op.changed(crate::service::grants::kind_of(grant.holder), crate::service::grants::id_of(grant.holder))?;
    }
    apps::delete(op.transaction, app.id)?;
    op.changed(ChangeKind::App, app.id.0)?;
    let before = json!({ "name": app.name, "grants": holders.len() });
    op.audit(&Event { action: "app_deleted", target: slug.as_str(), app: slug.as_str(), before, ..Event::default() })?;
    Ok(app)
}

/// The name of an app, for the page that says one may not enter. Anybody who is sent there knows the slug.
pub fn name_of(view: &View<'_>, slug: &Slug) -> Result<Option<String>, Refusal> {
    permit(view.standing, Verb::SeeOwnApps)?;
    Ok(apps::by_slug(view.connection, slug)?.map(|app| app.name))
}

/// Which hosts people may be sent to.
pub fn hosts(view: &View<'_>) -> Result<Hosts, Refusal> {
    let cookie_domain = view.settings.text(Setting::CookieDomain);
    Ok(Hosts {
        auth: Origin::parse(view.settings.text(Setting::PublicUrl))?,
        apps: apps::origins(view.connection)?,
        cookie_domain: (!cookie_domain.is_empty()).then(|| cookie_domain.to_owned()),
    })
}

/// What a listed app is called, for whoever is about to sign in to it; no other app is named to strangers.
pub fn listed_name(view: &View<'_>, slug: &Slug) -> Result<Option<String>, Refusal> {
    Ok(apps::by_slug(view.connection, slug)?.filter(|app| app.listed).map(|app| app.name))
}

/// The app of this slug, for whoever may do this there. Whether another one exists is told only to those who see all.
pub(in crate::service) fn permitted(view: &View<'_>, slug: &Slug, verb: Verb) -> Result<App, Refusal> {
    match apps::by_slug(view.connection, slug)? {
        Some(app) => permit(view.standing_in(&app)?, verb).map(|()| app),
        None => permit(view.standing, verb).and(Err(Refusal::missing("app", slug))),
    }
}

/// The apps in which the caller may do this, by slug; refused to those who may in none.
pub(in crate::service) fn those_open_to(view: &View<'_>, verb: Verb) -> Result<Vec<App>, Refusal> {
    let grants = view.grants()?;
    let open = |app: &App| permit(view.standing_among(app, &grants), verb).is_ok();
    let open = candidates(view, verb, &grants)?.into_iter().filter(open).collect::<Vec<_>>();
    if open.is_empty() {
        permit(view.standing, verb)?;
    }
    Ok(open)
}

/// Every app for whoever may do this in all; else those that grants or a key's app may have put under the caller.
fn candidates(view: &View<'_>, verb: Verb, grants: &[Grant]) -> Result<Vec<App>, Refusal> {
    if permit(view.standing, verb).is_ok() {
        return Ok(apps::list(view.connection)?);
    }
    let granted = grants.iter().filter(|grant| grant.role.is_some()).map(|grant| grant.app);
    let ids = granted.chain(view.only_app.map(|(app, _)| app)).collect::<BTreeSet<_>>();
    let found = ids.into_iter().filter_map(|id| apps::by_id(view.connection, id.0).transpose());
    let mut found = found.collect::<Result<Vec<_>, _>>()?;
    found.sort_by(|one, other| one.slug.cmp(&other.slug));
    Ok(found)
}

pub(in crate::service) fn named(view: &View<'_>, slug: &Slug) -> Result<App, Refusal> {
    apps::by_slug(view.connection, slug)?.ok_or_else(|| Refusal::missing("app", slug))
}

/// Refuses a role that a closed list does not have. An open one takes any, when it is given.
pub(in crate::service) fn takes(app: &App, role: &Role) -> Result<(), Refusal> {
    if app.role_list == RoleList::Open || app.roles.contains(role) {
        return Ok(());
    }
    let known = app.roles.iter().map(Role::as_str).collect::<Vec<_>>().join(", ");
    Err(Refusal::Invalid(format!("`{}` has no role `{role}`; it has: {known}", app.slug)))
}

pub(in crate::service) fn one_line(name: &str, most: usize) -> Result<(), Refusal> {
    let name = name.trim();
    if name.is_empty() || !is_plain_line(name) || name.chars().count() > most {
        return Err(Refusal::Invalid(format!("a name is one line of 1 to {most} characters, none of them invisible")));
    }
    Ok(())
}

/// Refuses text with more characters than that, or with control characters other than line breaks, or invisible ones.
pub(in crate::service) fn lines(what: &str, text: &str, most: usize) -> Result<(), Refusal> {
    if text.chars().count() > most || !text.split(['\n', '\r']).all(is_plain_line) {
        return Err(Refusal::Invalid(format!(
            "{what} is at most {most} characters, with line breaks but nothing invisible"
        )));
    }
    Ok(())
}
