//! Using a sign-in mail: its link or its code, once, in the browser that asked.

use gk_shared::model::Email;
use gk_shared::time::Timestamp;
use serde_json::json;
use subtle::ConstantTimeEq;

use super::code::Code;
use super::{Browser, CODE_SECONDS, CODE_TRIES, LinkState, SignedIn, destination, limits, may_be_created};
use crate::model::{Destination, Status, User};
use crate::secret::{Secret, hash};
use crate::service::audit::Event;
use crate::service::devices::{self, Tell};
use crate::service::figures::{self, Happening};
use crate::service::permit::{Verb, permit};
use crate::service::users::{self, AccountOrigin, Approval, Fullname, Rank};
use crate::service::{Op, Refusal, View, invitations, notice, sessions};
use crate::store::challenges::{self, Challenge};

/// What a link shows to a browser that keeps these secrets. Looking never uses a link up.
pub fn look(view: &View<'_>, link: &Secret, verifiers: &[Secret]) -> Result<LinkState, Refusal> {
    permit(view.standing, Verb::SignIn)?;
    let Some(challenge) = challenges::by_link(view.connection, hash(link))? else { return Ok(LinkState::Gone) };
    if challenge.used_at.is_some() || challenge.expires_at <= view.now {
        return Ok(LinkState::Gone);
    }
    if challenge.is_central() {
        let place = destination::place_of(view, &challenge)?.filter(|_| code_works(&challenge, view.now));
        return Ok(place.map_or(LinkState::Gone, |place| LinkState::ForApp(Box::new(place))));
    }
    if !is_bound_to(&challenge, verifiers) {
        let code = code_works(&challenge, view.now).then(|| Code::of(view, hash(link))).transpose()?;
        return Ok(LinkState::OtherBrowser(code));
    }
    let destination = destination::of(view, &challenge)?;
    Ok(LinkState::Ready { email: challenge.email, purpose: challenge.purpose, destination })
}

/// A printed link goes to whoever comes first; a mailed one only to the browser that asked.
fn is_bound_to(challenge: &Challenge, verifiers: &[Secret]) -> bool {
    challenge.browser_hash.is_none_or(|bound| verifiers.iter().any(|verifier| hash(verifier).ct_eq(&bound).into()))
}

/// Uses a link: the first in time signs in, everybody after is told that it is gone.
pub fn finish(op: &Op<'_>, link: &Secret, browser: &Browser) -> Result<Result<SignedIn, LinkState>, Refusal> {
    permit(op.standing, Verb::SignIn)?;
    let Some(challenge) = challenges::by_link(op.connection, hash(link))? else { return Ok(Err(LinkState::Gone)) };
    if challenge.is_central() {
        return look(op, link, &browser.verifiers).map(Err);
    }
    if !is_bound_to(&challenge, &browser.verifiers) {
        return Ok(Err(LinkState::OtherBrowser(None)));
    }
    let method = if challenge.browser_hash.is_some() { "link" } else { "host-link" };
    Ok(sign_in(op, &challenge, method, browser)?.ok_or(LinkState::Gone))
}

/// Uses a code, typed in the browser that asked. `None` when it does not work, whatever the reason: a wrong one, a
/// late one, and one for somebody who got no mail are told the same.
pub fn enter(op: &Op<'_>, verifier: &Secret, typed: &str, browser: &Browser) -> Result<Option<SignedIn>, Refusal> {
    permit(op.standing, Verb::SignIn)?;
    let challenge = challenges::by_browser(op.connection, hash(verifier))?;
    // Without a challenge the same is done as with one, down to the write: the time must not tell.
    let code = Code::of(op, challenge.as_ref().map_or([0; 32], |challenge| challenge.link_hash))?;
    let open = challenge.filter(|challenge| challenge.used_at.is_none() && code_works(challenge, op.now));
    let (Some(typed), Some(challenge)) = (Code::parse(typed), open) else {
        challenges::count_no_try(op.transaction)?;
        figures::note(op, Happening::SignInFailed, 1)?;
        return Ok(None);
    };
    if typed == code {
        return sign_in(op, &challenge, "code", browser);
    }
    count_wrong_code(op, &challenge)?;
    Ok(None)
}

/// Uses a code of whichever of a browser's pending sign-ins is for this name; else of the newest.
pub fn enter_as(op: &Op<'_>, name: &str, typed: &str, browser: &Browser) -> Result<Option<SignedIn>, Refusal> {
    permit(op.standing, Verb::SignIn)?;
    let email = Email::parse(name).ok();
    let mut chosen = browser.verifiers.last();
    for verifier in &browser.verifiers {
        let challenge = challenges::by_browser(op.connection, hash(verifier))?;
        if challenge.is_some_and(|found| found.used_at.is_none() && Some(found.email) == email) {
            chosen = Some(verifier);
        }
    }
    chosen.map_or(Ok(None), |verifier| enter(op, verifier, typed, browser))
}

