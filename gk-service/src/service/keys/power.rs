//! What a key may do now. One that an administrator of an app made there, themselves or by such a key, never may more
//! than they: on each use it is asked anew whether they still administer the app, and without them it is refused.
//! Whatever an operator or a super-admin makes is the installation's, and outlasts whoever made it.

use gk_shared::model::{AppId, UserId};
use gk_shared::time::Timestamp;
use rusqlite::Connection;

use crate::model::{ApiKey, App, KeyReach, KeyState, Scopes, User};
use crate::service::op::{View, Who};
use crate::service::permit::Standing;
use crate::service::refusal::Refusal;
use crate::store::{api_keys, apps, grants, users};

/// Where a key stands, as far as it itself and whoever made it decide.
pub(super) fn state(connection: &Connection, key: &ApiKey, now: Timestamp) -> Result<KeyState, Refusal> {
    match (key.state(now), &key.reach) {
        (KeyState::InUse, KeyReach::Program { app: Some(app), maker: Some(maker), .. }) => {
            Ok(of_maker(connection, *app, *maker, now)?)
        }
        (state, _) => Ok(state),
    }
}

fn of_maker(connection: &Connection, app: AppId, maker: UserId, now: Timestamp) -> rusqlite::Result<KeyState> {
    let usable = users::by_id(connection, maker)?.filter(User::is_usable);
    let (Some(user), Some(app)) = (usable, apps::by_id(connection, app.0)?) else { return Ok(KeyState::MakerLeft) };
    let administers = user.admin || app.is_administered_by(&grants::of_person(connection, user.id)?, now);
    Ok(if administers { KeyState::InUse } else { KeyState::MakerLeft })
}

/// What a program may do with this key now; `None` for one that is not in use, or a person's.
pub(crate) fn program(
    connection: &Connection,
    key: &ApiKey,
    now: Timestamp,
) -> Result<Option<(Scopes, Option<AppId>)>, Refusal> {
    match (&key.reach, state(connection, key, now)?) {
        (KeyReach::Program { scopes, app, .. }, KeyState::InUse) => Ok(Some((*scopes, *app))),
        (KeyReach::Program { .. } | KeyReach::Person { .. }, _) => Ok(None),
    }
}

/// Whose administration of the app a key made by the caller depends on.
pub(super) fn maker(view: &View<'_>, app: &App) -> Result<Option<UserId>, Refusal> {
    match (&view.caller.who, view.standing_in(app)?) {
        (Who::Person(id, _), Standing::AppAdmin | Standing::StaleAppAdmin) => Ok(Some(*id)),
        (Who::Key(id), _) => Ok(api_keys::by_id(view.connection, *id)?.and_then(|key| match key.reach {
            KeyReach::Program { maker, .. } => maker,
            KeyReach::Person { .. } => None,
        })),
        (Who::Person(..) | Who::Operator(_) | Who::System(_) | Who::Stranger, _) => Ok(None),
    }
}
