//! Who is there: address, browser, cookies, and the person behind the session.

use std::collections::BTreeSet;
use std::net::IpAddr;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, ORIGIN, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gk_service::model::{Language, Session, User};
use gk_service::service::console::{self, Console};
use gk_service::service::{Caller, Refusal, Who, sessions};
use gk_service::settings::Setting;
use gk_shared::activity::Used;
use gk_shared::token::TOKEN_LENGTH;
use ipnet::IpNet;

use super::errors::UiError;
use super::paths;
use crate::app::App;

/// The session cookie's name.
pub(crate) const SESSION: &str = "gk_session";

/// More values of it are not looked at.
const MOST_TOKENS: usize = 16;

/// Who is at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Peer {
    /// Only a proxy on this machine can open our socket, so it is believed.
    Unix,
    Tcp(IpAddr),
}

/// A request's sender, as far as headers tell.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(super) ip: Option<IpAddr>,
    user_agent: String,
    language: Option<Language>,
    cookies: Vec<(String, String)>,
    /// The raw query, for the parameter that is not encoded.
    pub(super) query: String,
}

/// A visitor who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    pub(crate) user: User,
    pub(crate) session: Session,
    pub(crate) console: Console,
    /// The caller of the verbs they ask for.
    pub(crate) caller: Caller,
}

/// A page for signed-in people only: everybody else is asked to sign in first, and comes back.
impl FromRequestParts<App> for SignedIn {
    type Rejection = UiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, UiError> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        let here = parts.uri.path_and_query().map_or(paths::HOME, |here| here.as_str()).to_owned();
        // The link in a mail is a secret, and the address of the sign-in page is logged.
        let here = if here.starts_with(paths::SETTINGS_EMAIL) { paths::SETTINGS.to_owned() } else { here };
        let back = if parts.method == Method::GET { here } else { paths::HOME.to_owned() };
        visitor.signed_in(app).await?.ok_or(UiError::SignInFirst(back))
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = UiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, UiError> {
        // Many pages want the visitor and the person: the second is made from the first.
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let peer = parts.extensions.get::<Peer>().copied().ok_or(UiError::NoPeer)?;
        let trusted =
            app.read(Caller::system("pages"), |view| Ok(view.settings.networks(Setting::TrustedProxies))).await?;
        let visitor = Self {
            ip: client(peer, &parts.headers, &trusted),
            user_agent: text(&parts.headers, USER_AGENT.as_str()).chars().take(300).collect(),
            language: Language::preferred(text(&parts.headers, ACCEPT_LANGUAGE.as_str())),
            cookies: cookies(&parts.headers),
            query: parts.uri.query().unwrap_or_default().to_owned(),
        };
        parts.extensions.insert(visitor.clone());
        Ok(visitor)
    }
}

impl Visitor {
    /// The caller of a verb that anybody may ask for.
    pub(crate) fn stranger(&self) -> Caller {
        Caller { who: Who::Stranger, ip: self.ip, user_agent: self.user_agent.clone() }
    }

    /// The language its mails are to be in, as far as the browser says.
    pub(crate) fn language(&self) -> Option<Language> {
        self.language
    }

    /// Names and values of the cookies whose names begin so, oldest first.
    pub(super) fn cookies_named(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        let named = self.cookies.iter().filter(move |(name, _)| name.starts_with(prefix));
        named.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Every session cookie's value that may be a token, each once. Another host of the cookie's domain can plant some
    /// that browsers send before ours, so there is room for a few.
    pub(super) fn tokens(&self) -> Vec<String> {
        let named = self.cookies.iter().filter(|(name, _)| name == SESSION).map(|(_, value)| value);
        let tokens = named.filter(|value| value.len() == TOKEN_LENGTH).collect::<BTreeSet<_>>();
        tokens.into_iter().take(MOST_TOKENS).cloned().collect()
    }

    /// The person whose session the cookie stands for, if it still counts. Two different cookies are nobody's.
    pub(crate) async fn signed_in(&self, app: &App) -> Result<Option<SignedIn>, Refusal> {
        let mut tokens = self.cookies.iter().filter(|(name, _)| name == SESSION).map(|(_, value)| value);
        let Some(token) = tokens.next().cloned() else { return Ok(None) };
        if tokens.any(|other| *other != token) {
            return Ok(None);
        }
        let owner = app.read(self.stranger(), move |view| sessions::owner(view, token.as_bytes())).await?;
        let Ok((user, session)) = owner else { return Ok(None) };
        app.visits.add([(Used::Session(session.id), app.database.now())]);
        let caller = Caller { who: Who::Person(user.id, session.created_at), ..self.stranger() };
        let console = app.read(caller.clone(), console::open_to).await?;
        Ok(Some(SignedIn { user, session, console, caller }))
    }

    /// Everything after the first `redirect=`: nginx cannot encode, so the parameter comes last and raw.
    pub(super) fn redirect(&self) -> &str {
        let found = self.query.strip_prefix("redirect=");
        found.or_else(|| self.query.split_once("&redirect=").map(|(_, rest)| rest)).unwrap_or_default()
    }

    /// A parameter that stands before `redirect=`. Its value needs no decoding: it is a slug or nothing.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let before = self.query.split("&redirect=").next().filter(|query| !query.starts_with("redirect="));
        before?.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
    }
}

