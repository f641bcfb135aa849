//! API keys, of programs and of people: make, list, disable, enable, delete, and recognise a program's.

mod expiry;
mod own;
mod power;
#[cfg(test)]
mod tests;

pub use expiry::{running_out, tell_running_out};
pub use own::{OwnAdd, add_own, choices, list_own, remove_own};
pub(crate) use power::program;

use std::collections::HashMap;

use gk_shared::model::{ApiKeyId, AppId, Email, Slug, Username};
use gk_shared::policy::ChangeKind;
use gk_shared::time::Timestamp;
use gk_shared::token::{API_KEY_MARK, api_key_hash};
use serde_json::{Value, json};

use super::audit::Event;
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::reach::Reach;
use super::refusal::Refusal;
use super::{apps, users};
use crate::model::{ApiKey, App, KeyApps, KeyReach, KeyState, Scopes, User};
use crate::secret::{Secret, random_link};
use crate::store;

/// So much of a key is shown for ever.
const PREFIX: usize = API_KEY_MARK.len() + 8;
/// Keys one person may have.
const MOST_OF_ONE: usize = 50;
/// Apps one key may name.
const MOST_APPS: usize = 100;

/// A key to make.
#[derive(Clone, Debug)]
pub struct Add {
    /// What it is for.
    pub name: String,
    pub reach: NewReach,
    pub expires_at: Option<Timestamp>,
}

/// What a key to make is for.
#[derive(Clone, Debug)]
pub enum NewReach {
    Program {
        scopes: Scopes,
        /// All it may touch, if set.
        app: Option<Slug>,
    },
    Person {
        owner: Username,
        apps: Vec<Slug>,
    },
}

/// A key just made, with the secret that is never shown again.
#[derive(Debug)]
pub struct NewKey {
    pub entry: KeyEntry,
    pub secret: Secret,
}

/// A key, with names in the place of numbers.
#[derive(Clone, Debug)]
pub struct KeyEntry {
    pub key: ApiKey,
    pub reach: NamedReach,
    /// Where it stands now.
    pub state: KeyState,
}

impl KeyEntry {
    /// The app a program's key is bound to, or nothing.
    fn slug(&self) -> &str {
        match &self.reach {
            NamedReach::Program { app, .. } => app.as_ref().map(Slug::as_str).unwrap_or_default(),
            NamedReach::Person { .. } => "",
        }
    }
}

/// What a key is for, by names.
#[derive(Clone, Debug)]
pub enum NamedReach {
    Program { scopes: Scopes, app: Option<Slug> },
    Person { owner: Email, apps: Vec<Slug> },
}

/// Makes a key.
pub fn add(op: &Op<'_>, new: &Add) -> Result<NewKey, Refusal> {
    let reach = match &new.reach {
        NewReach::Program { scopes, app: Some(slug) } => {
            let app = apps::permitted(op, slug, Verb::ChangeAppKeys)?;
            Reach::of(op, &app)?.refuse_key(*scopes, new.expires_at)?;
            KeyReach::Program { scopes: *scopes, app: Some(app.id), maker: power::maker(op, &app)? }
        }
        NewReach::Program { scopes, app: None } => {
            permit(op.standing, Verb::ChangeKeys)?;
            KeyReach::Program { scopes: *scopes, app: None, maker: None }
        }
        NewReach::Person { owner, apps } => {
            permit(op.standing, Verb::ChangeKeys)?;
            persons(op, &users::named(op, owner)?, apps)?
        }
    };
    make(op, &new.name, reach, new.expires_at)
}

/// What a key of this person to these apps is.
fn persons(op: &Op<'_>, owner: &User, slugs: &[Slug]) -> Result<KeyReach, Refusal> {
    if slugs.len() > MOST_APPS {
        return Err(Refusal::Invalid(format!("a key names at most {MOST_APPS} apps")));
    }
    if store::api_keys::of_owner(op.connection, owner.id)?.len() >= MOST_OF_ONE {
        let full = format!("{} has {MOST_OF_ONE} keys already: delete one first", owner.email);
        return Err(Refusal::Conflict(full));
    }
    let ids = slugs.iter().map(|slug| apps::named(op, slug).map(|app| app.id)).collect::<Result<_, _>>()?;
    let apps = KeyApps::new(ids).ok_or_else(|| Refusal::Invalid("name at least one app that the key opens".into()))?;
    Ok(KeyReach::Person { owner: owner.id, apps })
}

