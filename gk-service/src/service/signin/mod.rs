//! Signing in by mail: ask for it here; use its link or its code in `finish`.

mod central;
mod code;
mod destination;
mod finish;
mod limits;
#[cfg(test)]
pub(super) mod tests;

pub use central::{AppAsk, Entered, ask_for_app, enter_for_app};
pub use code::Code;
pub use finish::{Waiting, enter, enter_as, finish, look, wait};
pub use limits::{Asked, Limit, known_browsers, network};
pub(super) use limits::{Asker, reached as limit_reached};

use gk_shared::model::{Email, Username};
use gk_shared::time::Timestamp;
use serde_json::json;

use super::audit::Event;
use super::mail::{self, Mail};
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use super::{devices, invitations, sessions, users};
use crate::model::{AppPlace, Destination, Language, MailKind, Purpose, Status, User, Wish};
use crate::secret::{Secret, hash, random_link};
use crate::settings::Setting;
use crate::store::challenges::{self, NewChallenge};

/// A request for a sign-in mail, as it came in.
#[derive(Clone, Debug)]
pub struct Ask {
    /// An e-mail or user name, as typed.
    pub name: String,
    /// Where to go afterwards.
    pub wish: Wish,
    /// The secret the asking browser keeps.
    pub verifier: Secret,
    pub purpose: Purpose,
    /// What the browser asks for; the person's own choice wins.
    pub language: Option<Language>,
    /// The secret of the browser itself, if somebody has signed in with it before.
    pub device: Option<Secret>,
    /// The link of the invitation it is asked for by.
    pub invitation: Option<Secret>,
}

/// What a link shows when it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// The browser that asked: it may go on, as this address.
    Ready { email: Email, purpose: Purpose, destination: Destination },
    /// Whoever has the mail's code may go on to this app, in any browser.
    ForApp(Box<AppPlace>),
    /// Another browser: it must not be signed in. It shows the code to type where the mail was asked for, while that
    /// still works.
    OtherBrowser(Option<Code>),
    /// Used, expired, or never there.
    Gone,
}

/// What a browser brings along.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    /// The secrets of its pending sign-ins.
    pub verifiers: Vec<Secret>,
    /// Its own secret, if somebody has signed in with it before.
    pub device: Option<Secret>,
    /// Its session cookies, which a sign-in takes the place of.
    pub tokens: Vec<Secret>,
}

/// Somebody who has just signed in.
#[derive(Debug)]
pub struct SignedIn {
    pub new: sessions::NewSession,
    /// The secret the browser is to keep.
    pub device: Secret,
    pub destination: Destination,
}

/// The account somebody has just signed in to.
pub fn person_of(view: &View<'_>, signed_in: &SignedIn) -> Result<User, Refusal> {
    users::by_id(view, signed_in.new.session.user)
}

/// How long a code works: less than a link, since fewer guesses find one.
const CODE_SECONDS: i64 = 600;
/// How many wrong codes use a sign-in up.
const CODE_TRIES: i64 = 5;
/// How long a printed link works.
const HOST_LINK_SECONDS: i64 = 300;

/// A secret for a browser to keep.
pub fn new_verifier() -> Secret {
    random_link()
}

/// Sends a sign-in mail, if there is somebody to send it to and no limit is reached.
pub fn ask(op: &Op<'_>, ask: &Ask) -> Result<Asked, Refusal> {
    permit(op.standing, Verb::SignIn)?;
    let Ok(name) = Username::parse(&ask.name) else { return Ok(Asked::NotAName) };
    let known = crate::store::users::by_name(op.connection, name.as_str())?;
    let typed = known.as_ref().map_or(name.as_str(), |user| user.email.as_str());
    let asker = match &known {
        Some(user) if devices::knows(op, user.id, ask.device.as_ref())? => Asker::KnownBrowser,
        Some(_) | None => Asker::Anybody,
    };
    if let Some(limit) = limits::reached(op, typed, asker)? {
        return Ok(Asked::Over(limit));
    }
    // One that is for somebody is for nobody else, who asks as if there were none.
    let invitation = invitations::open(op, ask.invitation.as_ref())?
        .filter(|invitation| invitation.email.as_ref().is_none_or(|invited| invited.as_str() == typed));
    let email = match &known {
        Some(user) if user.enabled && user.status != Status::Rejected => user.email.clone(),
        Some(_) => return Ok(Asked::Disabled),
        None => match Email::parse(name.as_str()) {
            Ok(email) if invitation.is_some() => email,
            Ok(email) if may_be_created(op, &email, ask.purpose) => {
                if limits::too_many_wait(op, &email)? {
                    return Ok(Asked::Over(Limit::Pending));
                }
                email
            }
            Ok(_) | Err(_) => return Ok(Asked::Unknown),
        },
    };
    let language = known.as_ref().and_then(|user| user.language).or(ask.language);
    let letter = Letter {
        kind: MailKind::SignIn,
        purpose: ask.purpose,
        email: &email,
        language,
        verifier: Some(&ask.verifier),
        invitation: invitation.map(|invitation| invitation.id),
    };
    send_letter(op, &letter, &destination::checked(op, &ask.wish)?)?;
    op.audit(&Event { action: "magic_link_sent", target: email.as_str(), ..Event::default() })?;
    Ok(Asked::Mailed)
}

