//! Keys of programs: make, list, put out of use, and recognise one.

use gk_shared::model::Slug;
use gk_shared::time::Timestamp;
use serde_json::json;

use super::apps;
use super::audit::Event;
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use crate::model::{ApiKey, Scopes};
use crate::secret::{Secret, hash, random_link};
use crate::store;

/// What every key begins with.
const MARK: &str = "gk_";
/// The mark and 256 random bits as base64url.
const LENGTH: usize = MARK.len() + 43;
/// So much of a key is shown for ever.
const PREFIX: usize = MARK.len() + 8;

/// A key to make.
#[derive(Clone, Debug)]
pub struct Add {
    /// What it is for.
    pub name: String,
    pub scopes: Scopes,
    /// All it may touch, if set.
    pub app: Option<Slug>,
    pub expires_at: Option<Timestamp>,
}

/// A key just made, with the secret that is never shown again.
#[derive(Debug)]
pub struct NewKey {
    pub key: ApiKey,
    pub secret: Secret,
}

/// Makes a key.
pub fn add(op: &Op<'_>, new: &Add) -> Result<NewKey, Refusal> {
    permit(op.standing, Verb::ChangeKeys)?;
    apps::one_line(&new.name, 100)?;
    if new.expires_at.is_some_and(|until| until <= op.now) {
        return Err(Refusal::Invalid("a key must run out in the future, or never".into()));
    }
    let app = new.app.as_ref().map(|slug| apps::named(op, slug)).transpose()?;
    let secret = Secret::new(format!("{MARK}{}", random_link().reveal()));
    let mut key = ApiKey {
        id: 0,
        name: new.name.trim().to_owned(),
        prefix: secret.reveal().chars().take(PREFIX).collect(),
        scopes: new.scopes,
        app: app.as_ref().map(|app| app.id),
        enabled: true,
        created_by: op.label.clone(),
        created_at: op.now,
        expires_at: new.expires_at,
        last_used_at: None,
    };
    key.id = store::api_keys::insert(op.transaction, &key, hash(&secret))?;
    let slug = new.app.as_ref().map(Slug::as_str).unwrap_or_default();
    let after = json!({
        "name": key.name, "prefix": key.prefix, "scopes": key.scopes.words(), "expires_at": key.expires_at.map(|at| at.0),
    });
    let target = key.id.to_string();
    op.audit(&Event { action: "api_key_generated", target: &target, app: slug, after, ..Event::default() })?;
    Ok(NewKey { key, secret })
}

/// Every key, each with the app it is bound to.
pub fn list(view: &View<'_>) -> Result<Vec<(ApiKey, Option<Slug>)>, Refusal> {
    permit(view.standing, Verb::ChangeKeys)?;
    let with_app = |key: ApiKey| {
        let app = key.app.map(|app| store::apps::by_id(view.connection, app.0)).transpose()?.flatten();
        Ok((key, app.map(|app| app.slug)))
    };
    store::api_keys::list(view.connection)?.into_iter().map(with_app).collect()
}

/// Puts a key out of use for ever; it stays in the list.
pub fn revoke(op: &Op<'_>, id: i64) -> Result<ApiKey, Refusal> {
    permit(op.standing, Verb::ChangeKeys)?;
    let key = store::api_keys::by_id(op.connection, id)?.ok_or_else(|| Refusal::missing("key", id))?;
    if store::api_keys::disable(op.transaction, id)? == 1 {
        let before = json!({ "name": key.name, "prefix": key.prefix });
        op.audit(&Event { action: "api_key_disabled", target: &id.to_string(), before, ..Event::default() })?;
    }
    Ok(ApiKey { enabled: false, ..key })
}

/// The number of the key with this secret, if it opens anything now. Needs no permission: this is how a caller
/// becomes known. What is not of a key's form costs nothing, and anything else one hash and one look-up.
pub fn recognise(view: &View<'_>, secret: &Secret) -> Result<Option<i64>, Refusal> {
    if secret.reveal().len() != LENGTH || !secret.reveal().starts_with(MARK) {
        return Ok(None);
    }
    let key = store::api_keys::by_hash(view.connection, hash(secret))?;
    Ok(key.filter(|key| key.counts(view.now)).map(|key| key.id))
}

/// Notes when keys were last used, many at once.
pub fn note_used(op: &Op<'_>, used: &[(i64, Timestamp)]) -> Result<(), Refusal> {
    permit(op.standing, Verb::Housekeep)?;
    used.iter().try_for_each(|(id, at)| Ok(store::api_keys::set_last_used(op.transaction, *id, *at)?))
}
