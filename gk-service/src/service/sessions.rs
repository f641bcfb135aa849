//! Sessions: make one, recognise one, end one or all.

use gk_shared::access::SignInReason;
use gk_shared::model::{AppId, SessionId, Slug, UserId, Username};
use gk_shared::policy::ChangeKind;
use gk_shared::token::{Claims, FilterKey, Kind, PublicKeys, Signer, Token, tag};
use serde_json::json;
use zeroize::Zeroizing;

use super::audit::Event;
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use super::{apps, rotation, users};
use crate::model::{App, Session, User};
use crate::secret::{Purpose, random};
use crate::settings::Setting;
use crate::store::keys::{self, KeyPurpose};
use crate::store::{installation, sessions};

/// More sessions of one person are not shown.
const MOST_SHOWN: i64 = 200;

/// A session just made, with the token that stands for it.
#[derive(Debug)]
pub struct NewSession {
    pub session: Session,
    pub token: Token,
}

/// Makes a session for somebody, at the command line.
pub fn create(op: &Op<'_>, user: &Username, app: Option<&Slug>, lifetime: Option<i64>) -> Result<NewSession, Refusal> {
    permit(op.standing, Verb::MintSession)?;
    let user = users::named(op, user)?;
    let app = app.map(|slug| apps::named(op, slug)).transpose()?;
    let longest = 86_400 * 365;
    if lifetime.is_some_and(|seconds| !(1..=longest).contains(&seconds)) {
        return Err(Refusal::Invalid(format!("a lifetime is 1 to {longest} seconds")));
    }
    let new = mint(op, &user, app.as_ref(), "command", lifetime)?;
    let after = json!({ "session": new.session.id.to_string(), "expires_at": new.session.expires_at.0 });
    let slug = app.as_ref().map(|app| app.slug.as_str()).unwrap_or_default();
    op.audit(&Event {
        action: "session_created",
        target: user.username.as_str(),
        app: slug,
        after,
        ..Event::default()
    })?;
    Ok(new)
}

/// Writes the row and signs the token. The caller has asked and audits.
pub(super) fn mint(
    op: &Op<'_>,
    user: &User,
    app: Option<&App>,
    method: &str,
    lifetime: Option<i64>,
) -> Result<NewSession, Refusal> {
    let lifetime = lifetime.unwrap_or_else(|| op.settings.number(Setting::SessionDays) * 86_400);
    let mut session = Session {
        row: 0,
        id: SessionId(random()),
        user: user.id,
        app: app.map(|app| app.id),
        method: method.to_owned(),
        ip: op.ip(),
        user_agent: op.caller.user_agent.clone(),
        created_at: op.now,
        last_seen_at: op.now,
        expires_at: op.now.plus(lifetime),
        ended_at: None,
    };
    session.row = sessions::insert(op.transaction, &session)?;
    let claims = Claims {
        kind: if app.is_some() { Kind::App } else { Kind::Browser },
        app: session.app,
        user: user.id,
        session: session.id,
        issued: op.now,
        expires: session.expires_at,
        user_tag: crate::store::users::salt_tag(op.connection, user.id)?
            .ok_or_else(|| Refusal::missing("user", user.id))?,
        global_tag: global_tag(op)?,
    };
    let token = claims.mint(&signer(op)?);
    Ok(NewSession { session, token })
}

/// Whose session this is, if it still counts on the auth host: the token's own checks, and its row. Needs no
/// permission: this is how a caller becomes known.
///
/// A session bound to an app opens that app only, so it is nobody's here.
pub fn owner(view: &View<'_>, token: &[u8]) -> Result<Result<(User, Session), SignInReason>, Refusal> {
    owner_at(view, token, None)
}

/// The same, for a session that is bound to this app, or to none.
pub(super) fn owner_at(
    view: &View<'_>,
    token: &[u8],
    app: Option<AppId>,
) -> Result<Result<(User, Session), SignInReason>, Refusal> {
    let claims = match Claims::verify(token, &public_keys(view)?) {
        Ok(claims) => claims,
        Err(bad) => return Ok(Err(bad.into())),
    };
    if claims.expires <= view.now {
        return Ok(Err(SignInReason::Expired));
    }
    if claims.app != app {
        return Ok(Err(SignInReason::WrongApp));
    }
    let Some(user) = crate::store::users::by_id(view.connection, claims.user)? else {
        return Ok(Err(SignInReason::UnknownUser));
    };
    let user_tag = crate::store::users::salt_tag(view.connection, user.id)?;
    if user_tag != Some(claims.user_tag) || claims.global_tag != global_tag(view)? {
        return Ok(Err(SignInReason::SaltRotated));
    }
    let session = sessions::by_id(view.connection, claims.session)?.filter(|session| session.ended_at.is_none());
    let Some(session) = session else { return Ok(Err(SignInReason::Revoked)) };
    Ok(if is_idle(view, &session) { Err(SignInReason::Idle) } else { Ok((user, session)) })
}

