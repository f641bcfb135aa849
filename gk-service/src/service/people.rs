//! Looking people up for apps: who goes by a name.

use gk_shared::model::{Slug, Username};
use gk_shared::policy::Snapshot;
use thiserror::Error;

use super::explain;
use super::op::View;
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use crate::model::{App, User};
use crate::store;

/// Why nobody was found. A program that may look people up is told; a browser never is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unresolved {
    #[error("Please enter your email or username.")]
    Empty,
    #[error("No account found for this email.")]
    NoEmail,
    #[error("No account found for this username.")]
    NoUsername,
}

/// The person with this user name or e-mail, if they may sign in. A key that is bound to an app sees only those who
/// may enter it.
pub fn resolve(view: &View<'_>, snapshot: &Snapshot, name: &str) -> Result<Result<User, Unresolved>, Refusal> {
    let app = app_of_key(view)?;
    let standing = app.as_ref().map_or(Ok(view.standing), |app| view.standing_in(app))?;
    permit(standing, Verb::LookUp)?;
    match app {
        Some(app) => entrant(view, snapshot, name, &app.slug),
        None => usable(view, name),
    }
}

/// The account with this name, if it may enter an app: nobody else is any of the app's business.
pub(super) fn entrant(
    view: &View<'_>,
    snapshot: &Snapshot,
    name: &str,
    app: &Slug,
) -> Result<Result<User, Unresolved>, Refusal> {
    let user = usable(view, name)?;
    Ok(user.and_then(|user| if explain::enters(view, snapshot, &user, app) { Ok(user) } else { Err(nobody(name)) }))
}

/// The account with this name, if it is approved and enabled.
pub(super) fn usable(view: &View<'_>, name: &str) -> Result<Result<User, Unresolved>, Refusal> {
    if name.trim().is_empty() {
        return Ok(Err(Unresolved::Empty));
    }
    let Ok(parsed) = Username::parse(name) else { return Ok(Err(nobody(name))) };
    let user = store::users::by_name(view.connection, parsed.as_str())?.filter(User::is_usable);
    Ok(user.ok_or_else(|| nobody(name)))
}

/// The app the caller's key is bound to, if it is.
pub(super) fn app_of_key(view: &View<'_>) -> Result<Option<App>, Refusal> {
    let Some((app, _)) = view.only_app else { return Ok(None) };
    Ok(store::apps::by_id(view.connection, app.0)?)
}

fn nobody(name: &str) -> Unresolved {
    if name.contains('@') { Unresolved::NoEmail } else { Unresolved::NoUsername }
}