/// Counts a wrong code; what has not the form of one is none, and spends no try. Gives whether there are tries left. The last one uses the challenge up.
pub(super) fn count_wrong_code(op: &Op<'_>, challenge: &Challenge) -> Result<bool, Refusal> {
    challenges::count_try(op.transaction, challenge.id)?;
    figures::note(op, Happening::SignInFailed, 1)?;
    let tries_left = challenge.code_tries + 1 < CODE_TRIES;
    if !tries_left {
        challenges::consume(op.transaction, challenge.id, op.now)?;
        let after = json!({ "method": "code", "why": "too many wrong codes" });
        op.audit(&Event { action: "login_rejected", target: challenge.email.as_str(), after, ..Event::default() })?;
    }
    Ok(tries_left)
}

/// What the waiting window is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Nothing has happened yet, as far as this browser is told.
    Open,
    /// The sign-in was used: this person goes there, if it is they who have signed in since. Five wrong codes use one up
    /// too, so nobody else may be told.
    Used { by: Email, at: Timestamp, destination: Destination },
}

/// Whether a pending sign-in of this browser was used meanwhile, in another of its windows.
pub fn wait(view: &View<'_>, verifier: &Secret) -> Result<Waiting, Refusal> {
    permit(view.standing, Verb::SignIn)?;
    let challenge = challenges::by_browser(view.connection, hash(verifier))?;
    let used = challenge.and_then(|challenge| challenge.used_at.map(|at| (challenge, at)));
    let Some((challenge, at)) = used else { return Ok(Waiting::Open) };
    let destination = destination::of(view, &challenge)?;
    Ok(Waiting::Used { by: challenge.email, at, destination })
}

pub(super) fn code_works(challenge: &Challenge, now: Timestamp) -> bool {
    let until = challenge.expires_at.min(challenge.created_at.plus(CODE_SECONDS));
    let mailed = challenge.browser_hash.is_some() || challenge.is_central();
    mailed && now < until && challenge.code_tries < CODE_TRIES
}

/// Uses the challenge up and makes the session; `None` when somebody was faster, or may not sign in any more.
fn sign_in(op: &Op<'_>, challenge: &Challenge, method: &str, browser: &Browser) -> Result<Option<SignedIn>, Refusal> {
    if challenges::consume(op.transaction, challenge.id, op.now)? == 0 {
        return Ok(None);
    }
    let Some(user) = account(op, challenge)? else {
        let after = json!({ "method": method, "why": "no account that may sign in" });
        op.audit(&Event { action: "login_rejected", target: challenge.email.as_str(), after, ..Event::default() })?;
        return Ok(None);
    };
    let tell = if challenge.browser_hash.is_some() { Tell::Person } else { Tell::Nobody };
    let device = devices::note(op, &user, browser.device.as_ref(), tell)?;
    end_replaced(op, browser)?;
    let new = sessions::mint(op, &user, None, method, None)?;
    let after = json!({ "method": method, "session": new.session.id.to_string() });
    op.audit(&Event { action: "login", target: user.username.as_str(), after, ..Event::default() })?;
    figures::note(op, Happening::SignedIn, 1)?;
    let destination = destination::of(op, challenge)?;
    Ok(Some(SignedIn { new, device, destination }))
}

/// Ends the sessions whose cookies the new one takes the place of, whosever they are: nobody could end them from this
/// browser any more, and whoever holds a session's cookie may end it.
fn end_replaced(op: &Op<'_>, browser: &Browser) -> Result<(), Refusal> {
    for token in &browser.tokens {
        if let Some(session) = sessions::of_token(op, token.reveal().as_bytes())? {
            sessions::end_row(op, &session)?;
        }
    }
    Ok(())
}

/// The account of an address: the one there is if it may sign in, or a new one: approved for somebody internal, and
/// waiting for somebody who registered. An invitation comes first, while it works.
fn account(op: &Op<'_>, challenge: &Challenge) -> Result<Option<User>, Refusal> {
    let email = &challenge.email;
    let known = crate::store::users::by_name(op.connection, email.as_str())?;
    let barred = known.as_ref().is_some_and(|user| !user.enabled || user.status == Status::Rejected);
    if let Some(invitation) = challenge.invitation.filter(|_| !barred)
        && let Some(invitation) = invitations::take_up(op, invitation)?
    {
        return invitations::admit(op, &invitation, known, email).map(Some);
    }
    match known {
        // Somebody who waited, and whose domain has been accepted since.
        Some(user) if user.enabled && user.status == Status::Pending && users::is_approved_by_domain(op, email)? => {
            users::approve_unasked(op, &user).map(Some)
        }
        Some(user) => Ok(Some(user).filter(|user| user.enabled && user.status != Status::Rejected)),
        // Many may have asked while there was room.
        None if limits::too_many_wait(op, email)? => Ok(None),
        None if may_be_created(op, email, challenge.purpose) => {
            let add = users::Add {
                username: None,
                email: email.clone(),
                fullname: Fullname::default(),
                approval: Approval::ByDomain,
                rank: Rank::Person,
                origin: AccountOrigin::Added,
            };
            let user = users::create(op, add, "user_registered")?;
            if user.status == Status::Pending {
                notice::registration_waits(op, &user)?;
            }
            Ok(Some(user))
        }
        None => Ok(None),
    }
}