/// Whether it went unused for longer than the limit, as far as is stored.
fn is_idle(view: &View<'_>, session: &Session) -> bool {
    view.settings.idle_limit().is_over(session.created_at.max(session.last_seen_at), view.now)
}

/// The sessions of somebody that still count: those of browsers, then those of apps, each the newest first.
pub fn list(view: &View<'_>, user: &Username) -> Result<Vec<Session>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    open_of(view, users::named(view, user)?.id)
}

/// The same of a person whose sessions the caller may see.
pub(super) fn open_of(view: &View<'_>, user: UserId) -> Result<Vec<Session>, Refusal> {
    let open = sessions::open_of(view.connection, user, view.now, MOST_SHOWN)?;
    Ok(open.into_iter().filter(|session| !is_idle(view, session)).collect())
}

/// Ends one session by its public id.
pub fn end(op: &Op<'_>, id: SessionId) -> Result<Session, Refusal> {
    permit(op.standing, Verb::EndSessions)?;
    let session = sessions::by_id(op.connection, id)?.ok_or_else(|| Refusal::missing("session", id))?;
    end_row(op, &session)?;
    Ok(session)
}

/// Ends the session a token stands for.
pub fn end_token(op: &Op<'_>, token: &[u8]) -> Result<Session, Refusal> {
    permit(op.standing, Verb::EndSessions)?;
    let claims = Claims::verify(token, &public_keys(op)?)
        .map_err(|bad| Refusal::Invalid(format!("this is no token of ours: {bad}")))?;
    end(op, claims.session)
}

/// Ends every session of a person; gives how many were open.
pub fn end_all_of(op: &Op<'_>, user: &Username) -> Result<usize, Refusal> {
    permit(op.standing, Verb::EndSessions)?;
    let user = users::named(op, user)?;
    let ended = users::end_sessions(op, &user)?;
    op.audit(&Event {
        action: "salt_rotated",
        target: user.username.as_str(),
        after: json!({ "ended": ended }),
        ..Event::default()
    })?;
    Ok(ended)
}

/// Ends every session of everybody by a new salt that all tokens are made with; gives how many were open.
pub fn end_everybodys(op: &Op<'_>) -> Result<usize, Refusal> {
    permit(op.standing, Verb::EndSessions)?;
    installation::set_app_salt(op.transaction, random())?;
    let ended = sessions::end_everybodys(op.transaction, op.now)?;
    op.changed(ChangeKind::Settings, 0)?;
    op.audit(&Event { action: "app_salt_rotated", after: json!({ "ended": ended }), ..Event::default() })?;
    rotation::retire(op)?;
    Ok(ended)
}

/// The session a token was made for, whether or not it still counts: to be ended, not to be entered with.
pub fn of_token(view: &View<'_>, token: &[u8]) -> Result<Option<Session>, Refusal> {
    let Ok(claims) = Claims::verify(token, &public_keys(view)?) else { return Ok(None) };
    Ok(sessions::by_id(view.connection, claims.session)?)
}

/// Ends the caller's own session.
pub fn sign_out(op: &Op<'_>, session: &Session) -> Result<(), Refusal> {
    permit(op.standing, Verb::SignOut)?;
    if op.person()? != session.user {
        return Err(Refusal::Forbidden("the session's owner"));
    }
    end_row(op, session)
}

pub(super) fn end_row(op: &Op<'_>, session: &Session) -> Result<(), Refusal> {
    if sessions::end(op.transaction, session.row, op.now)? == 0 {
        return Ok(()); // It had ended already, and that is in force.
    }
    op.changed(ChangeKind::Session, session.row)?;
    let user = users::by_id(op, session.user)?;
    let before = json!({ "session": session.id.to_string() });
    op.audit(&Event { action: "session_ended", target: user.username.as_str(), before, ..Event::default() })
}

fn global_tag(view: &View<'_>) -> Result<gk_shared::token::Tag, Refusal> {
    let found = installation::read(view.connection)?.ok_or_else(|| Refusal::missing("installation", "here"))?;
    Ok(tag(0, &found.app_salt))
}

fn filter_key(view: &View<'_>) -> Result<FilterKey, Refusal> {
    let key = keys::active(view.connection, KeyPurpose::Filter)?;
    FilterKey::new(&view.root()?.open(Purpose::Key, &key.sealed)?).map_err(|error| Refusal::Key(error.to_string()))
}

fn public_keys(view: &View<'_>) -> Result<PublicKeys, Refusal> {
    let verify = keys::verify_keys(view.connection)?;
    let verify = verify.iter().map(|(id, key)| (*id, key.as_slice()));
    PublicKeys::new(filter_key(view)?, verify).map_err(|error| Refusal::Key(error.to_string()))
}

fn signer(view: &View<'_>) -> Result<Signer, Refusal> {
    let key = keys::active(view.connection, KeyPurpose::Session)?;
    let bytes = view.root()?.open(Purpose::Key, &key.sealed)?;
    let seed = bytes.as_slice().try_into().map_err(|_| Refusal::Key("the signing key is not 32 bytes".into()))?;
    Ok(Signer::new(key.id, &Zeroizing::new(seed), filter_key(view)?))
}
