//! The one-time code: given to the browser for the app, exchanged by the app's server for the person.

use gk_shared::model::{Slug, UserId};
use gk_shared::policy::Snapshot;
use serde_json::json;

use super::{Known, app_in_question, known};
use crate::model::{AppPlace, User};
use crate::secret::{Secret, hash, random_link};
use crate::service::audit::Event;
use crate::service::explain;
use crate::service::figures::{self, Happening};
use crate::service::permit::{Verb, permit};
use crate::service::{Op, Refusal};
use crate::store::{app_codes, users};

/// So long an app's server has to exchange a code.
const CODE_SECONDS: i64 = 300;
/// More codes than this are made for one person by no use of a browser.
const MOST_IN_15_MINUTES: i64 = 120;

/// What somebody who is signed in is given on the way to an app.
#[derive(Debug)]
pub enum Handed {
    /// The callback URL with a code for the app in it.
    To(Secret),
    /// They may not enter it.
    NoEntry,
}

/// Sends the signed-in caller on to an app, if they may enter it.
pub fn hand_over(op: &Op<'_>, snapshot: &Snapshot, place: &AppPlace) -> Result<Handed, Refusal> {
    permit(op.standing, Verb::EnterApp)?;
    let user = crate::service::users::by_id(op, op.person()?)?;
    issue(op, snapshot, &user, place)
}

/// Makes a code for somebody who has just proved who they are.
pub(in crate::service) fn issue(
    op: &Op<'_>,
    snapshot: &Snapshot,
    user: &User,
    place: &AppPlace,
) -> Result<Handed, Refusal> {
    if !user.is_usable() || !explain::enters(op, snapshot, user, &place.slug) {
        return Ok(Handed::NoEntry);
    }
    if app_codes::count_of(op.connection, user.id, op.now.plus(-900))? >= MOST_IN_15_MINUTES {
        return Err(Refusal::Conflict("you went on to apps too often: try again in a quarter of an hour".into()));
    }
    let code = random_link();
    let row = app_codes::AppCode {
        app: place.id,
        user: user.id,
        return_to: place.next.clone(),
        created_at: op.now,
        expires_at: op.now.plus(CODE_SECONDS),
    };
    app_codes::insert(op.transaction, hash(&code), &row)?;
    let (target, app) = (user.username.as_str(), place.slug.as_str());
    op.audit(&Event { action: "app_code_issued", target, app, ..Event::default() })?;
    Ok(Handed::To(Secret::new(place.callback.with_token(code.reveal()))))
}

/// Exchanges a code for the person and what the app wanted handed back: once, within five minutes, by a key that may
/// act for that very app, while the person may still enter. Otherwise `None`, and a code of another app stays whole.
pub fn redeem(
    op: &Op<'_>,
    snapshot: &Snapshot,
    code: &Secret,
    app: Option<&Slug>,
) -> Result<Option<(Known, String)>, Refusal> {
    let app = app_in_question(op, Verb::SignInToApp, app)?;
    let found = app_codes::open(op.connection, hash(code), op.now)?.filter(|code| code.app == app.id);
    let Some(found) = found else { return Ok(None) };
    let Some(user) = usable(op, found.user)? else { return Ok(None) };
    if !explain::enters(op, snapshot, &user, &app.slug) || app_codes::consume(op.transaction, hash(code), op.now)? == 0
    {
        return Ok(None);
    }
    let (target, app) = (user.username.as_str(), app.slug.as_str());
    op.audit(&Event { action: "login", target, app, after: json!({ "method": "app-code" }), ..Event::default() })?;
    figures::note(op, Happening::SignedIn, 1)?;
    Ok(Some((known(op, user)?, found.return_to)))
}

fn usable(op: &Op<'_>, id: UserId) -> Result<Option<User>, Refusal> {
    Ok(users::by_id(op.connection, id)?.filter(User::is_usable))
}
