//! Who asks: a program by its key, or else a person by the session cookie. A key that is shown decides alone.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use gk_service::Secret;
use gk_service::service::{Caller, View, Who, keys};

use super::body::{is_of_no_form, not_json};
use super::problem::Problem;
use crate::app::App;
use crate::ui::{SignedIn, Visitor};

/// Whoever asks, known by key or by session.
pub(super) struct Asking(pub(super) Caller);

/// A signed-in person; a key is no person.
pub(super) struct Person(pub(super) SignedIn);

/// Anybody, known or not: for what strangers may do.
pub(super) struct Anybody(pub(super) Visitor);

const NO_KEY: &str = "Missing or invalid Authorization header";
const BAD_KEY: &str = "Invalid or disabled API key";

impl FromRequestParts<App> for Asking {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Anybody(visitor) = Anybody::from_request_parts(parts, app).await?;
        match shown_key(&parts.headers)? {
            Some(secret) => by_key(app, &visitor, secret).await.map(Self),
            None => by_session(app, parts, &visitor).await?.map(|there| Self(there.caller)).ok_or_else(nobody),
        }
    }
}

impl FromRequestParts<App> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Anybody(visitor) = Anybody::from_request_parts(parts, app).await?;
        if let Some(secret) = shown_key(&parts.headers)? {
            by_key(app, &visitor, secret).await?;
            return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", "this needs a signed-in person, not a key"));
        }
        let there = by_session(app, parts, &visitor).await?;
        there.map(Self).ok_or_else(|| Problem::unauthorized("Not authenticated"))
    }
}

impl FromRequestParts<App> for Anybody {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Visitor::from_request_parts(parts, app).await.map(Self).map_err(|_| Problem::unavailable())
    }
}

fn nobody() -> Problem {
    Problem::unauthorized(NO_KEY)
}

/// The key in `Authorization: Bearer` or `X-API-Key`. Several are refused, also when they are the same: whoever sends
/// two does not know which one counts.
fn shown_key(headers: &HeaderMap) -> Result<Option<Secret>, Problem> {
    let bearers = headers.get_all(AUTHORIZATION).iter().map(|value| bearer(value.as_bytes()));
    let plain = headers.get_all("x-api-key").iter().map(|value| Some(value.as_bytes()));
    let mut shown = bearers.chain(plain);
    match (shown.next(), shown.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(Problem::unauthorized("show one key, in one header")),
        (Some(None), None) => Err(nobody()),
        (Some(Some(key)), None) => {
            let key = std::str::from_utf8(key).map_err(|_| Problem::unauthorized(BAD_KEY))?;
            Ok(Some(Secret::new(key)))
        }
    }
}

/// What stands after the word `Bearer`, which may be written in any case.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (word, key) = value.split_at_checked(b"Bearer ".len())?;
    word.eq_ignore_ascii_case(b"Bearer ").then_some(key)
}

async fn by_key(app: &App, visitor: &Visitor, secret: Secret) -> Result<Caller, Problem> {
    let known = app
        .read(visitor.stranger(), move |view: &View<'_>| Ok(keys::recognise(view, &secret)?.map(|id| (id, view.now))));
    let (id, now) = known.await?.ok_or_else(|| Problem::unauthorized(BAD_KEY))?;
    app.keys_used.note(id, now);
    Ok(Caller { who: Who::Key(id), ..visitor.stranger() })
}

/// What changes something by a cookie must say it is JSON, or CSV: no other site can send that without our leave.
async fn by_session(app: &App, parts: &Parts, visitor: &Visitor) -> Result<Option<SignedIn>, Problem> {
    let there = visitor.signed_in(app).await?;
    let changes = !matches!(parts.method, Method::GET | Method::HEAD);
    if there.is_some() && changes && !is_of_no_form(&parts.headers) {
        return Err(not_json());
    }
    Ok(there)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::shown_key;

    /// The key, "none", or "refused".
    fn shown(headers: &[(&str, &[u8])]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_bytes(value).unwrap());
        }
        shown_key(&map).map_or_else(
            |_| "refused".into(),
            |key| key.map_or_else(|| "none".to_owned(), |key| key.reveal().to_owned()),
        )
    }

    #[test]
    fn one_key_in_one_header_is_read_and_nothing_else() {
        assert_eq!(shown(&[]), "none");
        assert_eq!(shown(&[("authorization", b"Bearer gk_x")]), "gk_x");
        assert_eq!(shown(&[("authorization", b"bEARER gk_x")]), "gk_x");
        assert_eq!(shown(&[("x-api-key", b"gk_x")]), "gk_x");
        let bad: [&[(&str, &[u8])]; 8] = [
            &[("authorization", b"")],
            &[("authorization", b"Bearer")],
            &[("authorization", b"Basic gk_x")],
            &[("authorization", b"Bearer\tgk_x")],
            &[("authorization", b"Bearer gk_x"), ("authorization", b"Bearer gk_x")],
            &[("authorization", b"Bearer gk_x"), ("x-api-key", b"gk_x")],
            &[("x-api-key", b"gk_x"), ("x-api-key", b"gk_y")],
            &[("x-api-key", b"gk_\xff")],
        ];
        for headers in bad {
            assert_eq!(shown(headers), "refused", "{headers:?}");
        }
        // What follows is looked up as it is, so white space makes it another key.
        assert_eq!(shown(&[("authorization", b"Bearer  gk_x")]), " gk_x");
    }
}
