//! One's own account: name and wishes, sessions, and the way out. The change of address is in `email_change`.

#[cfg(test)]
mod tests;

use gk_shared::model::{Email, SessionId, Slug};
use gk_shared::policy::ChangeKind;
use serde_json::json;

use super::audit::Event;
use super::console::{self, Console};
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use super::requests;
use super::sessions::{end_row, open_of};
use super::users::{self, Fullname};
use crate::model::{Language, Session, User};
use crate::store;

/// How often somebody may change their own account in an hour: each time is a row of the audit, and is published.
const MOST_AN_HOUR: i64 = 60;

/// What follows for a person from settings and grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Whether the e-mail's domain is an accepted one.
    pub internal: bool,
    /// The apps they administer by a role, by slug; empty for super-admins, who see to all.
    pub administers: Vec<Slug>,
}

/// One's own rights.
pub fn rights(view: &View<'_>) -> Result<Rights, Refusal> {
    permit(view.standing, Verb::SeeOwnApps)?;
    let user = users::by_id(view, view.person()?)?;
    let administers = match console::open_to(view)? {
        Console::OwnApps => requests::administered(view)?.into_iter().map(|app| app.slug).collect(),
        Console::Closed | Console::Everything => Vec::new(),
    };
    Ok(Rights { internal: users::is_internal(view, &user.email), administers })
}

/// What to change about oneself; `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    pub fullname: Option<Fullname>,
    /// The inner `None` takes what the browser, or else the installation, prefers.
    pub language: Option<Option<Language>>,
    /// Whether to get a mail when a browser signs in that is new to the account.
    pub new_device_mail: Option<bool>,
    /// Whether to get a mail when somebody waits for approval or access; only for whoever decides about some of that.
    pub notify: Option<bool>,
}

impl Update {
    /// What of it is not so already.
    fn news(&self, user: &User) -> Self {
        Self {
            fullname: self.fullname.clone().filter(|fullname| fullname.as_str() != user.fullname),
            language: self.language.filter(|language| *language != user.language),
            new_device_mail: self.new_device_mail.filter(|wanted| *wanted != user.new_device_mail),
            notify: self.notify.filter(|wanted| *wanted != user.notify),
        }
    }
}

/// Changes one's own name and wishes, if they are not so already.
pub fn update(op: &Op<'_>, update: &Update) -> Result<User, Refusal> {
    permit(op.standing, Verb::ChangeOwnAccount)?;
    let user = users::by_id(op, op.person()?)?;
    if update.notify.is_some() && console::open_to(op)? == Console::Closed {
        return Err(Refusal::Forbidden("an administrator"));
    }
    let update = update.news(&user);
    if update == Update::default() {
        return Ok(user);
    }
    if update.fullname.is_some() {
        users::refuse_kept(&user)?;
    }
    count_change(op, &user)?;
    if let Some(fullname) = &update.fullname {
        store::users::set_fullname(op.transaction, user.id, fullname.as_str(), op.now)?;
    }
    if let Some(language) = update.language {
        store::users::set_language(op.transaction, user.id, language, op.now)?;
    }
    if let Some(wanted) = update.new_device_mail {
        store::users::set_new_device_mail(op.transaction, user.id, wanted, op.now)?;
    }
    if let Some(wanted) = update.notify {
        store::users::set_notify(op.transaction, user.id, wanted, op.now)?;
    }
    users::changed(op, &user, "user_updated")
}

/// Counts a change somebody makes to their own account, unless they have made too many.
pub(super) fn count_change(op: &Op<'_>, user: &User) -> Result<(), Refusal> {
    let (account, hour_ago) = (format!("changes of account {}", user.id), op.now.plus(-3600));
    if store::challenges::own_attempts(op.connection, &account, hour_ago)? >= MOST_AN_HOUR {
        return Err(Refusal::Conflict("you changed your account too often: try again in an hour".into()));
    }
    Ok(store::challenges::note_own_attempt(op.transaction, &account, op.now)?)
}

/// One of one's own sessions.
#[derive(Clone, Debug)]
pub struct OwnSession {
    pub session: Session,
    /// The name of the app whose server keeps it, if it is good for that app only.
    pub app: Option<String>,
}

/// One's own sessions that are open: those of browsers, then those of apps, each the newest first.
pub fn sessions(view: &View<'_>) -> Result<Vec<OwnSession>, Refusal> {
    permit(view.standing, Verb::ChangeOwnAccount)?;
    let named = |session: Session| {
        let app = session.app.map(|app| store::apps::by_id(view.connection, app.0)).transpose()?.flatten();
        Ok(OwnSession { session, app: app.map(|app| app.name) })
    };
    open_of(view, view.person()?)?.into_iter().map(named).collect()
}

/// Ends one of one's own sessions. Somebody else's is not found.
pub fn end_session(op: &Op<'_>, id: SessionId) -> Result<(), Refusal> {
    permit(op.standing, Verb::ChangeOwnAccount)?;
    let person = op.person()?;
    let session = store::sessions::by_id(op.connection, id)?.filter(|session| session.user == person);
    end_row(op, &session.ok_or_else(|| Refusal::missing("session", id))?)
}

/// Ends all of one's sessions but this one; gives how many.
pub fn end_other_sessions(op: &Op<'_>, this: &Session) -> Result<usize, Refusal> {
    permit(op.standing, Verb::ChangeOwnAccount)?;
    let user = users::by_id(op, op.person()?)?;
    end_others(op, &user, this)
}

/// Each is revoked by itself: a new salt would end this one too. What would become another one ends with them.
pub(super) fn end_others(op: &Op<'_>, user: &User, this: &Session) -> Result<usize, Refusal> {
    users::end_begun(op, user)?;
    let ended = store::sessions::end_others(op.transaction, user.id, this.row, op.now)?;
    ended.iter().try_for_each(|row| op.changed(ChangeKind::Session, *row))?;
    if ended.is_empty() {
        return Ok(0);
    }
    let after = json!({ "ended": ended.len(), "kept": this.id.to_string() });
    op.audit(&Event { action: "sessions_ended", target: user.username.as_str(), after, ..Event::default() })?;
    Ok(ended.len())
}

/// Deletes one's own account, as [`users::remove`] does. It takes a recent sign-in, and the account's e-mail or the
/// word DELETE, typed.
pub fn remove(op: &Op<'_>, typed: &str) -> Result<User, Refusal> {
    permit(op.standing, Verb::ChangeOwnAccount)?;
    op.need_recent_sign_in()?;
    let user = users::by_id(op, op.person()?)?;
    let confirmed = typed.trim() == "DELETE" || Email::parse(typed).is_ok_and(|email| email == user.email);
    if !confirmed {
        return Err(Refusal::Invalid(format!("to delete the account, type its e-mail: {}", user.email)));
    }
    if user.seeded {
        let seeded = "this account was made at installation; only the command line can delete it";
        return Err(Refusal::Conflict(seeded.into()));
    }
    users::erase(op, &user)?;
    Ok(user)
}