/// Whether an account may come of this address: of an internal one at any sign-in, of any other by registering.
fn may_be_created(view: &View<'_>, email: &Email, purpose: Purpose) -> bool {
    view.settings.flag(Setting::SelfRegistration) && (purpose == Purpose::Register || users::is_internal(view, email))
}

/// A sign-in mail: what differs between those that browsers and those that apps ask for.
struct Letter<'l> {
    kind: MailKind,
    purpose: Purpose,
    email: &'l Email,
    language: Option<Language>,
    /// The secret of the browser it is bound to, if it is.
    verifier: Option<&'l Secret>,
    /// The invitation it is asked for by.
    invitation: Option<i64>,
}

fn send_letter(op: &Op<'_>, letter: &Letter<'_>, destination: &Destination) -> Result<(), Refusal> {
    let link = random_link();
    let code = Code::of(op, hash(&link))?;
    let lifetime = op.settings.number(Setting::LinkSeconds);
    let expires_at = op.now.plus(lifetime);
    let (return_to, place) = match destination {
        Destination::Here(place) => (place.as_str(), None),
        Destination::App(place) => (place.next.as_str(), Some(place)),
    };
    let challenge = challenges::insert(
        op.transaction,
        &NewChallenge {
            purpose: letter.purpose,
            email: letter.email,
            link_hash: hash(&link),
            browser_hash: letter.verifier.map(hash),
            return_to,
            app: place.map(|place| (place.id, place.callback.as_str())),
            invitation: letter.invitation,
            ip: &op.ip(),
            created_at: op.now,
            expires_at,
        },
    )?;
    let code_minutes = code_seconds(lifetime) / 60;
    // Without the code an app's link is of no use.
    let minutes = if letter.verifier.is_some() { lifetime / 60 } else { code_minutes };
    let values = json!({
        "link": link_url(op, &link).reveal(), "code": code.shown(), "app": place.map_or("", |place| &place.name),
        "minutes": minutes, "code_minutes": code_minutes,
    });
    let mail = Mail {
        kind: letter.kind,
        to: letter.email,
        language: letter.language,
        values,
        challenge: Some(challenge),
        give_up_at: expires_at,
    };
    mail::queue(op, mail)
}

/// How long a code works when its link works for so many seconds.
fn code_seconds(link: i64) -> i64 {
    link.min(CODE_SECONDS)
}

/// How many minutes a mailed link works, and its code.
pub fn minutes(view: &View<'_>) -> (i64, i64) {
    let link = view.settings.number(Setting::LinkSeconds);
    (link / 60, code_seconds(link) / 60)
}

fn link_url(view: &View<'_>, link: &Secret) -> Secret {
    Secret::new(format!("{}/signin/link/{}", view.settings.text(Setting::PublicUrl), link.reveal()))
}

/// A link to print, not to mail: whoever opens it first within five minutes is signed in.
pub fn host_link(op: &Op<'_>, name: &Username) -> Result<Secret, Refusal> {
    permit(op.standing, Verb::MintSession)?;
    let user = users::named(op, name)?;
    if !user.enabled || user.status == Status::Rejected {
        return Err(Refusal::Conflict(format!(
            "{} may not sign in: enable or approve the account first",
            user.username
        )));
    }
    let link = random_link();
    let expires_at = Timestamp(op.now.0 + HOST_LINK_SECONDS);
    challenges::insert(
        op.transaction,
        &NewChallenge {
            purpose: Purpose::SignIn,
            email: &user.email,
            link_hash: hash(&link),
            browser_hash: None,
            return_to: "/",
            app: None,
            invitation: None,
            ip: "",
            created_at: op.now,
            expires_at,
        },
    )?;
    op.audit(&Event { action: "login_link_printed", target: user.username.as_str(), ..Event::default() })?;
    Ok(link_url(op, &link))
}
