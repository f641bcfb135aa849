//! One's own keys: they open some of the apps one may enter, and go with the account.

use gk_shared::model::{ApiKeyId, Slug};
use gk_shared::policy::Snapshot;
use gk_shared::time::Timestamp;

use super::{KeyEntry, Names, NewKey, erase, make, persons};
use crate::model::KeyReach;
use crate::service::op::{Op, View};
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::service::{account, explain, users};
use crate::settings::Setting;
use crate::store;

/// A key to make for oneself.
#[derive(Clone, Debug)]
pub struct OwnAdd {
    /// What it is for.
    pub name: String,
    pub apps: Vec<Slug>,
    pub expires_at: Option<Timestamp>,
}

/// The apps a key of one's own could be for; `None` where people make none.
pub fn choices(view: &View<'_>, snapshot: &Snapshot) -> Result<Option<Vec<explain::OwnApp>>, Refusal> {
    if permit(view.standing, Verb::MakeOwnKey).is_err() || !view.settings.flag(Setting::PersonalKeys) {
        return Ok(None);
    }
    explain::own_apps(view, snapshot, &users::by_id(view, view.person()?)?).map(Some)
}

/// Makes a key for oneself, to apps one may enter now. It takes a recent sign-in: a key outlasts the session.
pub fn add_own(op: &Op<'_>, snapshot: &Snapshot, new: &OwnAdd) -> Result<NewKey, Refusal> {
    permit(op.standing, Verb::MakeOwnKey)?;
    op.need_recent_sign_in()?;
    if !op.settings.flag(Setting::PersonalKeys) {
        return Err(Refusal::Conflict("an administrator has switched keys of one's own off".into()));
    }
    let user = users::by_id(op, op.person()?)?;
    if let Some(slug) = new.apps.iter().find(|slug| !explain::enters(op, snapshot, &user, slug)) {
        return Err(Refusal::Invalid(format!("you may not enter `{slug}`, so a key cannot either")));
    }
    let reach = persons(op, &user, &new.apps)?;
    account::count_change(op, &user)?;
    make(op, &new.name, reach, new.expires_at)
}

/// One's own keys, oldest first.
pub fn list_own(view: &View<'_>) -> Result<Vec<KeyEntry>, Refusal> {
    permit(view.standing, Verb::ChangeOwnAccount)?;
    let names = Names::read(view)?;
    let keys = store::api_keys::of_owner(view.connection, view.person()?)?;
    keys.into_iter().map(|key| names.entry(view, key)).collect()
}

/// Deletes one of one's own keys for good. Somebody else's is not found.
pub fn remove_own(op: &Op<'_>, id: ApiKeyId) -> Result<KeyEntry, Refusal> {
    permit(op.standing, Verb::ChangeOwnAccount)?;
    let person = op.person()?;
    let key = store::api_keys::by_id(op.connection, id)?;
    let own = key.filter(|key| matches!(key.reach, KeyReach::Person { owner, .. } if owner == person));
    erase(op, own.ok_or_else(|| Refusal::missing("key", id))?)
}
