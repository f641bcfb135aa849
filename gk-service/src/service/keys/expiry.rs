//! Keys that run out soon: a mail says so once, a week before.

use gk_shared::time::Timestamp;
use serde_json::json;

use super::{KeyEntry, NamedReach, Names};
use crate::model::{ApiKey, KeyReach, MailKind, User};
use crate::service::notice::{at, tell, written};
use crate::service::op::{Op, View};
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::service::users;
use crate::store;

/// So long before its end. A key that was made for no longer is not told of: its end was in sight all the time.
const SECONDS_BEFORE: i64 = 7 * 86_400;
/// Told of in one transaction.
const MOST_AT_ONCE: i64 = 100;

/// Keys to be told of: some of those that run out within a week, the first first.
pub fn running_out(view: &View<'_>) -> Result<Vec<ApiKey>, Refusal> {
    permit(view.standing, Verb::Housekeep)?;
    let span = (view.now, view.now.plus(SECONDS_BEFORE));
    Ok(store::api_keys::to_tell(view.connection, span, MOST_AT_ONCE)?)
}

/// Tells of them: the owner of a person's key, and administrators who want to hear of things of a program's. Gives of
/// how many.
pub fn tell_running_out(op: &Op<'_>) -> Result<usize, Refusal> {
    let keys = running_out(op)?;
    let names = Names::read(op)?;
    for key in &keys {
        if let Some(until) = key.expires_at {
            let entry = names.entry(op, key.clone())?;
            whom(op, key)?.iter().try_for_each(|user| tell_one(op, user, &entry, until))?;
        }
        store::api_keys::set_told(op.transaction, key.id, op.now)?;
    }
    Ok(keys.len())
}

/// Who is told: nobody whose account is not usable, since the key opens nothing for them.
fn whom(op: &Op<'_>, key: &ApiKey) -> Result<Vec<User>, Refusal> {
    match &key.reach {
        KeyReach::Program { .. } => Ok(store::users::notified_admins(op.connection)?),
        KeyReach::Person { owner, .. } => Ok([users::by_id(op, *owner)?].into_iter().filter(User::is_usable).collect()),
    }
}

fn tell_one(op: &Op<'_>, user: &User, KeyEntry { key, reach, .. }: &KeyEntry, until: Timestamp) -> Result<(), Refusal> {
    let (apps, page) = match reach {
        NamedReach::Program { .. } => (String::new(), "/admin/keys"),
        NamedReach::Person { apps, .. } => {
            (apps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "), "/settings")
        }
    };
    let values = json!({
        "key": key.name, "prefix": key.prefix, "until": written(until), "apps": apps, "link": at(op, page),
    });
    tell(op, user, MailKind::KeyExpires, values)
}
