//! Signing in by mail: ask for it here; use its link or its code in `finish`.

mod code;
mod finish;

pub use code::Code;
pub use finish::{Waiting, enter, finish, look, wait};

use gk_shared::model::{Email, Username};
use gk_shared::time::Timestamp;
use std::net::IpAddr;

use super::audit::Event;
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use super::{apps, mail, sessions, users};
use crate::model::{Purpose, ReturnTo, Status};
use crate::secret::{Secret, hash, random_link};
use crate::settings::Setting;
use crate::store::challenges::{self, NewChallenge};

/// A request for a sign-in mail, as it came in.
#[derive(Clone, Debug)]
pub struct Ask {
    /// An e-mail or user name, as typed.
    pub name: String,
    /// Where to go afterwards, as it stood in the URL; checked here and again when it is used.
    pub return_to: String,
    /// The secret the asking browser keeps.
    pub verifier: Secret,
    pub purpose: Purpose,
}

/// What came of asking. For logs and metrics only: the person is told the same in every case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Mailed,
    NotAName,
    Unknown,
    Disabled,
    OverLimit,
}

/// What a link shows when it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// The browser that asked: it may go on, as this address.
    Ready { email: Email, return_to: ReturnTo },
    /// Another browser: it must not be signed in. It shows the code to type where the mail was asked for, while that
    /// still works.
    OtherBrowser(Option<Code>),
    /// Used, expired, or never there.
    Gone,
}

/// Somebody who has just signed in.
#[derive(Debug)]
pub struct SignedIn {
    pub new: sessions::NewSession,
    pub return_to: ReturnTo,
}

/// How long a code works: shorter than a link, since it is shorter.
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
    let mailbox = known.as_ref().map_or(name.as_str(), |user| user.email.as_str());
    let network = network(op.caller.ip);
    if limit_reached(op, (mailbox, &network))? {
        return Ok(Asked::OverLimit);
    }
    // Counted whoever is asked for, so that the count tells nothing either; but not what was refused, or one
    // address could use up everybody's share.
    challenges::note_attempt(op.transaction, (mailbox, &network), op.now)?;
    let email = match &known {
        Some(user) if user.enabled && user.status != Status::Rejected => user.email.clone(),
        Some(_) => return Ok(Asked::Disabled),
        None => match Email::parse(name.as_str()) {
            Ok(email) if may_be_created(op, &email, ask.purpose) => email,
            Ok(_) | Err(_) => return Ok(Asked::Unknown),
        },
    };
    send_link(op, &email, ask)?;
    op.audit(&Event { action: "magic_link_sent", target: email.as_str(), ..Event::default() })?;
    Ok(Asked::Mailed)
}

/// Whether an account may come of this address: of an internal one at any sign-in, of any other by registering.
fn may_be_created(view: &View<'_>, email: &Email, purpose: Purpose) -> bool {
    view.settings.flag(Setting::SelfRegistration) && (purpose == Purpose::Register || users::is_internal(view, email))
}

fn limit_reached(op: &Op<'_>, (mailbox, network): (&str, &str)) -> Result<bool, Refusal> {
    let made = challenges::attempts(op.connection, (mailbox, network), op.now)?;
    let over = |made: i64, setting| made >= op.settings.number(setting);
    Ok(over(made.mailbox, Setting::MailboxLimit)
        || over(made.mailbox_daily, Setting::MailboxDailyLimit)
        || (!network.is_empty() && over(made.network, Setting::AddressLimit))
        || over(made.everybody, Setting::GlobalLimit))
}

/// What is counted for an address: IPv4 whole, IPv6 by its first 64 bits, since a site has that many to spend.
pub fn network(ip: Option<IpAddr>) -> String {
    match ip.map(|ip| ip.to_canonical()) {
        None => String::new(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

fn send_link(op: &Op<'_>, email: &Email, ask: &Ask) -> Result<(), Refusal> {
    let link = random_link();
    let code = Code::of(op, hash(&link))?;
    let lifetime = op.settings.number(Setting::LinkSeconds);
    let return_to = ReturnTo::parse(&ask.return_to, &apps::hosts(op)?);
    let expires_at = op.now.plus(lifetime);
    challenges::insert(
        op.transaction,
        &NewChallenge {
            purpose: ask.purpose,
            email,
            link_hash: hash(&link),
            browser_hash: Some(hash(&ask.verifier)),
            return_to: return_to.as_str(),
            ip: &op.ip(),
            created_at: op.now,
            expires_at,
        },
    )?;
    let name = op.settings.text(Setting::ServerName);
    let url = link_url(op, &link);
    let (minutes, code_minutes) = (lifetime / 60, lifetime.min(CODE_SECONDS) / 60);
    let body = format!(
        "Somebody, we hope you, wants to sign in to {name} as {email}.\n\n\
         Open this link in the browser where you asked for it, within {minutes} minutes:\n\n\
         {}\n\n\
         Or type this code there, within {code_minutes} minutes:\n\n\
         {}\n\n\
         Either works once, and only there. If you did not ask for it, ignore this mail: nothing happens. Never tell\n\
         anybody the code.\n",
        url.reveal(),
        code.shown()
    );
    mail::queue(op, email, &format!("{name} - Login Link"), &body, expires_at)
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
            ip: "",
            created_at: op.now,
            expires_at,
        },
    )?;
    op.audit(&Event { action: "login_link_printed", target: user.username.as_str(), ..Event::default() })?;
    Ok(link_url(op, &link))
}
