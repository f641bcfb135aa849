//! What stands in the address of a request: names in its path, and parameters behind the question mark.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use gk_service::model::PropertyName;
use gk_shared::model::{GroupName, Slug, UserId, Username};
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::app::App;

/// The parts of the path. What is no text stands for nothing.
pub(super) struct Named<T>(pub(super) T);

/// The parameters. One that comes twice is refused; unknown ones are passed over, as caches and proxies add some.
pub(super) struct Wanted<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let found = Path::from_request_parts(parts, app).await;
        found.map(|Path(names)| Self(names)).map_err(|_| Problem::no_path())
    }
}

impl<T: DeserializeOwned> FromRequestParts<App> for Wanted<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let found = Query::from_request_parts(parts, app).await;
        found.map(|Query(wanted)| Self(wanted)).map_err(|bad| Problem::wrong_shape(bad.body_text()))
    }
}

/// A user name of a path: one that cannot be is nobody's.
pub(super) fn username(text: &str) -> Result<Username, Problem> {
    Username::parse(text).map_err(|_| Problem::not_found("User not found"))
}

/// A number of a path.
pub(super) fn number(text: &str) -> Result<UserId, Problem> {
    text.parse().map(UserId).map_err(|_| Problem::not_found("User not found"))
}

/// A group of a path.
pub(super) fn group(text: &str) -> Result<GroupName, Problem> {
    GroupName::parse(text).map_err(|_| Problem::not_found("Group not found"))
}

/// An app of a path.
pub(super) fn app(text: &str) -> Result<Slug, Problem> {
    Slug::parse(text).map_err(|_| Problem::not_found("App not found."))
}

/// An app or a key of a property of a path.
pub(super) fn property(text: &str) -> Result<PropertyName, Problem> {
    PropertyName::parse(text).map_err(|bad| Problem::invalid(bad.to_string()))
}

/// A whole number of the parameters, or what it is without it.
pub(super) fn whole(name: &str, text: Option<&str>, without: i64) -> Result<i64, Problem> {
    let Some(text) = text else { return Ok(without) };
    text.parse().map_err(|_| Problem::wrong_shape(format!("{name} is a whole number")))
}

/// A yes or no of the parameters.
pub(super) fn flag(name: &str, text: Option<&str>) -> Result<Option<bool>, Problem> {
    match text {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(Problem::wrong_shape(format!("{name} is true or false"))),
    }
}

/// Which part of a list: at most `limit` from `offset` on. More than `most` are not asked for but given as `most`.
pub(super) fn part(
    limit: Option<&str>,
    offset: Option<&str>,
    (usual, most): (i64, i64),
) -> Result<(i64, i64), Problem> {
    let (limit, offset) = (whole("limit", limit, usual)?, whole("offset", offset, 0)?);
    if limit < 1 || offset < 0 {
        return Err(Problem::wrong_shape("limit is 1 or more, and offset 0 or more"));
    }
    Ok((limit.min(most), offset))
}