fn make(op: &Op<'_>, name: &str, reach: KeyReach, expires_at: Option<Timestamp>) -> Result<NewKey, Refusal> {
    apps::one_line(name, 100)?;
    if expires_at.is_some_and(|until| until <= op.now) {
        return Err(Refusal::Invalid("a key must run out in the future, or never".into()));
    }
    let secret = Secret::new(format!("{API_KEY_MARK}{}", random_link().reveal()));
    let hash = api_key_hash(secret.reveal().as_bytes()).expect("it was just made in the form of a key");
    let mut key = ApiKey {
        id: ApiKeyId(0),
        name: name.trim().to_owned(),
        prefix: secret.reveal().chars().take(PREFIX).collect(),
        reach,
        enabled: true,
        created_by: op.label.clone(),
        created_at: op.now,
        expires_at,
        last_used_at: None,
    };
    key.id = store::api_keys::insert(op.transaction, &key, hash)?;
    let entry = changed(op, key, "api_key_generated")?;
    Ok(NewKey { entry, secret })
}

/// Publishes a person's key, since only those open apps, and notes in the audit what was done with it.
fn changed(op: &Op<'_>, key: ApiKey, action: &str) -> Result<KeyEntry, Refusal> {
    match key.reach {
        KeyReach::Person { .. } => op.changed(ChangeKind::Key, key.id.0)?,
        KeyReach::Program { .. } => {}
    }
    let entry = Names::read(op)?.entry(op, key)?;
    let target = entry.key.id.to_string();
    op.audit(&Event { action, target: &target, app: entry.slug(), after: described(&entry), ..Event::default() })?;
    Ok(entry)
}

fn described(KeyEntry { key, reach, .. }: &KeyEntry) -> Value {
    let (scopes, owner, apps) = match reach {
        NamedReach::Program { scopes, .. } => (Some(scopes.words()), None, None),
        NamedReach::Person { owner, apps } => (None, Some(owner.as_str()), Some(apps)),
    };
    json!({
        "name": key.name, "prefix": key.prefix, "enabled": key.enabled, "expires_at": key.expires_at.map(|at| at.0),
        "scopes": scopes, "owner": owner, "apps": apps.map(|apps| apps.iter().map(Slug::as_str).collect::<Vec<_>>()),
    })
}

/// The names of apps, read once for many keys.
struct Names(HashMap<AppId, Slug>);

impl Names {
    fn read(view: &View<'_>) -> Result<Self, Refusal> {
        Ok(Self(store::apps::list(view.connection)?.into_iter().map(|app| (app.id, app.slug)).collect()))
    }

    fn entry(&self, view: &View<'_>, key: ApiKey) -> Result<KeyEntry, Refusal> {
        let slug = |app: AppId| self.0.get(&app).cloned();
        let reach = match &key.reach {
            KeyReach::Program { scopes, app, .. } => NamedReach::Program { scopes: *scopes, app: app.and_then(slug) },
            KeyReach::Person { owner, apps } => {
                let owner = users::by_id(view, *owner)?.email;
                NamedReach::Person { owner, apps: apps.iter().filter_map(slug).collect() }
            }
        };
        let state = power::state(view.connection, &key, view.now)?;
        Ok(KeyEntry { key, reach, state })
    }
}

/// Some of the keys, and how many there are.
pub struct Listed {
    pub total: i64,
    pub keys: Vec<KeyEntry>,
}

/// The keys in the order they were made, after so many of them, and at most so many.
pub fn list(view: &View<'_>, skip: i64, most: i64) -> Result<Listed, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let names = Names::read(view)?;
    let keys = store::api_keys::list(view.connection, skip, most)?.into_iter();
    let keys = keys.map(|key| names.entry(view, key)).collect::<Result<_, _>>()?;
    Ok(Listed { total: store::api_keys::count(view.connection)?, keys })
}

/// The keys that are bound to an app, oldest first.
pub fn of_app(view: &View<'_>, slug: &Slug) -> Result<Vec<KeyEntry>, Refusal> {
    let app = apps::permitted(view, slug, Verb::SeeApp)?;
    let names = Names::read(view)?;
    let keys = store::api_keys::of_app(view.connection, app.id)?;
    keys.into_iter().map(|key| names.entry(view, key)).collect()
}

/// Puts a key out of use until it is enabled again.
pub fn disable(op: &Op<'_>, id: ApiKeyId) -> Result<KeyEntry, Refusal> {
    let key = permitted(op, id)?;
    refuse_stronger(op, &key)?;
    if !key.enabled {
        return Names::read(op)?.entry(op, key);
    }
    store::api_keys::disable(op.transaction, id)?;
    changed(op, ApiKey { enabled: false, ..key }, "api_key_disabled")
}

