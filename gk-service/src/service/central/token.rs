//! Tokens an app keeps people signed in with: sessions bound to that app.

use gk_shared::model::{SessionId, Slug, Username};
use gk_shared::policy::{ChangeKind, Snapshot};
use serde_json::json;

use super::{Known, app_in_question, known};
use crate::model::User;
use crate::secret::Secret;
use crate::service::audit::Event;
use crate::service::permit::Verb;
use crate::service::sessions::{self, NewSession};
use crate::service::{Op, Refusal, View, explain, people};
use crate::settings::Setting;
use crate::store;

/// More tokens than this of one person are not open at one app.
const MOST_OPEN: i64 = 50;

/// A token to make.
#[derive(Clone, Debug)]
pub struct CreateToken {
    pub user: Username,
    /// Held to what `session.expiry_days` allows.
    pub lifetime_seconds: i64,
    /// Needed of a key that is bound to no app.
    pub app: Option<Slug>,
}

/// Makes a token for a person, bound to the app, in place of the oldest when there are too many. It proves who they are; whether they may enter is decided each time
/// it is shown. `None` when nobody who may enter goes by that name.
pub fn create_token(
    op: &Op<'_>,
    snapshot: &Snapshot,
    new: &CreateToken,
) -> Result<Option<(User, NewSession)>, Refusal> {
    let app = app_in_question(op, Verb::SignInToApp, new.app.as_ref())?;
    if new.lifetime_seconds < 1 {
        return Err(Refusal::Invalid("a lifetime is at least one second".into()));
    }
    let Ok(user) = people::entrant(op, snapshot, new.user.as_str(), &app.slug)? else { return Ok(None) };
    let longest = op.settings.number(Setting::SessionDays) * 86_400;
    let made = sessions::mint(op, &user, Some(&app), "api", Some(new.lifetime_seconds.min(longest)))?;
    let ended = store::sessions::end_oldest_of_app(op.transaction, (user.id, app.id), MOST_OPEN, op.now)?;
    ended.iter().try_for_each(|row| op.changed(ChangeKind::Session, *row))?;
    let after = json!({ "session": made.session.id.to_string(), "expires_at": made.session.expires_at.0, "ended": ended.len() });
    let (target, app) = (user.username.as_str(), app.slug.as_str());
    op.audit(&Event { action: "api_token_created", target, app, after, ..Event::default() })?;
    Ok(Some((user, made)))
}

/// Whose token this is, if it was made for the app, still counts, and its owner may enter; and the session it stands
/// for, which was used by being shown.
pub fn verify_token(
    view: &View<'_>,
    snapshot: &Snapshot,
    token: &Secret,
    app: Option<&Slug>,
) -> Result<Option<(Known, SessionId)>, Refusal> {
    let app = app_in_question(view, Verb::SeeSignedIn, app)?;
    let owner = sessions::owner_at(view, token.reveal().as_bytes(), Some(app.id))?;
    let Ok((user, session)) = owner else { return Ok(None) };
    if !user.is_usable() || !explain::enters(view, snapshot, &user, &app.slug) {
        return Ok(None);
    }
    Ok(Some((known(view, user)?, session.id)))
}
