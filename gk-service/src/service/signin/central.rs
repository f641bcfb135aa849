//! Sign-in asked for by an app's server: any browser may open the link, and has to type the code from the mail.

use gk_shared::policy::Snapshot;

use super::code::Code;
use super::finish::code_works;
use super::{Asked, Asker, Letter, limits, send_letter};
use crate::model::{AppPlace, Destination, MailKind, Purpose, User};
use crate::secret::{Secret, hash};
use crate::service::audit::Event;
use crate::service::central::{Handed, find_place, issue};
use crate::service::devices::{self, Tell};
use crate::service::people::{self, Unresolved};
use crate::service::permit::{Standing, Verb, permit};
use crate::service::{Op, Refusal};
use crate::store::challenges;

/// A sign-in mail that an app's server asks for.
#[derive(Clone, Debug)]
pub struct AppAsk {
    /// An e-mail or user name.
    pub name: String,
    pub callback: String,
    /// Handed back with the person.
    pub next: String,
}

/// Sends the mail. The program is told whether there is such a person among those who may enter the app; when a limit
/// is reached nothing is sent and nothing said, as everywhere.
pub fn ask_for_app(
    op: &Op<'_>,
    snapshot: &Snapshot,
    ask: &AppAsk,
) -> Result<Result<(User, Asked), Unresolved>, Refusal> {
    let place = find_place(op, &ask.callback, &ask.next)?;
    permit_at(op, place.as_ref())?;
    let place = place.ok_or_else(|| {
        Refusal::Invalid("callback_url is not one of an app's callback URLs, or redirect_url is too long".into())
    })?;
    let user = match people::entrant(op, snapshot, &ask.name, &place.slug)? {
        Ok(user) => user,
        Err(unresolved) => return Ok(Err(unresolved)),
    };
    if let Some(limit) = limits::reached(op, user.email.as_str(), Asker::App(place.id))? {
        return Ok(Ok((user, Asked::Over(limit))));
    }
    let letter = Letter {
        kind: MailKind::CentralSignIn,
        purpose: Purpose::SignIn,
        email: &user.email,
        language: user.language,
        verifier: None,
        invitation: None,
    };
    send_letter(op, &letter, &Destination::App(Box::new(place.clone())))?;
    let (target, app) = (user.email.as_str(), place.slug.as_str());
    op.audit(&Event { action: "api_magic_link_sent", target, app, ..Event::default() })?;
    Ok(Ok((user, Asked::Mailed)))
}

/// Without a place a bound key is told that the URL is not registered, and one that may not mint that it may not.
fn permit_at(op: &Op<'_>, place: Option<&AppPlace>) -> Result<(), Refusal> {
    let standing = match (op.only_app, place) {
        (Some((own, scopes)), place) if place.is_none_or(|place| place.id == own) => Standing::AppKey(scopes),
        (Some(_) | None, _) => op.standing,
    };
    permit(standing, Verb::SignInToApp)
}

/// What came of a code that was typed where an app's mail leads.
#[derive(Debug)]
pub enum Entered {
    /// On to the app.
    Go {
        /// The callback URL with a code for the app in it.
        url: Secret,
        /// The secret the browser is to keep, so that it is known the next time.
        device: Secret,
    },
    /// They are who they say, and may not enter.
    NoEntry(AppPlace),
    /// There are tries left.
    Wrong(AppPlace),
    Gone,
}

/// Uses a link of such a mail with its code. Signs nobody in here: only the app learns who it is. The person hears of it
/// all the same if the browser, which brings its own secret along, is new to them.
pub fn enter_for_app(
    op: &Op<'_>,
    snapshot: &Snapshot,
    link: &Secret,
    typed: &str,
    device: Option<&Secret>,
) -> Result<Entered, Refusal> {
    permit(op.standing, Verb::SignIn)?;
    let challenge = challenges::by_link(op.connection, hash(link))?;
    let open = challenge.filter(|found| found.is_central() && found.used_at.is_none() && code_works(found, op.now));
    let Some(challenge) = open else { return Ok(Entered::Gone) };
    let Some(place) = super::destination::place_of(op, &challenge)? else { return Ok(Entered::Gone) };
    let code = Code::of(op, challenge.link_hash)?;
    // A scanner that presses the button without a code spends no try.
    let Some(typed) = Code::parse(typed) else { return Ok(Entered::Wrong(place)) };
    if typed != code {
        let tries_left = super::finish::count_wrong_code(op, &challenge)?;
        return Ok(if tries_left { Entered::Wrong(place) } else { Entered::Gone });
    }
    if challenges::consume(op.transaction, challenge.id, op.now)? == 0 {
        return Ok(Entered::Gone);
    }
    let Ok(user) = people::usable(op, challenge.email.as_str())? else { return Ok(Entered::Gone) };
    Ok(match issue(op, snapshot, &user, &place)? {
        Handed::To(url) => Entered::Go { url, device: devices::note(op, &user, device, Tell::Person)? },
        Handed::NoEntry => Entered::NoEntry(place),
    })
}
