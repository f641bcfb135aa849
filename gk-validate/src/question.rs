//! Headers → what is asked. hyper takes more than we do, so what may come in is checked here.

use gk_shared::access::AskedApp;
use gk_shared::model::BlockMark;
use hyper::{Method, Request};

use crate::api_key::ShownKey;
use crate::cookie::{Cookies, SessionCookie};

const PATH: &str = "/api/v1/auth/validate";

/// One request for entry, as sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked<'q> {
    pub(crate) session: SessionCookie<'q>,
    /// One that is shown decides alone.
    pub(crate) key: ShownKey<'q>,
    pub(crate) app: AskedApp<'q>,
    /// What the proxy's block says of itself; decides nothing.
    pub(crate) block: Option<BlockMark>,
}

/// A request that is no question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Two servers could read it differently, or wait for a body: 400, and the connection ends.
    Malformed,
    /// 404.
    OtherPath,
    /// 405.
    OtherMethod,
}

/// Reads the head of a request. Its body is never looked at.
pub(crate) fn read<B>(request: &Request<B>) -> Result<Asked<'_>, Refusal> {
    let (mut hosts, mut cookies, mut key, mut app) = (0, Cookies::NONE, ShownKey::Absent, AskedApp::Absent);
    let (mut blocks, mut block) = (0, None);
    for (name, value) in request.headers() {
        // As text: comparing lengths tells most names apart.
        match name.as_str() {
            "host" => hosts += 1,
            "cookie" => cookies.read(value.as_bytes()),
            "authorization" => key.read_authorization(value.as_bytes()),
            "content-length" if value == "0" => {}
            "content-length" | "transfer-encoding" => return Err(Refusal::Malformed),
            "x-gk-token" => key.read_token(value.as_bytes()),
            "x-gk-app" => app = app.and(value.to_str().ok()),
            "x-gk-block" => {
                blocks += 1;
                block = if blocks == 1 { BlockMark::parse(value.as_bytes()) } else { None };
            }
            _ => {}
        }
    }
    let target = request.uri();
    if hosts != 1 || target.authority().is_some() {
        return Err(Refusal::Malformed);
    }
    match (target.path(), request.method()) {
        (PATH, &Method::GET | &Method::HEAD) => Ok(Asked { session: cookies.session(), key, app, block }),
        (PATH, _) => Err(Refusal::OtherMethod),
        _ => Err(Refusal::OtherPath),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> Request<()> {
        let request = Request::builder().method(method).uri(target);
        headers
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, *value))
            .body(())
            .expect("a request")
    }

    fn refused(method: &str, target: &str, headers: &[(&str, &str)]) -> Option<Refusal> {
        read(&request(method, target, headers)).err()
    }

    #[test]
    fn a_question_is_a_cookie_and_an_app() {
        let headers = [("host", "h"), ("x-gk-app", "docs"), ("cookie", "gk_session=a"), ("x_gk_app", "wiki")];
        for (method, target) in [("GET", PATH), ("HEAD", PATH), ("GET", "/api/v1/auth/validate?x=/other")] {
            let request = request(method, target, &headers);
            let (session, key) = (SessionCookie::One(b"a"), ShownKey::Absent);
            let asked = Asked { session, key, app: AskedApp::Named("docs"), block: None };
            assert_eq!(read(&request), Ok(asked));
        }
    }

    #[test]
    fn a_key_is_read_beside_a_cookie() {
        let headers = [("host", "h"), ("authorization", "Bearer gk_a"), ("cookie", "gk_session=a")];
        let read_key = |more: &[(&str, &str)]| {
            let request = request("GET", PATH, &[headers.as_slice(), more].concat());
            read(&request).map(|asked| (asked.key == ShownKey::One(b"gk_a"), asked.key == ShownKey::Several))
        };
        assert_eq!(read_key(&[]), Ok((true, false)));
        assert_eq!(read_key(&[("authorization", "Basic x")]), Ok((true, false)));
        assert_eq!(read_key(&[("x-gk-token", "gk_a")]), Ok((false, true)));
    }

    #[test]
    fn a_block_that_says_nothing_readable_says_nothing() {
        let block = |values: &[&str]| {
            let headers = values.iter().map(|value| ("x-gk-block", *value)).chain([("host", "h")]).collect::<Vec<_>>();
            read(&request("GET", PATH, &headers)).map(|asked| asked.block)
        };
        let mark = BlockMark { version: 1, digest: 0x0f3a_9c2e };
        assert_eq!(block(&["1-0f3a9c2e"]), Ok(Some(mark)));
        for odd in [&[][..], &[""], &["1"], &["1-0f3a9c2e", "1-0f3a9c2e"], &["1-0f3a9c2e "], &["1-0F3A9C2E"]] {
            assert_eq!(block(odd), Ok(None), "{odd:?}");
        }
    }

    #[test]
    fn an_app_named_twice_or_oddly_is_malformed_and_not_absent() {
        let app = |values: &[&str]| {
            let headers = values.iter().map(|value| ("x-gk-app", *value)).chain([("host", "h")]).collect::<Vec<_>>();
            read(&request("GET", PATH, &headers)).map(|asked| asked.app == AskedApp::Malformed)
        };
        for odd in [&["docs", "docs"][..], &["Docs"], &[""], &["docs", "wiki", "docs"], &["do cs"], &["docs,wiki"]] {
            assert_eq!(app(odd), Ok(true), "{odd:?}");
        }
        assert_eq!(app(&[]), Ok(false));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let host = ("host", "h");
        for headers in [
            &[][..],
            &[host, host],
            &[host, ("content-length", "1")],
            &[host, ("content-length", "00")],
            &[host, ("transfer-encoding", "chunked")],
            &[host, ("content-length", "0"), ("transfer-encoding", "identity")],
        ] {
            assert_eq!(refused("GET", PATH, headers), Some(Refusal::Malformed), "{headers:?}");
        }
        assert_eq!(refused("GET", "http://h/api/v1/auth/validate", &[host]), Some(Refusal::Malformed));
        assert_eq!(refused("GET", PATH, &[host, ("content-length", "0")]), None);
    }

    #[test]
    fn other_paths_and_methods_are_refused() {
        let host = [("host", "h")];
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "PURGE"] {
            assert_eq!(refused(method, PATH, &host), Some(Refusal::OtherMethod), "{method}");
        }
        for path in [
            "/",
            "/api/v1/auth/validate/",
            "//api/v1/auth/validate",
            "/api/v1/auth/Validate",
            "/api/v1/auth/valid%61te",
        ] {
            assert_eq!(refused("GET", path, &host), Some(Refusal::OtherPath), "{path}");
        }
    }
}
