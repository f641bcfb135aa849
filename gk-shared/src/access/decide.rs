//! The decision. Pure and total: the same snapshot, question and time always give the same answer.
//!
//! The numbers in the comments are the rows of the table in the README; the first row that matches decides.

use super::counting::{Counting, counting};
use super::decision::{Decision, GroupsHeader, Pass};
use super::question::{AskedApp, Credential, Question};
use super::reason::{AllowReason, ForbidReason, SignInReason};
use crate::model::UserId;
use crate::policy::{App, DefaultAccess, Key, RoleIndex, SessionMark, Snapshot, User};
use crate::time::Timestamp;
use crate::token::Claims;

/// May whoever shows this credential enter this app now?
pub fn decide<'s>(snapshot: &'s Snapshot, question: &Question<'_>, now: Timestamp) -> Decision<'s> {
    decide_with(snapshot, question, question.app.registered_in(snapshot), now)
}

/// The same for who has looked up already which app that is.
pub fn decide_with<'s>(
    snapshot: &'s Snapshot,
    question: &Question<'_>,
    app: Option<&App>,
    now: Timestamp,
) -> Decision<'s> {
    match identify(snapshot, question.credential, app, now) {
        Err(refused) => refused,
        Ok((_, user)) if !user.is_usable() => Decision::Forbid(ForbidReason::NotApproved), // 3
        Ok((id, user)) => enter(snapshot, (id, user), question.app, app, now),
    }
}

/// Rows 1 and 2: whom does the credential name, if it still counts?
fn identify<'s>(
    snapshot: &'s Snapshot,
    credential: Credential<'_>,
    app: Option<&App>,
    now: Timestamp,
) -> Result<(UserId, User<'s>), Decision<'s>> {
    let named = match credential {
        Credential::Absent => Err(SignInReason::NoCredential),
        Credential::TwoCookies => Err(SignInReason::TwoCookies),
        Credential::TwoKeys => Err(SignInReason::TwoKeys),
        Credential::BadKey => Err(SignInReason::BadKey),
        Credential::Bad(bad) => Err(bad.into()),
        Credential::Session { claims, seen } => lasts(snapshot, claims, seen, now)
            .and_then(|()| session_owner(snapshot, claims, app))
            .map(|user| (claims.user, user)),
        Credential::Key(hash) => match key_owner(snapshot, &hash, now) {
            Ok((key, _)) if app.is_none_or(|app| !key.apps.contains(&app.id)) => {
                return Err(Decision::Forbid(ForbidReason::WrongApp)); // 2
            }
            owned => owned.map(|(key, user)| (key.owner, user)),
        },
        Credential::Person(id) => snapshot.user(id).map(|user| (id, user)).ok_or(SignInReason::UnknownUser),
    };
    named.map_err(Decision::SignIn)
}

/// Row 1 for keys: one that is in use, has not run out, and whose owner is there.
fn key_owner<'s>(snapshot: &'s Snapshot, hash: &[u8; 32], now: Timestamp) -> Result<(&'s Key, User<'s>), SignInReason> {
    let key = snapshot.key(hash).ok_or(SignInReason::BadKey)?;
    if key.expires <= now {
        return Err(SignInReason::Expired);
    }
    Ok((key, snapshot.user(key.owner).ok_or(SignInReason::UnknownUser)?))
}

/// Whether the session has not ended, in one of the three ways it can.
fn lasts(snapshot: &Snapshot, claims: &Claims, seen: Option<Timestamp>, now: Timestamp) -> Result<(), SignInReason> {
    if claims.expires <= now {
        return Err(SignInReason::Expired);
    }
    let published = match snapshot.session(claims.session) {
        Some(SessionMark::Revoked) => return Err(SignInReason::Revoked),
        Some(SessionMark::Seen(at)) => Some(at),
        None => None,
    };
    // Each of the three may be the newest: the others may have been lost, or not have come this far.
    let last = claims.issued.max(published.unwrap_or(claims.issued)).max(seen.unwrap_or(claims.issued));
    if snapshot.settings.idle_limit.is_over(last, now) { Err(SignInReason::Idle) } else { Ok(()) }
}

fn session_owner<'s>(snapshot: &'s Snapshot, claims: &Claims, app: Option<&App>) -> Result<User<'s>, SignInReason> {
    let user = snapshot.user(claims.user).ok_or(SignInReason::UnknownUser)?;
    if claims.user_tag != user.tag() || claims.global_tag != snapshot.settings.global_tag {
        return Err(SignInReason::SaltRotated);
    }
    match claims.app {
        Some(bound) if app.is_none_or(|app| app.id != bound) => Err(SignInReason::WrongApp), // 2
        Some(_) | None => Ok(user),
    }
}

/// Rows 4 to 12, for somebody known and usable.
fn enter<'s>(
    snapshot: &'s Snapshot,
    (id, user): (UserId, User<'s>),
    asked: AskedApp<'_>,
    app: Option<&App>,
    now: Timestamp,
) -> Decision<'s> {
    let pass = |reason, role, groups| Decision::Allow(Pass { id, user, role, reason, groups });
    let admin = user.is_admin().then_some(RoleIndex::ADMIN);
    match (asked, app, snapshot.settings.default_app) {
        (AskedApp::Malformed, _, _) => Decision::Forbid(ForbidReason::BadApp), // 4
        (AskedApp::Absent, _, DefaultAccess::Deny) => Decision::Forbid(ForbidReason::NoApp), // 5
        (AskedApp::Absent, _, DefaultAccess::Allow) => pass(AllowReason::DefaultAllow, None, GroupsHeader::Unwanted), // 5
        (AskedApp::Named(_), None, DefaultAccess::Deny) => Decision::Forbid(ForbidReason::Unregistered), // 6
        (AskedApp::Named(_), None, DefaultAccess::Allow) => {
            pass(AllowReason::DefaultAllow, admin, GroupsHeader::Unwanted)
        } // 7
        (AskedApp::Named(_), Some(app), _) => {
            let group_grants = user.groups().filter_map(|group| snapshot.group(group)?.grant(app.id));
            match counting(user.grant(app.id), group_grants, |grant| app.rank(grant.terms.role), now) {
                Some(Counting::Own(grant)) => pass(AllowReason::OwnGrant(grant.id), grant.terms.role, app.groups), // 8
                Some(Counting::OfGroup(grant)) => pass(AllowReason::GroupGrant(grant.id), grant.terms.role, app.groups), // 9
                None if user.is_admin() => pass(AllowReason::SuperAdmin, admin, app.groups), // 10
                None if snapshot.is_internal(user) => pass(AllowReason::Internal, None, app.groups), // 11
                None => Decision::Forbid(ForbidReason::NoGrant),                             // 12
            }
        }
    }
}