/// Puts a key into use again. It is then as if the caller had made it: see `power`.
pub fn enable(op: &Op<'_>, id: ApiKeyId) -> Result<KeyEntry, Refusal> {
    let key = permitted(op, id)?;
    let maker = match (&key.reach, app_of(op, &key)?) {
        (KeyReach::Program { scopes, .. }, Some(app)) => {
            Reach::of(op, &app)?.refuse_key(*scopes, key.expires_at)?;
            power::maker(op, &app)?
        }
        _ => None,
    };
    if key.enabled && power::state(op.connection, &key, op.now)? != KeyState::MakerLeft {
        return Names::read(op)?.entry(op, key);
    }
    store::api_keys::enable(op.transaction, id, maker)?;
    let key = store::api_keys::by_id(op.connection, id)?.ok_or_else(|| Refusal::missing("key", id))?;
    changed(op, key, "api_key_enabled")
}

/// Deletes a key for good.
pub fn remove(op: &Op<'_>, id: ApiKeyId) -> Result<KeyEntry, Refusal> {
    let key = permitted(op, id)?;
    refuse_stronger(op, &key)?;
    erase(op, key)
}

/// No key ends one that can do more.
fn refuse_stronger(view: &View<'_>, key: &ApiKey) -> Result<(), Refusal> {
    match (&key.reach, app_of(view, key)?) {
        (KeyReach::Program { scopes, .. }, Some(app)) => Reach::of(view, &app)?.refuse_ending(*scopes),
        _ => Ok(()),
    }
}

/// Which app a key is bound to, for whoever may change it.
pub fn bound_to(view: &View<'_>, id: ApiKeyId) -> Result<Option<Slug>, Refusal> {
    let key = permitted(view, id)?;
    Ok(app_of(view, &key)?.map(|app| app.slug))
}

/// A key that the caller may change. Whether there is another one is told only to those who may change all: everybody
/// else reads the same refusal.
fn permitted(view: &View<'_>, id: ApiKeyId) -> Result<ApiKey, Refusal> {
    let key = store::api_keys::by_id(view.connection, id)?;
    let app = key.as_ref().map_or(Ok(None), |key| app_of(view, key))?;
    match app {
        Some(app) => permit(view.standing_in(&app)?, Verb::ChangeAppKeys)?,
        None => permit(view.standing, Verb::ChangeAppKeys).and_then(|()| permit(view.standing, Verb::ChangeKeys))?,
    }
    key.ok_or_else(|| Refusal::missing("key", id))
}

/// The app a program's key is bound to.
fn app_of(view: &View<'_>, key: &ApiKey) -> Result<Option<App>, Refusal> {
    match key.reach {
        KeyReach::Program { app: Some(app), .. } => Ok(store::apps::by_id(view.connection, app.0)?),
        KeyReach::Program { app: None, .. } | KeyReach::Person { .. } => Ok(None),
    }
}

fn erase(op: &Op<'_>, key: ApiKey) -> Result<KeyEntry, Refusal> {
    let entry = Names::read(op)?.entry(op, key)?;
    store::api_keys::delete(op.transaction, entry.key.id)?;
    let (target, before) = (entry.key.id.to_string(), described(&entry));
    op.audit(&Event { action: "api_key_deleted", target: &target, app: entry.slug(), before, ..Event::default() })?;
    Ok(entry)
}

/// Takes every key of a person out of use: the account is another mailbox's from now on, or opens nothing.
pub(super) fn disable_all_of(op: &Op<'_>, owner: &User) -> Result<(), Refusal> {
    for key in store::api_keys::of_owner(op.connection, owner.id)?.into_iter().filter(|key| key.enabled) {
        store::api_keys::disable(op.transaction, key.id)?;
        op.changed(ChangeKind::Key, key.id.0)?;
        let (target, before) = (key.id.to_string(), json!({ "name": key.name, "owner": owner.username.as_str() }));
        op.audit(&Event { action: "api_key_disabled", target: &target, before, ..Event::default() })?;
    }
    Ok(())
}

/// The number of the program's key with this secret, if it opens anything now: a person's opens apps only. Needs no
/// permission: this is how a caller becomes known. What is not of a key's form costs nothing, and anything else one
/// hash and one look-up.
pub fn recognise(view: &View<'_>, secret: &Secret) -> Result<Option<ApiKeyId>, Refusal> {
    let Some(hash) = api_key_hash(secret.reveal().as_bytes()) else { return Ok(None) };
    let key = store::api_keys::by_hash(view.connection, hash)?;
    match key {
        Some(key) => Ok(program(view.connection, &key, view.now)?.map(|_| key.id)),
        None => Ok(None),
    }
}

/// Notes when keys were last used, many at once.
pub fn note_used(op: &Op<'_>, used: &[(ApiKeyId, Timestamp)]) -> Result<(), Refusal> {
    permit(op.standing, Verb::Housekeep)?;
    used.iter().try_for_each(|(id, at)| Ok(store::api_keys::set_last_used(op.transaction, *id, *at).map(drop)?))
}
