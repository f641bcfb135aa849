//! `ETag` and `If-Match`: two who change one thing at once are told apart by its version.

use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use super::problem::Problem;

/// The version that `If-Match` asks for; `None` when any will do.
pub(super) fn wanted(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let mut all = headers.get_all(IF_MATCH).iter();
    let Some(shown) = all.next() else { return Ok(None) };
    let shown = shown.to_str().unwrap_or_default().trim();
    if all.next().is_some() || shown.contains(',') {
        return Err(Problem::invalid("If-Match names one version, as in the ETag of what was read"));
    }
    // A proxy that compresses makes the tag a weak one; what it stands for is the thing and no bytes.
    let tag = shown.strip_prefix("W/").unwrap_or(shown);
    let version = tag.strip_prefix("\"v").and_then(|rest| rest.strip_suffix('"')).and_then(|text| text.parse().ok());
    match (shown, version) {
        ("*", _) => Ok(None),
        (_, Some(version)) => Ok(Some(version)),
        // Nothing has such a tag, so it is not the one that was looked at.
        (_, None) => Err(Problem::outdated()),
    }
}

/// Says which version of a thing an answer is about.
pub(super) fn tagged(mut response: Response, version: i64) -> Response {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"v{version}\"")) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_one_version_or_any() {
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(IF_MATCH, HeaderValue::from_str(value).unwrap());
            }
            wanted(&headers).map_err(|_| ())
        };
        assert_eq!((read(&[]), read(&["*"])), (Ok(None), Ok(None)));
        assert_eq!((read(&["\"v7\""]), read(&["W/\"v7\""])), (Ok(Some(7)), Ok(Some(7))));
        for bad in [&["v7"][..], &["\"7\""], &["\"v7\", \"v8\""], &["\"v7\"", "\"v8\""], &[""], &["\"v\""]] {
            assert_eq!(read(bad), Err(()), "{bad:?}");
        }
    }
}
