//! Signing people in to apps that are not behind nginx: where they may be taken back, the code an app exchanges for
//! the person, and the tokens it keeps them signed in with.
//!
//! Who may enter is the same decision as gk-validate's. An app hears only of people who may enter it: a mail goes out, a
//! code is given and exchanged, a token is made and counts only for them, and only while they may.

mod code;
mod token;

pub use code::{Handed, hand_over, redeem};
pub use token::{CreateToken, create_token, verify_token};

pub(super) use code::issue;

use gk_shared::model::Slug;

use super::op::View;
use super::permit::{Standing, Verb, permit};
use super::refusal::Refusal;
use crate::model::{App, AppPlace, CallbackUrl, User};
use crate::store;

/// Somebody an app is told about.
#[derive(Clone, Debug)]
pub struct Known {
    pub user: User,
    /// The names of their groups.
    pub groups: Vec<String>,
}

/// Where an app takes people back, if this URL is one of exactly one app's, letter for letter.
pub fn place(view: &View<'_>, callback: &str, next: &str) -> Result<Option<AppPlace>, Refusal> {
    permit(view.standing, Verb::SignIn)?;
    find_place(view, callback, next)
}

pub(super) fn find_place(view: &View<'_>, callback: &str, next: &str) -> Result<Option<AppPlace>, Refusal> {
    let Some(url) = CallbackUrl::parse(callback).ok().filter(|_| AppPlace::takes(next)) else { return Ok(None) };
    let app = store::apps::by_callback(view.connection, url.as_str())?;
    Ok(app.map(|app| AppPlace { id: app.id, slug: app.slug, name: app.name, callback: url, next: next.to_owned() }))
}

/// The app a program asks about, if it may: the one its key is bound to, or else the one it names.
fn app_in_question(view: &View<'_>, verb: Verb, named: Option<&Slug>) -> Result<App, Refusal> {
    let Some((own, scopes)) = view.only_app else {
        permit(view.standing, verb)?;
        let slug = named.ok_or_else(|| Refusal::Invalid("say which `app`: this key is bound to none".into()))?;
        return super::apps::named(view, slug);
    };
    permit(Standing::AppKey(scopes), verb)?;
    let app = store::apps::by_id(view.connection, own.0)?.ok_or_else(|| Refusal::missing("app", own))?;
    match named {
        Some(slug) if *slug != app.slug => Err(Refusal::Forbidden("a key for this app")),
        Some(_) | None => Ok(app),
    }
}

fn known(view: &View<'_>, user: User) -> Result<Known, Refusal> {
    let groups = store::groups::names_of_user(view.connection, user.id)?;
    Ok(Known { user, groups })
}
