//! The body of a request: one JSON object with the members it must have and no others; or a CSV file.

use axum::body::{Bytes, HttpBody as _};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::app::App;

/// What was sent. Its type denies unknown members; repeated ones and arrays are refused for all.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(not_json());
        }
        let bytes = whole(request, app, "64 KiB").await?;
        parse(&bytes).map(Self)
    }
}

/// The same where it may be longer.
pub(super) struct Long<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Long<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(not_json());
        }
        parse(&whole(request, app, "192 KiB").await?).map(Self)
    }
}

/// A CSV file.
pub(super) struct Csv(pub(super) Bytes);

impl FromRequest<App> for Csv {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        if !is_of_type(request.headers(), CSV) {
            let message = "send CSV in UTF-8, with the header Content-Type: text/csv";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_csv", message));
        }
        whole(request, app, "16 MiB").await.map(Self)
    }
}

async fn whole(request: Request, app: &App, most: &str) -> Result<Bytes, Problem> {
    Bytes::from_request(request, app).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("a body is at most {most}"))
        }
        _ => Problem::invalid("the body could not be read"),
    })
}

/// A body that may be left out when all its members may.
pub(super) struct BodyOrNothing<T>(pub(super) T);

impl<T: DeserializeOwned + Default> FromRequest<App> for BodyOrNothing<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        if request.body().is_end_stream() {
            return Ok(Self(T::default()));
        }
        Body::from_request(request, app).await.map(|Body(given)| Self(given))
    }
}

const JSON: &str = "application/json";
const CSV: &str = "text/csv";

/// These types cannot be sent by another site's form, and not by its script without our leave.
pub(super) fn is_of_no_form(headers: &HeaderMap) -> bool {
    is_json(headers) || is_of_type(headers, CSV)
}

fn is_json(headers: &HeaderMap) -> bool {
    is_of_type(headers, JSON)
}

fn is_of_type(headers: &HeaderMap, wanted: &str) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (first, second) = (types.next().and_then(|value| value.to_str().ok()).unwrap_or_default(), types.next());
    let essence = first.split(';').next().unwrap_or_default().trim();
    second.is_none() && essence.eq_ignore_ascii_case(wanted)
}

/// The problem of a body that does not say it is JSON.
pub(super) fn not_json() -> Problem {
    let message = "send JSON, with the header Content-Type: application/json";
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", message)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // A type with named members would also be read from an array, by position.
    match bytes.trim_ascii_start().first() {
        Some(b'{') => {}
        Some(_) => return Err(Problem::wrong_shape("the body must be a JSON object")),
        None => return Err(Problem::invalid("the body is empty: a JSON object is needed")),
    }
    serde_json::from_slice(bytes).map_err(|error| {
        if error.is_data() { Problem::wrong_shape(error.to_string()) } else { Problem::invalid(error.to_string()) }
    })
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use serde::Deserialize;

    use super::parse;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Named {
        identifier: String,
    }

    #[test]
    fn only_an_object_with_its_members_is_read() {
        let read = |text: &str| parse::<Named>(text.as_bytes()).map(|named| named.identifier);
        assert_eq!(read(r#" {"identifier": "a"} "#).unwrap(), "a");
        for (text, status) in [
            ("", 400),
            ("{", 400),
            (r#"{"identifier": "a"} x"#, 400),
            (r#"["a"]"#, 422),
            (r#""a""#, 422),
            ("{}", 422),
            (r#"{"identifier": ["a"]}"#, 422),
            (r#"{"identifier": null}"#, 422),
            (r#"{"identifier": "a", "identifier": "b"}"#, 422),
            (r#"{"identifier": "a", "other": 1}"#, 422),
        ] {
            let problem = read(text).expect_err(text);
            assert_eq!(problem.into_response().status().as_u16(), status, "{text}");
        }
    }
}