/// The address of the person: the peer itself, or what a trusted proxy says, read from the right past every
/// trusted one. A value that is no address ends the search, so that nobody hides behind junk.
fn client(peer: Peer, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let is_trusted = |ip: &IpAddr| trusted.iter().any(|network| network.contains(&ip.to_canonical()));
    let mut nearest = match peer {
        Peer::Unix => None,
        Peer::Tcp(ip) if is_trusted(&ip) => Some(ip),
        Peer::Tcp(ip) => return Some(ip),
    };
    let forwarded =
        headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",");
    for hop in forwarded.rsplit(',') {
        let Ok(ip) = hop.trim().parse::<IpAddr>() else { break };
        nearest = Some(ip);
        if !is_trusted(&ip) {
            break;
        }
    }
    nearest
}

/// Pairs of name and value. One that is not text belongs to somebody else and is left out alone.
fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let pieces = headers.get_all(COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let pairs = pieces.filter_map(|piece| std::str::from_utf8(piece.trim_ascii()).ok()?.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Refuses a form that another site sent.
pub(super) async fn same_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    if is_from_elsewhere(&app, request.method(), request.headers()).await {
        UiError::AnotherSite.into_response()
    } else {
        next.run(request).await
    }
}

/// Whether another site sent what may change something. Browsers say where a request comes from; what says nothing
/// is no browser, and then there is no person whose cookies could be misused.
pub(crate) async fn is_from_elsewhere(app: &App, method: &Method, headers: &HeaderMap) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return false;
    }
    let own = app.read(Caller::system("pages"), |view| Ok(view.settings.text(Setting::PublicUrl).to_owned())).await;
    match (text(headers, "sec-fetch-site"), text(headers, ORIGIN.as_str())) {
        ("same-origin" | "none", _) | ("", "") => false,
        ("", origin) => own.as_deref().is_ok_and(|own| own != origin),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: Peer, forwarded: &str, trusted: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        let trusted = trusted.split(',').filter_map(|network| network.parse().ok()).collect::<Vec<_>>();
        client(peer, &headers, &trusted).map(|ip| ip.to_string())
    }

    #[test]
    fn a_cookie_that_is_not_text_hides_no_other() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, axum::http::HeaderValue::from_bytes(b"a=Zo\xEB; gk_session=x;b=c=d").unwrap());
        let found = cookies(&headers);
        assert_eq!(found, [("gk_session".into(), "x".into()), ("b".into(), "c=d".into())]);
    }

    #[test]
    fn only_a_trusted_proxy_says_who_came() {
        let stranger = Peer::Tcp("198.51.100.7".parse().unwrap());
        assert_eq!(from(stranger, "203.0.113.1", "").as_deref(), Some("198.51.100.7"));
        assert_eq!(from(Peer::Unix, "203.0.113.1", "").as_deref(), Some("203.0.113.1"));
        assert_eq!(from(Peer::Unix, "9.9.9.9, 203.0.113.1", "").as_deref(), Some("203.0.113.1"));
        assert_eq!(from(Peer::Unix, "9.9.9.9, 203.0.113.1, 10.0.0.2", "10.0.0.0/8").as_deref(), Some("203.0.113.1"));
        assert_eq!(from(Peer::Unix, "junk", "").as_deref(), None);
        assert_eq!(from(Peer::Unix, "9.9.9.9, junk, 10.0.0.2", "10.0.0.0/8").as_deref(), Some("10.0.0.2"));
    }
}
